import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { toFieldkitError } from '@fieldkit/core';

/** Opens a SQLite file that several processes may use: write-ahead log, waits up to 5 s for another writer. */
export function openDatabase(path: string, schema: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path);
    // The log is taken over after 4,000 pages instead of 1,000: that waits for the disk, and the answers of the process with it.
    database.exec(
      'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000',
    );
    database.exec(schema);
    return database;
  } catch (error) {
    throw toFieldkitError(error, 'STORE_DAMAGED', `cannot use ${path}`);
  }
}

/** Runs `work` as one transaction that no other writer can interleave with. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
