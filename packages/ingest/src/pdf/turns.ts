import { counted, type Finding } from '@fieldkit/core';
import { type Box, union } from './geometry.ts';
import { buildLines } from './lines.ts';
import type { Glyph, PageContent, Quarter } from './page-content.ts';
import { buildWords, CJK, type Word } from './words.ts';

type Size = Pick<PageContent, 'width' | 'height'>;

/** How the frame in which text is laid out stands on its page. */
export interface Turn {
  readonly quarter: Quarter;
  /** Of the page. */
  readonly width: number;
  readonly height: number;
}

/** The text of a page that runs in one direction, with the page turned so that it is upright. */
export interface TurnedPage {
  readonly content: PageContent;
  readonly glyphs: readonly Glyph[];
  /** Absent when nothing is turned. */
  readonly turn?: Turn;
  /** Lines that run in another direction, as words at their place: headers of narrow columns. */
  readonly across: readonly Word[];
}

/** Of a page's characters; text that is turned and less than this is a margin note, the label of an axis or a header cell. */
const LEAST = 0.3;
/** Of a page's pairs of CJK characters that stand below each other, when its text is vertical. */
const MOST = 0.6;
/** Degrees that text may be off its line. */
export const STRAIGHT = 3;

export function turnPoint(quarter: Quarter, { width, height }: Size, x: number, y: number): readonly [number, number] {
  if (quarter === 1) return [y, width - x];
  if (quarter === 2) return [width - x, height - y];
  return quarter === 3 ? [height - y, x] : [x, y];
}

/** A box of the turned frame as it stands on the page. */
export function boxOnPage({ quarter, width, height }: Turn, box: Box): Box {
  const turned = quarter % 2 === 1 ? { width: height, height: width } : { width, height };
  return turnBox(((4 - quarter) % 4) as Quarter, turned, box); // of a quarter, so one again
}

function turnBox(quarter: Quarter, size: Size, [x0, y0, x1, y1]: Box): Box {
  const [a, b] = turnPoint(quarter, size, x0, y0);
  const [c, d] = turnPoint(quarter, size, x1, y1);
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

/** Signs of vertical text that have a form of their own there. */
const UPRIGHT: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('︐︑︒︓︔︕︖︗︘︙︰︱︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄', (sign, index) => [
    sign,
    Array.from('，、。：；！？〖〗…：—（）｛｝〔〕【】《》〈〉「」『』')[index] ?? sign,
  ]),
);

/**
 * Characters that are set below each other one by one, with a font for horizontal text, are those of vertical columns when most of the
 * page's pairs of CJK characters stand so; a narrow cell or a label has a few of them on any page.
 */
function verticalColumns(glyphs: readonly Glyph[], width: number): readonly Glyph[] {
  const drawn = glyphs.filter(({ text }) => text.trim() !== '');
  const below = new Set<Glyph>();
  let pairs = 0;
  let stacked = 0;
  for (const [index, next] of drawn.entries()) {
    const last = drawn[index - 1];
    if (last === undefined || last.quarter !== 0 || next.quarter !== 0 || !CJK.test(last.text + next.text)) continue;
    pairs += 1;
    const across = (next.x0 + next.x1 - last.x0 - last.x1) / 2;
    const down = (next.baseline - last.baseline) / Math.max(last.size, next.size);
    if (Math.abs(across) > last.size * 0.3 || down < 0.5 || down > 1.6) continue;
    stacked += 1;
    below.add(last).add(next);
  }
  if (stacked < MOST * pairs || stacked === 0) return glyphs;
  return glyphs.map((glyph) => {
    // A character alone in its column stands where the others are.
    if (glyph.quarter !== 0 || !(below.has(glyph) || CJK.test(glyph.text))) return glyph;
    const [x0] = turnPoint(1, { width, height: 0 }, 0, glyph.baseline - glyph.size * 0.88);
    const [, baseline] = turnPoint(1, { width, height: 0 }, (glyph.x0 + glyph.x1) / 2 - glyph.size * 0.3, 0);
    return { ...glyph, text: UPRIGHT[glyph.text] ?? glyph.text, quarter: 1, x0, x1: x0 + glyph.size, baseline };
  });
}

/**
 * The page once for each direction in which much of its text runs: pages that were scanned or exported sideways, tables turned to fit,
 * columns of Chinese from top to bottom. Slanted text (watermarks) is left out.
 */
export function turnedPages(content: PageContent, glyphs: readonly Glyph[]): readonly TurnedPage[] {
  const straight = verticalColumns(
    glyphs.filter(({ angle }) => Math.abs(angle) < STRAIGHT),
    content.width,
  );
  const visible = straight.filter(({ text }) => text.trim() !== '').length;
  const directions = ([0, 1, 2, 3] as const)
    .map((quarter) => ({ quarter, own: straight.filter((glyph) => glyph.quarter === quarter) }))
    .filter(({ own }) => own.length > 0);
  const much = directions.filter(({ quarter, own }) => quarter === 0 || own.length >= visible * LEAST);
  const little = directions.filter((direction) => !much.includes(direction));
  if (much.length === 0) return [{ content, glyphs: [], across: [] }];
  const largest = much.reduce((left, right) => (right.own.length > left.own.length ? right : left));
  return much.map((direction) => {
    const { quarter, own } = direction;
    const across = direction === largest ? little.flatMap((other) => linesAcross(content, quarter, other)) : [];
    if (quarter === 0) return { content, glyphs: own, across };
    const [width, height] = quarter === 2 ? [content.width, content.height] : [content.height, content.width];
    const turn = { quarter, width: content.width, height: content.height };
    return { content: { ...turnDrawing(content, quarter), width, height }, glyphs: own, turn, across };
  });
}

function turnDrawing(content: PageContent, quarter: Quarter): PageContent {
  const box = (one: Box) => turnBox(quarter, content, one);
  return {
    ...content,
    rules: content.rules.map(({ horizontal, at, from, to }) => {
      const [x0, y0, x1, y1] = box(horizontal ? [from, at, to, at] : [at, from, at, to]);
      const lies = horizontal === (quarter === 2);
      return lies ? { horizontal: true, at: y0, from: x0, to: x1 } : { horizontal: false, at: x0, from: y0, to: y1 };
    }),
    fills: content.fills.map(({ box: one, colour }) => ({ box: box(one), colour })),
    images: content.images.map(box),
    dots: (content.dots ?? []).map(box),
  };
}

/** Each line of one direction as a single word of the frame of another. */
function linesAcross(
  content: PageContent,
  quarter: Quarter,
  other: { readonly quarter: Quarter; readonly own: readonly Glyph[] },
): Word[] {
  return buildLines(buildWords(other.own)).flatMap(({ words, text, size }) => {
    const [first] = words;
    if (first === undefined) return [];
    const page = boxOnPage(
      { quarter: other.quarter, width: content.width, height: content.height },
      union(words.map(({ box }) => box)),
    );
    const box = turnBox(quarter, content, page);
    return [{ ...first, text, size, box, baseline: box[3] }];
  });
}

/** What is said of characters that run in other directions and are in no block. */
export function leftOutTurned(across: readonly Word[], slanted: number, where: string): Finding[] {
  const count = slanted + across.reduce((sum, { text }) => sum + text.replace(/\s/g, '').length, 0);
  if (count === 0) return [];
  return [
    {
      severity: 'info',
      code: 'rotated-text',
      message: `${counted(count, 'rotated character')} left out (a watermark, a margin note, the label of an axis)`,
      where,
      suggestion: 'Nothing, unless they matter.',
    },
  ];
}
