const CHINESE_DIGITS = '〇一二三四五六七八九';
const FORMAL_DIGITS = '零壹贰叁肆伍陆柒捌玖';

/** A number as Word's numbering writes it; `format` is the value of `w:numFmt`. */
export function formatNumber(value: number, format: string): string {
  switch (format) {
    case 'none':
      return '';
    case 'decimalZero':
      return String(value).padStart(2, '0');
    case 'upperRoman':
      return roman(value);
    case 'lowerRoman':
      return roman(value).toLowerCase();
    case 'upperLetter':
      return letters(value);
    case 'lowerLetter':
      return letters(value).toLowerCase();
    case 'ordinal':
      return ordinal(value);
    case 'chineseCounting':
    case 'chineseCountingThousand':
    case 'taiwaneseCounting':
    case 'taiwaneseCountingThousand':
    case 'japaneseCounting':
    case 'koreanCounting':
    case 'ideographDigital':
      return chinese(value, CHINESE_DIGITS, '十百千');
    case 'chineseLegalSimplified':
      return chinese(value, FORMAL_DIGITS, '拾佰仟');
    case 'ideographTraditional':
      return '甲乙丙丁戊己庚辛壬癸'[value - 1] ?? String(value);
    case 'ideographZodiac':
      return '子丑寅卯辰巳午未申酉戌亥'[value - 1] ?? String(value);
    case 'decimalEnclosedCircle':
    case 'decimalEnclosedCircleChinese':
      return value >= 1 && value <= 20 ? String.fromCodePoint(0x245f + value) : String(value);
    case 'decimalFullWidth':
      return String(value).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    default:
      return String(value);
  }
}

function roman(value: number): string {
  if (value <= 0 || value > 3999) return String(value);
  const steps: readonly (readonly [number, string])[] = [
    [1000, 'M'],
    [900, 'CM'],
    [500, 'D'],
    [400, 'CD'],
    [100, 'C'],
    [90, 'XC'],
    [50, 'L'],
    [40, 'XL'],
    [10, 'X'],
    [9, 'IX'],
    [5, 'V'],
    [4, 'IV'],
    [1, 'I'],
  ];
  let rest = value;
  let text = '';
  for (const [step, letter] of steps) {
    while (rest >= step) {
      text += letter;
      rest -= step;
    }
  }
  return text;
}

/** A to Z, then AA, BB as Word counts. */
function letters(value: number): string {
  if (value <= 0) return String(value);
  const letter = String.fromCodePoint(65 + ((value - 1) % 26));
  return letter.repeat(Math.min(Math.floor((value - 1) / 26) + 1, 20));
}

function ordinal(value: number): string {
  const tail = value % 100 >= 11 && value % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${tail}`;
}

function chinese(value: number, digits: string, units: string): string {
  if (value <= 0 || value > 9999) return String(value);
  const figures = String(value);
  let text = '';
  let zero = false;
  [...figures].forEach((figure, index) => {
    const place = figures.length - 1 - index;
    if (figure === '0') {
      zero = text !== '';
      return;
    }
    if (zero) text += digits === FORMAL_DIGITS ? '零' : '零';
    zero = false;
    text += `${digits[Number(figure)] ?? ''}${place > 0 ? (units[place - 1] ?? '') : ''}`;
  });
  return digits === CHINESE_DIGITS && value >= 10 && value < 20 ? text.slice(1) : text;
}
