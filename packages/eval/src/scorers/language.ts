import { detectLanguage } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';

/** The answer is in the language of the question. Quotes in citation marks do not count: they stay in their document's language. */
export const language: Scorer = {
  name: 'language',
  kind: 'rule',
  description: 'the answer is in the language of the question',
  score(item, { answer }) {
    const expected = item.language ?? detectLanguage(item.question);
    const found = detectLanguage(proseOf(answer.text));
    if (found === 'und' || expected === 'und') return undefined;
    return { value: found === expected ? 1 : 0, reason: `asked in ${expected}, answered in ${found}` };
  },
};
