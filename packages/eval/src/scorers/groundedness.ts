import { foldText, numbersIn } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';
import { contextTextsOf } from './outcome-contexts.ts';

/** A thing an answer says that its evidence must contain. */
export interface Claim {
  readonly kind: 'number' | 'date' | 'name' | 'quote';
  readonly text: string;
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const MONTH = `(?:${MONTHS.map((name) => `${name}|${name.slice(0, 3)}\\.?`).join('|')})`;
const DATES = new RegExp(
  `(?<y>\\d{4})[-/.年](?<m>\\d{1,2})[-/.月](?<d>\\d{1,2})日?|(?<d2>\\d{1,2})\\s+(?<n2>${MONTH})\\s+(?<y2>\\d{4})|(?<n3>${MONTH})\\s+(?<d3>\\d{1,2})(?:st|nd|rd|th)?,?\\s+(?<y3>\\d{4})`,
  'giu',
);
/** A capitalised word (or several) inside a sentence, a word with digits and a hyphen inside (part numbers), a Chinese title. */
const NAMES =
  /(?<=[\p{Ll}\p{N},;)]\s|[\p{Script=Han}（(])\p{Lu}(?!['’])[\p{L}\p{N}'’&-]+(?:[^\S\n]+\p{Lu}[\p{L}\p{N}'’&-]+)*|\b[\p{L}\p{N}]*\p{N}[\p{L}\p{N}]*-[\p{L}\p{N}-]+\b|《[^》]{2,40}》/gmu;
const QUOTES = /["“「]([^"”」\n]{8,300})["”」]/gu;

/** Dates of a text as `yyyy-mm-dd`, whatever their notation. */
export function datesIn(text: string): string[] {
  return Array.from(text.normalize('NFKC').matchAll(DATES), ({ groups = {} }) => {
    const month = groups.m ?? groups.n2 ?? groups.n3 ?? '';
    const number = /^\d+$/.test(month)
      ? Number(month)
      : MONTHS.findIndex((name) => name.startsWith(month.toLowerCase().slice(0, 3))) + 1;
    const pad = (value: string | number | undefined) => String(value ?? '').padStart(2, '0');
    return `${groups.y ?? groups.y2 ?? groups.y3}-${pad(number)}-${pad(groups.d ?? groups.d2 ?? groups.d3)}`;
  });
}

/** What in an answer can be looked up in its evidence by rule: numbers, dates, names, quotations. */
export function claimsOf(text: string): Claim[] {
  const prose = proseOf(text).normalize('NFKC');
  const dates = datesIn(prose);
  const withoutDates = prose.replace(DATES, ' ').replace(/^\s*\d+[.)、]\s+/gm, '');
  return [
    ...dates.map((date) => ({ kind: 'date' as const, text: date })),
    ...[...new Set(numbersIn(withoutDates))].map((number) => ({ kind: 'number' as const, text: number })),
    ...[...new Set(Array.from(withoutDates.matchAll(NAMES), ([name]) => name))].map((name) => ({
      kind: 'name' as const,
      text: name,
    })),
    ...Array.from(prose.matchAll(QUOTES), ([, quote = '']) => ({ kind: 'quote' as const, text: quote })),
  ];
}

/** The claims of `text` that `evidence` does not contain. Names count as found when each of their words is. */
export function unsupportedClaims(
  text: string,
  evidence: string,
): { readonly claims: number; readonly missing: readonly Claim[] } {
  const folded = foldText(evidence).toLowerCase();
  const dates = new Set(datesIn(evidence));
  const numbers = new Set(numbersIn(evidence));
  const claims = claimsOf(text);
  const missing = claims.filter(({ kind, text: claim }) => {
    if (kind === 'date') return !dates.has(claim);
    if (kind === 'number') return !numbers.has(claim);
    if (kind === 'quote') return !folded.includes(foldText(claim).toLowerCase());
    const bare = foldText(claim.replace(/[《》]/g, '')).toLowerCase();
    return !folded.includes(bare) && !bare.split(/\s+/).every((word) => folded.includes(word.replace(/['’]s$/, '')));
  });
  return { claims: claims.length, missing };
}

/** Share of an answer's numbers, dates, names and quotations that its evidence or its question contains. It cannot see a wrong relation between right words. */
export const groundedness: Scorer = {
  name: 'groundedness',
  kind: 'rule',
  description: 'share of the numbers, dates, names and quotations that stand in the evidence',
  score(item, outcome) {
    if (outcome.answer.status !== 'answered' || outcome.answer.text.trim() === '') return undefined;
    const contexts = contextTextsOf(item, outcome);
    if (contexts.length === 0) return { value: 'unavailable', reason: 'the target shows no evidence' };
    const { claims, missing } = unsupportedClaims(
      outcome.answer.text,
      [...contexts, item.question, ...item.history].join('\n'),
    );
    if (claims === 0) return { value: 1, reason: 'nothing to look up' };
    const shown = missing.slice(0, 5).map(({ kind, text }) => `${kind} ${JSON.stringify(text)}`);
    return {
      value: (claims - missing.length) / claims,
      reason: missing.length === 0 ? `all ${claims} found` : `not found: ${shown.join(', ')}`,
    };
  },
};
