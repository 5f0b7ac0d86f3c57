/** A number with what it counts. */
export interface Quantity {
  /** In the base unit of its dimension when the unit is known: metres, grams, seconds, fractions of 1 for percent. */
  readonly value: number;
  /** `length`, `mass`, `cny`, `percent`…; undefined for a bare number or an unknown unit. */
  readonly dimension?: string;
  readonly text: string;
  /** Offset in the normalised (NFKC) text. */
  readonly index: number;
}

/** Dimension and factor to its base unit. Longer names are tried first. Months and years stay apart from days: their lengths vary. */
const UNITS: Readonly<Record<string, readonly [string, number]>> = {
  '%': ['percent', 0.01],
  percent: ['percent', 0.01],
  'per cent': ['percent', 0.01],
  '‰': ['percent', 0.001],
  km: ['length', 1000],
  公里: ['length', 1000],
  千米: ['length', 1000],
  m: ['length', 1],
  米: ['length', 1],
  metres: ['length', 1],
  meters: ['length', 1],
  cm: ['length', 0.01],
  厘米: ['length', 0.01],
  mm: ['length', 0.001],
  毫米: ['length', 0.001],
  inches: ['length', 0.0254],
  inch: ['length', 0.0254],
  英寸: ['length', 0.0254],
  kg: ['mass', 1000],
  公斤: ['mass', 1000],
  千克: ['mass', 1000],
  g: ['mass', 1],
  克: ['mass', 1],
  斤: ['mass', 500],
  t: ['mass', 1e6],
  吨: ['mass', 1e6],
  l: ['volume', 1],
  升: ['volume', 1],
  ml: ['volume', 0.001],
  毫升: ['volume', 0.001],
  ms: ['time', 0.001],
  毫秒: ['time', 0.001],
  seconds: ['time', 1],
  second: ['time', 1],
  s: ['time', 1],
  秒: ['time', 1],
  minutes: ['time', 60],
  minute: ['time', 60],
  min: ['time', 60],
  分钟: ['time', 60],
  hours: ['time', 3600],
  hour: ['time', 3600],
  h: ['time', 3600],
  小时: ['time', 3600],
  days: ['time', 86400],
  day: ['time', 86400],
  天: ['time', 86400],
  日: ['time', 86400],
  weeks: ['time', 604800],
  week: ['time', 604800],
  周: ['time', 604800],
  months: ['months', 1],
  month: ['months', 1],
  个月: ['months', 1],
  years: ['months', 12],
  year: ['months', 12],
  年: ['months', 12],
  bar: ['pressure', 1e5],
  kpa: ['pressure', 1000],
  mpa: ['pressure', 1e6],
  psi: ['pressure', 6894.757293168],
  v: ['voltage', 1],
  kw: ['power', 1000],
  w: ['power', 1],
  千瓦: ['power', 1000],
  瓦: ['power', 1],
  n·m: ['torque', 1],
  nm: ['torque', 1],
  '°c': ['celsius', 1],
  摄氏度: ['celsius', 1],
  度: ['degrees', 1],
  '°f': ['fahrenheit', 1],
  元: ['cny', 1],
  人民币: ['cny', 1],
  rmb: ['cny', 1],
  cny: ['cny', 1],
  美元: ['usd', 1],
  usd: ['usd', 1],
  dollars: ['usd', 1],
  dollar: ['usd', 1],
  cents: ['usd', 0.01],
  欧元: ['eur', 1],
  eur: ['eur', 1],
  euros: ['eur', 1],
};
const CURRENCY_SIGNS: Readonly<Record<string, string>> = { '¥': 'cny', $: 'usd', '€': 'eur', '£': 'gbp' };
const SCALES: Readonly<Record<string, number>> = {
  十: 10,
  百: 100,
  千: 1000,
  万: 1e4,
  百万: 1e6,
  千万: 1e7,
  亿: 1e8,
  万亿: 1e12,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
};

const byLength = (names: readonly string[]) => [...names].sort((a, b) => b.length - a.length);
const escapeName = (name: string) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** A Latin unit must not run on into a longer word: `5 m`, not `5 men`. */
const unitPattern = byLength(Object.keys(UNITS))
  .map((name) => (/[a-z]$/.test(name) ? `${escapeName(name)}(?![a-z])` : escapeName(name)))
  .join('|');
const scalePattern = byLength(Object.keys(SCALES)).join('|');
const HAN_DIGITS = '零〇一二两三四五六七八九';
const QUANTITY = new RegExp(
  `(?<sign>[-−+]?)(?<money>[¥$€£]?)\\s?(?:(?<digits>\\d+(?:[,，]\\d{3})+(?:\\.\\d+)?|\\d*\\.\\d+|\\d+)(?:\\s?(?<scale>${scalePattern}))?|(?<han>[${HAN_DIGITS}十百千万亿]+(?:点[${HAN_DIGITS}]+)?))\\s?(?<unit>${unitPattern})?`,
  'giu',
);

/** The quantities written in a text, in order: full-width and Chinese numerals, 万 and 亿, percent, thousands separators, units. */
export function quantitiesIn(text: string): Quantity[] {
  const normal = text.normalize('NFKC').replace(/百分之([\d.]+|[零〇一二两三四五六七八九十百点]+)/gu, '$1%');
  const found: Quantity[] = [];
  for (const match of normal.matchAll(QUANTITY)) {
    const { sign = '', money = '', digits, scale, han, unit } = match.groups ?? {};
    if (han !== undefined && unit === undefined && !/[十百千万亿]/.test(han) && han.length < 2) continue; // 一, 两 as plain words
    const bare = digits === undefined ? parseHan(han ?? '') : Number(digits.replace(/[,，]/g, ''));
    if (bare === undefined || !Number.isFinite(bare)) continue;
    const negative = (sign === '-' || sign === '−') && !/[\d\p{L}]/u.test(normal[match.index - 1] ?? '');
    const [dimension, factor] =
      unit === undefined ? [CURRENCY_SIGNS[money], 1] : (UNITS[unit.toLowerCase()] ?? [undefined, 1]);
    const value = bare * (scale === undefined ? 1 : (SCALES[scale.toLowerCase()] ?? 1)) * factor * (negative ? -1 : 1);
    found.push({ value, text: match[0].trim(), index: match.index, ...(dimension === undefined ? {} : { dimension }) });
  }
  return found;
}

/** A Chinese numeral: `二十四` is 24, `三万五千` 35,000, `二〇二六` 2026, `三点五` 3.5. Undefined when it is none. */
export function parseHan(text: string): number | undefined {
  const [whole = '', fraction] = text.split('点');
  const digitOf = (character: string) =>
    character === '两' ? 2 : character === '〇' ? 0 : '零一二三四五六七八九'.indexOf(character);
  let value: number;
  if (!/[十百千万亿]/.test(whole)) {
    const digits = [...whole].map(digitOf);
    if (digits.length === 0 || digits.includes(-1)) return undefined;
    value = Number(digits.join(''));
  } else {
    let total = 0;
    let section = 0;
    let digit = 0;
    for (const character of whole) {
      const scale = SCALES[character];
      if (scale === undefined) {
        digit = digitOf(character);
        if (digit < 0) return undefined;
      } else if (scale < 1e4) {
        section += (digit === 0 ? 1 : digit) * scale;
        digit = 0;
      } else {
        // 亿 multiplies all before it (三万亿), 万 only the section before it (一亿三万).
        const inner = section + digit;
        if (scale === 1e8) total = (total + inner === 0 ? 1 : total + inner) * scale;
        else total += (inner === 0 ? 1 : inner) * scale;
        section = 0;
        digit = 0;
      }
    }
    value = total + section + digit;
  }
  if (fraction === undefined) return value;
  const digits = [...fraction].map(digitOf);
  return digits.includes(-1) ? undefined : Number(`${value}.${digits.join('')}`);
}

/** Equal within a relative tolerance, with units that do not contradict each other: a bare number fits any unit but percent at face value. */
export function sameQuantity(a: Quantity, b: Quantity, tolerance = 1e-9): boolean {
  if (a.dimension !== undefined && b.dimension !== undefined && a.dimension !== b.dimension) return false;
  const near = (x: number, y: number) => Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y)) + 1e-12;
  if (a.dimension === b.dimension) return near(a.value, b.value);
  const [bare, measured] = a.dimension === undefined ? [a, b] : [b, a];
  // A bare number is read in the unit of the other one: "24" fits "24 months", "5" fits "5 %".
  const written = quantityAsWritten(measured);
  return near(bare.value, measured.value) || (written !== undefined && near(bare.value, written));
}

function quantityAsWritten({ text }: Quantity): number | undefined {
  const digits = /\d[\d,]*(?:\.\d+)?/.exec(text)?.[0];
  return digits === undefined ? undefined : Number(digits.replaceAll(',', ''));
}
