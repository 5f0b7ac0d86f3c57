import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Chunk, FieldkitError } from '@fieldkit/core';
import { type Connection, connect, Index as LanceIndexConfig, MatchQuery, type Table } from '@lancedb/lancedb';
import { byScore, fuseRankings } from '../fuse-rankings.ts';
import type { IndexDeletion, IndexFilter, IndexHit, IndexQuery, IndexRow, IndexStamp } from '../index-contract.ts';
import { requireSameStamp } from '../index-stamp.ts';
import { callerTokens, filterTags } from './filter-tokens.ts';
import {
  CHUNK_COLUMNS,
  chunkSchema,
  columnReader,
  ROW_COLUMNS,
  toArrowTable,
  toChunk,
  toIndexRow,
  toVector,
} from './lance-columns.ts';
import { lanceError } from './lance-errors.ts';
import { type LanceManifest, openLanceManifest } from './lance-manifest.ts';
import { readWords, type WordsInMemory } from './words-in-memory.ts';

export interface LanceSettings {
  /** From this many chunks dense search is approximate (IVF_RQ, refined). */
  readonly approximateFrom: number;
  /** From this many chunks filters and lookups use scalar indexes. */
  readonly scalarIndexesFrom: number;
  /** From this search on the words of a small collection are held in memory: one question does not pay for reading them. */
  readonly inMemoryFromQuery: number;
  /** Old versions younger than this stay readable for searches that run meanwhile. */
  readonly keepVersionsMs: number;
  readonly now: () => number;
}

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
  count(): Promise<{ chunks: number; approximate: boolean }>;
  close(): void;
}

const TABLE = 'chunks';
/** Our analyser did the work: the tokenizer only splits at the blanks we put in. */
const WORDS = {
  withPosition: false,
  baseTokenizer: 'whitespace',
  lowercase: false,
  stem: false,
  removeStopWords: false,
  asciiFolding: false,
  maxTokenLength: 4000,
} as const;
/** Fetched beyond what is asked for, so that equal scores at the edge are cut by id and not by chance. */
const TIE_MARGIN = 16;
const LOOKUP_BATCH = 500;
/** Share of changed rows from which words are indexed as a whole again, so that scores equal those of a clean build. */
const REINDEX_SHARE = 0.2;
const REINDEX_ALWAYS_BELOW = 20_000;
/** The words of a collection up to this size are held in memory. */
const IN_MEMORY = { chunks: 10_000, units: 20_000_000 };
/** Candidates of the approximate structure that are compared by their full vectors, times the number asked for. */
const REFINE_FACTOR = 10;

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
   * `writes` before it writes and is done when `unoptimized` is 0 again, so what was read under one number in between is what is there.
   */
  async function wordsNow(): Promise<WordsInMemory | undefined> {
    queries += 1;
    if (queries < settings.inMemoryFromQuery || manifest.counter('unoptimized') > 0) return undefined;
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
        await created.createIndex('terms', { config: LanceIndexConfig.fts(WORDS) });
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
        noteChanges(manifest, rows.length);
        const data = toArrowTable(rows, dimensions());
        if (fresh) await chunks.add(data);
        else await chunks.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(data);
      });
    },
    delete(what) {
      return onTable('cannot delete from the index', async (chunks) => {
        const byChunk = 'chunkIds' in what;
        const ids = byChunk ? what.chunkIds : what.documentIds;
        noteChanges(manifest, ids.length);
        for (const part of batches(ids)) {
          await chunks.delete(`${byChunk ? 'id' : 'document_id'} IN (${literals(part)})`);
        }
        if (!byChunk) manifest.forget(ids);
      });
    },
    async query(query) {
      const words = query.lexical === undefined ? undefined : await wordsNow();
      if (words !== undefined && query.dense === undefined) return search(undefined, query, words);
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
    optimize: () => onTable('cannot optimize the index', (chunks) => optimize(chunks, manifest, settings)),
    count() {
      return onTable('cannot read the index', async (chunks) => ({
        chunks: await chunks.countRows(),
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

/** `chunks` is needed for dense search, and for words that are not in memory. */
async function search(
  chunks: Table | undefined,
  query: IndexQuery,
  inMemory: WordsInMemory | undefined,
): Promise<IndexHit[]> {
  const { dense, lexical, filter, limit, depth = Math.max(50, limit * 4), fusion, signal } = query;
  const where = filterSql(filter);
  const fetched = (dense !== undefined && lexical !== undefined ? depth : limit) + TIE_MARGIN;
  // read when it is known which hits are returned
  const found = new Map<string, () => Chunk>();

  const take = (answer: Awaited<ReturnType<ReturnType<Table['query']>['toArrow']>>, score: (raw: number) => number) => {
    const read = columnReader(answer);
    const ranked = Array.from({ length: answer.numRows }, (_, row) => {
      const id = String(read('id', row));
      found.set(id, () => toChunk(read, row));
      return { id, score: score(Number(read('_score', row) ?? read('_distance', row))) };
    });
    return ranked.sort(byScore).slice(0, fetched - TIE_MARGIN);
  };
  const words = async () => {
    const terms = (lexical?.terms ?? []).filter((term) => term !== '' && !/\s/.test(term));
    if (terms.length === 0) return [];
    if (inMemory !== undefined) {
      const ranked = inMemory.search(terms, filter, fetched - TIE_MARGIN);
      for (const { chunk } of ranked) found.set(chunk.id, () => chunk);
      return ranked.map(({ chunk, score }) => ({ id: chunk.id, score }));
    }
    if (chunks === undefined) return [];
    const answer = await chunks
      .query()
      .fullTextSearch(new MatchQuery(terms.join(' '), 'terms'))
      .where(where)
      .select([...CHUNK_COLUMNS, '_score'])
      .limit(fetched)
      .toArrow();
    return take(answer, (raw) => raw);
  };
  const meaning = async () => {
    if (dense === undefined || chunks === undefined) return [];
    // Every partition: under a filter, fewer of them lose most of what is there.
    const answer = await chunks
      .query()
      .nearestTo(dense.vector)
      .distanceType('cosine')
      .where(where)
      .nprobes(100_000)
      .refineFactor(REFINE_FACTOR)
      .select([...CHUNK_COLUMNS, '_distance'])
      .limit(fetched)
      .toArrow();
    return take(answer, (raw) => 1 - raw);
  };
  signal?.throwIfAborted();
  const [denseList, lexicalList] = await Promise.all([meaning(), words()]);
  signal?.throwIfAborted();

  const fused =
    dense !== undefined && lexical !== undefined
      ? fuseRankings(denseList, lexicalList, fusion)
      : [...denseList, ...lexicalList].map(({ id, score }, index) => {
          const list = dense === undefined ? 'lexical' : 'dense';
          return { id, score, ranks: { [list]: index + 1 }, scores: { [list]: score } };
        });
  return fused.slice(0, limit).flatMap(({ id, ...rest }) => {
    const chunk = found.get(id)?.();
    return chunk === undefined ? [] : [{ chunk, ...rest }];
  });
}

async function optimize(chunks: Table, manifest: LanceManifest, settings: LanceSettings): Promise<void> {
  const cleanupOlderThan = new Date(settings.now() - settings.keepVersionsMs);
  if (manifest.counter('unoptimized') === 0) {
    // what the last optimize had to leave, because searches might still have been reading it
    const left = manifest.counter('left at');
    if (left === 0 || left > cleanupOlderThan.getTime()) return;
    await chunks.optimize({ cleanupOlderThan });
    manifest.setCounter('left at', 0);
    return;
  }
  const count = await chunks.countRows();
  const changed = manifest.counter('changed');
  await chunks.optimize({ cleanupOlderThan });
  if (changed > 0 && (count < REINDEX_ALWAYS_BELOW || changed > count * REINDEX_SHARE)) {
    await chunks.createIndex('terms', { config: LanceIndexConfig.fts(WORDS), replace: true });
    manifest.setCounter('changed', 0);
  }
  const present = new Set((await chunks.listIndices()).flatMap(({ columns }) => columns));
  if (count >= settings.scalarIndexesFrom) {
    for (const column of ['id', 'document_id', 'content']) {
      if (!present.has(column)) await chunks.createIndex(column, { config: LanceIndexConfig.btree() });
    }
    for (const column of ['access', 'tags']) {
      if (!present.has(column)) await chunks.createIndex(column, { config: LanceIndexConfig.labelList() });
    }
  }
  if (count >= settings.approximateFrom && manifest.stamp()?.embedding !== undefined && !present.has('vector')) {
    await chunks.createIndex('vector', { config: LanceIndexConfig.ivfRq({ distanceType: 'cosine' }) });
  }
  manifest.setCounter('left at', settings.now());
  manifest.setCounter('unoptimized', 0);
}

/** Before the write, so that what a killed process wrote is counted. */
function noteChanges(manifest: LanceManifest, rows: number): void {
  manifest.setCounter('writes', manifest.counter('writes') + 1);
  for (const name of ['changed', 'unoptimized']) manifest.setCounter(name, manifest.counter(name) + rows);
}

function requireVectors(rows: readonly IndexRow[], dimensions: number | undefined): void {
  const wrong = rows.find(({ vector }) => vector?.length !== dimensions);
  if (wrong === undefined) return;
  throw new FieldkitError(
    'EMBEDDING_INVALID',
    `chunk ${wrong.chunk.id} has a vector of length ${wrong.vector?.length ?? 0}, the index needs ${dimensions ?? 0}`,
  );
}

function filterSql({ access, metadata = {} }: IndexFilter): string {
  const anyOf = (column: string, tokens: readonly string[]) =>
    tokens.length === 0 ? 'false' : `array_has_any(${column}, [${literals(tokens)}])`;
  return [anyOf('access', callerTokens(access)), ...filterTags(metadata).map((tags) => anyOf('tags', tags))].join(
    ' AND ',
  );
}

function literals(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
}

function* batches(values: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < values.length; at += LOOKUP_BATCH) yield values.slice(at, at + LOOKUP_BATCH);
}
