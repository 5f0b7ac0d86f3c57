/** What a line's own number says about its level as a heading. */
export interface HeadingNumber {
  readonly label: string;
  /** 1 is the highest; relative to other numbered headings of the same scheme. */
  readonly depth: number;
  readonly scheme: 'decimal' | 'chapter' | 'article' | 'chinese' | 'chinese-paren' | 'word' | 'roman' | 'letter';
}

const CHINESE_NUMBER = '[〇零一二三四五六七八九十百千]+';
const PATTERNS: readonly (readonly [RegExp, HeadingNumber['scheme'], number])[] = [
  [new RegExp(`^第\\s*(?:${CHINESE_NUMBER}|\\d+)\\s*[编篇部]`), 'chapter', 1],
  [new RegExp(`^第\\s*(?:${CHINESE_NUMBER}|\\d+)\\s*章`), 'chapter', 2],
  [new RegExp(`^第\\s*(?:${CHINESE_NUMBER}|\\d+)\\s*节`), 'chapter', 3],
  [new RegExp(`^第\\s*(?:${CHINESE_NUMBER}|\\d+)\\s*条`), 'article', 4],
  [new RegExp(`^${CHINESE_NUMBER}\\s*[、．.]`), 'chinese', 2],
  [new RegExp(`^[（(]\\s*${CHINESE_NUMBER}\\s*[）)]`), 'chinese-paren', 3],
  [
    /^(?:chapter|part|section|appendix|annex|chapitre|partie|kapitel|abschnitt|附录|附件)\s*(?:[\dIVXLC]+|[A-Z])(?=$|[\s.:：、])/i,
    'word',
    1,
  ],
  [/^(\d{1,3}(?:\.\d{1,3}){1,5})[.、]?(?=[\s\p{L}（(]|$)/u, 'decimal', 0],
  [/^(\d{1,3})[.、．]?(?=\s+\S)/u, 'decimal', 1],
  [/^[IVX]{1,5}[.、]\s+\S/, 'roman', 1],
  [/^[A-Z][.、]\s+\S/, 'letter', 2],
];

/** The numbering at the start of a line: `2.1`, `第三章`, `（一）`, `Chapter 4`, `IV.`; undefined when there is none. */
export function headingNumber(line: string): HeadingNumber | undefined {
  const text = line.trimStart();
  for (const [pattern, scheme, depth] of PATTERNS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const label = match[0].trim();
    return { label, scheme, depth: depth === 0 ? label.replace(/[.、]$/, '').split('.').length : depth };
  }
  return undefined;
}
