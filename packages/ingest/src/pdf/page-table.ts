import type { Cell } from '@fieldkit/core';
import { type Box, holdsCentre, union } from './geometry.ts';
import type { LineText } from './join-text.ts';
import { buildLines } from './lines.ts';
import type { Grid } from './ruled-tables.ts';
import type { Word } from './words.ts';

/** `text` is for judging the cell; `lines` are joined when the document is put together. */
export interface PageCell extends Cell {
  readonly lines: readonly LineText[];
  /** Absent for an empty cell of a table without lines. */
  readonly box?: Box;
}

/** A table on one page. */
export interface PageTable {
  readonly box: Box;
  readonly rows: readonly (readonly PageCell[])[];
  /** One for each row. */
  readonly rowBoxes: readonly Box[];
  readonly headerRows: number;
  /** Left borders of the columns, relative to the table's left edge: to recognise its continuation. */
  readonly columns: readonly number[];
  /** Every word in it. */
  readonly words: readonly Word[];
}

/** A cell with these words: its lines apart, because how they join depends on the whole document. */
export function makeCell(words: readonly Word[], across: readonly Word[] = []): PageCell {
  const lines: LineText[] = [...buildLines(words), ...across.map(({ text, spaceAfter }) => ({ text, spaceAfter }))];
  return {
    text: lines.map(({ text }) => text).join(' '),
    lines,
    ...(words.length > 0 && { box: union(words.map(({ box }) => box)) }),
  };
}

/**
 * The table of a grid of drawn lines, with the words whose centres lie in its cells. Rows and columns without any text that no
 * cell needs are left out. `across` are lines that run in another direction. Undefined when it holds too little text to be a table (a form's frame, a diagram).
 */
export function tableOfGrid(grid: Grid, words: readonly Word[], across: readonly Word[] = []): PageTable | undefined {
  const within = (all: readonly Word[], box: Box, slack = 0) => all.filter((word) => holdsCentre(box, word.box, slack));
  const inside = within(words, grid.box, 1);
  const turned = within(across, grid.box, 1);
  const filled = grid.cells.map((cell) => ({
    cell,
    words: within(inside, cell.box),
    turned: within(turned, cell.box),
  }));
  const withText = filled.filter((entry) => entry.words.length + entry.turned.length > 0);
  if (withText.length < 2 || withText.length < filled.length * 0.2) return undefined;
  // Boxes that lines connect, all beside each other: a diagram.
  const linesOfText = withText.map(({ words: own }) => union(own.map(({ box }) => box)));
  const [first] = linesOfText;
  if (
    grid.rows > 1 &&
    first !== undefined &&
    withText.length < filled.length &&
    linesOfText.every((box) => box[1] < first[3] && box[3] > first[1])
  )
    return undefined;
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
  const rows: PageCell[][] = [];
  const rowBoxes: Box[] = [];
  for (const row of keptRows) {
    const cells: PageCell[] = [];
    for (const { cell, words: own, turned: beside } of filled) {
      const rowsCovered = keptRows.filter((kept) => kept >= cell.row && kept < cell.row + cell.rowSpan);
      const columnsCovered = keptColumns.filter((kept) => kept >= cell.column && kept < cell.column + cell.colSpan);
      if (rowsCovered[0] !== row || columnsCovered.length === 0) continue;
      cells.push({
        ...makeCell(own, beside),
        box: cell.box,
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
    words: [...inside, ...turned],
  };
}

/** Indices that hold text, and empty ones that are wide enough to be meant. */
function keep(count: number, spans: readonly (readonly [number, number])[], size: (index: number) => number): number[] {
  const indices = Array.from({ length: count }, (_, index) => index);
  return indices.filter((index) => size(index) >= 8 || spans.some(([start, span]) => span === 1 && start === index));
}
