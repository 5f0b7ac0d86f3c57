import { analyzeText } from '@fieldkit/core';

/** A number with what it counts. */
export interface Quantity {
  readonly value: number;
  /** Comparable: `euro` for €, euro and euros; empty when nothing stands behind the number. */
  readonly unit: string;
}

/** `over 10 to 20 people`, `5万元以上`. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly unit: string;
}

const DIGITS = '零一二三四五六七八九';
const POWERS: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000 };
const MULTIPLES: Readonly<Record<string, number>> = { 万: 1e4, 亿: 1e8, million: 1e6, thousand: 1e3 };
const SIGNS: Readonly<Record<string, string>> = {
  '€': 'euro',
  $: 'dollar',
  '£': 'pound',
  '¥': '元',
  块: '元',
  人: '名',
  位: '名',
};

/** Digits that are no part of a code, a date or a larger number, with a sign of money before them, or Chinese numerals. */
const QUANTITY =
  /(?<![\p{Script=Latin}\p{N}第]|[\p{Script=Latin}/][-.,:/]|\p{N}[.,:/]|\p{Script=Latin}\p{N}{0,9}-|\p{N}-(?=\p{N}{1,9}-))([€$£¥]\s?)?(\d{1,3}(?:[,\u202f ]\d{3})+(?!\d)|\d+)(\.\d+)?(?![.,:/]?\p{N}|-\p{N}{1,9}[-.:/\p{Script=Latin}])|(?<![第\d零一二三四五六七八九十百千两])([零一二三四五六七八九十百千两]+)/gu;
/** What is counted, behind the number. */
const COUNTED =
  /^\s?(万|亿|million\b|thousand\b)?[\s-]?(?!(?:and|are|as|at|by|for|from|has|in|is|of|on|or|per|through|to|until|up|was|with)\b)(%|°\s?[CF]|[€$£]|[a-z]+[²³]?|个?(?![以至到及含的、])\p{Script=Han})?/iu;

const TO = /^\s*(?:-|–|—|~|～|to|through|至|到)\s*$/;
const BETWEEN = /(?:\bbetween|介于|在)\s*$/i;
const AND = /^\s*(?:and|和|与)\s*$/;
const AT_MOST_BEFORE =
  /(?:不满|不足|不超过|不高于|不大于|未满|低于|小于|少于|最多|至多|\b(?:under|below|up to|until|at most|less than|fewer than|(?:no|not) (?:more|longer|later|older) than))\s*$/i;
const AT_LEAST_BEFORE =
  /(?:不少于|不低于|超过|大于|高于|多于|至少|满|\b(?:over|above|from|at least|more than|longer than|older than|exceeding))\s*$/i;
const AT_MOST_AFTER = /^\s*(?:（含）|\(含\))?(?:及?以下|以内|之内|\b(?:or|and) (?:less|fewer|below|under|younger)\b)/i;
const AT_LEAST_AFTER = /^\s*(?:（含）|\(含\))?(?:及?以上|\b(?:or|and) (?:more|over|above|older|upwards?)\b|\+)/i;
/** Between the two ends of one range that are written as two bounds: `over 10 and up to 20`, `2万元以上、不满20万元`. */
const LONGEST_JOINT = 12;

interface Placed extends Quantity {
  readonly start: number;
  readonly end: number;
}

/** Numbers of a text that count something; no dates. */
export function quantitiesIn(text: string): Quantity[] {
  return countsIn(text).map(({ value, unit }) => ({ value, unit }));
}

function countsIn(text: string): Placed[] {
  return placedIn(text).filter(({ value, unit }) => unit !== '' && !isDate(value, unit));
}

function isDate(value: number, unit: string): boolean {
  return /^[月日号]$/.test(unit) || (unit === '年' && value > 1_000);
}

/** A text without its numbers that count the same as one of `others`. */
export function withoutCounts(text: string, others: readonly Quantity[]): string {
  let kept = '';
  let at = 0;
  for (const { unit, start, end } of others.length === 0 ? [] : countsIn(text)) {
    if (!others.some((other) => other.unit === unit)) continue;
    kept += text.slice(at, start);
    at = end;
  }
  return kept + text.slice(at);
}

function placedIn(text: string): Placed[] {
  return Array.from(text.matchAll(QUANTITY), ({ index, 0: whole, 1: sign, 2: digits, 3: decimals = '', 4: han }) => {
    const behind = COUNTED.exec(text.slice(index + whole.length, index + whole.length + 24));
    const [said = '', multiple = '', unit = ''] = behind ?? [];
    const number = digits === undefined ? chineseNumber(han ?? '') : Number(digits.replace(/\D/g, '') + decimals);
    return {
      value: number * (MULTIPLES[multiple.toLowerCase()] ?? 1),
      unit: comparable(sign ?? unit),
      start: index,
      end: index + whole.length + (unit === '' ? multiple.length : said.length),
    };
  });
}

function comparable(unit: string): string {
  const bare = unit.trim();
  return SIGNS[bare] ?? (/^[a-z]/i.test(bare) ? (analyzeText(bare)[0] ?? '') : bare);
}

/** 二十五 is 25, 两千六 is 2,600. */
function chineseNumber(text: string): number {
  let sum = 0;
  let digit: number | undefined;
  let power = 0;
  for (const character of text.replaceAll('两', '二')) {
    const next = POWERS[character];
    if (next === undefined) {
      digit = (digit ?? 0) * (power === 0 ? 10 : 0) + DIGITS.indexOf(character);
      if (character === '零') power = 0;
      continue;
    }
    sum += (digit ?? 1) * next;
    digit = undefined;
    power = next;
  }
  return sum + (digit ?? 0) * (power > 10 ? power / 10 : 1);
}

/** The ranges that a text names. */
export function rangesIn(text: string): NumberRange[] {
  const numbers = placedIn(text).filter(({ value, unit }) => !isDate(value, unit));
  const ranges: (NumberRange & { readonly end: number })[] = [];
  for (const [index, { value, unit, start, end }] of numbers.entries()) {
    const before = text.slice(Math.max(0, start - 20), start);
    const after = text.slice(end, end + 20);
    const next = numbers[index + 1];
    const last = ranges.at(-1);
    const gap = next === undefined ? '' : text.slice(end, next.start);
    if (next !== undefined && next.value > value && (TO.test(gap) || (BETWEEN.test(before) && AND.test(gap)))) {
      ranges.push({ least: value, most: next.value, unit: next.unit, end: next.end });
    } else if (AT_MOST_BEFORE.test(before) || AT_MOST_AFTER.test(after)) {
      const joined = last !== undefined && last.most === Number.POSITIVE_INFINITY && start - last.end <= LONGEST_JOINT;
      if (joined && value > last.least) ranges.splice(-1, 1, { ...last, most: value, end });
      else ranges.push({ least: Number.NEGATIVE_INFINITY, most: value, unit, end });
    } else if (AT_LEAST_BEFORE.test(before) || AT_LEAST_AFTER.test(after)) {
      ranges.push({ least: value, most: Number.POSITIVE_INFINITY, unit, end });
    }
  }
  return ranges.map(({ least, most, unit }) => ({ least, most, unit }));
}

/**
 * Whether a number of a question lies in a range that counts the same: 1 when one does, -1 when there are such ranges and none holds it, 0 when
 * nothing can be compared.
 */
export function rangeFit(asked: readonly Quantity[], ranges: readonly NumberRange[]): -1 | 0 | 1 {
  let fit: -1 | 0 = 0;
  for (const { value, unit } of asked) {
    for (const range of ranges) {
      if (range.unit !== unit) continue;
      if (range.least <= value && value <= range.most) return 1;
      fit = -1;
    }
  }
  return fit;
}
