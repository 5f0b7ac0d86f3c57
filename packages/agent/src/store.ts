import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { createWriteBatch, FieldkitError, toFieldkitError } from '@fieldkit/core';

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | null;

/**
 * Where sessions, journal, approvals and unfinished runs are kept. Writes are put together: all of a moment are one
 * transaction, whichever run they belong to. SQL that SQLite and PostgreSQL both take, with `?` for values.
 */
export interface Store {
  /** Rows of a query, which sees what was written before. */
  all(sql: string, ...values: readonly Value[]): Promise<Row[]>;
  /** Written soon, in the order of the calls. */
  write(sql: string, ...values: readonly Value[]): void;
  /** Resolves when all that was written so far cannot be lost with the process. @throws {FieldkitError} when it could not be written. */
  settled(): Promise<void>;
  /** Writes what is left; may be called twice. */
  close(): Promise<void>;
}

/** The agent's SQLite file. */
export interface SqliteStore extends Store {
  /** Prepared once per text. */
  prepare(sql: string): StatementSync;
  /** All or nothing, with what was written before it. */
  transaction(work: () => void): void;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS checkpoints (
  thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL, checkpoint_id TEXT NOT NULL, parent_id TEXT,
  type TEXT NOT NULL, checkpoint BLOB NOT NULL, metadata_type TEXT NOT NULL, metadata BLOB NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint_values (
  thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL, channel TEXT NOT NULL, version TEXT NOT NULL, type TEXT NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, channel, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint_writes (
  thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL, checkpoint_id TEXT NOT NULL, task_id TEXT NOT NULL, idx INTEGER NOT NULL,
  task_path TEXT NOT NULL, channel TEXT NOT NULL, type TEXT NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (
  id INTEGER PRIMARY KEY, session TEXT NOT NULL, at INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, tokens INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS summaries (session TEXT PRIMARY KEY, at INTEGER NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS turns_by_session ON turns (session, id);
CREATE INDEX IF NOT EXISTS turns_by_age ON turns (at);
CREATE TABLE IF NOT EXISTS journal (
  run_id TEXT NOT NULL, step_id TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, value TEXT,
  PRIMARY KEY (run_id, step_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal_steps (
  run_id TEXT NOT NULL, step_id TEXT NOT NULL, step TEXT NOT NULL, PRIMARY KEY (run_id, step_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
  run_id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, caller TEXT NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL, result TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS approvals (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL, caller TEXT NOT NULL, state TEXT NOT NULL, expires_at INTEGER NOT NULL, approval TEXT NOT NULL) WITHOUT ROWID;
`;

/** A commit costs about as much as what is in it: under load the writes of many runs share one. */
const COMMIT_GAP_MS = 4;

/** Counts up whenever a table changes its shape. */
const TABLES_VERSION = 1;

/**
 * Opens the file (created with its folder when missing) or `:memory:`.
 *
 * A file of another version is moved aside, to `PATH.old`, and a new one is made: what was in it could not be read.
 *
 * @throws {FieldkitError} `STORE_DAMAGED` when it is no SQLite file, `STORE_LOCKED` when another process holds it for over five seconds.
 */
export function openStore(path: string): SqliteStore {
  let database: DatabaseSync;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    database = openCurrent(path);
    // WAL with synchronous NORMAL: a killed process loses nothing, a power cut at most the last transactions.
    // The log is taken over after 4,000 pages instead of 1,000: that waits for the disk, and the answers of the process with it.
    database.exec(
      'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;',
    );
    database.exec(`${TABLES} PRAGMA user_version = ${TABLES_VERSION};`);
  } catch (error) {
    throw storeError(error, path);
  }
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  const batch = createWriteBatch<Write>(
    (writes) =>
      transaction(() => {
        for (const { sql, values } of writes) prepare(sql).run(...values);
      }),
    { gapMs: COMMIT_GAP_MS },
  );
  const transaction = (work: () => void) => {
    try {
      database.exec('BEGIN IMMEDIATE');
      try {
        work();
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      throw storeError(error, path);
    }
  };
  let open = true;
  return {
    prepare,
    write: (sql, ...values) => batch.write({ sql, values }),
    settled: batch.settled,
    async all(sql, ...values) {
      batch.flush();
      return prepare(sql).all(...values);
    },
    transaction(work) {
      batch.flush();
      transaction(work);
    },
    async close() {
      if (!open) return;
      open = false;
      const lost = batch.flush();
      database.close();
      if (lost !== undefined) throw lost;
    },
  };
}

interface Write {
  readonly sql: string;
  readonly values: readonly Value[];
}

function openCurrent(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA busy_timeout = 5000');
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  const tables = database.prepare('SELECT count(*) AS found FROM sqlite_schema').get()?.found;
  if (tables === 0 || version === TABLES_VERSION) return database;
  database.close();
  for (const part of ['', '-wal', '-shm']) {
    if (existsSync(`${path}${part}`)) renameSync(`${path}${part}`, `${path}.old${part}`);
  }
  return new DatabaseSync(path);
}

function storeError(error: unknown, path: string): FieldkitError {
  const message = error instanceof Error ? error.message : String(error);
  if (/not a database|malformed|corrupt/i.test(message)) {
    const what = `${path} is not a usable session store; move it away and it is made anew (sessions in it are lost)`;
    return new FieldkitError('STORE_DAMAGED', what, { cause: error });
  }
  if (/locked|busy/i.test(message)) {
    const what = `${path} is held by another process; wait for it or end it`;
    return new FieldkitError('STORE_LOCKED', what, { cause: error });
  }
  if (/disk is full|full/i.test(message)) {
    return new FieldkitError('DISK_FULL', `cannot write ${path}: the disk is full`, { cause: error });
  }
  return toFieldkitError(error, 'STORE_DAMAGED', `cannot use ${path}`);
}
