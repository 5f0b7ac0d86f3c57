import { FieldkitError, isFieldkitError } from '@fieldkit/core';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { columnType, type Database, type SqlValue } from './database.ts';

export interface MysqlDatabaseOptions {
  /**
   * `mysql://user:password@host:port/database` (also `mariadb://`), from the environment; `?socketPath=` and `?ssl={}` as mysql2 takes them.
   * The user needs no right but SELECT on the views.
   */
  readonly connectionString: string;
  /** Connections at most. Default 4. */
  readonly connections?: number;
}

/** The server ends a statement by itself; when it says nothing that much later, in milliseconds, it is given up from here. */
const GRACE_MS = 500;
const TIMED_OUT = new Set([1969, 3024]);
const REFUSED = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1698]);
const BUSY = new Set([1040, 1053, 1203, 1205, 1226, 1317]);

/**
 * A MySQL or MariaDB database. Sessions are read-only; each statement has the server's own time and row limits.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when the address is none of MySQL.
 */
export async function createMysqlDatabase({
  connectionString,
  connections = 4,
}: MysqlDatabaseOptions): Promise<Database> {
  if (!/^(?:mysql|mariadb):\/\//.test(connectionString) || !URL.canParse(connectionString))
    throw new FieldkitError('INVALID_CONFIG', 'the address must be mysql://user:password@host:port/database');
  const { createPool } = await import('mysql2/promise'); // only projects that use it pay for it
  const pool: Pool = createPool({
    uri: connectionString,
    connectionLimit: connections,
    connectTimeout: 5_000,
    idleTimeout: 10_000,
    charset: 'utf8mb4',
    dateStrings: true, // as they are written, not as moments of this machine's time zone
    supportBigNumbers: true,
    flags: ['-LOCAL_FILES'],
  });
  const isMariaDb = new WeakMap<object, boolean>();
  const kills = new Set<Promise<unknown>>();

  const prepare = async (connection: PoolConnection, maxRows: number, timeoutMs: number) => {
    let mariaDb = isMariaDb.get(connection.connection);
    if (mariaDb === undefined) {
      await connection.query('SET SESSION TRANSACTION READ ONLY');
      const [[row]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
      mariaDb = /mariadb/i.test(String(row?.version));
      isMariaDb.set(connection.connection, mariaDb);
    }
    const time = mariaDb ? `max_statement_time = ${timeoutMs / 1000}` : `max_execution_time = ${Math.ceil(timeoutMs)}`;
    await connection.query(`SET SESSION ${time}, SESSION sql_select_limit = ${Math.ceil(maxRows)}`);
  };

  /** Ending the connection does not end the statement: the server has to be told. */
  const abandon = (connection: PoolConnection) => {
    const { threadId } = connection;
    connection.destroy();
    const kill = pool.query(`KILL ${threadId}`).catch(() => {}); // it may have ended meanwhile
    kills.add(kill);
    void kill.then(() => kills.delete(kill));
  };

  const query: Database['query'] = async (sql, parameters, { maxRows, timeoutMs, signal }) => {
    const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
    givenUp.catch(() => {}); // seen by whoever waits at that moment
    const cancel = () => giveUp(new FieldkitError('CANCELLED', 'the query was cancelled'));
    const timer = setTimeout(() => giveUp(timedOut(timeoutMs)), timeoutMs + GRACE_MS);
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted === true) cancel();
    const opening = pool.getConnection();
    let connection: PoolConnection | undefined;
    try {
      const taken = await Promise.race([givenUp, opening]);
      connection = taken;
      const running = prepare(connection, maxRows, timeoutMs).then(() => run(taken, sql, parameters));
      const rows = await Promise.race([givenUp, running]);
      connection.release();
      return rows;
    } catch (error) {
      if (connection === undefined) opening.then((late) => late.release()).catch(() => {});
      else if (isFieldkitError(error)) abandon(connection);
      else if (isFatal(error)) connection.destroy();
      else connection.release();
      throw databaseError(error, timeoutMs);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  };

  return {
    dialect: 'mysql',
    query,
    async columns(view) {
      const [schema = null, name = ''] = view.includes('.') ? view.split('.') : [null, view];
      const rows = await query(
        `SELECT column_name AS name, data_type AS type, column_comment AS said FROM information_schema.columns
          WHERE table_schema = COALESCE($1, DATABASE()) AND table_name = $2 ORDER BY ordinal_position`,
        [schema, name],
        { maxRows: 500, timeoutMs: 5000 },
      );
      return rows.map(({ name: column, type, said }) => ({
        name: String(column),
        type: columnType(String(type)),
        ...(typeof said === 'string' && said !== '' ? { description: said } : {}),
      }));
    },
    async close() {
      await Promise.all(kills);
      await pool.end();
    },
  };
}

async function run(connection: PoolConnection, sql: string, parameters: readonly SqlValue[]) {
  const values: SqlValue[] = [];
  // Their own placeholders, in the order in which they stand; what is quoted is left alone.
  const text = sql.replace(/`(?:[^`]|``)*`|'(?:[^']|'')*'|\$(\d+)/g, (whole, number?: string) => {
    if (number === undefined) return whole;
    values.push(parameters[Number(number) - 1] ?? null);
    return '?';
  });
  // In parentheses nothing but a query can stand; the session's own limit cuts it without touching its order. MariaDB takes no WITH there.
  const closed = /^\s*WITH\b/i.test(text) ? `SELECT * FROM (${text}) AS own` : `(${text})`;
  const [rows] = await connection.execute<RowDataPacket[]>(closed, values);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? `[${value.length} bytes]` : value;
}

function timedOut(timeoutMs: number, cause?: unknown): FieldkitError {
  return new FieldkitError('TIMED_OUT', `the database did not answer within ${timeoutMs} ms`, { cause });
}

function isFatal(error: unknown): boolean {
  return error !== null && typeof error === 'object' && 'fatal' in error && error.fatal === true;
}

function databaseError(error: unknown, timeoutMs: number): FieldkitError {
  if (isFieldkitError(error)) return error;
  const { code, errno } =
    error !== null && typeof error === 'object' ? (error as { code?: string; errno?: number }) : {}; // as mysql2 throws them
  const message = (error instanceof Error ? error.message : String(error)) || String(code);
  const number = errno ?? 0;
  if (TIMED_OUT.has(number)) return timedOut(timeoutMs, error);
  if (REFUSED.has(number))
    return new FieldkitError('TOOL_FORBIDDEN', `the database refused access: ${message}`, { cause: error });
  if (BUSY.has(number) || isFatal(error) || /^(?:E[A-Z]+$|PROTOCOL_|POOL_)/.test(code ?? ''))
    return new FieldkitError('TOOL_UNAVAILABLE', `the database is not available: ${message}`, { cause: error });
  return new FieldkitError('TOOL_FAILED', `the database refused the statement: ${message}`, { cause: error });
}
