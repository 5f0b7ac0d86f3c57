import { DatabaseSync } from 'node:sqlite';
import { FieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import type { IndexedDocument, IndexStamp } from '../index-contract.ts';
import { createWordCounts, WORD_TABLES, type WordCounts } from './word-counts.ts';

const stampSchema = z.object({
  embedding: z.object({ model: z.string(), dimensions: z.number().int().min(1) }).optional(),
  analyzer: z.string(),
  segmenter: z.string(),
});

/** What LanceDB's table does not say: the stamp, which documents are complete, how rare a word is. One SQLite file beside the table. */
export interface LanceManifest {
  readonly words: WordCounts;
  /** Undefined until the table is ready for use. */
  stamp(): IndexStamp | undefined;
  setStamp(stamp: IndexStamp): void;
  documents(): Map<string, IndexedDocument>;
  mark(documents: readonly IndexedDocument[]): void;
  forget(documentIds: readonly string[]): void;
  count(): number;
  /** Numbers that outlive a process, such as rows written since the last optimize. Default 0. */
  counter(name: string): number;
  setCounters(values: Readonly<Record<string, number>>): void;
  note(key: string): string | undefined;
  setNote(key: string, value: string): void;
  close(): void;
}

export function openLanceManifest(path: string): LanceManifest {
  const database = openDatabase(path);
  const select = database.prepare('SELECT value FROM facts WHERE key = ?');
  const put = database.prepare(
    'INSERT INTO facts VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const read = (key: string) => {
    const value = select.get(key)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const transaction = (fn: () => void) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      fn();
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };
  const putCounter = (name: string, value: number) => void put.run(`counter ${name}`, String(value));
  const counted = { read: () => read('words'), write: (state: string) => void put.run('words', state) };
  return {
    words: createWordCounts(database, counted, transaction),
    stamp() {
      const value = read('stamp');
      if (value === undefined) return undefined;
      const { embedding, ...rest } = stampSchema.parse(JSON.parse(value));
      return embedding === undefined ? rest : { embedding, ...rest };
    },
    setStamp(stamp) {
      transaction(() => {
        put.run('stamp', JSON.stringify(stamp));
        counted.write('exact'); // the table is empty
      });
    },
    documents() {
      const rows = database.prepare('SELECT id, content_stamp, chunks FROM documents').iterate();
      const documents = new Map<string, IndexedDocument>();
      for (const { id, content_stamp: stamp, chunks } of rows) {
        const contentStamp = typeof stamp === 'string' ? stamp : undefined;
        documents.set(String(id), { id: String(id), contentStamp, chunks: Number(chunks) });
      }
      return documents;
    },
    mark(documents) {
      const upsert = database.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?, ?)');
      transaction(() => {
        for (const { id, contentStamp, chunks } of documents) upsert.run(id, contentStamp ?? null, chunks);
      });
    },
    forget(documentIds) {
      const remove = database.prepare('DELETE FROM documents WHERE id = ?');
      transaction(() => {
        for (const id of documentIds) remove.run(id);
      });
    },
    count: () => Number(database.prepare('SELECT count(*) AS n FROM documents').get()?.n ?? 0),
    counter: (name) => Number(read(`counter ${name}`) ?? 0),
    setCounters(values) {
      transaction(() => {
        for (const [name, value] of Object.entries(values)) putCounter(name, value);
      });
    },
    note: (key) => read(`note ${key}`),
    setNote: (key, value) => void put.run(`note ${key}`, value),
    close: () => database.close(),
  };
}

function openDatabase(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, content_stamp TEXT, chunks INTEGER NOT NULL) STRICT;
      ${WORD_TABLES}`);
    return database;
  } catch (error) {
    throw new FieldkitError(
      'INDEX_DAMAGED',
      `cannot open ${path}: build the index again with \`fieldkit index rebuild\``,
      {
        cause: error,
      },
    );
  }
}

/**
 * Holds an operating-system lock on a file until the returned function is called or the process ends, however it ends.
 * Undefined when somebody else holds it.
 */
export function tryLock(path: string): (() => void) | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
    throw error;
  }
}
