import { type Box, median, overlap, union } from './geometry.ts';
import type { Fill, Rule } from './page-content.ts';
import { segmentsOf } from './segments.ts';
import type { Word } from './words.ts';

/** A part of the page whose drawing says that it is a table of rows: horizontal lines of one width, or shaded bands. */
export interface RowArea {
  readonly box: Box;
  /** Where one row surely ends and the next begins. */
  readonly separators: readonly number[];
  /** Lower end of the header row, where the drawing shows it. */
  readonly headerBottom?: number;
  /** It runs to the end of the page without a closing line. */
  readonly open?: OpenTable;
  /** Lines below the header that cross only some of its columns. */
  readonly partial?: readonly Rule[];
  /** Every row is marked, not only header and end. */
  readonly everyRow: boolean;
}

/** Extents that differ less are equal (points). */
const ALIGNED = 5;
/** Of the table's width, what a line across some columns covers at least. */
const PARTIAL = 0.4;

/** A table that ran to the end of the page before without a closing line: the extent of its lines. */
export interface OpenTable {
  readonly from: number;
  readonly to: number;
}

/** Areas between horizontal lines of equal extent, where most lines of text have gaps as between columns. */
export function ruledRowAreas(rules: readonly Rule[], words: readonly Word[], open?: OpenTable): RowArea[] {
  const horizontals = joinAcross(rules.filter(({ horizontal }) => horizontal));
  const areas: RowArea[] = [];
  const bottom = Math.max(0, ...words.map(({ box }) => box[3]));
  const carried = open === undefined ? undefined : continuation(open, horizontals, words);
  if (carried !== undefined) areas.push(carried);
  const used = new Set<Rule>();
  for (const first of horizontals) {
    if (used.has(first) || first.to - first.from < 40) continue;
    const family = horizontals.filter(
      (rule) => Math.abs(rule.from - first.from) < ALIGNED && Math.abs(rule.to - first.to) < ALIGNED,
    );
    for (const rule of family) used.add(rule);
    let chain: Rule[] = [];
    const close = () => {
      const [top] = chain;
      const bottom = chain.at(-1);
      if (top !== undefined && bottom !== undefined && chain.length >= 2) {
        const separators = chain.slice(1, -1).map(({ at }) => at);
        const below = separators[0] ?? Number.POSITIVE_INFINITY;
        const partial = horizontals.filter(
          ({ at, from, to }) =>
            at > below + ALIGNED &&
            at < bottom.at - ALIGNED &&
            from > top.from - ALIGNED &&
            to < top.to + ALIGNED &&
            to - from > (top.to - top.from) * PARTIAL &&
            (from > top.from + ALIGNED || to < top.to - ALIGNED) &&
            !separators.some((other) => Math.abs(other - at) < ALIGNED),
        );
        areas.push({
          box: [top.from, top.at, top.to, bottom.at],
          separators,
          ...(separators[0] !== undefined && { headerBottom: separators[0] }),
          everyRow: separators.length >= 3,
          ...(partial.length > 0 && { partial }),
        });
      }
      chain = [];
    };
    for (const rule of family) {
      const last = chain.at(-1);
      const strip: Box = [rule.from, last?.at ?? 0, rule.to, rule.at];
      if (
        last !== undefined &&
        (!isTabular(words, strip) || (chain.length > 1 && holdsHeading(words, strip, chain[0]?.at ?? 0)))
      )
        close();
      chain.push(rule);
    }
    // Cut by the end of the page: rows go on below the last line and nothing else does.
    const last = chain.at(-1);
    const below = last === undefined ? [] : wordsIn(words, [last.from, last.at, last.to, bottom]);
    if (
      last !== undefined &&
      chain.length >= 2 &&
      below.length > 0 &&
      isTabular(words, [last.from, last.at, last.to, bottom + 1]) &&
      keepsWithin(words, last)
    ) {
      chain.push({ ...last, at: bottom + 1 });
      close();
      const area = areas.at(-1);
      const extent = { from: last.from, to: last.to };
      // The next column of the same page, or the next page.
      const beside = continuation(
        extent,
        horizontals.filter(({ from }) => from > last.to),
        words,
      );
      if (area !== undefined && beside !== undefined) areas.push(beside);
      else if (area !== undefined) areas[areas.length - 1] = { ...area, open: extent };
    } else close();
  }
  return areas;
}

/** A line of its own in larger type than the rows above: the heading of what follows, in front of another table of the same width. */
function holdsHeading(words: readonly Word[], strip: Box, top: number): boolean {
  const [first] = segmentsOf(wordsIn(words, strip));
  const rows = wordsIn(words, [strip[0], top, strip[2], strip[1]]);
  const size = median(rows.map((word) => word.size));
  return first?.length === 1 && rows.length > 0 && (first[0]?.size ?? 0) > size * 1.1;
}

/** No text below the line reaches over its ends, as that of columns of text would. */
function keepsWithin(words: readonly Word[], { at, from, to }: Rule): boolean {
  const below = words.filter(({ box }) => box[1] > at);
  const crosses = (x: number) => (line: readonly { readonly box: Box }[]) =>
    line.some(({ box }) => box[0] < x - ALIGNED && box[2] > x + ALIGNED);
  const lines = segmentsOf(below);
  return !lines.some(crosses(from)) && !lines.some(crosses(to));
}

/** The rest of a table above its closing line, at the top of a column. */
function continuation(open: OpenTable, rules: readonly Rule[], words: readonly Word[]): RowArea | undefined {
  const width = open.to - open.from;
  const closing = rules.find((rule) => Math.abs(rule.to - rule.from - width) < ALIGNED);
  if (closing === undefined) return undefined;
  const above = wordsIn(words, [closing.from, 0, closing.to, closing.at]);
  const outside = words.some(
    ({ box }) => box[3] < closing.at && box[0] < closing.from - 1 && box[2] > closing.from + 5,
  );
  const prose = segmentsOf(above).some((line) => line.some(({ box }) => box[2] - box[0] > width * 0.8));
  if (above.length === 0 || outside || prose) return undefined;
  const top = Math.min(...above.map(({ box }) => box[1]));
  return { box: [closing.from, top, closing.to, closing.at], separators: [], everyRow: false };
}

/** Areas of shaded bands of equal extent, stacked, as in tables with every other row shaded. */
export function shadedRowAreas(fills: readonly Fill[], words: readonly Word[]): RowArea[] {
  const bands = joinBeside(
    fills.filter(
      ({ box, colour }) => colour !== '#ffffff' && box[2] - box[0] > 8 && box[3] - box[1] > 6 && box[3] - box[1] < 200,
    ),
  );
  const areas: RowArea[] = [];
  const used = new Set<Fill>();
  for (const first of bands) {
    if (used.has(first) || first.box[2] - first.box[0] < 60) continue;
    const family = bands.filter(
      ({ box }) => Math.abs(box[0] - first.box[0]) < ALIGNED && Math.abs(box[2] - first.box[2]) < ALIGNED,
    );
    let chain: Fill[] = [];
    const close = () => {
      const area = areaOfBands(chain, words);
      if (area !== undefined) areas.push(area);
      chain = [];
    };
    for (const band of family) {
      used.add(band);
      const last = chain.at(-1);
      const strip: Box = [band.box[0], last?.box[1] ?? 0, band.box[2], band.box[3]];
      if (last !== undefined && !isTabular(words, strip) && !fitsHeader(chain, band, words)) close();
      chain.push(band);
    }
    close();
  }
  return areas;
}

/** Rows below a shaded header whose cells keep to its columns, even when only one of them is filled. */
function fitsHeader(chain: readonly Fill[], band: Fill, words: readonly Word[]): boolean {
  const last = chain.at(-1) ?? band;
  const starts = columnStarts(chain[0], words);
  const distance = band.box[1] - last.box[3];
  if (starts.length < 2 || distance > (last.box[3] - last.box[1]) * 3.5) return false;
  return keepsTo(starts, wordsIn(words, [band.box[0], last.box[3], band.box[2], band.box[3]]));
}

/** Left edges of the cells of a shaded row, when it is one line of two or more. */
function columnStarts(band: Fill | undefined, words: readonly Word[]): number[] {
  const lines = band === undefined ? [] : segmentsOf(wordsIn(words, band.box));
  return lines.length === 1 ? (lines[0] ?? []).map(({ box }) => box[0]) : [];
}

function keepsTo(starts: readonly number[], words: readonly Word[]): boolean {
  return segmentsOf(words).every((line) =>
    line.every(({ box }) => starts.slice(1).every((start) => !(box[0] < start - 2 && box[2] > start + 2))),
  );
}

function areaOfBands(chain: readonly Fill[], words: readonly Word[]): RowArea | undefined {
  const [top] = chain;
  const last = chain.at(-1);
  if (top === undefined || last === undefined) return undefined;
  const starts = columnStarts(top, words);
  if (chain.length < 2 && starts.length < (isDark(top.colour) ? 2 : 3)) return undefined;
  // Every other row is shaded: the last may be one that is not.
  const height = median(chain.map(({ box }) => box[3] - box[1]));
  const below: Box = [top.box[0], last.box[3], top.box[2], last.box[3] + height * 1.05];
  const next = wordsIn(words, below);
  const [left, , , bottom] = next.length === 0 ? below : union(next.map(({ box }) => box));
  const size = median(wordsIn(words, last.box).map((word) => word.size));
  const continues =
    next.length > 0 &&
    starts.length >= 2 &&
    Math.abs(left - (starts[0] ?? 0)) < 2 &&
    next.every((word) => Math.abs(word.size - size) < 0.5 && !word.font.bold) &&
    keepsTo(starts, next);
  const end = continues ? Math.max(last.box[3], bottom) : last.box[3];
  const separators = [...new Set(chain.flatMap(({ box }) => [box[1], box[3]]))].sort((one, other) => one - other);
  const header =
    chain.length === 1 || (chain[1] !== undefined && chain[1].colour !== top.colour) ? top.box[3] : undefined;
  return {
    box: [top.box[0], top.box[1], top.box[2], end],
    separators: separators.filter((y) => y > top.box[1] + 1 && y < end - 1),
    everyRow: true,
    ...(header !== undefined && isDark(top.colour) && { headerBottom: header }),
  };
}

function isDark(colour: string): boolean {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return channels.every(Number.isFinite) && channels.reduce((sum, value) => sum + value, 0) < 400;
}

/** The lines in a strip have gaps as between columns, and are not full lines of prose. */
function isTabular(words: readonly Word[], box: Box): boolean {
  const inside = wordsIn(words, box);
  if (inside.length === 0) return false;
  const lines = segmentsOf(inside);
  const split = lines.filter((segments) => segments.length >= 2);
  const width = box[2] - box[0];
  const prose = lines.filter(
    (segments) => segments.length === 1 && (segments[0]?.box[2] ?? 0) - (segments[0]?.box[0] ?? 0) > width * 0.8,
  ).length;
  if (split.length >= lines.length * 0.4 && prose <= lines.length * 0.2) return true;
  // A column of long texts beside short ones: few lines cross the gap between them, and both sides hold several.
  if (split.length < 2) return false;
  const gaps = split.flatMap((segments) =>
    segments.slice(1).map((segment, index) => ((segments[index]?.box[2] ?? 0) + segment.box[0]) / 2),
  );
  return gaps.some((x) => {
    const crossing = inside.filter((word) => word.box[0] < x - 1 && word.box[2] > x + 1).length;
    const left = lines.filter((segments) => segments.some((segment) => segment.box[2] <= x)).length;
    const right = lines.filter((segments) => segments.some((segment) => segment.box[0] >= x)).length;
    const through = lines.filter((segments) =>
      segments.some((segment) => segment.box[0] < x && segment.box[2] > x),
    ).length;
    return crossing <= 1 && through <= lines.length * 0.15 && left >= 2 && right >= 2;
  });
}

function wordsIn(words: readonly Word[], box: Box): Word[] {
  return words.filter((word) => {
    const x = (word.box[0] + word.box[2]) / 2;
    const y = (word.box[1] + word.box[3]) / 2;
    return x >= box[0] - 2 && x <= box[2] + 2 && y >= box[1] && y <= box[3];
  });
}

/** Pieces of one line across the page, with gaps as wide as a column gap, to one rule. */
function joinAcross(rules: readonly Rule[]): Rule[] {
  const joined: { horizontal: boolean; at: number; from: number; to: number }[] = [];
  for (const rule of [...rules].sort((left, right) => left.at - right.at || left.from - right.from)) {
    const last = joined.find(
      (other) => Math.abs(other.at - rule.at) < 1.5 && rule.from - other.to < 14 && other.from - rule.to < 14,
    );
    if (last === undefined) joined.push({ ...rule });
    else {
      last.from = Math.min(last.from, rule.from);
      last.to = Math.max(last.to, rule.to);
    }
  }
  return joined.sort((left, right) => left.at - right.at);
}

/** Shaded cells side by side to one band. */
function joinBeside(fills: readonly Fill[]): Fill[] {
  const joined: { box: [number, number, number, number]; colour: string }[] = [];
  for (const { box, colour } of [...fills].sort(
    (left, right) => left.box[1] - right.box[1] || left.box[0] - right.box[0],
  )) {
    const last = joined.find(
      (other) =>
        other.colour === colour &&
        overlap(other.box[1], other.box[3], box[1], box[3]) > (box[3] - box[1]) * 0.8 &&
        Math.abs(other.box[3] - other.box[1] - (box[3] - box[1])) < 2 &&
        box[0] <= other.box[2] + 3 &&
        box[2] >= other.box[0] - 3,
    );
    if (last === undefined) joined.push({ box: [...box], colour });
    else {
      last.box[0] = Math.min(last.box[0], box[0]);
      last.box[2] = Math.max(last.box[2], box[2]);
    }
  }
  return joined.sort((left, right) => left.box[1] - right.box[1]);
}
