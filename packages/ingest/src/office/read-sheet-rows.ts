import { FieldkitError, nearestName } from '@fieldkit/core';
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../reader.ts';
import type { Sheet } from './read-sheet.ts';
import { openWorkbook } from './read-xlsx.ts';

export interface SheetRowsOptions {
  /** For messages. */
  readonly uri: string;
  /** Name of the sheet, which may be a hidden one. Default: the first visible sheet that has cells. */
  readonly sheet?: string;
  /** Default `DEFAULT_READ_LIMITS`. */
  readonly limits?: Partial<ReadLimits>;
  readonly signal?: AbortSignal;
}

export interface SheetRows {
  readonly sheet: string;
  /** Texts as Excel shows them, one per column that holds anything. A merged cell is said in every cell that it covers. */
  readonly rows: readonly (readonly string[])[];
  /** Hidden rows and columns, which are left out. */
  readonly hiddenLines: number;
}

/** More is a mistake of the program that wrote the file. */
const MAX_FILLED = 2_000_000;

/**
 * The rows of one sheet of an Excel workbook (XLSX), for tables that are asked, not read: none is taken for a remark, empty rows are
 * left out, and so are title rows of one cell above the first row of several.
 *
 * @throws {FieldkitError} `FILE_DAMAGED`, `FILE_TOO_LARGE`, `FILE_EMPTY`; `INVALID_CONFIG` when there is no such sheet.
 */
export async function readSheetRows(
  bytes: Uint8Array,
  { uri, sheet: wanted, limits, signal }: SheetRowsOptions,
): Promise<SheetRows> {
  const all = { ...DEFAULT_READ_LIMITS, ...limits };
  if (bytes.length > all.maxBytes) throw new FieldkitError('FILE_TOO_LARGE', `${uri} has ${bytes.length} bytes`);
  const { sheets } = await openWorkbook(bytes, { uri, limits: all, ...(signal && { signal }) });
  if (wanted !== undefined) {
    const found = sheets.find(({ name }) => name === wanted);
    if (found !== undefined) return rowsOf(found.name, found.read());
    const names = sheets.map(({ name }) => name);
    const near = nearestName(wanted, names);
    const hint = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
    throw new FieldkitError('INVALID_CONFIG', `${uri} has no sheet ${wanted}; ${hint}`);
  }
  for (const { name, hidden, read } of sheets) {
    const found = hidden ? undefined : rowsOf(name, read());
    if (found !== undefined && found.rows.length > 0) return found;
  }
  throw new FieldkitError('FILE_EMPTY', `${uri} has no visible sheet with cells`);
}

function rowsOf(name: string, { cells, merges, hiddenRows, hiddenColumns }: Sheet): SheetRows {
  const filled = new Map(
    [...cells].map(([row, line]) => [row, new Map([...line].map(([at, { text }]) => [at, text]))]),
  );
  const own = [...filled.keys()].sort((one, other) => one - other);
  // A title that is merged over its columns is still a row of one cell.
  const lone = own.findIndex((row) => (filled.get(row)?.size ?? 0) > 1);
  const numbers = lone === -1 ? own : own.slice(lone);
  const start = numbers[0] ?? 0;
  const columns = [...new Set(numbers.flatMap((row) => [...(filled.get(row)?.keys() ?? [])]))].sort((a, b) => a - b);
  let count = 0;
  for (const { top, left, bottom, right } of merges) {
    const text = filled.get(top)?.get(left);
    if (text === undefined || top <= start) continue;
    for (const row of numbers) {
      if (row < top || row > bottom) continue;
      for (const column of columns) {
        if (column < left || column > right || (row === top && column === left)) continue;
        count += 1;
        if (count > MAX_FILLED) throw new FieldkitError('FILE_TOO_LARGE', `sheet ${name} merges too many cells`);
        filled.get(row)?.set(column, text);
      }
    }
  }
  return {
    sheet: name,
    rows: numbers.map((row) => columns.map((column) => filled.get(row)?.get(column)?.trim() ?? '')),
    hiddenLines: hiddenRows + hiddenColumns,
  };
}
