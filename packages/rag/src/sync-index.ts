import {
  type AnalyzeTextOptions,
  type Chunk,
  type Clock,
  type Embedder,
  FieldkitError,
  systemClock,
} from '@fieldkit/core';
import { createProbeSample, type DenseWeight, measureDenseWeight } from './dense-weight.ts';
import type { Index, IndexedDocument, IndexRow } from './index-contract.ts';
import { embeddingText, indexRow } from './index-row.ts';
import { indexStamp } from './index-stamp.ts';

export interface SyncDocument {
  readonly id: string;
  /** Changes whenever a chunk of the document may change: text, metadata, tenant, groups, context. */
  readonly contentStamp: string;
}

export interface SyncProgress {
  readonly documentId: string;
  /** Documents done and to do in this sync, unchanged ones not counted. */
  readonly done: number;
  readonly total: number;
  readonly chunks: number;
}

export interface SyncIndexOptions {
  readonly index: Index;
  /** Used when `semantic`; otherwise the index is lexical only. */
  readonly embedder?: Embedder;
  readonly analyzer?: AnalyzeTextOptions;
  /** The whole corpus: what is in the index and not in here is removed. */
  readonly documents: readonly SyncDocument[];
  /** All chunks of a document. Called once for each new or changed one. */
  readonly chunksOf: (documentId: string) => Promise<readonly Chunk[]>;
  readonly stamp: { readonly segmenter: string };
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SyncProgress) => void;
  /** Rows that are written together. Default 4096. */
  readonly writeRows?: number;
  readonly clock?: Clock;
}

export interface SyncResult {
  /** Documents. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly chunksWritten: number;
  readonly chunksDeleted: number;
  /** Chunks whose vector was asked from the endpoint; the others were reused by content. */
  readonly embedded: number;
  /** Measured when the index is new or a fifth of it has changed, and there is an embedding model. */
  readonly denseWeight?: DenseWeight;
}

/** What was paid for, to an embedding model or to one that writes contexts, is written at least this often. */
const WRITE_EVERY_MS = 5000;
/** Texts handed to the embedder at a time; it cuts them as its endpoint wants. */
const EMBED_TEXTS = 256;
const MEASURE_AGAIN_SHARE = 0.2;

/**
 * Makes the index equal to the documents: new ones are added, changed ones differ by chunk (only new contents are embedded), others
 * are removed. Interrupted at any moment, the next call completes the work; documents that were written stay written.
 *
 * @throws {FieldkitError} `INDEX_MISMATCH`, `STORE_LOCKED`, `EMBEDDING_INVALID`, the signal's reason, and what the embedder and the index throw.
 */
export async function syncIndex(options: SyncIndexOptions): Promise<SyncResult> {
  const { index, documents } = options;
  requireUnique(
    documents.map(({ id }) => id),
    'document',
  );
  return index.exclusive(async () => {
    await index.open(indexStamp({ ...options, segmenter: options.stamp.segmenter }));
    const known = await index.documents();
    const wanted = new Set(documents.map(({ id }) => id));
    const todo = documents.filter(({ id, contentStamp }) => known.get(id)?.contentStamp !== contentStamp);
    const writer = createWriter(options, known, todo.length);
    for (const document of todo) await writer.add(document);
    await writer.flush();

    const removed = Array.from(known.keys()).filter((id) => !wanted.has(id));
    options.signal?.throwIfAborted();
    let chunksDeleted = writer.counts.chunksDeleted;
    if (removed.length > 0) {
      chunksDeleted += removed.reduce((sum, id) => sum + (known.get(id)?.chunks ?? 0), 0);
      await index.delete({ documentIds: removed });
    }
    await index.optimize();
    const weight = await measureWhenChanged(options, known, writer);
    const added = todo.filter(({ id }) => !known.has(id)).length;
    return {
      ...writer.counts,
      chunksDeleted,
      added,
      changed: todo.length - added,
      removed: removed.length,
      unchanged: documents.length - todo.length,
      ...(weight === undefined ? {} : { denseWeight: weight }),
    };
  });
}

async function measureWhenChanged(
  { index, embedder, analyzer, signal }: SyncIndexOptions,
  known: ReadonlyMap<string, IndexedDocument>,
  { counts, sample }: ReturnType<typeof createWriter>,
): Promise<DenseWeight | undefined> {
  if (embedder?.semantic !== true) return undefined;
  const before = Array.from(known.values()).reduce((sum, { chunks }) => sum + chunks, 0);
  if (counts.chunksWritten <= before * MEASURE_AGAIN_SHARE) return undefined;
  return measureDenseWeight({
    index,
    embedder,
    sample: sample.rows(),
    ...(analyzer === undefined ? {} : { analyzer }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Collects changed documents and writes them in batches: notes them as begun, writes rows, removes old ones, notes them as done. */
function createWriter(options: SyncIndexOptions, known: ReadonlyMap<string, IndexedDocument>, total: number) {
  const { index, chunksOf, analyzer, signal, onProgress, writeRows = 4096, clock = systemClock } = options;
  const embedder = options.embedder?.semantic === true ? options.embedder : undefined;
  const counts = { chunksWritten: 0, chunksDeleted: 0, embedded: 0 };
  const vectors = new Map<string, Float32Array>();
  let batch: { document: SyncDocument; rows: IndexRow[] }[] = [];
  let rowsHeld = 0;
  let done = 0;
  let lastWrite = clock.monotonic();
  let unembedded: IndexRow[] = [];
  let mayReuse = true;
  const sample = createProbeSample();

  async function add(document: SyncDocument): Promise<void> {
    signal?.throwIfAborted();
    const chunks = await chunksOf(document.id);
    requireChunksOf(document.id, chunks);
    const rows = chunks.map((chunk) => indexRow(chunk, analyzer));
    batch.push({ document, rows });
    rowsHeld += rows.length;
    if (embedder !== undefined) {
      unembedded.push(...rows);
      if (unembedded.length >= EMBED_TEXTS) await embed(embedder);
    }
    if (rowsHeld >= writeRows || clock.monotonic() - lastWrite >= WRITE_EVERY_MS) await flush();
  }

  async function embed(by: Embedder): Promise<void> {
    const pending = new Map(unembedded.map((row) => [row.content, row]));
    unembedded = [];
    for (const content of vectors.keys()) pending.delete(content);
    if (mayReuse) {
      const stored = await index.vectors([...pending.keys()]);
      // A first build finds nothing: it asks once and no more.
      mayReuse = known.size > 0 || stored.size > 0;
      for (const [content, vector] of stored) {
        vectors.set(content, vector);
        pending.delete(content);
      }
    }
    const rows = [...pending.values()];
    for (let at = 0; at < rows.length; at += EMBED_TEXTS) {
      signal?.throwIfAborted();
      const part = rows.slice(at, at + EMBED_TEXTS);
      const answers = await by.embed(
        part.map(({ chunk }) => embeddingText(chunk)),
        { use: 'document', ...(signal === undefined ? {} : { signal }) },
      );
      requireVectors(by, answers, part.length);
      for (const [i, row] of part.entries()) vectors.set(row.content, answers[i] ?? new Float32Array());
      counts.embedded += part.length;
    }
  }

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    if (embedder !== undefined) await embed(embedder);
    signal?.throwIfAborted();
    const writing = batch;
    await index.markDocuments(
      writing.map(({ document, rows }) => ({
        id: document.id,
        contentStamp: undefined,
        chunks: Math.max(rows.length, known.get(document.id)?.chunks ?? 0),
      })),
    );
    const old = writing.map(({ document }) => document.id).filter((id) => known.has(id));
    const stored = new Map((old.length === 0 ? [] : await index.rows(old)).map((row) => [row.id, row]));
    const fresh: IndexRow[] = [];
    const replaced: IndexRow[] = [];
    for (const row of writing.flatMap(({ rows }) => rows)) {
      const was = stored.get(row.chunk.id);
      stored.delete(row.chunk.id);
      if (was?.stamp === row.stamp) continue;
      const vector = vectors.get(row.content);
      (was === undefined ? fresh : replaced).push(vector === undefined ? row : { ...row, vector });
    }
    if (fresh.length > 0) await index.upsert(fresh, { fresh: true });
    if (replaced.length > 0) await index.upsert(replaced);
    if (stored.size > 0) await index.delete({ chunkIds: [...stored.keys()] });
    await index.markDocuments(writing.map(({ document, rows }) => ({ ...document, chunks: rows.length })));
    sample.offer([...fresh, ...replaced]);
    counts.chunksWritten += fresh.length + replaced.length;
    counts.chunksDeleted += stored.size;
    batch = [];
    rowsHeld = 0;
    vectors.clear();
    lastWrite = clock.monotonic();
    for (const { document, rows } of writing) {
      done += 1;
      onProgress?.({ documentId: document.id, done, total, chunks: rows.length });
    }
  }

  return { add, flush, counts, sample };
}

function requireUnique(ids: readonly string[], what: string): void {
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.has(id) || !seen.add(id));
  if (twice !== undefined) throw new FieldkitError('INVALID_OPTION', `${what} ${twice} is given twice`);
}

function requireChunksOf(documentId: string, chunks: readonly Chunk[]): void {
  const foreign = chunks.find((chunk) => chunk.documentId !== documentId);
  if (foreign !== undefined) {
    throw new FieldkitError('INVALID_OPTION', `chunk ${foreign.id} belongs to another document than ${documentId}`);
  }
  requireUnique(
    chunks.map(({ id }) => id),
    'chunk',
  );
}

function requireVectors(embedder: Embedder, vectors: readonly Float32Array[], count: number): void {
  const wrong = vectors.find(
    (vector) => vector.length !== embedder.dimensions || vector.some((value) => !Number.isFinite(value)),
  );
  if (vectors.length === count && wrong === undefined) return;
  throw new FieldkitError(
    'EMBEDDING_INVALID',
    `${embedder.model} gave ${vectors.length} vectors for ${count} texts, or one that is not ${embedder.dimensions} finite numbers`,
  );
}
