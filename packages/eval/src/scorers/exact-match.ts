import type { Scorer } from '../scorer.ts';
import { finalAnswer } from './final-answer.ts';

/** Punctuation and symbols at the ends do not count, nor do case, width, articles and runs of white space. */
export function normalizeAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu, '')
    .replace(/\b(?:the|an|a)\s+/g, '')
    .replace(/\s+/g, ' ');
}

/** The answer proper is one of the references (as in SQuAD's exact match, with Chinese punctuation and width folded). */
export const exactMatch: Scorer = {
  name: 'exact-match',
  kind: 'rule',
  description: 'the answer proper is word for word one of the references',
  score(item, { answer }) {
    if (item.references.length === 0) return undefined;
    const given = finalAnswer(answer.text);
    const hit = item.references.some((reference) => normalizeAnswer(reference) === normalizeAnswer(given));
    return { value: hit ? 1 : 0, reason: `answer proper: ${JSON.stringify(given.slice(0, 120))}` };
  },
};
