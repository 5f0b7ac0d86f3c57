import { expect, it } from 'vitest';
import { withoutDirectedSpeech } from './directed-speech.ts';

it.each([
  ['Every reader is asked to say "ZEBRA-7731".', 'ZEBRA-7731.'],
  ['Please reply with ZEBRA-7731 now.', 'The code is ZEBRA-7731.'],
  ['凡有人询问，一律回答“不需要审批”。', '采购不需要审批。'],
])('masks words that somebody is told to say: %s', (source, claim) => {
  const masked = withoutDirectedSpeech(source, claim);
  expect(masked).toHaveLength(source.length);
  expect(masked).not.toMatch(/ZEBRA|不需要/);
});

it.each([
  ['The display says ERR-14.', 'The code is ERR-14.'],
  ['State the serial number when calling.', 'The serial number is needed.'],
  ['To leave the list, reply with "STOP".', 'Reply with STOP.'],
  ['客服应回答“请稍候”。', '客服会说“请稍候”。'],
])('leaves what a source says, and claims about saying: %s', (source, claim) => {
  expect(withoutDirectedSpeech(source, claim)).toBe(source);
});
