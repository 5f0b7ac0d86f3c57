import { findBorderless, type LineItem, tableBands } from './borderless.ts';
import { candidateGutters, type FlowItem, orderRegions } from './columns.ts';
import { findFrames } from './frames.ts';
import { type Box, holdsCentre, overlap, union } from './geometry.ts';
import { buildLines } from './lines.ts';
import type { PageContent } from './page-content.ts';
import type { PageItem, PageRegion } from './page-region.ts';
import { type PageTable, tableOfGrid } from './page-table.ts';
import { type OpenTable, type RowArea, ruledRowAreas, shadedRowAreas } from './row-areas.ts';
import { findGrids } from './ruled-tables.ts';
import { splitLine } from './segments.ts';
import { streamOrderWhereUncertain } from './stream-order.ts';
import { tableOfWords } from './word-table.ts';
import type { Word } from './words.ts';

interface Item extends FlowItem {
  readonly table?: PageTable;
  readonly area?: { readonly words: readonly Word[]; readonly hint: RowArea };
}

export interface PageLayout {
  readonly regions: readonly PageRegion[];
  /** A table that goes on on the next page. */
  readonly open?: OpenTable;
  /** 0 to 1: part of the lines whose order is certain; the others come in the order of the content stream. */
  readonly confidence: number;
  /** Text that runs in another direction and stands in no cell. */
  readonly across: readonly Word[];
}

export interface LayOutPageOptions {
  /** The table that the page before left open. */
  readonly open?: OpenTable;
  /** Lines that run in another direction; those in the cells of a drawn grid belong to them. */
  readonly across?: readonly Word[];
}

/** A frame around more of the text's width than this is around the page's text, not beside it. */
const BESIDE = 0.8;

/** The regions of a page in reading order. Tables are found first: their columns are not columns of text. */
export function layOutPage(
  content: Pick<PageContent, 'rules' | 'fills'>,
  words: readonly Word[],
  { open, across = [] }: LayOutPageOptions = {},
): PageLayout {
  if (words.length === 0) return { regions: [], confidence: 1, across };
  let rest: readonly Word[] = words;
  let turned = across;
  const items: Item[] = [];
  for (const grid of findGrids(content.rules)) {
    const table = tableOfGrid(grid, rest, turned);
    if (table === undefined) continue;
    items.push({ box: table.box, table });
    const taken = new Set(table.words);
    rest = rest.filter((word) => !taken.has(word));
    turned = turned.filter((word) => !taken.has(word));
  }
  const grids = items.map(({ box }) => box);
  const free = content.rules.filter(({ at, from, to, horizontal }) => {
    const box: Box = horizontal ? [from, at, to, at] : [at, from, at, to];
    return !grids.some((grid) => holdsCentre(grid, box, 3));
  });
  const ruled = ruledRowAreas(free, rest, open);
  for (const hint of [...ruled, ...shadedRowAreas(content.fills, rest)]) {
    const inside = rest.filter(({ box }) => holdsCentre(hint.box, box, 1));
    if (inside.length < 2 || tableOfWords(inside, hint) === undefined) continue;
    items.push({ box: hint.box, area: { words: inside, hint } });
    const taken = new Set(inside);
    rest = rest.filter((word) => !taken.has(word));
  }
  const framed: { readonly box: Box; readonly regions: readonly PageRegion[] }[] = [];
  const [left, , right] = union(words.map(({ box }) => box));
  for (const box of findFrames(free)) {
    const inside = rest.filter((word) => holdsCentre(box, word.box, 1));
    if (inside.length < 2 || inside.length === rest.length || box[2] - box[0] > (right - left) * BESIDE) continue;
    framed.push({ box, regions: layOutPage({ rules: [], fills: [] }, inside).regions });
    const taken = new Set(inside);
    rest = rest.filter((word) => !taken.has(word));
  }
  const { regions, confidence } = streamOrderWhereUncertain(regionsOf(items, rest));
  const still = ruled.findLast((area) => area.open !== undefined)?.open;
  return {
    regions: withFrames(regions, framed),
    confidence,
    across: turned,
    ...(still !== undefined && { open: still }),
  };
}

function regionsOf(marked: readonly Item[], rest: readonly Word[]): PageRegion[] {
  const lay = (items: readonly Item[], words: readonly Word[]) => {
    const all = [...items];
    const gutters = words.length < 20 ? [] : candidateGutters(words);
    for (const line of buildLines(words)) {
      for (const segment of splitLine(line, undefined, gutters)) all.push({ box: segment.box, segment });
    }
    return orderRegions(all);
  };
  const regions = lay(marked, rest);
  const finish = (found: readonly { readonly box: Box; readonly items: readonly Item[] }[]) =>
    found.map(({ box, items }) => ({ box, items: layOutRegion(items) }));
  const beside = regions.some(({ box }, index) =>
    regions.slice(index + 1).some((other) => overlap(box[1], box[3], other.box[1], other.box[3]) > 20),
  );
  // A table without lines that runs over both columns would be cut between them.
  const bands = beside ? tableBands(rest) : [];
  if (bands.length === 0) return finish(regions);
  const taken = new Set(bands.flatMap(({ words }) => words));
  return finish(
    lay(
      [...marked, ...bands.map((table): Item => ({ box: table.box, table }))],
      rest.filter((word) => !taken.has(word)),
    ),
  );
}

/** Each frame behind the region that it stands in, or behind the last one that begins above it. */
function withFrames(
  regions: readonly PageRegion[],
  framed: readonly { readonly box: Box; readonly regions: readonly PageRegion[] }[],
): PageRegion[] {
  const all = [...regions];
  for (const { box, regions: own } of framed) {
    const at = all.findLastIndex(
      (region) => region.box[1] < box[1] && overlap(region.box[0], region.box[2], box[0], box[2]) > 0,
    );
    all.splice(at + 1, 0, ...own);
  }
  return all;
}

function layOutRegion(items: readonly Item[]): PageItem[] {
  const words = items.flatMap(({ segment }) => segment?.words ?? []);
  const parts: LineItem[] = [
    ...items.flatMap(({ table }): LineItem[] =>
      table === undefined ? [] : [{ kind: 'table', top: table.box[1], table }],
    ),
    ...items.flatMap(({ area, box }): LineItem[] =>
      area === undefined ? [] : [{ kind: 'area', top: box[1], ...area }],
    ),
    ...buildLines(words).map((line): LineItem => ({ kind: 'line', top: line.box[1], line })),
  ];
  parts.sort((left, right) => left.top - right.top);
  return findBorderless(parts, union(items.map(({ box }) => box)));
}
