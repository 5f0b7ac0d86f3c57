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
  const total = items.reduce((sum, { box }) => sum + box[3] - box[1], 0);
  const limit = total * 0.35;
  const gutters: (Gutter & { readonly cost: number })[] = [];
  let start = -1;
  // Runs of equal low crossing: the narrow valley between columns inside a wider one that only a title crosses.
  for (let x = 1; x <= width; x += 1) {
    const low = x < width && (crossing[x] ?? 0) <= limit;
    const same = start >= 0 && Math.abs((crossing[x] ?? 0) - (crossing[start] ?? 0)) < 1e-6;
    if (start >= 0 && (!low || !same)) {
      const rises =
        (crossing[start - 1] ?? 0) > (crossing[start] ?? 0) && (!low || (crossing[x] ?? 0) > (crossing[start] ?? 0));
      if (x - start >= 5 && rises) gutters.push({ from: left + start, to: left + x - 1, cost: crossing[start] ?? 0 });
      start = -1;
    }
    if (start < 0 && low) start = x;
  }
  return gutters
    .sort((one, other) => one.cost - other.cost || other.to - other.from - (one.to - one.from))
    .slice(0, 12);
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
  return isProse(left, leftBox) && isProse(right, rightBox);
}

/** Most of the height is full lines of words, or tables. */
function isProse(items: readonly FlowItem[], box: Box): boolean {
  const width = box[2] - box[0];
  let full = 0;
  let total = 0;
  let lines = 0;
  for (const { box: own, segment } of items) {
    const height = own[3] - own[1];
    total += height;
    if (segment === undefined) {
      full += height;
      lines += 3;
      continue;
    }
    const text = segment.words.map(({ text: word }) => word).join('');
    const enough = CJK.test(text) ? text.length >= 8 : segment.words.length >= 3 && text.length >= 12;
    if (enough && own[2] - own[0] > width * 0.5) {
      full += height;
      lines += 1;
    }
  }
  return lines >= 2 && full >= total * 0.45;
}
