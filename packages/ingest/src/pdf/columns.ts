import { type Box, overlap, union } from './geometry.ts';
import type { Gutter, Segment } from './segments.ts';
import { CJK } from './words.ts';

/** Something that is read as a whole: a segment of a line, or a table. */
export interface FlowItem {
  readonly box: Box;
  /** Absent for tables and pictures. */
  readonly segment?: Segment;
}

/** Items that are read from top to bottom, in one column. */
export interface Region<T extends FlowItem> {
  readonly box: Box;
  readonly items: readonly T[];
}

/**
 * Reading order: looks for a vertical gap that separates columns of prose; what crosses the gap (a title, a wide table) cuts the
 * area into bands that are read one after the other, and each column is looked at again. Without such a gap the area is one region.
 */
export function orderRegions<T extends FlowItem>(items: readonly T[], depth = 0): Region<T>[] {
  if (items.length === 0) return [];
  const whole = [{ box: union(items.map(({ box }) => box)), items: [...items].sort(byPosition) }];
  if (depth > 5 || items.length < 6) return whole;
  for (const gutter of candidateGutters(items)) {
    const regions = cutAt(items, gutter, depth);
    if (regions !== undefined) return regions;
  }
  return whole;
}

function byPosition(left: FlowItem, right: FlowItem): number {
  return left.box[1] - right.box[1] || left.box[0] - right.box[0];
}

/** Of the height of all items, how much may cross a gap; tried one after the other. */
const CROSSING = [0, 0.04, 0.1, 0.2, 0.35];

/** Vertical gaps that few items cross, those that the fewest cross first. */
export function candidateGutters(items: readonly { readonly box: Box }[]): Gutter[] {
  const [left, , right] = union(items.map(({ box }) => box));
  const width = Math.ceil(right - left) + 1;
  const crossing = new Float64Array(width + 1);
  for (const { box } of items) {
    const height = box[3] - box[1];
    for (let x = Math.ceil(box[0] - left + 0.5); x <= Math.floor(box[2] - left - 0.5); x += 1)
      crossing[x] = (crossing[x] ?? 0) + height;
  }
  const total = items.reduce((sum, { box }) => sum + box[3] - box[1], 0) / Math.max(1, wordsAcross(items, left, right));
  const gutters: Gutter[] = [];
  for (const share of CROSSING) {
    const limit = total * share;
    let start = -1;
    for (let x = 1; x <= width; x += 1) {
      const low = x < width && (crossing[x] ?? 0) <= limit;
      if (low && start < 0) start = x;
      if (low || start < 0) continue;
      const found = { from: left + start, to: left + x - 1 };
      const known = gutters.some(({ from, to }) => from >= found.from - 1 && to <= found.to + 1);
      if (start > 1 && x < width && x - start >= 5 && !known) gutters.push(found);
      start = -1;
    }
  }
  return gutters.slice(0, 12);
}

/** How many items of mean width fit side by side: what one column's worth of height is, for words as for lines. */
function wordsAcross(items: readonly { readonly box: Box }[], left: number, right: number): number {
  const mean = items.reduce((sum, { box }) => sum + box[2] - box[0], 0) / Math.max(1, items.length);
  return Math.max(1, (right - left) / Math.max(1, mean) / 1.5);
}

function cutAt<T extends FlowItem>(items: readonly T[], { from, to }: Gutter, depth: number): Region<T>[] | undefined {
  const middle = (from + to) / 2;
  const isLeft = ({ box }: T) => box[2] <= to && (box[0] + box[2]) / 2 < middle;
  const isRight = ({ box }: T) => box[0] >= from && (box[0] + box[2]) / 2 > middle;
  const sorted = [...items].sort(byPosition);
  const spanning = sorted.filter((item) => !isLeft(item) && !isRight(item));

  const bands: { items: T[]; spans: boolean }[] = [];
  const edges = spanning.map(({ box }) => (box[1] + box[3]) / 2);
  for (const item of sorted) {
    const spans = spanning.includes(item);
    const middleY = (item.box[1] + item.box[3]) / 2;
    const before = edges.filter((y) => y < middleY || (spans && y === middleY)).length;
    const key = spans ? before * 2 - 1 : before * 2;
    const band = bands[key];
    if (band === undefined) bands[key] = { items: [item], spans };
    else band.items.push(item);
  }

  let cut = false;
  const regions: Region<T>[] = [];
  let plain: T[] = [];
  const flush = () => {
    if (plain.length > 0) regions.push(...orderRegions(plain, depth + 1));
    plain = [];
  };
  for (const band of bands) {
    if (band === undefined) continue;
    const left = band.items.filter(isLeft);
    const right = band.items.filter(isRight);
    if (!band.spans && areColumns(left, right)) {
      cut = true;
      flush();
      regions.push(...orderRegions(left, depth + 1), ...orderRegions(right, depth + 1));
    } else plain.push(...band.items);
  }
  if (!cut) return undefined;
  flush();
  return regions;
}

/** Both sides are running text (or tables) beside each other. */
function areColumns(left: readonly FlowItem[], right: readonly FlowItem[]): boolean {
  if (left.length === 0 || right.length === 0) return false;
  const leftBox = union(left.map(({ box }) => box));
  const rightBox = union(right.map(({ box }) => box));
  const beside = overlap(leftBox[1], leftBox[3], rightBox[1], rightBox[3]);
  const shorter = Math.min(leftBox[3] - leftBox[1], rightBox[3] - rightBox[1]);
  if (beside < shorter * 0.4) return false;
  return isProse(left) && isProse(right);
}

/** Most of the height is lines of words of about one length, or tables. */
function isProse(items: readonly FlowItem[]): boolean {
  const widths = items
    .flatMap(({ segment, box }) => (segment === undefined ? [] : [box[2] - box[0]]))
    .sort((one, other) => one - other);
  const usual = widths[Math.floor(widths.length * 0.7)] ?? 0;
  let full = 0;
  let total = 0;
  let lines = 0;
  // By area: the many small cells of a table weigh less than the lines of text around it.
  for (const { box, segment } of items) {
    const area = (box[3] - box[1]) * (box[2] - box[0]);
    total += area;
    if (segment === undefined) {
      full += area;
      lines += 3;
      continue;
    }
    const text = segment.words.map(({ text: word }) => word).join('');
    const enough = CJK.test(text) ? text.length >= 8 : segment.words.length >= 3 && text.length >= 12;
    if (enough && box[2] - box[0] > usual * 0.6) {
      full += area;
      lines += 1;
    }
  }
  return lines >= 2 && full >= total * 0.45;
}
