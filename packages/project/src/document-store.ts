import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Document, FieldkitError, type Finding, parseDocument, toFieldkitError } from '@fieldkit/core';

/** What is known of a file without opening its document. */
export interface StoredFile {
  readonly id: string;
  readonly uri: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  /** SHA-256 of the file's bytes. */
  readonly contentHash: string;
  /** Of the reader's version and options; another stamp means: parse again. */
  readonly readerStamp: string;
  readonly title: string;
  readonly pageCount: number | undefined;
  /** `undefined` when the file became a document; else why it did not. */
  readonly failure: Finding | undefined;
  /** Findings of the document, the failure excluded. */
  readonly findings: readonly Finding[];
}

/** Documents of a project on disk, so that a citation can always be resolved. Each change is one transaction. */
export interface DocumentStore {
  list(): StoredFile[];
  get(id: string): Document | undefined;
  putDocument(document: Document, readerStamp: string): void;
  /** Remembers that a file could not become a document; what was stored of it before is gone. */
  putFailure(
    file: Pick<StoredFile, 'id' | 'uri' | 'tenant' | 'groups' | 'contentHash' | 'readerStamp'>,
    failure: Finding,
  ): void;
  remove(id: string): void;
  close(): void;
}

/** Parsed documents kept in memory: an answer cites few, and often the same ones. */
const RECENT_DOCUMENTS = 16;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, uri TEXT NOT NULL, tenant TEXT NOT NULL, groups TEXT NOT NULL, content_hash TEXT NOT NULL, reader_stamp TEXT NOT NULL,
    title TEXT NOT NULL, page_count INTEGER, failure TEXT, findings TEXT NOT NULL, document TEXT
  ) STRICT`;

/** @throws {FieldkitError} `DISK_FULL`, `FILE_UNREADABLE`, or `STORE_DAMAGED` when the file is not a database of ours. */
export function openDocumentStore(path: string): DocumentStore {
  const database = openDatabase(path, SCHEMA);
  database.exec('PRAGMA secure_delete = ON'); // what is removed is overwritten
  const put = database.prepare(
    'INSERT OR REPLACE INTO files (id, uri, tenant, groups, content_hash, reader_stamp, title, page_count, failure, findings, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const hashOf = database.prepare(
    'SELECT content_hash, reader_stamp, groups FROM files WHERE id = ? AND document IS NOT NULL',
  );
  const recent = new Map<string, Document>(); // parsed, by everything that a change of the row would change
  return {
    list: () =>
      database
        .prepare(
          'SELECT id, uri, tenant, groups, content_hash, reader_stamp, title, page_count, failure, findings FROM files ORDER BY uri',
        )
        .all()
        .map((row) => ({
          id: String(row.id),
          uri: String(row.uri),
          tenant: String(row.tenant),
          groups: JSON.parse(String(row.groups)),
          contentHash: String(row.content_hash),
          readerStamp: String(row.reader_stamp),
          title: String(row.title),
          pageCount: row.page_count === null ? undefined : Number(row.page_count),
          failure: row.failure === null ? undefined : JSON.parse(String(row.failure)),
          findings: JSON.parse(String(row.findings)),
        })),
    get(id) {
      const row = hashOf.get(id);
      if (row === undefined) return undefined;
      const key = `${id} ${String(row.content_hash)} ${String(row.reader_stamp)} ${String(row.groups)}`;
      const known = recent.get(key);
      if (known !== undefined) return known;
      const stored = database.prepare('SELECT document FROM files WHERE id = ? AND document IS NOT NULL').get(id);
      if (stored === undefined) return undefined;
      const document = parseDocument(JSON.parse(String(stored.document)), `document ${id}`);
      recent.set(key, document);
      for (const oldest of recent.keys()) {
        if (recent.size <= RECENT_DOCUMENTS) break;
        recent.delete(oldest);
      }
      return document;
    },
    putDocument(document, readerStamp) {
      const { id, uri, tenant, groups, contentHash, title, pageCount, findings } = document;
      guarded(path, () =>
        put.run(
          id,
          uri,
          tenant,
          JSON.stringify(groups),
          contentHash,
          readerStamp,
          title,
          pageCount ?? null,
          null,
          JSON.stringify(findings),
          JSON.stringify(document),
        ),
      );
    },
    putFailure({ id, uri, tenant, groups, contentHash, readerStamp }, failure) {
      guarded(path, () =>
        put.run(
          id,
          uri,
          tenant,
          JSON.stringify(groups),
          contentHash,
          readerStamp,
          uri,
          null,
          JSON.stringify(failure),
          '[]',
          null,
        ),
      );
    },
    remove(id) {
      guarded(path, () => database.prepare('DELETE FROM files WHERE id = ?').run(id));
    },
    close: () => closeDatabase(database),
  };
}

/** Opens a SQLite file that several processes may use: write-ahead log, waits up to 5 s for another writer. */
export function openDatabase(path: string, schema: string): DatabaseSync {
  return guarded(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path);
    // The log is taken over after 4,000 pages instead of 1,000: that waits for the disk, and the answers of the process with it.
    database.exec(
      'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000',
    );
    database.exec(schema);
    return database;
  });
}

export function closeDatabase(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}

/**
 * SQLite's errors as ours (sqlite.org/rescode.html): 13 is a full disk; 10 an input or output error, which a full disk also causes when
 * the shared memory file cannot grow; 8 and 14 are files that may not be written or opened; 26 and 11 are files that are no database or damaged; 5 is another process that does not let go.
 */
export function guarded<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const number = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
    const fail = (code: 'DISK_FULL' | 'STORE_DAMAGED' | 'STORE_LOCKED', message: string) =>
      new FieldkitError(code, message, { cause: error });
    if (number === 13) throw fail('DISK_FULL', `the disk is full: free some space and run the command again (${path})`);
    if (number === 10) {
      throw fail(
        'DISK_FULL',
        `${path} cannot be written, the disk is full or failing: free some space and run the command again`,
      );
    }
    if (number === 5)
      throw fail('STORE_LOCKED', `another process is using ${path}: wait for it to end and run the command again`);
    if (number === 8 || number === 14) {
      throw new FieldkitError(
        'FILE_UNREADABLE',
        `${path} cannot be written: give your user write permission on the project's .fieldkit folder, or copy the project to a folder of yours`,
        { cause: error },
      );
    }
    if (number === 26 || number === 11) {
      throw fail('STORE_DAMAGED', `${path} is damaged; delete the .fieldkit folder and run \`fieldkit ingest\``);
    }
    throw toFieldkitError(error, 'STORE_DAMAGED', `cannot use ${path}`);
  }
}
