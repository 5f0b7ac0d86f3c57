import { DatabaseSync } from 'node:sqlite';
import { FieldkitError, toFieldkitError } from '@fieldkit/core';

/**
 * Opens a SQLite file with write-ahead logging: a killed process loses nothing that was committed. Waits 5 s for other writers.
 *
 * @throws {FieldkitError} `STORE_DAMAGED`, `STORE_LOCKED`, `DISK_FULL` or `FILE_UNREADABLE`.
 */
export function openStore(path: string, schema: string, version: number): DatabaseSync {
  let store: DatabaseSync | undefined;
  try {
    store = new DatabaseSync(path, { timeout: 5000 });
    store.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;');
    const found = Number(store.prepare('PRAGMA user_version').get()?.user_version);
    const empty = store.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
    if (found !== version && !(found === 0 && empty)) {
      throw new FieldkitError('STORE_DAMAGED', `${path} is not a ledger of version ${version}; choose another file`);
    }
    store.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${version}; COMMIT;`);
    return store;
  } catch (error) {
    store?.close();
    throw sqliteError(error, path);
  }
}

/** SQLite's errors as ours. */
export function sqliteError(error: unknown, path: string): FieldkitError {
  const message = error instanceof Error ? error.message : String(error);
  if (/locked|busy/i.test(message)) {
    return new FieldkitError('STORE_LOCKED', `${path} is in use by another process; wait for it or stop it`, {
      cause: error,
    });
  }
  if (/not a database|malformed/i.test(message)) {
    return new FieldkitError('STORE_DAMAGED', `${path} is not a ledger; choose another file`, { cause: error });
  }
  if (/disk is full/i.test(message))
    return new FieldkitError('DISK_FULL', `cannot write ${path}: the disk is full`, { cause: error });
  return toFieldkitError(error, 'FILE_UNREADABLE', `cannot open ${path}`);
}
