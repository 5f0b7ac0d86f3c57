import { type Cell, tableText } from '@fieldkit/core';
import type { DraftBlock } from '../reader.ts';
import type { Sheet, SheetCell } from './read-sheet.ts';

interface Region {
  readonly rows: readonly number[];
  readonly left: number;
  readonly right: number;
}

/**
 * A sheet as blocks: rows that an empty row parts are tables of their own, and a row with one cell above or below a table is its
 * title or a remark, not a part of it.
 */
export function sheetBlocks(sheet: Sheet): DraftBlock[] {
  return regionsOf(sheet).flatMap((region) => {
    const blocks: DraftBlock[] = [];
    let rows = [...region.rows];
    const lone = (row: number | undefined) => row !== undefined && (sheet.cells.get(row)?.size ?? 0) === 1;
    const above: number[] = [];
    while (rows.length > 0 && lone(rows[0]) && region.right > region.left) above.push(rows.shift() ?? 0);
    const below: number[] = [];
    // A total may stand alone in its row, a remark is longer than a cell.
    while (rows.length > 1 && lone(rows.at(-1)) && loneText(sheet, rows.at(-1) ?? 0).length > 24)
      below.unshift(rows.pop() ?? 0);
    if (region.right === region.left && rows.length < 3) {
      above.push(...rows);
      rows = [];
    }
    for (const row of above) blocks.push({ kind: 'paragraph', text: loneText(sheet, row) });
    if (rows.length > 0) blocks.push(tableBlock(sheet, rows, region));
    for (const row of below) blocks.push({ kind: 'paragraph', text: loneText(sheet, row) });
    return blocks;
  });
}

function loneText(sheet: Sheet, row: number): string {
  return [...(sheet.cells.get(row)?.values() ?? [])].map(({ text }) => text.trim()).join(' ');
}

/** Runs of rows without an empty row between them. */
function regionsOf({ cells, merges }: Sheet): Region[] {
  const rows = [...cells.keys()].sort((left, right) => left - right);
  const groups: number[][] = [];
  let reach = -1;
  for (const row of rows) {
    const last = groups.at(-1);
    if (last === undefined || row > Math.max(last.at(-1) ?? row, reach) + 1) groups.push([row]);
    else last.push(row);
    for (const { top, bottom } of merges) if (top === row) reach = Math.max(reach, Math.min(bottom, top + 1000));
  }
  return groups.map((group) => {
    const columns = group.flatMap((row) => [...(cells.get(row)?.keys() ?? [])]);
    return {
      rows: group,
      left: columns.reduce((least, column) => Math.min(least, column), Number.POSITIVE_INFINITY),
      right: columns.reduce((most, column) => Math.max(most, column), 0),
    };
  });
}

function tableBlock({ cells, merges }: Sheet, rows: readonly number[], { left, right }: Region): DraftBlock {
  // Columns without a text in any row (spacers) are left out.
  const used = new Set(rows.flatMap((row) => [...(cells.get(row)?.keys() ?? [])]));
  const columns = [...used].filter((column) => column >= left && column <= right).sort((one, other) => one - other);
  const covered = new Set<string>();
  const spans = new Map<string, { rowSpan: number; colSpan: number }>();
  for (const { top, left: from, bottom, right: to } of merges) {
    if (cells.get(top)?.get(from) === undefined || !rows.includes(top)) continue;
    const spanRows = rows.filter((row) => row >= top && row <= bottom);
    const spanColumns = columns.filter((column) => column >= from && column <= to);
    for (const row of spanRows) for (const column of spanColumns) covered.add(`${row}/${column}`);
    covered.delete(`${top}/${from}`);
    spans.set(`${top}/${from}`, { rowSpan: spanRows.length, colSpan: spanColumns.length });
  }
  const grid = rows.map((row) =>
    columns.flatMap((column): Cell[] => {
      const key = `${row}/${column}`;
      if (covered.has(key)) return [];
      const { rowSpan = 1, colSpan = 1 } = spans.get(key) ?? {};
      return [
        {
          text: cells.get(row)?.get(column)?.text.trim() ?? '',
          ...(rowSpan > 1 && { rowSpan }),
          ...(colSpan > 1 && { colSpan }),
        },
      ];
    }),
  );
  const table = {
    rows: grid,
    headerRows: headerRows(
      rows.map((row) => cells.get(row)),
      columns,
      grid,
    ),
  };
  return { kind: 'table', text: tableText(table), table };
}

/** The first row, with those that its spans reach into, when it holds words only and something stands below. */
function headerRows(
  rows: readonly (ReadonlyMap<number, SheetCell> | undefined)[],
  columns: readonly number[],
  grid: readonly (readonly Cell[])[],
): number {
  const [first] = rows;
  if (first === undefined || rows.length < 2 || columns.length < 2) return 0;
  const cells = columns.map((column) => first.get(column)).filter((cell) => cell !== undefined);
  if (cells.some(({ isNumber, text }) => isNumber && !/^(?:19|20)\d\d$/.test(text))) return 0;
  const spanning = grid[0]?.some(({ colSpan = 1 }) => colSpan > 1) === true ? 2 : 1;
  const deep = Math.max(1, ...(grid[0] ?? []).map(({ rowSpan = 1 }) => rowSpan));
  return Math.min(rows.length - 1, Math.max(deep, spanning));
}
