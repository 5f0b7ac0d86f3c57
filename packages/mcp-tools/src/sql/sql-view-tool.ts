import { FieldkitError, type JsonSchema, nearestName, type Tool } from '@fieldkit/core';
import { invalidInput } from '../define-tool.ts';
import { compileSchema, isRecord } from '../json-schema.ts';
import { recordText } from '../tools/record-text.ts';
import type { Column, Database, SqlValue } from './database.ts';

export interface SqlViewToolOptions {
  readonly database: Database;
  /** Name of the view (or table) that may be read: `orders_for_support` or `schema.view`. */
  readonly view: string;
  /** Name of the tool: `lookup_orders`. */
  readonly name: string;
  /** What the rows are, when to use it, when not. */
  readonly description: string;
  /** Columns that a caller may ask by, each with equality. At least one of them must be given. */
  readonly by: readonly string[];
  /** Columns that are returned. Default: all of the view. */
  readonly columns?: readonly string[];
  /** What is always asked for as well, from the caller and never from the arguments: `{ tenant_id: (caller) => caller.tenant }`. */
  readonly scope?: Readonly<
    Record<string, (caller: { readonly tenant: string; readonly subject: string }) => SqlValue>
  >;
  /** Default: the first column of `by`. */
  readonly orderBy?: string;
  /** Rows at most. Default 20. */
  readonly maxRows?: number;
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

const TYPES: Readonly<Record<Column['type'], JsonSchema>> = {
  text: { type: 'string', maxLength: 200 },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  'date-time': { type: 'string', maxLength: 40 },
  json: { type: 'string', maxLength: 2000 },
};

/**
 * A read-only view of a database as a lookup tool: asked by named columns with parameters, never with SQL from a model.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when the view or a column does not exist.
 */
export async function sqlViewTool(options: SqlViewToolOptions): Promise<Tool> {
  const { database, view, name, description, by, scope = {}, maxRows = 20, timeoutMs = 5_000 } = options;
  const all = await database.columns(view);
  if (all.length === 0)
    throw new FieldkitError('INVALID_CONFIG', `${name}: the database has no view ${view}, or its user may not read it`);
  const columnOf = (wanted: string): Column => {
    const found = all.find((column) => column.name === wanted);
    if (found !== undefined) return found;
    const near = nearestName(
      wanted,
      all.map((column) => column.name),
    );
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${name}: ${view} has no column ${wanted}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  };
  if (by.length === 0) throw new FieldkitError('INVALID_CONFIG', `${name}: name at least one column to ask by`);
  const keys = by.map(columnOf);
  const scoped = Object.keys(scope).map(columnOf);
  const returned = (options.columns ?? all.map((column) => column.name)).map(columnOf);
  const orderBy = columnOf(options.orderBy ?? keys[0]?.name ?? '');
  const quote = quoter(database.dialect);
  const selected = returned.map((column) => quote(column.name)).join(', ');
  const inputSchema: JsonSchema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      keys.map((column) => [
        column.name,
        { ...TYPES[column.type], description: column.description ?? `Rows whose ${column.name} is exactly this` },
      ]),
    ),
    minProperties: 1,
    ...(keys.length === 1 ? { required: by } : {}),
  };
  const outputSchema: JsonSchema = {
    type: 'object',
    additionalProperties: false,
    required: ['rows'],
    properties: {
      rows: {
        type: 'array',
        maxItems: maxRows,
        items: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(returned.map((column) => [column.name, outputType(column)])),
        },
      },
    },
  };
  const check = compileSchema(inputSchema);
  return {
    name,
    description,
    inputSchema,
    outputSchema,
    effects: 'read',
    yields: 'record',
    timeoutMs,
    async run(raw, { caller, signal }) {
      const problems = check(raw);
      if (problems.length > 0 || !isRecord(raw)) throw invalidInput(name, problems.join('; ') || 'an object is needed');
      const conditions: string[] = [];
      const parameters: SqlValue[] = [];
      const equal = ({ name: column, type }: Column, value: SqlValue) => {
        parameters.push(value);
        const number = `$${parameters.length}`;
        conditions.push(`${quote(column)} = ${number}`);
        // MySQL by itself takes 'acme' for 'ACME' and, beside a number, for 0: the bytes have to agree as well.
        if (database.dialect === 'mysql' && typeof value === 'string' && type !== 'date' && type !== 'date-time')
          conditions.push(`${bytesOf(quote(column))} = ${bytesOf(number)}`);
      };
      for (const column of scoped) equal(column, scope[column.name]?.(caller) ?? null);
      for (const column of keys) {
        const value = raw[column.name];
        if (value !== undefined) equal(column, value as SqlValue); // the schema lets plain values through only
      }
      const sql = `SELECT ${selected} FROM ${view.split('.').map(quote).join('.')} WHERE ${conditions.join(' AND ')} ORDER BY ${quote(orderBy.name)}`;
      const found = await database.query(sql, parameters, {
        maxRows: maxRows + 1,
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      const rows = found
        .slice(0, maxRows)
        .map((row) =>
          Object.fromEntries(returned.map((column) => [column.name, outputValue(column, row[column.name])])),
        );
      if (rows.length === 0) return { data: { rows: [] }, text: 'No row was found.', isError: false };
      const text = recordText({ rows }, outputSchema);
      return {
        data: { rows },
        text: found.length > maxRows ? `${text}\n[more than ${maxRows} rows: ask more precisely]` : text,
        isError: false,
      };
    },
  };
}

function outputType(column: Column): JsonSchema {
  const base =
    column.type === 'integer' || column.type === 'number'
      ? ['number', 'string']
      : column.type === 'boolean'
        ? ['boolean', 'integer']
        : column.type === 'json'
          ? []
          : ['string', 'number'];
  return {
    ...(base.length === 0 ? {} : { type: [...base, 'null'] }),
    ...(column.description === undefined ? {} : { title: column.description }),
  };
}

function bytesOf(expression: string): string {
  return `CAST(CONVERT(${expression} USING utf8mb4) AS BINARY)`;
}

/** Dates of day precision without their time; the rest as it came. */
function outputValue(column: Column, value: unknown): unknown {
  if (value === undefined) return null;
  return column.type === 'date' && typeof value === 'string' ? value.slice(0, 10) : value;
}

/** Names come from the configuration and were found in the database; they are quoted all the same. */
function quoter(dialect: Database['dialect']): (name: string) => string {
  const mark = dialect === 'mysql' ? '`' : '"';
  return (name) => `${mark}${name.replaceAll(mark, mark + mark)}${mark}`;
}
