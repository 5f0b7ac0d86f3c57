import { findBorderless, type LineItem } from './borderless.ts';
import { candidateGutters, type FlowItem, orderRegions } from './columns.ts';
import { type Box, holdsCentre, union } from './geometry.ts';
import { buildLines } from './lines.ts';
import type { PageContent } from './page-content.ts';
import type { PageItem, PageRegion } from './page-region.ts';
import { type PageTable, tableOfGrid } from './page-table.ts';
import { type OpenTable, type RowArea, ruledRowAreas, shadedRowAreas } from './row-areas.ts';
import { findGrids } from './ruled-tables.ts';
import { splitLine } from './segments.ts';
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
}

/** The regions of a page in reading order. Tables are found first: their columns are not columns of text. */
export function layOutPage(
  content: Pick<PageContent, 'rules' | 'fills'>,
  words: readonly Word[],
  open?: OpenTable,
): PageLayout {
  let rest: readonly Word[] = words;
  const items: Item[] = [];
  for (const grid of findGrids(content.rules)) {
    const table = tableOfGrid(grid, rest);
    if (table === undefined) continue;
    items.push({ box: table.box, table });
    const taken = new Set(table.words);
    rest = rest.filter((word) => !taken.has(word));
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
  const gutters = rest.length < 20 ? [] : candidateGutters(rest);
  for (const line of buildLines(rest)) {
    for (const segment of splitLine(line, undefined, gutters)) items.push({ box: segment.box, segment });
  }
  const regions = orderRegions(items).map(({ box, items: own }) => ({ box, items: layOutRegion(own) }));
  const still = ruled.findLast((area) => area.open !== undefined)?.open;
  return { regions, ...(still !== undefined && { open: still }) };
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
