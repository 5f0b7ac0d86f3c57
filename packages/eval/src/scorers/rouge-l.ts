import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';

const TOKEN = /[\p{Script=Han}]|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu;

/** Words in lower case, each Han character one token: the usual tokens of ROUGE for mixed text. */
export function rougeTokens(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(TOKEN) ?? [];
}

/** ROUGE-L: F-measure (beta 1) of the longest common subsequence (Lin 2004, section 3). 0 when one side is empty. */
export function rougeL(answer: readonly string[], reference: readonly string[]): number {
  const length = commonSubsequence(answer, reference);
  if (length === 0) return 0;
  const precision = length / answer.length;
  const recall = length / reference.length;
  return (2 * precision * recall) / (precision + recall);
}

/** Length of the longest common subsequence, in memory of the shorter side. */
export function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  let previous = new Uint32Array(short.length + 1);
  let current = new Uint32Array(short.length + 1);
  for (const token of long) {
    for (let j = 1; j <= short.length; j += 1) {
      current[j] =
        token === short[j - 1] ? (previous[j - 1] ?? 0) + 1 : Math.max(previous[j] ?? 0, current[j - 1] ?? 0);
    }
    [previous, current] = [current, previous];
  }
  return previous[short.length] ?? 0;
}

/** ROUGE-L of the answer's prose with the best of the references. Texts are cut at 4,000 tokens. */
export const rougeLScorer: Scorer = {
  name: 'rouge-l',
  kind: 'rule',
  description: 'ROUGE-L (F) with the best of the references',
  score(item, { answer }) {
    if (item.references.length === 0) return undefined;
    const given = rougeTokens(proseOf(answer.text)).slice(0, 4000);
    const best = Math.max(...item.references.map((reference) => rougeL(given, rougeTokens(reference).slice(0, 4000))));
    return { value: best, reason: `longest common subsequence, best of ${item.references.length}` };
  },
};
