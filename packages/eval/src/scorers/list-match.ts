import { counted } from '@fieldkit/core';
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

/** What stands before an item of a list: bullets, numbers in any notation, letters. */
const BULLET =
  /^\s*(?:[-*+]\s+|[•·●▪]\s*|\(?(?:\d{1,2}|[a-z])[.)、]\s*(?!\d)|[（(](?:\d{1,2}|[一二三四五六七八九十]+)[)）]\s*|[一二三四五六七八九十]{1,3}、|(?:and|or)\s+|[和及与]\s*)/iu;
/** `The parts are: …`, when what follows is the list. */
const INTRODUCTION = /^[^:：\n]{1,80}(?::\s|：)\s*(?=[^:：]*$)/u;
const SEPARATOR =
  /\n+|[,，;；、]|\s+(?:and|or|as well as|\/)\s+|(?<=\p{Script=Han})\/(?=\p{Script=Han})|(?<=\p{Script=Han})(?:以及|及其|[和与及])(?=\p{Script=Han})/u;

/** Items of a written list: lines, bullets, numbers, commas, semicolons, `、`, `and`, `和`; a JSON array is read as one. */
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
    .replace(INTRODUCTION, '')
    .replace(/[①-⑳]/gu, '\n')
    .split('\n')
    .flatMap((line) => line.replace(BULLET, '').split(SEPARATOR))
    .map((item) => normalizeAnswer(item.replace(BULLET, '').replace(/\s*(?:等|etc\.?)[.。]?$/u, '')))
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
      return { value: Math.max(...scores), reason: `${counted(given.length, 'item')} given` };
    },
  };
}

function unique(items: readonly string[], keep: boolean): string[] {
  return keep ? [...items] : [...new Set(items)];
}

export const setMatch = createListScorer();
export const listMatch = createListScorer({ ordered: true });
