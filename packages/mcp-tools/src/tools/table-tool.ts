import { readFile } from 'node:fs/promises';
import { FieldkitError, nearestName, type Tool, toFieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import { parseCsv, type TextTable } from './parse-csv.ts';

export interface TableToolOptions {
  /** A CSV or TSV file, or a table that was read otherwise (a sheet of a workbook). */
  readonly table: string | TextTable;
  readonly name: string;
  /** What the rows are, when to use it, when not. */
  readonly description: string;
  /** Columns that a caller may ask by. At least one must be given. */
  readonly by: readonly string[];
  /** Columns that are returned. Default: all. */
  readonly columns?: readonly string[];
  /** Rows at most. Default 20. */
  readonly maxRows?: number;
}

/**
 * Rows of a table file as a lookup tool. Cells are compared without regard to width, case and white space around them.
 *
 * @throws {FieldkitError} what `parseCsv` throws; `FILE_NOT_FOUND`; `INVALID_CONFIG` when a column does not exist.
 */
export async function tableTool({
  table: source,
  name,
  description,
  by,
  columns,
  maxRows = 20,
}: TableToolOptions): Promise<Tool> {
  const table =
    typeof source === 'string'
      ? parseCsv(await bytesOf(source), source, /\.(?:tsv|tab)$/i.test(source) ? '\t' : undefined)
      : source;
  const indexOf = (column: string) => {
    const index = table.columns.indexOf(column);
    if (index !== -1) return index;
    const near = nearestName(column, table.columns);
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${name}: the table has no column ${column}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  };
  if (by.length === 0) throw new FieldkitError('INVALID_CONFIG', `${name}: name at least one column to ask by`);
  const keys = by.map((column) => ({ column, index: indexOf(column) }));
  const returned = (columns ?? table.columns).map((column) => ({ column, index: indexOf(column) }));
  const input = z
    .strictObject(
      Object.fromEntries(
        keys.map(({ column, index }) => {
          const example = table.rows.find((row) => (row[index] ?? '') !== '')?.[index];
          const field = z
            .string()
            .trim()
            .min(1)
            .max(200)
            .describe(`The ${column} of the row${example === undefined ? '' : `, such as ${example.slice(0, 60)}`}`);
          return [column, keys.length === 1 ? field : field.optional()];
        }),
      ),
    )
    .refine((value) => Object.values(value).some((item) => item !== undefined), {
      error: `give at least one of ${by.join(', ')}`,
    });
  const row = z.strictObject(Object.fromEntries(returned.map(({ column }) => [column, z.string()])));
  return defineTool({
    name,
    description,
    input,
    output: z.strictObject({
      rows: z.array(row).max(maxRows),
      more: z.number().int().min(0).describe('Rows that fit but were left out'),
    }),
    run: async (given) => {
      const asked = keys.flatMap(({ column, index }) => {
        const value = given[column];
        return value === undefined ? [] : [{ index, value: folded(value) }];
      });
      const found = table.rows.filter((cells) =>
        asked.every(({ index, value }) => folded(cells[index] ?? '') === value),
      );
      return {
        rows: found
          .slice(0, maxRows)
          .map((cells) => Object.fromEntries(returned.map(({ column, index }) => [column, cells[index] ?? '']))),
        more: Math.max(0, found.length - maxRows),
      };
    },
  });
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${path}`);
  }
}

function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}
