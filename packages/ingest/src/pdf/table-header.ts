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
export function spanHeaders(rows: readonly (readonly PageCell[])[], headerRows: number): PageCell[][] {
  const grid = rows
    .slice(0, headerRows)
    .map((row) => row.flatMap((cell) => [cell, ...Array.from({ length: (cell.colSpan ?? 1) - 1 }, () => null)]));
  const filled = (row: number, column: number) => (grid[row]?.[column]?.text ?? '') !== '';
  const covered = new Set<string>();
  const header = grid.map((row, index) => {
    const owners = index + 1 < headerRows ? ownersOf(row, grid[index + 1] ?? []) : row.map((_, column) => column);
    return row.flatMap((cell, column): PageCell[] => {
      if (cell === null || covered.has(`${index},${column}`)) return [];
      const owner = owners[column] ?? column;
      if (owners.indexOf(owner) < column) return [];
      const own = row[owner] ?? cell;
      const colSpan = Math.max(owners.filter((other) => other === owner).length, own.colSpan ?? 1);
      let rowSpan = 1;
      while (own.text !== '' && colSpan === 1 && index + rowSpan < headerRows && !filled(index + rowSpan, column)) {
        covered.add(`${index + rowSpan},${column}`);
        rowSpan += 1;
      }
      const { rowSpan: _rows, colSpan: _columns, ...rest } = own;
      return [{ ...rest, ...(rowSpan > 1 && { rowSpan }), ...(colSpan > 1 && { colSpan }) }];
    });
  });
  return [...header, ...rows.slice(headerRows).map((row) => [...row])];
}

/** For each column of a header row the column of the cell above it: an empty one over a filled one belongs to the nearer neighbour. */
function ownersOf(row: readonly (PageCell | null)[], below: readonly (PageCell | null)[]): number[] {
  const middle = (cell: PageCell | null | undefined) =>
    cell?.box === undefined ? undefined : (cell.box[0] + cell.box[2]) / 2;
  const holds = (cells: readonly (PageCell | null)[], column: number) => (cells[column]?.text ?? '') !== '';
  return row.map((cell, column) => {
    if (cell === null || cell.text !== '' || column === 0 || !holds(below, column)) return column;
    const free = (at: number) => row[at]?.text === '' && holds(below, at);
    let left = column - 1;
    while (left > 0 && free(left)) left -= 1;
    let right = column + 1;
    while (right < row.length && free(right)) right += 1;
    // The first column names the rows: no group of columns reaches into it. A cell that begins with its own column reaches to the right only.
    const isGroup = (at: number) => at > 0 && holds(row, at) && holds(below, at) && (row[at]?.colSpan ?? 1) === 1;
    const reachesLeft = (row[right]?.box?.[0] ?? 0) < (below[right]?.box?.[0] ?? 0) - 3;
    const candidates = [...(isGroup(left) ? [left] : []), ...(isGroup(right) && reachesLeft ? [right] : [])];
    const here = middle(below[column]) ?? 0;
    const distance = (at: number) => Math.abs((middle(row[at]) ?? Number.POSITIVE_INFINITY) - here);
    return candidates.reduce(
      (best, next) => (best === column || distance(next) < distance(best) ? next : best),
      column,
    );
  });
}
