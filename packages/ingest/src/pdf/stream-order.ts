import { overlap, union } from './geometry.ts';
import { buildLines, type Line } from './lines.ts';
import type { PageItem, PageRegion } from './page-region.ts';
import type { Word } from './words.ts';

export interface OrderedRegions {
  readonly regions: readonly PageRegion[];
  /** 0 to 1: part of the page's lines whose order the layout is sure of. 1 when nothing had to be changed. */
  readonly confidence: number;
}

/** Lines in a row that are put together from text drawn apart, from which on the layout is not believed. */
const FEWEST = 3;
/** Words drawn between two neighbours of a line that make them drawn apart. */
const APART = 3;

/**
 * Where several lines in a row are each made of pieces that the page draws far apart, the layout has put text of different boxes side by
 * side into one line. There it is not believed, and the pieces come in the order in which the page draws them.
 */
export function streamOrderWhereUncertain(regions: readonly PageRegion[]): OrderedRegions {
  let lines = 0;
  let doubtful = 0;
  const ordered = regions.flatMap((region) => {
    const parts: PageRegion[] = [];
    let sure: PageItem[] = [];
    const flush = () => {
      if (sure.length > 0) parts.push({ box: region.box, items: sure });
      sure = [];
    };
    for (let at = 0; at < region.items.length; ) {
      const band = bandFrom(region.items, at);
      const first = region.items[at];
      if (first?.kind === 'line') lines += Math.max(1, band.length);
      if (band.length >= FEWEST) {
        flush();
        parts.push(...drawnRuns(band.flatMap(({ words }) => words)));
        doubtful += band.length;
        at += band.length;
      } else {
        if (first !== undefined) sure.push(first);
        lines -= Math.max(0, band.length - 1);
        at += 1;
      }
    }
    flush();
    return parts;
  });
  return doubtful === 0
    ? { regions, confidence: 1 }
    : { regions: ordered, confidence: 1 - doubtful / Math.max(1, lines) };
}

/**
 * Lines from `at` on that are all put together from pieces, or stand between lines of another box; one that does neither may stand between two
 * that do. What the page draws between these pieces belongs to them: the longer of two columns goes on below the other.
 */
function bandFrom(items: readonly PageItem[], at: number): Line[] {
  const band: Line[] = [];
  let last = 0;
  let end = 0;
  for (const [index, item] of items.slice(at).entries()) {
    if (item.kind !== 'line') break;
    const { line } = item;
    const order = orderOf(line);
    band.push(line);
    const next = items[at + index + 1];
    const before = band.at(-2);
    if (isPieced(line) || (next?.kind === 'line' && isBeside(line, next.line)) || (before && isBeside(before, line))) {
      last = band.length;
      end = Math.max(end, ...line.words.map((word) => word.order));
    } else if (last >= FEWEST && order < end) last = band.length;
    else if (last === 0 || band.length - last > 1) break;
  }
  return band.slice(0, last);
}

function orderOf({ words }: Line): number {
  return words[0]?.order ?? 0;
}

/** Two lines one after the other that stand beside each other at almost one height, and are drawn apart: lines of two boxes. */
function isBeside(line: Line, next: Line): boolean {
  const apart = next.box[0] > line.box[2] + line.size * 0.8 || line.box[0] > next.box[2] + line.size * 0.8;
  const drawn = Math.min(...next.words.map(({ order }) => order)) - Math.max(...line.words.map(({ order }) => order));
  return apart && overlap(line.box[1], line.box[3], next.box[1], next.box[3]) > 0 && (drawn > APART || drawn < 0);
}

function isPieced({ words, size }: Line): boolean {
  return words.some((word, index) => {
    const next = words[index + 1];
    if (next === undefined) return false;
    const gap = next.box[0] - word.box[2];
    return Math.abs(next.order - word.order) > APART && (gap > size || gap < -size * 0.3);
  });
}

/** Words in the order of the content stream, as regions that each run downwards in one place. */
function drawnRuns(words: readonly Word[]): PageRegion[] {
  const runs: Word[][] = [];
  for (const word of [...words].sort((left, right) => left.order - right.order)) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run === undefined || last === undefined || startsRun(run, last, word)) runs.push([word]);
    else run.push(word);
  }
  return runs.map((run) => ({
    box: union(run.map(({ box }) => box)),
    items: buildLines(run).map((line) => ({ kind: 'line', line })),
  }));
}

function startsRun(run: readonly Word[], last: Word, word: Word): boolean {
  if (word.order - last.order > APART && Math.abs(word.baseline - last.baseline) < last.size * 0.5) return true;
  if (word.baseline < last.baseline - last.size) return true;
  const [left, , right] = union(run.map(({ box }) => box));
  return word.box[0] > right + last.size * 2 || word.box[2] < left - last.size * 2;
}
