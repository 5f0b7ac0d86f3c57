import type { Citation } from '@fieldkit/core';
import { expect, it } from 'vitest';
import { type Conversation, type ConversationChange, changeConversation, splitCitations } from './conversation.ts';

const citation: Citation = {
  marker: 1,
  quote: 'two years',
  source: { kind: 'record', tool: 't', callId: 'c', title: 'Record', path: '' },
};
const after = (...changes: readonly ConversationChange[]): Conversation =>
  changes.reduce(changeConversation, { sessionId: 's', turns: [] });

it('adds text and citations to the last question only, and tells what is at work', () => {
  const { turns } = after(
    { type: 'ask', question: 'A' },
    { type: 'event', event: { type: 'text', text: 'First.' } },
    { type: 'end', seconds: 1 },
    { type: 'ask', question: 'B' },
    { type: 'event', event: { type: 'step-start', step: 'gather' } },
    { type: 'event', event: { type: 'tool', phase: 'start', stepId: '1', tool: 'search' } },
    { type: 'event', event: { type: 'citation', citation } },
    { type: 'event', event: { type: 'text', text: 'Second' } },
    { type: 'event', event: { type: 'text', text: ' [1].' } },
  );
  expect(turns).toMatchObject([
    { text: 'First.', state: 'ended', citations: [] },
    { text: 'Second [1].', state: 'running', working: ['gather', 'search'], citations: [citation] },
  ]);
});

it('keeps what was said when the answer is stopped or fails, and forgets everything in a new conversation', () => {
  const begun: ConversationChange[] = [
    { type: 'ask', question: 'A' },
    { type: 'event', event: { type: 'text', text: 'Half' } },
  ];
  expect(after(...begun, { type: 'stop' }).turns).toMatchObject([{ text: 'Half', state: 'stopped', working: [] }]);
  const failed = after(...begun, { type: 'fail', code: 'offline', message: 'gone' });
  expect(failed.turns).toMatchObject([{ text: 'Half', state: 'failed', error: { code: 'offline' } }]);
  expect(after(...begun, { type: 'new', sessionId: 't' })).toEqual({ sessionId: 't', turns: [] });
});

it('makes citations of the numbers that are some, and leaves other brackets alone', () => {
  expect(splitCitations('Two years [1]; see [2] and [a].', [citation])).toEqual([
    'Two years ',
    citation,
    '; see ',
    '[2]',
    ' and [a].',
  ]);
});
