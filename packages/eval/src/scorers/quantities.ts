import { calendarIn } from './calendar.ts';
import { ENGLISH_PATTERN, ENGLISH_SCALES, parseEnglish, parseHan } from './number-words.ts';
import { CURRENCIES, UNIT_PATTERN, unitOf } from './units.ts';

/** A number with what it counts. */
export interface Quantity {
  /** In the base unit of its dimension when the unit is known: metres, grams, seconds, fractions of 1 for percent. */
  readonly value: number;
  /** The number as it stands there, 万 and million included, before its unit. */
  readonly written: number;
  /** `length`, `mass`, `cny`, `percent`, `volume/time`, `date`…; undefined for a bare number or an unknown unit. */
  readonly dimension?: string;
  readonly text: string;
  /** Whether it is the lower end of a range whose upper end is the next quantity: `5–10 bar`. */
  readonly opensRange?: boolean;
}

interface Place extends Quantity {
  readonly start: number;
  readonly end: number;
}

const HAN_DIGITS = '零〇一二两三四五六七八九';
/** What is counted one by one: a single Chinese digit before it is a number (`三台`), else it may be a part of a word (`统一`). */
const CLASSIFIERS = '个台件套份只条张位名次种项人家批根片箱瓶层倍';
const CALENDAR: ReadonlySet<string> = new Set(['date', 'month', 'year', 'clock']);
const MONEY_SCALES: Readonly<Record<string, number>> = { m: 1e6, bn: 1e9, b: 1e9 };

const currencies = Object.keys(CURRENCIES)
  .sort((a, b) => b.length - a.length)
  .map((name) => name.replace('$', '\\$'))
  .join('|');
const DIGITS = '\\d{1,3}(?:[,，]\\d{3})+(?!\\d)(?:\\.\\d+)?|\\d{1,3}(?: \\d{3}){2,}(?!\\d)|\\d*\\.\\d+|\\d+';
const NUMBER = [
  '(?<![\\d/.])(?<over>\\d{1,3})/(?<under>\\d{1,3})(?![\\d/])',
  `(?<mixed>(?:${DIGITS})\\s?[十百千万亿]+(?:零?\\d+(?:\\.\\d+)?[十百千万亿]+)*)`,
  `(?<digits>${DIGITS})(?:(?<exponent>e[+-]?\\d{1,2}(?![a-z\\d]))|\\s?[x×*]\\s?10\\^(?<power>[-−]?\\d{1,2}))?`,
  `(?<han>[${HAN_DIGITS}十百千万亿]+(?:点[${HAN_DIGITS}]+)?)`,
  `\\b(?<english>${ENGLISH_PATTERN})\\b`,
  `(?<half>半(?=个?(?:${UNIT_PATTERN}))|\\bhalf\\s+an?\\b)`,
].join('|');
/** Where a number may begin; the long pattern is tried only there. */
const START =
  /\d|\.\d|[零〇一二两三四五六七八九十百千万亿半]|\b(?=[zotfsenh])(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|half)\b/giu;
/** What stands before a number. */
const BEFORE = new RegExp(
  `(?<sign>零下|负|\\bminus\\s|\\bnegative\\s|(?<![a-z\\d)])[-−+])?\\s?(?<money>${currencies})?\\s?$`,
  'iu',
);
const QUANTITY = new RegExp(
  `(?:${NUMBER})` +
    `(?:(?<thousands>k(?![a-z]))|\\s?(?<scale>${Object.keys(ENGLISH_SCALES).join('|')})(?![a-z])|(?<=[$€£¥]\\s?[\\d.,]+)\\s?(?<short>bn|m|b)(?![a-z\\d]))?` +
    '(?<more>个半|\\s+and\\s+a\\s+half)?' +
    `(?:\\s?个?(?<unit>${UNIT_PATTERN})(?:\\s?(?:/|每|\\bper\\b)\\s?(?<per>${UNIT_PATTERN}))?(?<plus>半(?![价数径成导]))?)?`,
  'iuy',
);
/** `a year and a half`. */
const ONE_AND_HALF = /\ban? (hour|day|week|month|year) and a half\b/gi;

/** `每年3万元`. */
const PER_BEFORE = new RegExp(`每(${UNIT_PATTERN})\\s?$`, 'iu');

/**
 * The quantities written in a text, in order: full-width, Chinese and English numerals, 万 and 亿, percent and fractions, thousands separators,
 * units and units per unit, dates and times of day. `1 h 30 min` is one; the ends of a range are two.
 */
export function quantitiesIn(text: string): Quantity[] {
  const normal = normalize(text);
  const calendar = calendarIn(normal);
  let rest = normal;
  for (const { start, end } of calendar) rest = rest.slice(0, start) + '\n'.repeat(end - start) + rest.slice(end);
  const found: Place[] = calendar.map(({ start, end, value, dimension }) => ({
    ...{ value, written: value, dimension, text: normal.slice(start, end), start, end },
  }));
  let before = -1;
  START.lastIndex = 0;
  for (let start = START.exec(rest); start !== null; start = START.exec(rest)) {
    QUANTITY.lastIndex = start.index;
    const match = QUANTITY.exec(rest);
    if (match === null) continue;
    START.lastIndex = start.index + match[0].length;
    const place = placeOf(match, rest, before);
    if (place === undefined) continue;
    found.push(place);
    before = place.end;
  }
  found.sort((a, b) => a.start - b.start);
  return joinRanges(sumParts(found, normal), normal).map(({ start: _, end: __, ...quantity }) => quantity);
}

/** Width, superscripts, fractions and formal numerals brought to one notation. */
function normalize(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.replace(ONE_AND_HALF, '1.5 $1');
  return text
    .replace(/(\d?)([¼½¾⅓⅔])/gu, (_, whole: string, part: string) =>
      String(Number(whole) + ({ '¼': 0.25, '½': 0.5, '¾': 0.75, '⅓': 1 / 3 }[part] ?? 2 / 3)),
    )
    .replace(/[⁻⁰¹²³⁴-⁹]+/gu, (power) => `^${power.normalize('NFKC')}`)
    .replace(/(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))/gu, '')
    .normalize('NFKC')
    .replace(/[零壹贰貳叁肆伍陆陸柒捌玖拾佰仟万萬亿億]{2,}/gu, (run) =>
      [...run].map((letter) => FORMAL[letter] ?? letter).join(''),
    )
    .replace(ONE_AND_HALF, '1.5 $1')
    .replace(/百分之([\d.]+|[零〇一二两三四五六七八九十百点]+)/gu, '$1%')
    .replace(/千分之([\d.]+|[零〇一二两三四五六七八九十百点]+)/gu, '$1‰')
    .replace(/万分之([\d.]+|[零〇一二两三四五六七八九十百点]+)/gu, '$1‱')
    .replace(
      /(\d+|[二三四五六七八九十]+)分之(\d+|[一二两三四五六七八九十]+)/gu,
      (whole, under: string, over: string) => {
        const [a, b] = [over, under].map((part) => (/\d/.test(part) ? Number(part) : parseHan(part)));
        return a === undefined || b === undefined ? whole : `${a}/${b}`;
      },
    );
}

const FORMAL: Readonly<Record<string, string>> = {
  ...{ 壹: '一', 贰: '二', 貳: '二', 叁: '三', 肆: '四', 伍: '五', 陆: '六', 陸: '六', 柒: '七', 捌: '八', 玖: '九' },
  ...{ 拾: '十', 佰: '百', 仟: '千', 萬: '万', 億: '亿' },
};

function placeOf(match: RegExpExecArray, text: string, before: number): Place | undefined {
  const groups = match.groups ?? {};
  const { han, english, thousands, scale, short, more, unit, per, plus } = groups;
  const head = BEFORE.exec(text.slice(Math.max(before, match.index - 12, 0), match.index));
  const { sign, money } = head?.groups ?? {};
  const lead = head?.[0].trimStart() ?? '';
  // `5天-10天`: what ends one quantity and begins another is no sign
  const signed = sign !== undefined && !(before === match.index - lead.length && /^[-−]/.test(lead));
  const own = signed ? lead : lead.replace(/^[-−+]/, '');
  const [start, end] = [match.index - own.length, match.index + match[0].length];
  const measure = unit === undefined ? undefined : unitOf(unit);
  if (han !== undefined && measure === undefined && !isNumeral(han, text, start, end)) return undefined;
  if (english?.toLowerCase() === 'one' && measure === undefined) return undefined; // a pronoun
  const bare = numberOf(groups);
  if (bare === undefined || !Number.isFinite(bare)) return undefined;
  const times =
    thousands === undefined
      ? (ENGLISH_SCALES[scale?.toLowerCase() ?? ''] ?? MONEY_SCALES[short?.toLowerCase() ?? ''] ?? 1)
      : 1000;
  const written = (bare + (more === undefined ? 0 : 0.5)) * times * (signed && sign !== '+' ? -1 : 1);
  const perBefore = PER_BEFORE.exec(text.slice(Math.max(0, start - 12), start))?.[1];
  const under = unitOf(per ?? perBefore ?? '');
  const factor = (measure?.factor ?? 1) / (under?.factor ?? 1);
  const half =
    plus !== undefined && (measure?.dimension === 'time' || measure?.dimension === 'months') ? factor / 2 : 0;
  const dimension =
    measure === undefined
      ? CURRENCIES[money?.toLowerCase() ?? '']
      : under === undefined
        ? measure.dimension
        : `${measure.dimension}/${under.dimension}`;
  return {
    ...{ value: written * factor + half, written, text: text.slice(start, end).trim(), start, end },
    ...(dimension === undefined ? {} : { dimension }),
  };
}

function numberOf({
  over,
  under,
  mixed,
  digits,
  exponent = '',
  power,
  han,
  english,
  half,
}: Readonly<Record<string, string | undefined>>) {
  if (half !== undefined) return 0.5;
  if (over !== undefined) return Number(over) / Number(under);
  if (mixed !== undefined) return parseHan(mixed.replace(/[,，\s]/g, ''));
  if (han !== undefined) return parseHan(han);
  if (english !== undefined) return parseEnglish(english);
  const base = Number(`${(digits ?? '').replace(/[,，\s]/g, '')}${exponent}`);
  return power === undefined ? base : base * 10 ** Number(power.replace('−', '-'));
}

/** Whether Chinese number signs without a unit are a number and no part of a word: 统一, 千万, 一个. */
function isNumeral(han: string, text: string, start: number, end: number): boolean {
  if (!/[一二两三四五六七八九十]/.test(han)) return han.length > 3 && /^[零〇]+$/.test(han);
  if (han.length > 1 || han === '十') return true;
  return han !== '一' && CLASSIFIERS.includes(text[end] ?? ' ') && !/[第某每另同任这那哪]/.test(text[start - 1] ?? '');
}

/** `2小时30分钟`, `1 year and 6 months`: neighbours of one dimension, the larger unit first, are one quantity. */
function sumParts(places: readonly Place[], text: string): Place[] {
  const summed: Place[] = [];
  for (const place of places) {
    const last = summed.at(-1);
    const gap = last === undefined ? undefined : text.slice(last.end, place.start);
    const fits =
      last !== undefined &&
      last.dimension !== undefined &&
      last.dimension === place.dimension &&
      ['time', 'months', 'length'].includes(last.dimension) &&
      /^\s*(?:零|又|and\s)?\s*$/.test(gap ?? '-') &&
      place.value < unitFactor(last);
    if (!fits) summed.push(place);
    else {
      const [value, whole] = [last.value + place.value, text.slice(last.start, place.end)];
      summed[summed.length - 1] = { ...last, value, written: value / unitFactor(place), text: whole, end: place.end };
    }
  }
  return summed;
}

const unitFactor = ({ value, written }: Place) => (written === 0 ? 0 : value / written);

/** The first end of `3至5万元` is read in the unit of the second. */
function joinRanges(places: readonly Place[], text: string): Place[] {
  return places.map((place, index) => {
    const next = places[index + 1];
    if (next === undefined || CALENDAR.has(next.dimension ?? '')) return place;
    const gap = text.slice(place.end, next.start);
    const lead = text.slice(Math.max(0, place.start - 9), place.start);
    const between = /(?:\b(?:between|from)\s+|[在从])$/i.test(lead);
    const range = /^\s*(?:-|–|—|~|至|到|\bto\b)\s*$/.test(gap) || (between && /^\s*(?:and|和|与)\s*$/.test(gap));
    const same = place.dimension === undefined || place.dimension === next.dimension;
    if (!range || !same || /[a-z-]$/i.test(lead)) return place;
    if (place.dimension !== undefined || next.dimension === undefined)
      return place.value < next.value ? { ...place, opensRange: true } : place;
    const digits = /^\D*([\d.]+)/.exec(next.text)?.[1];
    const scale = digits === undefined || Math.abs(place.written) > Number(digits) ? 1 : next.written / Number(digits);
    const written = place.written * Math.abs(scale);
    return { ...place, written, value: written * unitFactor(next), dimension: next.dimension, opensRange: true };
  });
}

/**
 * Equal within a relative tolerance, with units that do not contradict each other. A bare number fits a measured one as it is written (`24` and
 * `24 months`) or in base units (`0.5` and `50 %`); it is no date.
 */
export function sameQuantity(given: Quantity, wanted: Quantity, tolerance = 1e-9): boolean {
  const near = (x: number, y: number) => Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y)) + 1e-12;
  const [a, b] = [given.dimension, wanted.dimension];
  if (a === b) return near(given.value, wanted.value) || (a === 'date' && sameDay(given.value, wanted.value));
  if (a !== undefined && b !== undefined) {
    const degrees = [a, b].includes('degrees') && [a, b].some((name) => name === 'celsius' || name === 'fahrenheit');
    return degrees && near(given.value, wanted.value);
  }
  const [bare, measured] = a === undefined ? [given, wanted] : [wanted, given];
  if (measured.dimension === 'date' || measured.dimension === 'month')
    return (
      bare === wanted && near(Math.floor(measured.value / (measured.dimension === 'date' ? 10_000 : 100)), bare.value)
    );
  return near(bare.value, measured.value) || near(bare.value, measured.written);
}

/** A day said without its year is the same day of the year. */
function sameDay(a: number, b: number): boolean {
  return (a < 10_000 || b < 10_000) && a % 10_000 === b % 10_000;
}
