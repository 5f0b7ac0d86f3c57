import type { Scorer } from '../scorer.ts';
import { finalAnswer } from './final-answer.ts';

/** Punctuation at the ends, but for what changes the meaning: a sign before a number, `%`, the marks of `C++` and `C#`. */
const ENDS = /^(?:(?!-\d)[\s\p{P}\p{S}])+|(?:(?![+#%‰])[\s\p{P}\p{S}])+$/gu;

/** Punctuation and symbols at the ends do not count, nor do case, width, articles and white space, which Chinese may have or not. */
export function normalizeAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replaceAll('−', '-')
    .replace(ENDS, '')
    .replace(/\b(?:the|an|a)\s+/g, '')
    .replace(/\s*(?<=\p{Script=Han})\s*|\s+(?=\p{Script=Han})/gu, '')
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
