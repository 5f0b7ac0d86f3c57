import type { PageCell } from './page-table.ts';

const NUMERIC = /^[-+−–(]?[$€£¥￥]?\s?[\d.,]+\s?(?:%|‰|[a-zA-Z]{1,3}|万|亿|元)?\)?$/;

/** Rows above the first that has mostly numbers, at most three; 1 when numbers do not tell. */
export function headerRowsByContent(rows: readonly (readonly PageCell[])[]): number {
  const numeric = rows.map((row) => {
    const values = row.slice(1).filter(({ text }) => text !== '');
    return values.length > 0 && values.filter(({ text }) => NUMERIC.test(text.trim())).length * 2 >= values.length;
  });
  const first = numeric.indexOf(true);
  return first >= 1 && first <= 3 && numeric.slice(first).filter(Boolean).length * 2 >= numeric.length - first
    ? first
    : 1;
}

/** In a header of several rows: a cell over filled ones spans them, and a cell over empty ones reaches down. */
export function spanHeaders(rows: readonly (readonly PageCell[])[], headerRows: number, width: number): PageCell[][] {
  const grid = rows
    .slice(0, headerRows)
    .map((row) => row.flatMap((cell) => [cell, ...Array.from({ length: (cell.colSpan ?? 1) - 1 }, () => null)]));
  const textAt = (row: number, column: number) => grid[row]?.[column]?.text;
  const gone = new Set<string>();
  const spans = new Map<string, { rowSpan: number; colSpan: number }>();
  for (let row = 0; row < headerRows; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const cell = grid[row]?.[column];
      if (cell === undefined || cell === null || cell.text === '' || gone.has(`${row},${column}`)) continue;
      let colSpan = cell.colSpan ?? 1;
      const overFilled = (at: number) => textAt(row, at) === '' && (textAt(row + 1, at) ?? '') !== '';
      while (
        row + 1 < headerRows &&
        column > 0 &&
        (textAt(row + 1, column) ?? '') !== '' &&
        overFilled(column + colSpan)
      ) {
        gone.add(`${row},${column + colSpan}`);
        colSpan += 1;
      }
      let rowSpan = 1;
      while (colSpan === 1 && row + rowSpan < headerRows && textAt(row + rowSpan, column) === '') {
        gone.add(`${row + rowSpan},${column}`);
        rowSpan += 1;
      }
      spans.set(`${row},${column}`, { rowSpan, colSpan });
    }
  }
  const header = grid.map((row, index) =>
    row.flatMap((cell, column): PageCell[] => {
      if (cell === null || gone.has(`${index},${column}`)) return [];
      const { rowSpan = 1, colSpan = cell.colSpan ?? 1 } = spans.get(`${index},${column}`) ?? {};
      const { text, lines } = cell;
      return [{ text, lines, ...(rowSpan > 1 && { rowSpan }), ...(colSpan > 1 && { colSpan }) }];
    }),
  );
  return [...header, ...rows.slice(headerRows).map((row) => [...row])];
}
