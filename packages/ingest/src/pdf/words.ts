import { type Box, median } from './geometry.ts';
import type { Font, Glyph } from './page-content.ts';

/** Characters that are drawn next to each other without a space. */
export interface Word {
  readonly text: string;
  readonly box: Box;
  readonly baseline: number;
  readonly size: number;
  readonly font: Font;
  readonly colour: string;
  /** A space was drawn behind it. */
  readonly spaceAfter: boolean;
  /** Usual distance between its CJK characters, in points: more than 0 where a line was spread to its width. */
  readonly spread: number;
  /** Position in the content stream. */
  readonly order: number;
  readonly mcid?: number;
  readonly artifact: boolean;
}

/** Characters of scripts that are written without spaces between words. */
export const CJK = /[\u2e80-\u2fdf\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/;

/** Gap, in parts of the font size, from which two characters belong to different words. */
const WORD_GAP = 0.12;
/** Code is often set with air between its characters. */
const MONOSPACE_GAP = 0.4;
/** Between CJK characters and anything: they are often set loose, and a gap means nothing until it is wide. */
const CJK_GAP = 0.55;

/** Words in the order of the content stream. Glyphs drawn twice at one place (imitated bold, shadows) count once. */
export function buildWords(glyphs: readonly Glyph[]): Word[] {
  const words: Word[] = [];
  const seen = new Map<string, { x0: number; baseline: number }[]>();
  let current: Glyph[] = [];
  let order = 0;
  const flush = (spaceAfter: boolean) => {
    const word = makeWord(current, order, spaceAfter);
    current = [];
    if (word !== undefined) {
      words.push(word);
      order += 1;
    }
  };
  for (const glyph of glyphs) {
    const last = current.at(-1);
    if (/^[\s\u200b]*$/.test(glyph.text)) {
      if (last !== undefined) flush(true);
      continue;
    }
    if (isRepeat(glyph, seen)) continue;
    if (last !== undefined && startsWord(last, glyph)) flush(false);
    current.push(glyph);
  }
  flush(false);
  return words;
}

function startsWord(last: Glyph, next: Glyph): boolean {
  const size = Math.max(last.size, next.size);
  if (last.mcid !== next.mcid || last.artifact !== next.artifact) return true;
  if (Math.abs(last.baseline - next.baseline) > size * 0.15) return true;
  if (Math.abs(last.size - next.size) > size * 0.15) return true;
  if (last.font !== next.font && (last.font.bold !== next.font.bold || last.font.monospace !== next.font.monospace))
    return true;
  const gap = Math.max(next.x0 - last.x1, last.x0 - next.x1); // right-to-left text may be drawn from its logical start
  const loose = CJK.test(last.text) || CJK.test(next.text);
  const limit = loose ? CJK_GAP : last.font.monospace ? MONOSPACE_GAP : WORD_GAP;
  return gap > size * limit || gap < -size * 0.6;
}

function isRepeat(glyph: Glyph, seen: Map<string, { x0: number; baseline: number }[]>): boolean {
  const same = seen.get(glyph.text) ?? [];
  const slack = glyph.size * 0.12;
  const repeated = same.some(
    ({ x0, baseline }) => Math.abs(x0 - glyph.x0) < slack && Math.abs(baseline - glyph.baseline) < slack,
  );
  if (!repeated) {
    same.push({ x0: glyph.x0, baseline: glyph.baseline });
    seen.set(glyph.text, same);
  }
  return repeated;
}

function makeWord(glyphs: readonly Glyph[], order: number, spaceAfter: boolean): Word | undefined {
  const [first] = glyphs;
  if (first === undefined) return undefined;
  const size = median(glyphs.map((glyph) => glyph.size));
  const x0 = Math.min(...glyphs.map((glyph) => glyph.x0));
  const x1 = Math.max(...glyphs.map((glyph) => glyph.x1));
  // Logical order: glyphs of a right-to-left word stand from right to left, whatever order they were drawn in.
  const ordered = isRightToLeft(glyphs) ? [...glyphs].sort((left, right) => right.x0 - left.x0) : glyphs;
  return {
    text: inPairs(ordered.map(({ text }) => text).join('')),
    box: [x0, first.baseline - size * 0.8, x1, first.baseline + size * 0.2],
    baseline: first.baseline,
    size,
    font: first.font,
    colour: first.colour,
    spread: spreadOf(glyphs),
    spaceAfter,
    order,
    artifact: first.artifact,
    ...(first.mcid !== undefined && { mcid: first.mcid }),
  };
}

function spreadOf(glyphs: readonly Glyph[]): number {
  const gaps = glyphs.flatMap((glyph, index) => {
    const last = glyphs[index - 1];
    return last !== undefined && HAN.test(last.text) && HAN.test(glyph.text) ? [glyph.x0 - last.x1] : [];
  });
  return Math.max(0, median(gaps));
}

const HAN = /\p{Script=Han}/u;

const MIRRORED: Readonly<Record<string, string>> = { '(': ')', ')': '(', '[': ']', ']': '[', '«': '»', '»': '«' };

/** Brackets around a right-to-left word in a left-to-right line come the wrong way round when its glyphs are turned. */
function inPairs(text: string): string {
  if (!/^[)\]»].*[([«]$/u.test(text)) return text;
  return text.replace(/[()[\]«»]/g, (bracket) => MIRRORED[bracket] ?? bracket);
}

export const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

function isRightToLeft(glyphs: readonly Glyph[]): boolean {
  return glyphs.filter(({ text }) => RIGHT_TO_LEFT.test(text)).length * 2 > glyphs.length;
}
