export interface FoundDate {
  /** `2026-03-18`, or `2026-03` when the text names no day. Both order as text. */
  readonly iso: string;
  readonly start: number;
  readonly end: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
const YEAR = '((?:19|20)\\d\\d)';
const HAN_DIGITS = '〇零一二三四五六七八九';

/** Each pattern with the places of year, month and day among its groups; 0 when it has none. First match wins where they overlap. */
const PATTERNS: readonly (readonly [RegExp, number, number, number])[] = [
  [new RegExp(`\\b${YEAR}-(\\d{1,2})-(\\d{1,2})\\b`, 'g'), 1, 2, 3],
  [new RegExp(`${YEAR}\\s*年\\s*(\\d{1,2})\\s*月(?:\\s*(\\d{1,2})\\s*[日号])?`, 'g'), 1, 2, 3],
  [
    /([一二][〇零一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月(?:([一二三四五六七八九十]{1,3})[日号])?/g,
    1,
    2,
    3,
  ],
  [new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?\\s+${MONTH}\\s*,?\\s+${YEAR}\\b`, 'gi'), 3, 2, 1],
  [new RegExp(`\\b${MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?\\s*,?\\s+${YEAR}\\b`, 'gi'), 3, 1, 2],
  [new RegExp(`\\b${MONTH}\\s+${YEAR}\\b`, 'gi'), 2, 1, 0],
  [new RegExp(`\\b(\\d{1,2})\\.(\\d{1,2})\\.${YEAR}\\b`, 'g'), 3, 2, 1],
  [new RegExp(`\\b${YEAR}[/.](\\d{1,2})[/.](\\d{1,2})\\b`, 'g'), 1, 2, 3],
];

/** The dates that a text writes out, in order. `03/04/2026` is left alone: it means two different days. */
export function datesIn(text: string): FoundDate[] {
  const found: FoundDate[] = [];
  for (const [pattern, yearAt, monthAt, dayAt] of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (found.some((other) => other.start < end && other.end > start)) continue;
      const iso = isoDate(match[yearAt], match[monthAt], dayAt === 0 ? undefined : match[dayAt]);
      if (iso !== undefined) found.push({ iso, start, end });
    }
  }
  return found.sort((left, right) => left.start - right.start);
}

function isoDate(yearText = '', monthText = '', dayText?: string): string | undefined {
  const year = /^\d/.test(yearText)
    ? Number(yearText)
    : Number(
        Array.from(yearText, (digit) => HAN_DIGITS.indexOf(digit === '零' ? '〇' : digit))
          .map((value) => (value > 0 ? value - 1 : 0))
          .join(''),
      );
  const name = MONTHS.indexOf(monthText.slice(0, 3).toLowerCase());
  const month = name >= 0 ? name + 1 : numberOf(monthText);
  const day = dayText === undefined ? undefined : numberOf(dayText);
  if (!(month >= 1 && month <= 12) || (day !== undefined && !(day >= 1 && day <= 31))) return undefined;
  const padded = (value: number) => String(value).padStart(2, '0');
  return `${year}-${padded(month)}${day === undefined ? '' : `-${padded(day)}`}`;
}

/** `12`, `十二`, `二十一` to a number; `NaN` for anything else. */
export function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const match = /^([一二三四五六七八九])?(十)?([一二三四五六七八九])?$/.exec(text);
  if (match === null || text === '') return Number.NaN;
  const [, tens, ten, ones] = match;
  const digit = (han: string | undefined) => (han === undefined ? 0 : HAN_DIGITS.indexOf(han) - 1);
  if (ten === undefined) return tens === undefined ? Number.NaN : ones === undefined ? digit(tens) : Number.NaN;
  return (tens === undefined ? 1 : digit(tens)) * 10 + digit(ones);
}
