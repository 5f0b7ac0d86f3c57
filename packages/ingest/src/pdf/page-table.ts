import type { Cell } from '@fieldkit/core';
import { type Box, holdsCentre, union } from './geometry.ts';
import { joinTexts } from './join-text.ts';
import { buildLines } from './lines.ts';
import type { Grid } from './ruled-tables.ts';
import type { Word } from './words.ts';

/** A table on one page. */
export interface PageTable {
  readonly box: Box;
  readonly rows: readonly (readonly Cell[])[];
  /** One for each row. */
  readonly rowBoxes: readonly Box[];
  readonly headerRows: number;
  /** Left borders of the columns, relative to the table's left edge: to recognise its continuation. */
  readonly columns: readonly number[];
  /** Every word in it. */
  readonly words: readonly Word[];
}

/** Text of a cell: its lines joined. */
export function cellText(words: readonly Word[]): string {
  return joinTexts(buildLines(words).map(({ text }) => text));
}

/**
 * The table of a grid of drawn lines, with the words whose centres lie in its cells. Rows and columns without any text that no
 * cell needs are left out. Undefined when it holds too little text to be a table (a form's frame, a diagram).
 */
export function tableOfGrid(grid: Grid, words: readonly Word[]): PageTable | undefined {
  const inside = words.filter(({ box }) => holdsCentre(grid.box, box, 1));
  const filled = grid.cells.map((cell) => ({ cell, words: inside.filter(({ box }) => holdsCentre(cell.box, box)) }));
  const withText = filled.filter((entry) => entry.words.length > 0);
  if (withText.length < 2 || withText.length < filled.length * 0.2) return undefined;
  // One cell with nearly all the text is a page frame with a title block, not a table.
  const characters = (entry: (typeof filled)[number]) => entry.words.reduce((sum, { text }) => sum + text.length, 0);
  const all = withText.reduce((sum, entry) => sum + characters(entry), 0);
  const largest = Math.max(...withText.map(characters));
  if (grid.cells.length > 2 && largest > all * 0.9 && largest > 600) return undefined;

  const keptRows = keep(
    grid.rows,
    withText.map(({ cell }) => [cell.row, cell.rowSpan] as const),
    (row) => (grid.ys[row + 1] ?? 0) - (grid.ys[row] ?? 0),
  );
  const keptColumns = keep(
    grid.columns,
    withText.map(({ cell }) => [cell.column, cell.colSpan] as const),
    (column) => (grid.xs[column + 1] ?? 0) - (grid.xs[column] ?? 0),
  );
  const rows: Cell[][] = [];
  const rowBoxes: Box[] = [];
  for (const row of keptRows) {
    const cells: Cell[] = [];
    for (const { cell, words: own } of filled) {
      const rowsCovered = keptRows.filter((kept) => kept >= cell.row && kept < cell.row + cell.rowSpan);
      const columnsCovered = keptColumns.filter((kept) => kept >= cell.column && kept < cell.column + cell.colSpan);
      if (rowsCovered[0] !== row || columnsCovered.length === 0) continue;
      cells.push({
        text: cellText(own),
        ...(rowsCovered.length > 1 && { rowSpan: rowsCovered.length }),
        ...(columnsCovered.length > 1 && { colSpan: columnsCovered.length }),
      });
    }
    rows.push(cells);
    rowBoxes.push([grid.box[0], grid.ys[row] ?? 0, grid.box[2], grid.ys[row + 1] ?? 0]);
  }
  if (keptColumns.length < 2) return undefined;
  return {
    box: grid.box,
    rows,
    rowBoxes,
    headerRows:
      rows.length > 1
        ? Math.min(rows.length - 1, Math.max(1, ...(rows[0] ?? []).map(({ rowSpan = 1 }) => rowSpan)))
        : 0,
    columns: keptColumns.map((column) => (grid.xs[column] ?? 0) - grid.box[0]),
    words: inside,
  };
}

/** Indices that hold text, and empty ones that are wide enough to be meant. */
function keep(count: number, spans: readonly (readonly [number, number])[], size: (index: number) => number): number[] {
  const indices = Array.from({ length: count }, (_, index) => index);
  return indices.filter((index) => size(index) >= 8 || spans.some(([start, span]) => span === 1 && start === index));
}

export interface RowTableOptions {
  /** Where rows surely end. */
  readonly separators?: readonly number[];
  /** The separators mark every row. */
  readonly everyRow?: boolean;
  readonly headerBottom?: number;
}

interface TextRow {
  words: Word[];
  top: number;
  bottom: number;
}

/**
 * A table from words alone: columns are the vertical gaps that no row crosses (header rows may), rows are lines, or groups of
 * lines where the spacing tells wrapped cells from rows. Undefined when fewer than two columns or rows are found.
 */
export function tableOfWords(words: readonly Word[], options: RowTableOptions = {}): PageTable | undefined {
  const rows = groupRows(words, options);
  if (rows.length < 2) return undefined;
  const headerCount =
    options.headerBottom === undefined
      ? 1
      : Math.max(1, rows.filter(({ bottom }) => bottom <= (options.headerBottom ?? 0) + 3).length);
  const body = rows.slice(Math.min(headerCount, rows.length - 1));
  const fromBody = body.length >= 3 ? columnsOf(body) : [];
  const fromAll = columnsOf(rows);
  // A header that spans columns hides gaps which the body shows; a body of one word shows fewer than header and body together.
  const columns = fromBody.length > fromAll.length ? fromBody : fromAll;
  if (columns.length < 2) return undefined;

  const cells = rows.map((row) => placeInColumns(row.words, columns));
  const box = union(words.map((word) => word.box));
  return {
    box,
    rows: cells,
    rowBoxes: rows.map(({ words: own }) => union(own.map((word) => word.box))),
    headerRows: Math.min(headerCount, rows.length - 1),
    columns: columns.map(({ from }) => from - box[0]),
    words,
  };
}

interface Column {
  readonly from: number;
  readonly to: number;
}

/** Stretches between the vertical gaps that no row's text crosses. */
function columnsOf(rows: readonly TextRow[]): Column[] {
  const words = rows.flatMap(({ words: own }) => own);
  const size = words[0]?.size ?? 10;
  const intervals = words
    .map(({ box }) => ({ from: box[0], to: box[2] }))
    .sort((left, right) => left.from - right.from);
  const columns: { from: number; to: number }[] = [];
  for (const { from, to } of intervals) {
    const last = columns.at(-1);
    if (last !== undefined && from - last.to < size * 0.6) last.to = Math.max(last.to, to);
    else columns.push({ from, to });
  }
  return columns;
}

/** Cells of a row; a stretch of words that reaches into several columns spans them. */
function placeInColumns(words: readonly Word[], columns: readonly Column[]): Cell[] {
  const covered = (from: number, to: number) =>
    columns.flatMap((column, index) => (Math.min(to, column.to) - Math.max(from, column.from) > 0 ? [index] : []));
  const nearest = (from: number, to: number) => {
    const middle = (from + to) / 2;
    const distances = columns.map((column) => Math.max(column.from - middle, middle - column.to, 0));
    return distances.indexOf(Math.min(...distances));
  };
  // Words that one column cannot hold join their neighbours: a stretch covers all columns that any of its words touches.
  const stretches: { first: number; last: number; words: Word[] }[] = [];
  for (const line of buildLines(words)) {
    let previous: Word | undefined;
    for (const word of line.words) {
      const touched = covered(word.box[0], word.box[2]);
      const first = touched[0] ?? nearest(word.box[0], word.box[2]);
      const last = touched.at(-1) ?? first;
      const open = stretches.at(-1);
      const near = previous !== undefined && word.box[0] - previous.box[2] < word.size * 0.45;
      if (open !== undefined && near && open.words.at(-1) === previous) {
        open.first = Math.min(open.first, first);
        open.last = Math.max(open.last, last);
        open.words.push(word);
      } else stretches.push({ first, last, words: [word] });
      previous = word;
    }
  }
  const merged: typeof stretches = [];
  for (const stretch of stretches.sort((left, right) => left.first - right.first)) {
    const open = merged.find((other) => stretch.first <= other.last && stretch.last >= other.first);
    if (open === undefined) merged.push(stretch);
    else {
      open.first = Math.min(open.first, stretch.first);
      open.last = Math.max(open.last, stretch.last);
      open.words.push(...stretch.words);
    }
  }
  merged.sort((left, right) => left.first - right.first);
  const cells: Cell[] = [];
  let column = 0;
  for (const { first, last, words: own } of merged) {
    while (column < first) {
      cells.push({ text: '' });
      column += 1;
    }
    cells.push({ text: cellText(own), ...(last > first && { colSpan: last - first + 1 }) });
    column = last + 1;
  }
  while (column < columns.length) {
    cells.push({ text: '' });
    column += 1;
  }
  return cells;
}

/** Lines to rows. Lines that overlap vertically are one row; wrapped lines are told from rows by the spacing. */
function groupRows(words: readonly Word[], { separators = [], everyRow = false }: RowTableOptions): TextRow[] {
  const lines: TextRow[] = [];
  for (const { words: own, box } of buildLines(words)) {
    const last = lines.at(-1);
    const height = box[3] - box[1];
    if (last !== undefined && last.bottom - box[1] > height * 0.35) {
      last.words.push(...own);
      last.bottom = Math.max(last.bottom, box[3]);
    } else lines.push({ words: [...own], top: box[1], bottom: box[3] });
  }
  const between = (upper: TextRow, lower: TextRow) =>
    separators.some(
      (y) =>
        y >= upper.bottom - 3 &&
        y <= lower.top + 3 &&
        y > (upper.top + upper.bottom) / 2 &&
        y < (lower.top + lower.bottom) / 2,
    );
  const gaps = lines.slice(1).map((line, index) => {
    const above = lines[index] ?? line;
    return { gap: line.top - above.bottom, cut: between(above, line) };
  });
  const limit = wrapLimit(
    gaps.map(({ gap }) => gap),
    words[0]?.size ?? 10,
    everyRow ? gaps.filter(({ cut }) => !cut).map(({ gap }) => gap) : undefined,
  );
  const rows: TextRow[] = [];
  lines.forEach((line, index) => {
    const gap = gaps[index - 1];
    const last = rows.at(-1);
    const wrapped = gap !== undefined && !gap.cut && gap.gap <= limit;
    if (last !== undefined && wrapped) {
      last.words.push(...line.words);
      last.bottom = line.bottom;
    } else rows.push({ ...line, words: [...line.words] });
  });
  return rows;
}

/** Largest gap inside a wrapped cell; negative infinity when every line is a row. */
function wrapLimit(gaps: readonly number[], size: number, uncut: readonly number[] | undefined): number {
  const sorted = [...gaps].sort((left, right) => left - right);
  const tight = size * 0.55; // leading of at most 1.5
  let best = { ratio: 1, limit: Number.NEGATIVE_INFINITY };
  for (let index = 1; index < sorted.length; index += 1) {
    const small = sorted[index - 1] ?? 0;
    const large = sorted[index] ?? 0;
    if (small > tight) break;
    const jump = large - small;
    if (jump > size * 0.25 && jump > best.ratio) best = { ratio: jump, limit: (small + large) / 2 };
  }
  // Where every row is marked, what is not marked inside a row is a wrapped line.
  if (uncut !== undefined && uncut.length > 0 && best.limit === Number.NEGATIVE_INFINITY) {
    return Math.max(...uncut.filter((gap) => gap <= tight), Number.NEGATIVE_INFINITY);
  }
  return best.limit;
}
