import { type Box, median, overlap, union } from './geometry.ts';
import type { PageItem, PageRegion } from './page-region.ts';

/** What stands beside the running text and is read as a whole: a framed note, a note in the margin, one of two tables side by side. */
export interface Aside {
  readonly box: Box;
  readonly regions: readonly PageRegion[];
}

/** Of the width of the text beside it, that of a margin. */
const NARROW = 0.42;
/** Of the height of the text beside it, what notes in its margin fill. */
const SPARSE = 0.5;

/** Takes columns of notes in the margin out of the regions: narrow, in smaller type than the text beside them, with gaps between them. */
export function marginNotes(regions: readonly PageRegion[]): {
  readonly regions: readonly PageRegion[];
  readonly asides: readonly Aside[];
} {
  const asides: Aside[] = [];
  const kept = regions.filter((region) => {
    const main = regions.find((other) => other !== region && isMarginOf(region, other));
    if (main === undefined) return true;
    for (const items of groupsOf(region.items)) {
      const box = union(items.map(boxOf));
      asides.push({ box, regions: [{ box, items }] });
    }
    return false;
  });
  return { regions: kept, asides };
}

function isMarginOf({ box, items }: PageRegion, main: PageRegion): boolean {
  const beside = overlap(box[1], box[3], main.box[1], main.box[3]);
  const apart = box[2] <= main.box[0] + 1 || box[0] >= main.box[2] - 1;
  if (!apart || beside < (box[3] - box[1]) * 0.8) return false;
  if (box[2] - box[0] > (main.box[2] - main.box[0]) * NARROW) return false;
  const sizes = (some: readonly PageItem[]) => some.flatMap((item) => (item.kind === 'line' ? [item.line.size] : []));
  if (items.some(({ kind }) => kind === 'table')) return false;
  if (median(sizes(items)) > median(sizes(main.items)) * 0.93) return false;
  const filled = items.reduce((sum, item) => sum + boxOf(item)[3] - boxOf(item)[1], 0);
  return filled < (main.box[3] - main.box[1]) * SPARSE;
}

/** Lines that stand together. */
function groupsOf(items: readonly PageItem[]): PageItem[][] {
  const groups: PageItem[][] = [];
  let bottom = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const [, top, , end] = boxOf(item);
    if (top - bottom > (end - top) * 1.1) groups.push([item]);
    else groups.at(-1)?.push(item);
    bottom = end;
  }
  return groups;
}

/** Each aside between the paragraphs that it stands beside, or behind the last region that begins above it. */
export function withAsides(regions: readonly PageRegion[], asides: readonly Aside[]): PageRegion[] {
  const all = [...regions];
  for (const { box, regions: own } of [...asides].sort((left, right) => right.box[1] - left.box[1])) {
    const at = all.findLastIndex((region) => region.box[1] < box[1] && sharesColumn(region.box, box));
    const region = all[at] ?? all[0];
    const marked = own.map((one): PageRegion => ({ ...one, aside: true }));
    if (region === undefined) all.push(...marked);
    else if (at < 0) all.unshift(...marked);
    else all.splice(at, 1, ...split(region, paragraphEdge(region.items, box), marked));
  }
  return all;
}

/** They overlap, or the aside is in the margin of the region's lines. */
function sharesColumn(region: Box, box: Box): boolean {
  return (
    overlap(region[0], region[2], box[0], box[2]) > 0 ||
    (overlap(region[1], region[3], box[1], box[3]) > 0 && region[2] - region[0] > box[2] - box[0])
  );
}

function split({ box, items }: PageRegion, index: number, between: readonly PageRegion[]): PageRegion[] {
  const parts = [items.slice(0, index), items.slice(index)].map((some): PageRegion => ({ box, items: some }));
  return [parts[0], ...between, parts[1]].filter((part) => part !== undefined && part.items.length > 0) as PageRegion[]; // by the filter
}

/** The index of the item that begins a paragraph and whose top is nearest; that of the next item where nothing stands beside the aside. */
function paragraphEdge(items: readonly PageItem[], [, top, , bottom]: Box): number {
  const beside = items.some((item) => overlap(boxOf(item)[1], boxOf(item)[3], top, bottom) > 1);
  const next = items.findIndex((item) => boxOf(item)[1] >= top);
  if (!beside) return next < 0 ? items.length : next;
  const gaps = items.map(
    (item, index) => boxOf(item)[1] - (index === 0 ? Number.NEGATIVE_INFINITY : boxOf(items[index - 1] ?? item)[3]),
  );
  const usual = median(gaps.filter((gap) => gap > 0 && Number.isFinite(gap)));
  let best = items.length;
  let distance = Math.abs((items.at(-1) === undefined ? 0 : boxOf(items.at(-1) as PageItem)[3]) - top); // not empty by the check
  items.forEach((item, index) => {
    const previous = items[index - 1];
    const begins =
      previous === undefined ||
      item.kind === 'table' ||
      previous.kind === 'table' ||
      (gaps[index] ?? 0) > usual * 1.3 + 0.5 ||
      previous.line.bold !== item.line.bold ||
      Math.abs(previous.line.size - item.line.size) > 0.6;
    if (begins && Math.abs(boxOf(item)[1] - top) < distance) {
      best = index;
      distance = Math.abs(boxOf(item)[1] - top);
    }
  });
  // Not between a heading and its text.
  const above = items[best - 1];
  const here = items[best];
  if (
    above?.kind === 'line' &&
    here?.kind === 'line' &&
    (above.line.size > here.line.size * 1.1 || (above.line.bold && !here.line.bold))
  ) {
    const paragraph = items.findIndex(
      (item, index) => index > best && (item.kind === 'table' || (gaps[index] ?? 0) > usual * 1.3 + 0.5),
    );
    return paragraph < 0 ? items.length : paragraph;
  }
  return best;
}

function boxOf(item: PageItem): Box {
  return item.kind === 'line' ? item.line.box : item.table.box;
}
