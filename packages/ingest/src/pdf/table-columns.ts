import { median, union } from './geometry.ts';
import { buildLines } from './lines.ts';
import { makeCell, type PageCell } from './page-table.ts';
import type { TextRow } from './table-rows.ts';
import type { Word } from './words.ts';

export interface Column {
  readonly from: number;
  readonly to: number;
}

/** Stretches between the vertical gaps that at most `crossing` rows cross; `minimumGap` in parts of the font size. */
export function columnsOf(rows: readonly TextRow[], minimumGap: number, crossing: number): Column[] {
  const all = rows.flatMap(({ words }) => words);
  const size = median(all.map((word) => word.size));
  const [left, , right] = union(all.map(({ box }) => box));
  const step = 0.5;
  const coverage = new Int32Array(Math.ceil((right - left) / step) + 2);
  for (const { words } of rows) {
    const covered = new Set<number>();
    for (const { box } of words) {
      for (let x = Math.floor((box[0] - left) / step); x <= Math.ceil((box[2] - left) / step) - 1; x += 1)
        covered.add(x);
    }
    for (const x of covered) coverage[x] = (coverage[x] ?? 0) + 1;
  }
  const columns: { from: number; to: number }[] = [];
  let start = -1;
  for (let x = 0; x < coverage.length; x += 1) {
    const filled = (coverage[x] ?? 0) > crossing;
    if (filled && start < 0) start = x;
    if (!filled && start >= 0) {
      const from = left + start * step;
      const last = columns.at(-1);
      if (last !== undefined && from - last.to < size * minimumGap) last.to = left + x * step;
      else columns.push({ from, to: left + x * step });
      start = -1;
    }
  }
  return columns;
}

/**
 * Joins neighbouring columns that are one: a heading left of its right-aligned numbers, or a lone text that is aligned differently
 * from the numbers above it. In no row both are filled, and one is filled by the header only, or hardly ever.
 */
export function mergeComplementary(columns: readonly Column[], rows: readonly TextRow[], headerRows: number): Column[] {
  const fills = ({ from, to }: Column) =>
    rows.map(({ words }) => words.filter(({ box }) => Math.min(box[2], to) - Math.max(box[0], from) > 0));
  const head = Math.max(headerRows, 2);
  const inHeader = (column: Column) => fills(column).every((words, row) => words.length === 0 || row < head);
  // A heading stands left of its right-aligned numbers far more often than right of them: those pairs first.
  const pairs = mergeWhere(
    columns,
    (left, right) => inHeader(left) && !inHeader(right) && areOneColumn(fills(left), fills(right), head),
  );
  return mergeWhere(pairs, (left, right) => areOneColumn(fills(left), fills(right), head));
}

function mergeWhere(columns: readonly Column[], areOne: (left: Column, right: Column) => boolean): Column[] {
  const merged: Column[] = [];
  for (const column of columns) {
    const last = merged.at(-1);
    if (last !== undefined && areOne(last, column)) merged[merged.length - 1] = { from: last.from, to: column.to };
    else merged.push(column);
  }
  return merged;
}

function areOneColumn(
  left: readonly (readonly Word[])[],
  right: readonly (readonly Word[])[],
  headerRows: number,
): boolean {
  // A text that runs through both is no sign of two.
  const apart = left.some((words, row) => {
    const other = right[row] ?? [];
    if (words.length === 0 || other.length === 0) return false;
    const end = Math.max(...words.map(({ box }) => box[2]));
    const start = Math.min(...other.map(({ box }) => box[0]));
    return start - end > (words[0]?.size ?? 10) * 0.5;
  });
  if (apart) return false;
  const onlyHeader = (cells: readonly (readonly Word[])[]) =>
    cells.every((words, row) => words.length === 0 || row < headerRows);
  if (onlyHeader(left) || onlyHeader(right)) return true;
  const body = left.length - headerRows;
  const filled = (cells: readonly (readonly Word[])[]) =>
    cells.slice(headerRows).filter((words) => words.length > 0).length;
  const [a, b] = [filled(left), filled(right)];
  return body >= 5 && Math.min(a, b) <= Math.max(1, body * 0.1) && a + b >= body * 0.95;
}

/** Cells of a row; a stretch of words that reaches into several columns spans them. */
export function placeInColumns(words: readonly Word[], columns: readonly Column[]): PageCell[] {
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
  const cells: PageCell[] = [];
  let column = 0;
  for (const { first, last, words: own } of merged) {
    while (column < first) {
      cells.push({ text: '', lines: [] });
      column += 1;
    }
    cells.push({ ...makeCell(own), ...(last > first && { colSpan: last - first + 1 }) });
    column = last + 1;
  }
  while (column < columns.length) {
    cells.push({ text: '', lines: [] });
    column += 1;
  }
  return cells;
}
