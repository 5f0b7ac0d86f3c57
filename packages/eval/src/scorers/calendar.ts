import { parseHan } from './number-words.ts';

/** A day, month or time of day, and where it stands. */
export interface CalendarPlace {
  /** `date`: year × 10,000 + month × 100 + day, without year when none is said. `month`: year × 100 + month. `clock`: minutes of the day. */
  readonly dimension: 'date' | 'month' | 'year' | 'clock';
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH =
  '(?<word>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\.?';
const HAN = '[零〇一二三四五六七八九十]';
const DAY = '(?<day>\\d{1,2})(?:st|nd|rd|th)?(?!\\d)';
const PATTERNS: readonly RegExp[] = [
  new RegExp(
    `(?<year>\\d{4}|${HAN}{4})\\s?年\\s?(?<month>\\d{1,2}|${HAN}{1,2})\\s?月(?:份|\\s?(?<day>\\d{1,2}|${HAN}{1,3})\\s?[日号])?`,
    'gu',
  ),
  /(?<![\d./-])(?<year>[12]\d{3})(?<mark>[-/.])(?<month>\d{1,2})\k<mark>(?<day>\d{1,2})(?![\d./-]?\d)/gu,
  new RegExp(`(?<!\\d|${HAN})(?<month>\\d{1,2}|${HAN}{1,2})\\s?月\\s?(?<day>\\d{1,2}|${HAN}{1,3})\\s?[日号]`, 'gu'),
  new RegExp(`(?<!\\d)${DAY}\\s+(?:of\\s+)?${MONTH}(?:,?\\s+(?<year>\\d{4}))?(?![a-z])`, 'gu'),
  new RegExp(`\\b${MONTH}\\s+${DAY}(?:,?\\s+(?<year>\\d{4}))?`, 'gu'),
  /(?<!\d)(?<year>(?:19|20)\d{2})\s?年(?!以|来|内|间)/gu,
  /(?<![\d:])(?<hour>\d{1,2}):(?<minute>\d{2})(?::\d{2})?(?:\s?(?<half>[ap])\.?m\b\.?)?(?![\d:])/giu,
  /(?<![\d.])(?<hour>\d{1,2})\s?(?<half>[ap])\.?m\b\.?/giu,
  /(?<part>上午|早上|凌晨|中午|下午|晚上|晚)?(?<hour>\d{1,2})[点时](?!\d*\.)(?:(?<thirty>半)|整|(?<minute>\d{1,2})分?)?/gu,
];

/** Dates and times of day, first found first taken: none overlaps another. */
export function calendarIn(text: string): CalendarPlace[] {
  const found: CalendarPlace[] = [];
  for (const pattern of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (found.some((other) => start < other.end && other.start < end)) continue;
      const read = match.groups?.hour === undefined ? dateOf(match.groups ?? {}) : clockOf(match.groups);
      if (read !== undefined) found.push({ ...read, start, end });
    }
  }
  return found;
}

type Parts = Readonly<Record<string, string | undefined>>;

function dateOf({ year, month, word, day }: Parts): Pick<CalendarPlace, 'dimension' | 'value'> | undefined {
  const read = (part: string | undefined) =>
    part === undefined ? undefined : /\d/.test(part) ? Number(part) : parseHan(part);
  const [y, d] = [read(year), read(day)];
  const m = word === undefined ? read(month) : MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1;
  if (m === undefined) return y === undefined ? undefined : { dimension: 'year', value: y };
  if (m < 1 || m > 12 || (d !== undefined && (d < 1 || d > 31))) return undefined;
  if (d === undefined) return y === undefined ? undefined : { dimension: 'month', value: y * 100 + m };
  return { dimension: 'date', value: (y ?? 0) * 10_000 + m * 100 + d };
}

function clockOf({ part, hour, minute, half, thirty }: Parts): Pick<CalendarPlace, 'dimension' | 'value'> | undefined {
  const [h, m] = [Number(hour), thirty === undefined ? Number(minute ?? 0) : 30];
  if (h > 24 || m > 59) return undefined;
  const afternoon = half?.toLowerCase() === 'p' || part === '下午' || part === '晚上' || part === '晚';
  const morning = half?.toLowerCase() === 'a' || part === '凌晨';
  const hours = afternoon && h < 12 ? h + 12 : morning && h === 12 ? 0 : h;
  return { dimension: 'clock', value: hours * 60 + m };
}
