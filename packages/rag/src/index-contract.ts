import type { Caller, Chunk, RetrievalFilter } from '@fieldkit/core';
import type { FusionOptions } from './fuse-rankings.ts';

/** What an index was built with. Another value of any field makes the stored rows unusable, so it is an `INDEX_MISMATCH`. */
export interface IndexStamp {
  /** Absent: the index is lexical only. */
  readonly embedding?: { readonly model: string; readonly dimensions: number };
  /** `analyzerStamp` of core, which changes with ICU and the stemmer. */
  readonly analyzer: string;
  /** `segmenterStamp` of whoever cut the chunks. */
  readonly segmenter: string;
}

/** A chunk as it is written. */
export interface IndexRow {
  readonly chunk: Chunk;
  /** Hash of the whole chunk: another stamp under the same id is a changed row. */
  readonly stamp: string;
  /** Hash of what is embedded (`embeddingText`): equal contents share a vector. */
  readonly content: string;
  /** The analyser's output for the indexed text, in order, repeats kept. */
  readonly terms: readonly string[];
  /** Length 1 (Euclidean) and the stamp's dimensions. Absent in a lexical index. */
  readonly vector?: Float32Array;
}

/** What is known of a document in the index. */
export interface IndexedDocument {
  readonly id: string;
  /** The caller's stamp of everything that the chunks depend on; undefined while the document is being written. */
  readonly contentStamp: string | undefined;
  readonly chunks: number;
}

export interface StoredRow {
  readonly id: string;
  readonly documentId: string;
  readonly stamp: string;
}

/** Who may see what: applied by the engine before it ranks. */
export interface IndexFilter {
  readonly access: Pick<Caller, 'tenant' | 'groups'>;
  /** Metadata equality or one-of. `documentId` is accepted as a key. */
  readonly metadata?: RetrievalFilter;
}

export interface IndexQuery {
  readonly dense?: { readonly vector: Float32Array };
  readonly lexical?: { readonly terms: readonly string[] };
  readonly filter: IndexFilter;
  /** Hits returned at most, from 1. */
  readonly limit: number;
  /** Candidates of each list that are fused; the hits are at most both lists together. Default the larger of 50 and four times `limit`. */
  readonly depth?: number;
  /** How the dense and the lexical list become one. Default `minmax` with equal weights. */
  readonly fusion?: FusionOptions;
  /** Whether each hit must say its ranks and scores in both lists; an engine may then not fuse on its own side. Default false. */
  readonly lists?: boolean;
  readonly signal?: AbortSignal;
}

export interface IndexHit {
  readonly chunk: Chunk;
  /** BM25 (lexical alone), cosine similarity -1 to 1 (dense alone), or the fused score. Ties are broken by chunk id. */
  readonly score: number;
  /** 1-based ranks in the lists that were fused; absent where the engine fuses on its own side. */
  readonly ranks: { readonly dense?: number; readonly lexical?: number };
  /** The lists' own scores, where known. */
  readonly scores: { readonly dense?: number; readonly lexical?: number };
}

export interface IndexStats {
  readonly engine: string;
  readonly documents: number;
  readonly chunks: number;
  readonly stamp: IndexStamp | undefined;
  /** Whether dense search reads every vector (exact) or an approximate structure. */
  readonly dense: 'none' | 'exact' | 'approximate';
  /** Chunks that searches read one by one because they are not indexed yet, where the engine can tell. */
  readonly unindexed?: number;
  /** Bytes on disk, where the engine can tell. */
  readonly bytes?: number;
}

export type IndexDeletion = { readonly chunkIds: readonly string[] } | { readonly documentIds: readonly string[] };

/**
 * Chunks that can be found by words and by meaning. `describeIndex` states what every engine promises.
 *
 * Writers go through `exclusive`; any number of readers, in any process, may query meanwhile. All functions throw `FieldkitError`:
 * `INDEX_NOT_FOUND` before the first `open`, `INDEX_MISMATCH`, `INDEX_DAMAGED`, `INDEX_UNAVAILABLE`, `STORE_LOCKED`, `DISK_FULL`.
 */
export interface Index {
  readonly engine: string;
  /** Undefined when nothing was built yet. */
  stamp(): Promise<IndexStamp | undefined>;
  /** Makes an empty index when there is none. @throws {FieldkitError} `INDEX_MISMATCH` when it was built with another stamp. */
  open(stamp: IndexStamp): Promise<void>;
  /** Every document, those that are half written included. */
  documents(): Promise<ReadonlyMap<string, IndexedDocument>>;
  /** Notes the state of documents, replacing what was noted. */
  markDocuments(documents: readonly IndexedDocument[]): Promise<void>;
  /** Ids and stamps of the rows of documents. */
  rows(documentIds: readonly string[]): Promise<StoredRow[]>;
  /** Vectors of contents that are already in the index. */
  vectors(contents: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  /** Writes rows by chunk id. `fresh` promises that no id is in the index yet, which is cheaper. Searchable at once, fast after `optimize`. */
  upsert(rows: readonly IndexRow[], options?: { readonly fresh?: boolean }): Promise<void>;
  /** Removes rows, and with `documentIds` the notes on the documents too. Unknown ids are passed over. */
  delete(what: IndexDeletion): Promise<void>;
  /**
   * Removes documents for good: what the engine keeps on disk of them goes too, where it can be made to. Costs as much as a copy of the
   * index. Call it inside `exclusive`.
   */
  erase(documentIds: readonly string[]): Promise<void>;
  /** Best first. */
  query(query: IndexQuery): Promise<IndexHit[]>;
  /** The chunks of a document with `from <= index <= to` that the filter admits, in order. */
  neighbours(documentId: string, from: number, to: number, filter: IndexFilter): Promise<Chunk[]>;
  /** Every row, in batches, in no order; for copies and proofs. */
  scan(): AsyncIterable<IndexRow[]>;
  /** A small fact kept with the index, such as what was measured of it; copied with it, gone with a rebuild. */
  note(key: string): Promise<string | undefined>;
  setNote(key: string, value: string): Promise<void>;
  /**
   * Brings search structures up to date and frees what old versions hold, when enough has changed that it is worth it; answers are the same
   * before and after. Call it after writing.
   */
  optimize(): Promise<void>;
  stats(): Promise<IndexStats>;
  /** Runs `fn` as the only writer. @throws {FieldkitError} `STORE_LOCKED` when another one is writing. */
  exclusive<T>(fn: () => Promise<T>): Promise<T>;
  /**
   * Builds a new index beside this one and swaps: readers see the old rows until `fn` has returned, and still do when it throws.
   */
  rebuild<T>(fn: (fresh: Index) => Promise<T>): Promise<T>;
  /** May be called twice. */
  close(): Promise<void>;
}
