const HAN_SCALES: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000, 万: 1e4, 亿: 1e8 };

const digitOf = (character: string) =>
  character === '两' ? 2 : character === '〇' ? 0 : '零一二三四五六七八九'.indexOf(character);

/**
 * A Chinese numeral, digits allowed in it: `二十四` is 24, `三万五千` 35,000, `二〇二六` 2026, `三点五` 3.5, `1.5万` 15,000, `1亿2000万` 120,000,000.
 * Undefined when it is none.
 */
export function parseHan(text: string): number | undefined {
  const [whole = '', fraction] = text.split('点');
  const value = wholeHan(whole.match(/\d+(?:\.\d+)?|./gu) ?? []);
  if (value === undefined || fraction === undefined) return value;
  const digits = [...fraction].map(digitOf);
  return digits.includes(-1) ? undefined : Number(`${value}.${digits.join('')}`);
}

function wholeHan(parts: readonly string[]): number | undefined {
  const read = parts.map((part) => (/^\d/.test(part) ? Number(part) : digitOf(part)));
  if (!parts.some((part) => part in HAN_SCALES)) {
    return read.length === 0 || read.includes(-1) ? undefined : Number(read.join(''));
  }
  let [total, section, digit] = [0, 0, 0];
  for (const [index, part] of parts.entries()) {
    const scale = HAN_SCALES[part];
    if (scale === undefined) {
      digit = read[index] ?? -1;
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
  return total + section + digit;
}

const ENGLISH: Readonly<Record<string, number>> = Object.fromEntries([
  ...'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, value) => [word, value] as const),
  ...'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, (index + 2) * 10] as const),
]);
export const ENGLISH_SCALES: Readonly<Record<string, number>> = {
  hundred: 100,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
};

const small = Object.keys(ENGLISH).sort((a, b) => b.length - a.length);
/** `twenty-four`, `one hundred and five`: begins with a number, not with a scale. */
export const ENGLISH_PATTERN = `(?:${small.join('|')})(?:(?:-|\\s+(?:and\\s+)?)(?:${[...small, ...Object.keys(ENGLISH_SCALES)].join('|')}))*`;

/** An English numeral in words. */
export function parseEnglish(text: string): number {
  let [total, section] = [0, 0];
  for (const word of text.toLowerCase().split(/[\s-]+/)) {
    const scale = ENGLISH_SCALES[word];
    if (scale === undefined) section += ENGLISH[word] ?? 0;
    else if (scale === 100) section *= scale;
    else {
      total += section * scale;
      section = 0;
    }
  }
  return total + section;
}
