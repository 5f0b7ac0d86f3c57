import { FieldkitError, isFieldkitError } from '@fieldkit/core';
import type { CustomTypesConfig, Pool, PoolClient, QueryConfig } from 'pg';
import { columnType, type Database } from './database.ts';

export interface PostgresDatabaseOptions {
  /** `postgresql://user:password@host:port/database`, from the environment. The user needs no right but SELECT on the views. */
  readonly connectionString: string;
  /** Connections at most. Default 4. */
  readonly connections?: number;
}

/** A PostgreSQL database. Every statement runs in a read-only transaction with a time limit of the server's own. */
export async function createPostgresDatabase({
  connectionString,
  connections = 4,
}: PostgresDatabaseOptions): Promise<Database> {
  const { default: pg } = await import('pg'); // only projects that use it pay for it
  const pool: Pool = new pg.Pool({
    connectionString,
    max: connections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 10_000,
    application_name: 'fieldkit',
  });
  // Dates as they are written, not as moments of this machine's time zone; exact numbers exactly.
  const asText = new Set([1082, 1114, 1184, 1266, 1700]);
  const getTypeParser: CustomTypesConfig['getTypeParser'] = (type, format) =>
    asText.has(type) ? (value: string | Buffer) => String(value) : pg.types.getTypeParser(type, format);
  pool.on('error', () => {}); // an idle connection that breaks is replaced; a call that needs it fails by itself

  const query: Database['query'] = async (sql, parameters, { maxRows, timeoutMs, signal }) => {
    signal?.throwIfAborted();
    const client = await pool.connect().catch((error: unknown) => {
      throw databaseError(error, timeoutMs);
    });
    let broken = false;
    const cancel = () => {
      broken = true;
      client.release(true);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await readOnly(
        client,
        { text: sql, values: [...parameters], types: { getTypeParser } },
        maxRows,
        timeoutMs,
      );
    } catch (error) {
      if (signal?.aborted === true) throw new FieldkitError('CANCELLED', 'the query was cancelled', { cause: error });
      throw databaseError(error, timeoutMs);
    } finally {
      signal?.removeEventListener('abort', cancel);
      if (!broken) client.release();
    }
  };

  return {
    dialect: 'postgresql',
    query,
    async columns(view) {
      const [schema = 'public', name = ''] = view.includes('.') ? view.split('.') : ['public', view];
      const rows = await query(
        `SELECT c.column_name, c.data_type, col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) AS said
           FROM information_schema.columns c WHERE c.table_schema = $1 AND c.table_name = $2 ORDER BY c.ordinal_position`,
        [schema, name],
        { maxRows: 500, timeoutMs: 5000 },
      );
      return rows.map(({ column_name: column, data_type: type, said }) => ({
        name: String(column),
        type: columnType(String(type)),
        ...(typeof said === 'string' ? { description: said } : {}),
      }));
    },
    close: () => pool.end(),
  };
}

async function readOnly(client: PoolClient, { text, ...statement }: QueryConfig, maxRows: number, timeoutMs: number) {
  await client.query('BEGIN TRANSACTION READ ONLY');
  try {
    await client.query(`SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`);
    const { rows } = await client.query<Record<string, unknown>>({
      ...statement,
      text: `SELECT * FROM (${text}) AS limited LIMIT ${Math.ceil(maxRows)}`,
    });
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  } finally {
    await client.query('ROLLBACK').catch(() => {});
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? `[${value.length} bytes]` : value;
}

function databaseError(error: unknown, timeoutMs: number): FieldkitError {
  if (isFieldkitError(error)) return error;
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (code === '57014')
    return new FieldkitError('TIMED_OUT', `the database did not answer within ${timeoutMs} ms`, { cause: error });
  if (code === '28P01' || code === '28000' || code === '42501')
    return new FieldkitError('TOOL_FORBIDDEN', `the database refused access: ${message}`, { cause: error });
  if (/^(?:08|53|57)/.test(code) || /^E[A-Z]+$/.test(code) || /timeout|terminated/i.test(message))
    return new FieldkitError('TOOL_UNAVAILABLE', `the database is not available: ${message || code}`, { cause: error });
  return new FieldkitError('TOOL_FAILED', `the database refused the statement: ${message}`, { cause: error });
}
