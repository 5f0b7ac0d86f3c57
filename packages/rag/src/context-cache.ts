import { DatabaseSync } from 'node:sqlite';
import { FieldkitError } from '@fieldkit/core';
import type { DocumentStore } from './forget-document.ts';
import type { ContextCache } from './write-contexts.ts';

/** Written contexts in one SQLite file; a `DocumentStore` too, so that a forgotten document's contexts go with it. */
export function createContextCache(path: string): ContextCache & DocumentStore & { close(): void } {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON;
      CREATE TABLE IF NOT EXISTS contexts (key TEXT, document_id TEXT, context TEXT NOT NULL, PRIMARY KEY (key, document_id)) STRICT;`);
  } catch (error) {
    throw new FieldkitError('STORE_DAMAGED', `cannot open ${path}: delete it, and contexts are written again`, {
      cause: error,
    });
  }
  return {
    name: 'contexts',
    async get(key) {
      const context = database.prepare('SELECT context FROM contexts WHERE key = ? LIMIT 1').get(key)?.context;
      return typeof context === 'string' ? context : undefined;
    },
    async set(key, documentId, context) {
      database.prepare('INSERT OR REPLACE INTO contexts VALUES (?, ?, ?)').run(key, documentId, context);
    },
    async forget(documentId) {
      database.prepare('DELETE FROM contexts WHERE document_id = ?').run(documentId);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    async holds(documentId) {
      return database.prepare('SELECT 1 FROM contexts WHERE document_id = ? LIMIT 1').get(documentId) !== undefined;
    },
    close: () => database.close(),
  };
}
