import type { PageCell, PageTable } from './page-table.ts';
import type { TablePiece } from './paragraphs.ts';

type Row = readonly PageCell[];

/** Header rows of the first piece that stand again at the top of a later one. */
export function repeatedHeader(first: TablePiece | undefined, next: TablePiece): number {
  if (first === undefined) return 0;
  const key = (row: readonly { readonly text: string }[] | undefined) =>
    row?.map(({ text }) => text.replace(/\s+/g, '')).join('|') ?? '';
  let same = 0;
  while (
    same < Math.min(3, next.table.rows.length) &&
    key(first.table.rows[same]) !== '' &&
    key(first.table.rows[same]) === key(next.table.rows[same])
  )
    same += 1;
  return same;
}

/** A row that the end of a page cut in two: no cell has text in both halves, and one half lacks the first cell. */
export function joinCutRow(above: Row, below: Row): PageCell[] | undefined {
  if (above.length !== below.length || above.length < 2) return undefined;
  const spans = [...above, ...below].some(({ rowSpan = 1, colSpan = 1 }) => rowSpan > 1 || colSpan > 1);
  if (spans || above.some(({ text }, index) => text !== '' && below[index]?.text !== '')) return undefined;
  if (above[0]?.text !== '' && below[0]?.text !== '') return undefined;
  return above.map((cell, index) => (cell.text === '' ? (below[index] ?? cell) : cell));
}

export interface Continued {
  /** The rows so far, with the cells that go on. */
  readonly rows: readonly Row[];
  /** The first row behind the break, without the parts of those cells. */
  readonly first: Row;
  /** For each cell that was part of one above: where that one stands. */
  readonly parts: readonly { readonly row: number; readonly index: number; readonly cell: PageCell }[];
}

/**
 * A cell over several rows that the end of a page cut: its text stands above, and below it goes on empty. Only where the drawing shows that
 * it spans rows: one of its parts does, or another cell of its column.
 */
export function continueSpans(rows: readonly Row[], first: Row): Continued {
  const { last, spanning } = columnsOf(rows);
  const grown = new Map<string, number>();
  const parts: { row: number; index: number; cell: PageCell }[] = [];
  let column = 0;
  const kept = first.filter((cell) => {
    const at = column;
    const { rowSpan = 1, colSpan = 1 } = cell;
    column += colSpan;
    const above = last[at];
    if (cell.text !== '' || above === undefined || above.column !== at || above.colSpan !== colSpan) return true;
    if (above.text === '' || !(rowSpan > 1 || spanning.has(at))) return true;
    grown.set(`${above.row},${above.index}`, rowSpan);
    parts.push({ row: above.row, index: above.index, cell });
    return false;
  });
  if (kept.length === first.length || kept.length === 0) return { rows, first, parts: [] };
  const all = rows.map((cells, row) =>
    cells.map((cell, index) => {
      const more = grown.get(`${row},${index}`);
      return more === undefined ? cell : { ...cell, rowSpan: (cell.rowSpan ?? 1) + more };
    }),
  );
  return { rows: all, first: kept, parts };
}

/** Without the empty strips that the frames of cut cells leave at a break: a row without any text that no own cell of another row spans into. */
export function withoutEmptyEdge(table: PageTable, edge: 'first' | 'last'): PageTable {
  const { rows, rowBoxes } = table;
  const at = edge === 'first' ? 0 : rows.length - 1;
  const row = rows[at];
  if (rows.length < 2 || row === undefined || row.some(({ text }) => text !== '')) return table;
  if (edge === 'first' && row.some(({ rowSpan = 1 }) => rowSpan > 1)) return table;
  const kept = rows.flatMap((cells, index) => {
    if (index === at) return [];
    return [
      cells.map((cell) => {
        const { rowSpan = 1, ...rest } = cell;
        const spans = index + rowSpan > at && index < at ? rowSpan - 1 : rowSpan;
        return { ...rest, ...(spans > 1 && { rowSpan: spans }) };
      }),
    ];
  });
  return { ...table, rows: kept, rowBoxes: rowBoxes.filter((_, index) => index !== at) };
}

interface Covering {
  readonly row: number;
  readonly index: number;
  readonly column: number;
  readonly colSpan: number;
  readonly text: string;
}

/** For each column the cell that covers its last row, and the columns in which some cell spans rows. */
function columnsOf(rows: readonly Row[]): { last: (Covering | undefined)[]; spanning: ReadonlySet<number> } {
  const last: (Covering | undefined)[] = [];
  const until: number[] = []; // by column: the first row that its cell does not cover
  const spanning = new Set<number>();
  rows.forEach((cells, row) => {
    let column = 0;
    cells.forEach((cell, index) => {
      while ((until[column] ?? 0) > row) column += 1;
      const { rowSpan = 1, colSpan = 1, text } = cell;
      for (let offset = 0; offset < colSpan; offset += 1) {
        last[column + offset] = { row, index, column, colSpan, text };
        until[column + offset] = row + rowSpan;
        if (rowSpan > 1) spanning.add(column + offset);
      }
      column += colSpan;
    });
  });
  return { last, spanning };
}
