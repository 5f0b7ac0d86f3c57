import { headingNumber } from '../text/heading-number.ts';
import type { Paragraph, TablePiece } from './paragraphs.ts';
import { CJK } from './words.ts';

export interface HeadingStyle {
  readonly size: number;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly colour: string;
  readonly family: string;
}

/** What the file itself says about its headings. */
export interface HeadingHints {
  /** Titles of the outline (bookmarks) without white space, lower case, with their depth from 1. */
  readonly outline: ReadonlyMap<string, number>;
}

/** Longest heading, in Latin characters; a CJK character counts twice. */
const LONGEST = 220;

/** The body's font size and colour: those of most characters. */
export function bodyStyle(paragraphs: readonly Paragraph[]): HeadingStyle {
  const weights = new Map<string, { style: HeadingStyle; weight: number }>();
  for (const { lines } of paragraphs) {
    for (const { size, bold, italic, colour, text } of lines) {
      const style = { family: '', size: Math.round(size * 2) / 2, bold, italic, colour };
      const key = `${style.size}/${bold}/${italic}/${colour}`;
      const known = weights.get(key) ?? { style, weight: 0 };
      known.weight += text.length;
      weights.set(key, known);
    }
  }
  const family = mostOf(paragraphs);
  const best = [...weights.values()].reduce((left, right) => (right.weight > left.weight ? right : left), {
    style: { size: 10, bold: false, italic: false, colour: '#000000', family: '' },
    weight: 0,
  });
  return { ...best.style, family };
}

function mostOf(paragraphs: readonly Paragraph[]): string {
  const weights = new Map<string, number>();
  for (const { family, text } of paragraphs.flatMap(({ lines }) => lines))
    weights.set(family, (weights.get(family) ?? 0) + text.length);
  return [...weights].reduce((left, right) => (right[1] > left[1] ? right : left), ['', 0] as const)[0];
}

/**
 * Levels of the paragraphs that are headings, 1 the highest. Larger type, bold type or another colour on a line of its own, a
 * number, and the outline speak for a heading; a full stop, a list marker and length against it.
 */
export function findHeadings(
  pieces: readonly (Paragraph | TablePiece)[],
  body: HeadingStyle,
  { outline }: HeadingHints,
): ReadonlyMap<Paragraph, number> {
  const headings: Paragraph[] = [];
  const tagged = new Map<Paragraph, number>();
  for (const piece of pieces) {
    if (piece.kind === 'text' && piece.level !== undefined && canBeHeading(piece)) tagged.set(piece, piece.level);
  }
  let below: Paragraph | undefined; // what stands below the title: authors, a date
  pieces.forEach((piece, index) => {
    const title = below;
    below = undefined;
    if (piece.kind !== 'text') return;
    if (tagged.has(piece)) return;
    if (title !== undefined && isTitleBlock(piece, title, outline)) {
      below = title;
      return;
    }
    // Emphasis alone makes no heading where the tags name the headings.
    if (piece.italic && piece.tagged === true && tagged.size > 0 && piece.size < body.size * 1.12) return;
    if (!isHeading(piece, body, outline) || runsOn(piece, pieces[index + 1], body)) return;
    if (headings.length === 0) below = piece;
    headings.push(piece);
  });
  // A document with nothing but "headings" has none: its body is what was taken for them.
  const characters = (list: readonly Paragraph[]) =>
    list.reduce((sum, { lines }) => sum + lines.reduce((inner, { text }) => inner + text.length, 0), 0);
  const texts = pieces.filter((piece) => piece.kind === 'text');
  if (characters(headings) > characters(texts) * 0.6 && headings.length > 3) return tagged;
  const levels = levelsOf(headings, outline);
  if (tagged.size > 0)
    for (const heading of headings) levels.set(heading, levelAmong(tagged, heading, levels.get(heading) ?? 1));
  return new Map([...levels, ...tagged]);
}

/** Centred below the title in plain, smaller type. */
function isTitleBlock(piece: Paragraph, title: Paragraph, outline: ReadonlyMap<string, number>): boolean {
  const text = piece.lines.map((line) => line.text).join('');
  const scheme = headingNumber(text)?.scheme;
  const initial = scheme === 'letter' || scheme === 'roman'; // of a name
  const plain =
    !piece.bold && (scheme === undefined || initial) && !outline.has(text.replace(/\s+/g, '').toLowerCase());
  return plain && piece.page === title.page && title.centred && piece.centred && piece.size < title.size * 0.9;
}

/** The level of a heading that no tag names, in a document whose tags name others: that of its own size, or one below the next larger. */
function levelAmong(tagged: ReadonlyMap<Paragraph, number>, { size }: Paragraph, otherwise: number): number {
  const larger = [...tagged].filter(([other]) => other.size > size - 0.6);
  if (larger.length === 0) return otherwise;
  const next = Math.min(...larger.map(([other]) => other.size));
  const level = Math.max(...larger.filter(([other]) => other.size < next + 0.6).map(([, own]) => own));
  return Math.min(6, next - size < 0.6 ? level : level + 1);
}

/** Short enough, and more than a number or a rule: some programs tag what they like. */
function canBeHeading({ lines }: Paragraph): boolean {
  const text = lines.map((line) => line.text).join(' ');
  return lines.length <= 6 && text.length <= LONGEST && /[\p{L}\p{N}]/u.test(text);
}

function isHeading(paragraph: Paragraph, body: HeadingStyle, outline: ReadonlyMap<string, number>): boolean {
  const { lines, size, bold, colour, monospace, gapAbove, gapBelow } = paragraph;
  if (paragraph.role !== undefined) return false;
  const text = lines
    .map(({ text: line }) => line)
    .join(' ')
    .trim();
  const length = [...text].reduce((sum, character) => sum + (CJK.test(character) ? 2 : 1), 0);
  if (length < 2 || length > LONGEST || lines.length > 4 || !/\p{L}/u.test(text)) return false;
  if (
    outline.size > 0 &&
    length < 160 &&
    outline.has(text.replace(/\s+/g, '').toLowerCase()) &&
    (size > body.size * 1.03 || bold)
  )
    return true;
  const number = headingNumber(text);
  if (paragraph.aside === true && number === undefined && size < body.size * 1.25) return false;
  const bullet = paragraph.marker !== undefined && !paragraph.marker.ordered;
  if (bullet) return false;
  if (isCaption(text)) return false;
  const sentence = /[.。;；,，]$/.test(text) && !/(?:\b(?:etc|inc|ltd|co|no)|\d|[A-Z])\.$/i.test(text);
  const larger = size >= body.size * 1.12 && size > body.size + 0.8;
  if (larger) return (size >= body.size * 1.25 ? length <= LONGEST : length <= 140) && !(sentence && length > 60);
  if (size < body.size * 0.93 || monospace || sentence || lines.length > 3) return false;
  if (paragraph.label) return false;
  const stands = gapAbove > 1.15 || gapBelow > 1.15;
  const coloured = colour !== body.colour && isDarkish(colour) && colour !== '';
  if (bold && !body.bold)
    return length <= 140 && (stands || number !== undefined) && !/[:：]$/.test(text.length > 60 ? text : '');
  if (coloured && stands) return length <= 100 && lines.length <= 2 && gapAbove > 1.15;
  // In another typeface, as Chinese documents set them: 黑体 in a text of 宋体 or 仿宋, without a gap around it.
  const otherFace = paragraph.family !== '' && body.family !== '' && paragraph.family !== body.family;
  if (otherFace && CJK.test(text) && number !== undefined && number.scheme !== 'letter' && lines.length === 1)
    return length <= 90;
  // In italics alone: a title as it is written, not a remark.
  if (paragraph.italic && !body.italic && lines.length === 1 && gapAbove > 1.15 && length <= 90) {
    return /^[\p{Lu}\p{Lo}\d]/u.test(text) && !/[:：!?]$/.test(text);
  }
  // Numbered in plain type: only schemes that nothing else uses, on a short line of their own.
  if (number !== undefined && (number.scheme === 'chapter' || (number.scheme === 'decimal' && number.depth >= 2))) {
    return length <= 60 && lines.length === 1 && gapAbove > 1.15 && !/[:：]$/.test(text);
  }
  return false;
}

/** Emphasis at the beginning of a paragraph: in the body's size, and its sentence goes on in the next line. */
function runsOn(paragraph: Paragraph, next: Paragraph | TablePiece | undefined, body: HeadingStyle): boolean {
  if (next?.kind !== 'text' || next.page !== paragraph.page || paragraph.gapBelow > 1.3) return false;
  const text = paragraph.lines.at(-1)?.text.trim() ?? '';
  const goesOn = /^\p{Ll}/u.test(next.lines[0]?.text.trim() ?? '') && !/[.:;!?。：；！？]$/.test(text);
  return goesOn && paragraph.size < body.size * 1.12 && next.size > paragraph.size * 0.93;
}

/** Not so light that it is decoration. */
function isDarkish(colour: string): boolean {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return channels.every(Number.isFinite) && channels.reduce((sum, value) => sum + value, 0) < 480;
}

export function isCaption(text: string): boolean {
  return /^(?:(?:fig(?:ure|\.)|table|tab\.|listing|exhibit|chart|scheme|algorithm)\s*(?:[A-Z]?\d|[IVX]+\b)|[图表圖]\s*\d)/i.test(
    text,
  );
}

/** Styles from the largest to the smallest become levels; numbers and the outline decide within a style. */
function levelsOf(headings: readonly Paragraph[], outline: ReadonlyMap<string, number>): Map<Paragraph, number> {
  const sizes: number[] = [];
  for (const size of headings.map((heading) => heading.size).sort((left, right) => right - left)) {
    const last = sizes.at(-1);
    if (last === undefined || last - size > Math.max(0.6, last * 0.04)) sizes.push(size);
  }
  const levels = new Map<Paragraph, number>();
  for (const heading of headings) {
    const text = heading.lines.map(({ text: line }) => line).join('');
    const rank = sizes.findIndex((size) => size - heading.size <= Math.max(0.6, size * 0.04)) + 1;
    const byOutline = outline.get(text.replace(/\s+/g, '').toLowerCase());
    levels.set(heading, Math.min(6, byOutline ?? Math.max(1, rank)));
  }
  // Numbered headings of one size: deeper numbers are lower.
  for (const size of sizes) {
    const same = headings.filter((heading) => Math.abs(heading.size - size) <= Math.max(0.6, size * 0.04));
    const depths = same.map((heading) => headingNumber(heading.lines[0]?.text ?? '')?.depth);
    const known = depths.filter((depth) => depth !== undefined);
    const least = Math.min(...known);
    if (known.length < 2 || Math.max(...known) === least) continue;
    same.forEach((heading, index) => {
      const depth = depths[index];
      if (depth !== undefined) levels.set(heading, Math.min(6, (levels.get(heading) ?? 1) + depth - least));
    });
  }
  return levels;
}
