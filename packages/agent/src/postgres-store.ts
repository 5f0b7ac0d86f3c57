import { FieldkitError } from '@fieldkit/core';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { Pool, PoolClient } from 'pg';
import type { Row, Store, Value } from './store.ts';

export interface PostgresPlace {
  /** `postgresql://user:password@host:port/database`. */
  readonly postgres: string;
  /** Of the tables, made when it is missing: one for each project. Default `fieldkit`. */
  readonly schema?: string;
}

/** The agent's tables on a PostgreSQL server, for several processes on several machines. */
export interface PostgresStore extends Store {
  /** LangGraph's own saver, over the same connections. */
  saver(): Promise<BaseCheckpointSaver>;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS turns (
  id BIGSERIAL PRIMARY KEY, session TEXT NOT NULL, at BIGINT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, tokens INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS summaries (session TEXT PRIMARY KEY, at BIGINT NOT NULL, summary TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS turns_by_session ON turns (session, id);
CREATE INDEX IF NOT EXISTS turns_by_age ON turns (at);
CREATE TABLE IF NOT EXISTS journal (
  run_id TEXT NOT NULL, step_id TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, value TEXT, PRIMARY KEY (run_id, step_id));
CREATE TABLE IF NOT EXISTS journal_steps (run_id TEXT NOT NULL, step_id TEXT NOT NULL, step TEXT NOT NULL, PRIMARY KEY (run_id, step_id));
CREATE TABLE IF NOT EXISTS runs (
  run_id TEXT PRIMARY KEY, started_at BIGINT NOT NULL, caller TEXT NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL, result TEXT);
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state, started_at);
CREATE TABLE IF NOT EXISTS approvals (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL, caller TEXT NOT NULL, state TEXT NOT NULL, expires_at BIGINT NOT NULL, approval TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS approvals_by_run ON approvals (run_id);`;

const CONNECTIONS = 8;
/** Two processes that start at a time make the tables one after the other. */
const MAKING_TABLES = 740_216;

interface Write {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Connects with the first use. What cannot be read or written is `STORE_LOCKED`, which may be tried again. */
export function openPostgresStore({ postgres: connectionString, schema = 'fieldkit' }: PostgresPlace): PostgresStore {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `a PostgreSQL schema has lower-case letters, digits and underscores, not ${JSON.stringify(schema)}`,
    );
  }
  let used = false;
  const connected = once(() => {
    used = true;
    return connect(connectionString, schema);
  });
  const saver = once(async () => {
    const [pool, { PostgresSaver }] = await Promise.all([
      connected(),
      import('@langchain/langgraph-checkpoint-postgres'),
    ]);
    const made = new PostgresSaver(pool, undefined, { schema });
    await made.setup();
    return made;
  });

  let waiting: Write[] = [];
  let turn: NodeJS.Immediate | undefined;
  /** The last transaction; each begins when the one before has ended, so that the order of the calls holds. */
  let last: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    if (turn !== undefined) clearImmediate(turn);
    turn = undefined;
    if (waiting.length === 0) return last;
    const writes = waiting;
    waiting = [];
    const before = last.catch(() => {});
    last = before
      .then(async () => commit(await connected(), writes))
      .catch((error: unknown) => {
        throw storeError(error, connectionString);
      });
    last.catch(() => {}); // told to whoever waits, until something is written again
    return last;
  };

  let open = true;
  return {
    saver,
    write(sql, ...values) {
      waiting.push({ sql, values });
      turn ??= setImmediate(() => void flush());
    },
    settled: flush,
    async all(sql, ...values) {
      await flush().catch(() => {}); // what could not be written is told by `settled`
      try {
        return (await (await connected()).query(numbered(sql), [...values])).rows as Row[]; // rows of plain values
      } catch (error) {
        throw storeError(error, connectionString);
      }
    },
    async close() {
      if (!open) return;
      open = false;
      try {
        if (waiting.length > 0) await flush();
        else await last.catch(() => {});
      } finally {
        if (used) await (await connected().catch(() => undefined))?.end();
      }
    },
  };
}

async function connect(connectionString: string, schema: string): Promise<Pool> {
  const { default: pg } = await import('pg'); // only projects that use it pay for it
  const pool = new pg.Pool({
    connectionString,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    application_name: 'fieldkit',
    options: `-c search_path=${schema}`,
  });
  pool.on('error', () => {}); // an idle connection that breaks is replaced; a call that needs it fails by itself
  try {
    await inTransaction(pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [MAKING_TABLES]);
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await client.query(TABLES);
    });
    return pool;
  } catch (error) {
    await pool.end();
    throw storeError(error, connectionString);
  }
}

function commit(pool: Pool, writes: readonly Write[]): Promise<void> {
  return inTransaction(pool, async (client) => {
    for (const { sql, values } of writes) await client.query(numbered(sql), [...values]);
  });
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let failed: unknown;
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    failed = error;
    await client.query('ROLLBACK').catch(() => {}); // the connection may be gone
    throw error;
  } finally {
    client.release(failed !== undefined);
  }
}

/** `?` as PostgreSQL has it: `$1`, `$2`. Our statements have no question mark elsewhere. */
function numbered(sql: string): string {
  let number = 0;
  return sql.replaceAll('?', () => {
    number += 1;
    return `$${number}`;
  });
}

function storeError(error: unknown, connectionString: string): FieldkitError {
  if (error instanceof FieldkitError) return error;
  const host = URL.canParse(connectionString) ? new URL(connectionString).host : '';
  const reason = error instanceof Error ? error.message : String(error);
  return new FieldkitError(
    'STORE_LOCKED',
    `the sessions on PostgreSQL${host === '' ? '' : ` at ${host}`} cannot be used: ${reason}`,
    { cause: error },
  );
}

/** Makes a value once; a failure is forgotten, so that the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
