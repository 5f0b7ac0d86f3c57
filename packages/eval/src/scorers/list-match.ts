import type { Scorer } from '../scorer.ts';
import { normalizeAnswer } from './exact-match.ts';
import { finalAnswer } from './final-answer.ts';
import { commonSubsequence } from './rouge-l.ts';
import { tokenOverlap } from './token-overlap.ts';

export interface ListScorerOptions {
  /** Whether the order counts: F1 of the longest common subsequence instead of the sets. Default false. */
  readonly ordered?: boolean;
  readonly name?: string;
}

/** Items of a written list: lines, bullets, commas, semicolons, `、`, `and`, `和`; a JSON array is read as one. */
export function listItems(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    try {
      const value: unknown = JSON.parse(trimmed);
      if (Array.isArray(value)) return value.map((item) => normalizeAnswer(String(item)));
    } catch {
      // not JSON: read as prose
    }
  }
  return trimmed
    .split(/\n+|[,，;；、]|\s+(?:and|or)\s+|(?<=[\p{Script=Han}])[和与及](?=[\p{Script=Han}])/u)
    .map((item) => normalizeAnswer(item.replace(/^\s*(?:[-*•]|\d+[.)、]|(?:and|or)\s)\s*/u, '')))
    .filter((item) => item !== '');
}

/** F1 between the items the answer lists and the reference's, as a set or in order. */
export function createListScorer(options: ListScorerOptions = {}): Scorer {
  const { ordered = false, name = ordered ? 'list-f1' : 'set-f1' } = options;
  return {
    name,
    kind: 'rule',
    description: `F1 of the items listed, ${ordered ? 'in order' : 'in any order'}`,
    score(item, { answer }) {
      if (item.references.length === 0) return undefined;
      const given = unique(listItems(finalAnswer(answer.text)), ordered);
      const scores = item.references.map((reference) => {
        const wanted = unique(listItems(reference), ordered);
        if (!ordered) return tokenOverlap(given, wanted).f1;
        const shared = commonSubsequence(given, wanted);
        return shared === 0 ? 0 : (2 * shared) / (given.length + wanted.length);
      });
      return { value: Math.max(...scores), reason: `${given.length} items given` };
    },
  };
}

function unique(items: readonly string[], keep: boolean): string[] {
  return keep ? [...items] : [...new Set(items)];
}

export const setMatch = createListScorer();
export const listMatch = createListScorer({ ordered: true });
