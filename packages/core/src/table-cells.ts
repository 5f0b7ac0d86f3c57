import type { Table } from './document.ts';

/** Between two cells of a row in a table's text. */
export const CELL_SEPARATOR = ' | ';

/** A cell in the text of its table; one that spans rows stands once in each row it covers. */
export interface PlacedCell {
  /** The cell: `table.rows[row][index]`. */
  readonly row: number;
  readonly index: number;
  /** White space is one blank. */
  readonly text: string;
  /** Offsets in `tableText(table)`. */
  readonly start: number;
  readonly end: number;
}

/**
 * A table as text: one line per row, cells joined by ` | `. A cell that spans rows is repeated in each row it covers, so that
 * a row can be understood and quoted alone; a cell that spans columns stands once.
 */
export function tableText(table: Table): string {
  return linesOf(table)
    .map((line) => line.map(({ text }) => text).join(CELL_SEPARATOR))
    .join('\n');
}

/** Where each cell stands in the table's text. */
export function placeCells(table: Table): PlacedCell[] {
  let at = 0;
  return linesOf(table).flatMap((line) => {
    const placed = line.map((cell, position) => {
      const start = position === 0 ? at : at + CELL_SEPARATOR.length;
      at = start + cell.text.length;
      return { ...cell, start, end: at };
    });
    at += 1; // the line break
    return placed;
  });
}

function linesOf(table: Table): Pick<PlacedCell, 'row' | 'index' | 'text'>[][] {
  const carried: { row: number; index: number; text: string; rows: number }[] = []; // by column: a cell from above that still covers rows
  return table.rows.map((cells, row) => {
    const line: Pick<PlacedCell, 'row' | 'index' | 'text'>[] = [];
    let column = 0;
    const takeCarried = () => {
      for (let above = carried[column]; above !== undefined && above.rows > 0; above = carried[column]) {
        above.rows -= 1;
        if (above.text !== '') line.push({ row: above.row, index: above.index, text: above.text });
        column += 1;
      }
    };
    for (const [index, cell] of cells.entries()) {
      takeCarried();
      const text = oneLine(cell.text);
      line.push({ row, index, text });
      const { rowSpan = 1, colSpan = 1 } = cell;
      for (let offset = 0; offset < colSpan; offset += 1) {
        carried[column + offset] = { row, index, text: offset === 0 ? text : '', rows: rowSpan - 1 };
      }
      column += colSpan;
    }
    takeCarried();
    return line;
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
