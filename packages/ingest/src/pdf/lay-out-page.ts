import { type Aside, marginNotes, withAsides } from './asides.ts';
import { findBorderless, isConvincing, type LineItem, tableBands } from './borderless.ts';
import { candidateGutters, type FlowItem, orderRegions } from './columns.ts';
import { findFrames } from './frames.ts';
import { type Box, holdsCentre, overlap, union } from './geometry.ts';
import { isCaption } from './headings.ts';
import { buildLines, type Line } from './lines.ts';
import type { PageContent, Rule } from './page-content.ts';
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

/** Of the font size, the gap below which side by side tables have ended. */
const FURTHER = 2.5;
/** A frame around more of the text's width than this is around the page's text, not beside it. */
const BESIDE = 0.8;

/** The regions of a page in reading order. Tables are found first: their columns are not columns of text. */
export function layOutPage(
  content: Pick<PageContent, 'rules' | 'fills'>,
  words: readonly Word[],
  { open, across = [] }: LayOutPageOptions = {},
): PageLayout {
  if (words.length === 0) return { regions: [], confidence: 1, across };
  const asides: Aside[] = [];
  let rest: readonly Word[] = words;
  for (const box of sideBySide(rest)) {
    const inside = rest.filter((word) => holdsCentre(box, word.box, 1));
    const within = ({ rules, fills }: Pick<PageContent, 'rules' | 'fills'>) => ({
      rules: rules.filter((rule) => holdsCentre(box, boxOfRule(rule), 3)),
      fills: fills.filter((fill) => holdsCentre(box, fill.box, 3)),
    });
    asides.push({ box, regions: captionedTable(inside, box) ?? layOutPage(within(content), inside).regions });
    const taken = new Set(inside);
    rest = rest.filter((word) => !taken.has(word));
  }
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
  const set = [...grids, ...asides.map(({ box }) => box)];
  const free = content.rules.filter((rule) => !set.some((box) => holdsCentre(box, boxOfRule(rule), 3)));
  const ruled = ruledRowAreas(free, rest, open);
  for (const hint of [...ruled, ...shadedRowAreas(content.fills, rest)]) {
    const inside = rest.filter(({ box }) => holdsCentre(hint.box, box, 1));
    if (inside.length < 2 || tableOfWords(inside, hint) === undefined) continue;
    items.push({ box: hint.box, area: { words: inside, hint } });
    const taken = new Set(inside);
    rest = rest.filter((word) => !taken.has(word));
  }
  const [left, , right] = union(words.map(({ box }) => box));
  for (const box of findFrames(free)) {
    const inside = rest.filter((word) => holdsCentre(box, word.box, 1));
    if (inside.length < 2 || inside.length === rest.length || box[2] - box[0] > (right - left) * BESIDE) continue;
    asides.push({ box, regions: inFrame(layOutPage({ rules: [], fills: [] }, inside).regions, box) });
    const taken = new Set(inside);
    rest = rest.filter((word) => !taken.has(word));
  }
  const { regions: flow, asides: notes } = marginNotes(regionsOf(items, rest));
  const { regions, confidence } = streamOrderWhereUncertain(flow);
  const still = ruled.findLast((area) => area.open !== undefined)?.open;
  return {
    regions: withAsides(regions, [...asides, ...notes]),
    confidence,
    across: turned,
    ...(still !== undefined && { open: still }),
  };
}

function boxOfRule({ at, from, to, horizontal }: Rule): Box {
  return horizontal ? [from, at, to, at] : [at, from, at, to];
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

/**
 * The halves of the page in which two tables stand side by side below two captions, down to the first line that crosses the gap between
 * them or stands further off. Not in a page of columns, where captions stand beside each other, too.
 */
function sideBySide(words: readonly Word[]): readonly Box[] {
  const lines = buildLines(words);
  for (const [at, line] of lines.entries()) {
    const segments = splitLine(line);
    const [first, second] = segments;
    if (segments.length !== 2 || first === undefined || second === undefined) continue;
    if (!segments.every(({ words: own }) => isCaption(own.map(({ text }) => text).join(' ')))) continue;
    const cut = second.box[0] - 1;
    const crosses = ({ words: own }: Line) =>
      splitLine({ ...line, words: own }).some(({ box }) => box[0] < cut - 1 && box[2] > cut + 1);
    const below = lines.slice(at);
    const end = below.findIndex(
      (one, index) => crosses(one) || one.box[1] - (below[index - 1]?.box[3] ?? one.box[1]) > one.size * FURTHER,
    );
    const band = end < 0 ? below : below.slice(0, end);
    const others = lines.filter((one) => !band.includes(one));
    const inColumns = others.filter((one) => !crosses(one) && one.box[0] < cut && one.box[2] > cut).length;
    if (band.length < 3 || others.filter(crosses).length <= inColumns) continue;
    const all = band.flatMap((one) => one.words.map(({ box }) => box));
    const halves = [all.filter((box) => box[2] <= cut + 1), all.filter((box) => box[2] > cut + 1)];
    return halves.map((boxes) => union(boxes));
  }
  return [];
}

/** A caption of one to three lines and the table below it, whose columns may stand closer than elsewhere: the caption says what it is. */
function captionedTable(words: readonly Word[], box: Box): PageRegion[] | undefined {
  const lines = buildLines(words);
  for (let caption = 1; caption <= 3; caption += 1) {
    const table = tableOfWords(lines.slice(caption).flatMap((line) => line.words));
    const full = table?.rows[0]?.every(({ text }) => text !== '') === true;
    if (table === undefined || !full || !isConvincing(table)) continue;
    const above = lines.slice(0, caption).map((line): PageItem => ({ kind: 'line', line }));
    return [{ box, items: [...above, { kind: 'table', table }] }];
  }
  return undefined;
}

/** Text in a frame may be as wide as the frame, less what it keeps from its left side. */
function inFrame(regions: readonly PageRegion[], [left, , right]: Box): PageRegion[] {
  const [only] = regions;
  if (regions.length !== 1 || only === undefined) return [...regions];
  const [x0, y0, x1, y1] = only.box;
  return [{ ...only, box: [x0, y0, Math.max(x1, right - (x0 - left)), y1] }];
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
