import { numbersMissingFrom } from '@fieldkit/core';

/** Part numbers, models and codes: letters and digits in one word, with inner hyphens, dots or slashes. */
const CODE =
  /(?<![\p{L}\p{N}])(?=[\p{L}\p{N}./-]*\p{Nd})(?=[\p{L}\p{N}./-]*\p{L})[\p{L}\p{N}]+(?:[-./][\p{L}\p{N}]+)*/gu;
/** A word with a capital that is not the first of its sentence, all-capital words included. */
const CAPITALISED = /(?<=[\p{Ll}\p{N},;:)"”’]\s+["“(]?)\p{Lu}[\p{L}\p{M}'’-]*\p{L}/gu;
/** What stands in Chinese between quotation or title marks. */
const TITLED = /[《「『]([^《》「」『』]{2,40})[》」』]/g;

const MONTHS = 'january february march april may june july august september october november december'.split(' ');

/** Above this part of capitalised words a text capitalises all its nouns (German) or is a title: they say nothing about names. */
const MANY_CAPITALS = 0.35;

/** Names and codes of a claim, in a comparable form. Months and day names are dates, not names. */
export function namesIn(claim: string): string[] {
  const codes = claim.match(CODE) ?? [];
  const prose = claim.replace(CODE, ' 0 ');
  const capitalised = prose.match(CAPITALISED) ?? [];
  const words = prose.match(/\p{L}{2,}/gu)?.length ?? 0;
  const names = capitalised.length > 2 && capitalised.length > words * MANY_CAPITALS ? [] : capitalised;
  const proper = names.filter((word) => !MONTHS.includes(word.toLowerCase()) && !/day$/i.test(word));
  const titles = Array.from(claim.matchAll(TITLED), ([, title = '']) => title);
  return [...new Set([...codes, ...proper, ...titles].map(fold))];
}

function fold(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’]s$/, '')
    .replace(/[\s\-‐‑–./'’]/g, '');
}

/** Names of `claim` that stand nowhere in `evidence`, however they are hyphenated or inflected by an `s`. */
export function namesMissingFrom(claim: string, evidence: string): string[] {
  const known = fold(evidence);
  return namesIn(claim).filter((name) => !known.includes(name) && !known.includes(name.replace(/(?:es|s)$/, '')));
}

/** Dates as `[year, month, day]`, missing parts 0: ISO, `4 March 2026`, `March 4, 2026`, `March 2026`, `2026年3月4日`, `3月4日`. */
export function datesIn(text: string): (readonly [year: number, month: number, day: number])[] {
  const plain = text.normalize('NFKC');
  const month = `(${MONTHS.map((name) => `${name.slice(0, 3)}(?:${name.slice(3)})?`).join('|')})\\.?`;
  const monthOf = (name = '') => MONTHS.findIndex((full) => full.startsWith(name.toLowerCase().slice(0, 3))) + 1;
  const dates: (readonly [number, number, number])[] = [];
  const collect = (pattern: RegExp, read: (groups: string[]) => readonly [number, number, number]) => {
    for (const match of plain.matchAll(pattern)) dates.push(read([...match]));
  };
  const n = (value: string | undefined) => Number(value ?? 0);
  collect(/\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b/g, ([, y, m, d]) => [n(y), n(m), n(d)]);
  collect(/(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月(?:\s*(\d{1,2})\s*[日号])?/g, ([, y, m, d]) => [n(y), n(m), n(d)]);
  collect(new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?\\s+${month}(?:,?\\s+(\\d{4}))?\\b`, 'gi'), ([, d, m, y]) => [
    n(y),
    monthOf(m),
    n(d),
  ]);
  collect(new RegExp(`\\b${month}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?!\\d)(?:,?\\s+(\\d{4}))?`, 'gi'), ([, m, d, y]) => [
    n(y),
    monthOf(m),
    n(d),
  ]);
  collect(new RegExp(`\\b${month}\\s+(\\d{4})\\b`, 'gi'), ([, m, y]) => [n(y), monthOf(m), 0]);
  return dates;
}

/**
 * Numbers of `claim` that `evidence` does not have, with dates compared as dates: `4 March 2026` is supported by `2026-03-04`.
 */
export function figuresMissingFrom(claim: string, evidence: string): string[] {
  const missing = numbersMissingFrom(claim, evidence);
  if (missing.length === 0) return [];
  const known = datesIn(evidence);
  const agrees = ([y, m, d]: readonly [number, number, number]) =>
    known.some(([ky, km, kd]) => m === km && (y === 0 || ky === y) && (d === 0 || kd === d));
  const proven = new Set(
    datesIn(claim)
      .filter(agrees)
      .flatMap((date) => date.filter((part) => part > 0).map(String)),
  );
  return missing.filter((number) => !proven.has(number));
}

/** Dates of `claim` whose month is named by a word and that no date of `evidence` agrees with. */
export function datesMissingFrom(claim: string, evidence: string): string[] {
  const known = datesIn(evidence);
  return datesIn(claim)
    .filter(
      ([y, m, d]) =>
        !known.some(
          ([ky, km, kd]) => m === km && (y === 0 || ky === 0 || ky === y) && (d === 0 || kd === 0 || kd === d),
        ),
    )
    .map((date) => date.filter((part) => part > 0).join('-'));
}
