import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Chunk, FieldkitError } from '@fieldkit/core';
import { type Connection, connect, type Table } from '@lancedb/lancedb';
import type { IndexDeletion, IndexFilter, IndexHit, IndexQuery, IndexRow, IndexStamp } from '../index-contract.ts';
import { requireSameStamp } from '../index-stamp.ts';
import {
  CHUNK_COLUMNS,
  chunkSchema,
  columnReader,
  ROW_COLUMNS,
  toArrowTable,
  toChunk,
  toIndexRow,
  toTerms,
  toVector,
} from './lance-columns.ts';
import { lanceError } from './lance-errors.ts';
import { type LanceManifest, openLanceManifest } from './lance-manifest.ts';
import { type LanceSettings, noteChanges, optimize, wordIndex } from './lance-optimize.ts';
import { search } from './lance-search.ts';
import { filterSql, literals } from './lance-sql.ts';
import type { CountedRow } from './word-counts.ts';
import { readWords, type WordsInMemory } from './words-in-memory.ts';

/** One build of the index: a folder with a LanceDB table and its manifest. */
export interface LanceGeneration {
  readonly name: string;
  readonly manifest: LanceManifest;
  open(stamp: IndexStamp): Promise<void>;
  rows(documentIds: readonly string[]): Promise<{ id: string; documentId: string; stamp: string }[]>;
  vectors(contents: readonly string[]): Promise<Map<string, Float32Array>>;
  upsert(rows: readonly IndexRow[], fresh: boolean): Promise<void>;
  delete(what: IndexDeletion): Promise<void>;
  query(query: IndexQuery): Promise<IndexHit[]>;
  neighbours(documentId: string, from: number, to: number, filter: IndexFilter): Promise<Chunk[]>;
  scan(): AsyncIterable<IndexRow[]>;
  optimize(): Promise<void>;
  count(): Promise<{ chunks: number; unindexed: number; approximate: boolean }>;
  close(): void;
}

const TABLE = 'chunks';
const LOOKUP_BATCH = 500;
/** Ids whose rows are removed between two counts of words. */
const COUNTED_BATCH = 4000;
/** The words of a collection up to this size are held in memory. */
const IN_MEMORY = { chunks: 10_000, units: 20_000_000 };

export function openLanceGeneration(root: string, name: string, settings: LanceSettings): LanceGeneration {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  const manifest = openLanceManifest(join(directory, 'manifest.db'));
  let connection: Connection | undefined;
  let opened: Promise<Table> | undefined;

  async function connected(): Promise<Connection> {
    connection ??= await connect(directory, { readConsistencyInterval: 0 });
    return connection;
  }

  function table(): Promise<Table> {
    if (manifest.stamp() === undefined) throw notFound(root);
    opened ??= connected().then((database) => database.openTable(TABLE));
    return opened;
  }

  /** Runs `fn` on the table; a failure does not leave a broken handle behind. */
  async function onTable<T>(doing: string, fn: (table: Table) => Promise<T>): Promise<T> {
    try {
      return await fn(await table());
    } catch (error) {
      opened = undefined;
      throw lanceError(error, doing);
    }
  }

  async function* scan(chunks: Table, columns: readonly string[]): AsyncGenerator<IndexRow[]> {
    for await (const batch of chunks.query().select([...columns])) {
      const read = columnReader(batch);
      yield Array.from({ length: batch.numRows }, (_, row) => toIndexRow(read, row));
    }
  }

  let queries = 0;
  /** What was read last; its words are undefined until they are there, and when it is too much. */
  let inMemory: { readonly writes: number; readonly ready: Promise<void>; words?: WordsInMemory } | undefined;

  /**
   * The words of the collection as it stands, when they are in memory; reading them goes on beside. Every writer, in any process, counts up
   * `writes` before it writes and has counted the words when it is done, so what was read under one number in between is what is there.
   */
  async function wordsNow(): Promise<WordsInMemory | undefined> {
    queries += 1;
    if (queries < settings.inMemoryFromQuery || !manifest.words.exact()) return undefined;
    const writes = manifest.counter('writes');
    if (inMemory?.writes !== writes) inMemory = readInMemory(writes);
    if (settings.inMemoryFromQuery === 0) await inMemory.ready;
    return inMemory.words;
  }

  function readInMemory(writes: number): NonNullable<typeof inMemory> {
    const reading = async () => {
      const words = await readWords(scan(await table(), ROW_COLUMNS), IN_MEMORY);
      if (words !== undefined && opened !== undefined && manifest.counter('writes') === writes) read.words = words;
    };
    const ready = reading().catch(() => undefined); // the next search says what is wrong with the table
    const read: NonNullable<typeof inMemory> = { writes, ready };
    return read;
  }

  const dimensions = () => manifest.stamp()?.embedding?.dimensions;

  return {
    name,
    manifest,
    async open(stamp) {
      const stored = manifest.stamp();
      if (stored !== undefined) return requireSameStamp(stored, stamp);
      try {
        const database = await connected();
        // a table without a stamp is what a killed process left
        if ((await database.tableNames()).includes(TABLE)) await database.dropTable(TABLE);
        const created = await database.createEmptyTable(TABLE, chunkSchema(stamp.embedding?.dimensions));
        await created.createIndex('terms', { config: wordIndex() });
        opened = Promise.resolve(created);
      } catch (error) {
        throw lanceError(error, `cannot make an index in ${directory}`);
      }
      manifest.setStamp(stamp);
    },
    rows(documentIds) {
      return onTable('cannot read the index', async (chunks) => {
        const found: { id: string; documentId: string; stamp: string }[] = [];
        for (const ids of batches(documentIds)) {
          const answer = await chunks
            .query()
            .where(`document_id IN (${literals(ids)})`)
            .select(['id', 'document_id', 'stamp'])
            .toArrow();
          const read = columnReader(answer);
          for (let row = 0; row < answer.numRows; row += 1) {
            const text = (column: string) => String(read(column, row));
            found.push({ id: text('id'), documentId: text('document_id'), stamp: text('stamp') });
          }
        }
        return found;
      });
    },
    vectors(contents) {
      return onTable('cannot read vectors', async (chunks) => {
        const found = new Map<string, Float32Array>();
        if (dimensions() === undefined) return found;
        for (const keys of batches([...new Set(contents)])) {
          const answer = await chunks
            .query()
            .where(`content IN (${literals(keys)})`)
            .select(['content', 'vector'])
            .toArrow();
          const read = columnReader(answer);
          for (let row = 0; row < answer.numRows; row += 1) {
            const vector = toVector(read('vector', row));
            if (vector !== undefined) found.set(String(read('content', row)), vector);
          }
        }
        return found;
      });
    },
    upsert(rows, fresh) {
      return onTable('cannot write to the index', async (chunks) => {
        if (rows.length === 0) return;
        requireVectors(rows, dimensions());
        const ids = fresh ? [] : rows.map(({ chunk }) => chunk.id);
        const removed = await countedRows(chunks, 'id', ids);
        noteChanges(manifest, { written: rows.length, removed: removed.length });
        const data = toArrowTable(rows, dimensions());
        const added = rows.map(({ chunk: { tenant }, terms }) => ({ tenant, terms }));
        await manifest.words.counting({ added, removed }, async () => {
          if (fresh) await chunks.add(data);
          else await chunks.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(data);
        });
      });
    },
    delete(what) {
      return onTable('cannot delete from the index', async (chunks) => {
        const byChunk = 'chunkIds' in what;
        const ids = byChunk ? what.chunkIds : what.documentIds;
        const column = byChunk ? 'id' : 'document_id';
        for (const part of batches(ids, COUNTED_BATCH)) {
          const removed = await countedRows(chunks, column, part);
          if (removed.length === 0) continue;
          noteChanges(manifest, { written: 0, removed: removed.length });
          await manifest.words.counting({ removed }, async () => {
            for (const few of batches(part)) await chunks.delete(`${column} IN (${literals(few)})`);
          });
        }
        if (!byChunk) manifest.forget(ids);
      });
    },
    async query(query) {
      const inMemory = query.lexical === undefined ? undefined : await wordsNow();
      const words = { counts: manifest.words, idf: settings.idf, inMemory };
      if (inMemory !== undefined && query.dense === undefined) {
        await setImmediate(); // so that many searches in a row let timers, signals and other requests through
        return search(undefined, query, words);
      }
      return onTable('cannot search the index', (chunks) => search(chunks, query, words));
    },
    neighbours(documentId, from, to, filter) {
      return onTable('cannot read the index', async (chunks) => {
        const where = `document_id IN (${literals([documentId])}) AND position >= ${Math.floor(from)} AND position <= ${Math.floor(to)}`;
        const answer = await chunks
          .query()
          .where(`${where} AND ${filterSql(filter)}`)
          .select([...CHUNK_COLUMNS])
          .toArrow();
        const read = columnReader(answer);
        const found = Array.from({ length: answer.numRows }, (_, row) => toChunk(read, row));
        return found.sort((a, b) => a.index - b.index);
      });
    },
    async *scan() {
      yield* scan(await table(), [...ROW_COLUMNS, ...(dimensions() === undefined ? [] : ['vector'])]);
    },
    optimize() {
      return onTable('cannot optimize the index', async (chunks) => {
        if (!manifest.words.exact()) await manifest.words.recount(allCountedRows(chunks));
        await optimize(chunks, manifest, settings);
      });
    },
    count() {
      return onTable('cannot read the index', async (chunks) => ({
        chunks: await chunks.countRows(),
        unindexed: (await chunks.indexStats('terms_idx'))?.numUnindexedRows ?? 0,
        approximate: (await chunks.listIndices()).some(({ columns }) => columns.includes('vector')),
      }));
    },
    close() {
      inMemory = undefined;
      opened = undefined;
      connection?.close();
      connection = undefined;
      manifest.close();
    },
  };
}

export function notFound(root: string): FieldkitError {
  return new FieldkitError('INDEX_NOT_FOUND', `there is no index in ${root} yet: run \`fieldkit ingest\``);
}

/** What the counts of words need to know of rows. */
async function countedRows(chunks: Table, column: 'id' | 'document_id', ids: readonly string[]): Promise<CountedRow[]> {
  const found: CountedRow[] = [];
  for (const part of batches(ids)) {
    const answer = await chunks
      .query()
      .where(`${column} IN (${literals(part)})`)
      .select(['tenant', 'terms'])
      .toArrow();
    found.push(...toCountedRows(answer));
  }
  return found;
}

async function* allCountedRows(chunks: Table): AsyncGenerator<CountedRow[]> {
  for await (const batch of chunks.query().select(['tenant', 'terms'])) yield toCountedRows(batch);
}

function toCountedRows(answer: Parameters<typeof columnReader>[0]): CountedRow[] {
  const read = columnReader(answer);
  return Array.from({ length: answer.numRows }, (_, row) => ({
    tenant: String(read('tenant', row)),
    terms: toTerms(read, row),
  }));
}

function requireVectors(rows: readonly IndexRow[], dimensions: number | undefined): void {
  const wrong = rows.find(({ vector }) => vector?.length !== dimensions);
  if (wrong === undefined) return;
  throw new FieldkitError(
    'EMBEDDING_INVALID',
    `chunk ${wrong.chunk.id} has a vector of length ${wrong.vector?.length ?? 0}, the index needs ${dimensions ?? 0}`,
  );
}

function* batches(values: readonly string[], size = LOOKUP_BATCH): Generator<readonly string[]> {
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size);
}
