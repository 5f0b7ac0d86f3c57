import { type Chunk, sha256 } from '@fieldkit/core';
import type { Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';
import type { IndexFilter, IndexQuery, IndexRow, IndexStamp } from '../index-contract.ts';
import { accessTokens, callerTokens, filterTags, metadataTags } from './filter-tokens.ts';
import { documentVector, queryVector, type SparseVector } from './sparse-vector.ts';

/** What goes over the wire to Qdrant, as plain functions, so that tests can pin it. */

export interface QdrantCollectionOptions {
  /** Shards of the collection. Default: the server's, one per node. */
  readonly shards?: number;
  /** Copies of each shard. Default 1; 2 on a cluster of three nodes or more. */
  readonly replicas?: number;
  /** Copies that must have a write before it counts. Default 1. */
  readonly writeConsistency?: number;
  /** Compressed copies of the dense vectors; results are rescored with the full ones. Default `none`. */
  readonly quantization?: 'none' | 'scalar' | 'binary';
  /** Whether full dense vectors stay on disk. Default false. */
  readonly vectorsOnDisk?: boolean;
}

/** Lookups by a list are cut to this, a request by points to `POINTS`. */
export const VALUES_PER_CONDITION = 500;
export const POINTS_PER_REQUEST = 256;

/** The collection of the chunks; its metadata holds the stamp. */
export function chunksCollection(stamp: IndexStamp, options: QdrantCollectionOptions): Schemas['CreateCollection'] {
  const { quantization = 'none', vectorsOnDisk = false } = options;
  const { embedding } = stamp;
  return {
    vectors:
      embedding === undefined
        ? {}
        : { dense: { size: embedding.dimensions, distance: 'Cosine', on_disk: vectorsOnDisk } },
    sparse_vectors: { bm25: { modifier: 'idf' } },
    ...(quantization === 'none' || embedding === undefined ? {} : { quantization_config: QUANTIZATIONS[quantization] }),
    on_disk_payload: true,
    strict_mode_config: { enabled: true, unindexed_filtering_retrieve: false, unindexed_filtering_update: false },
    metadata: { fieldkit: stamp },
    ...distribution(options),
  };
}

const QUANTIZATIONS = {
  scalar: { scalar: { type: 'int8', always_ram: true } },
  binary: { binary: { always_ram: true } },
} as const;

/** The collection that notes which documents are complete; it has no vectors. */
export function documentsCollection(options: QdrantCollectionOptions): Schemas['CreateCollection'] {
  return { vectors: {}, on_disk_payload: true, ...distribution(options) };
}

function distribution({ shards, replicas, writeConsistency }: QdrantCollectionOptions) {
  return {
    ...(shards === undefined ? {} : { shard_number: shards }),
    ...(replicas === undefined ? {} : { replication_factor: replicas }),
    ...(writeConsistency === undefined ? {} : { write_consistency_factor: writeConsistency }),
  };
}

/** Made before the first upload, so that the search graph is built with the filters in mind. */
export const PAYLOAD_INDEXES: readonly { field_name: string; field_schema: Schemas['PayloadFieldSchema'] }[] = [
  { field_name: 'tenant', field_schema: { type: 'keyword', is_tenant: true } },
  { field_name: 'access', field_schema: 'keyword' },
  { field_name: 'tags', field_schema: 'keyword' },
  { field_name: 'documentId', field_schema: 'keyword' },
  { field_name: 'content', field_schema: 'keyword' },
  { field_name: 'position', field_schema: 'integer' },
];

const payloadSchema = z.object({
  id: z.string(),
  documentId: z.string(),
  position: z.number(),
  tenant: z.string(),
  text: z.string(),
  facts: z.object({
    start: z.number(),
    end: z.number(),
    context: z.string(),
    headings: z.array(z.string()),
    tokens: z.number(),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
    groups: z.array(z.string()),
  }),
});
/** Payload fields that make a chunk. */
export const CHUNK_PAYLOAD = Object.keys(payloadSchema.shape);

const rowSchema = payloadSchema.extend({ stamp: z.string(), content: z.string(), terms: z.array(z.string()) });

export function toPoint(row: IndexRow, averageLength: number): Schemas['PointStruct'] {
  const { chunk, stamp, content, terms, vector } = row;
  const {
    id,
    documentId,
    index: position,
    tenant,
    text,
    start,
    end,
    context,
    headings,
    tokens,
    metadata,
    groups,
  } = chunk;
  return {
    id: pointId(id),
    vector: {
      ...(vector === undefined ? {} : { dense: Array.from(vector) }),
      // a text without words does not count among those that decide how rare a word is
      ...(terms.length === 0 ? {} : { bm25: documentVector(terms, averageLength) }),
    },
    payload: {
      id,
      documentId,
      position,
      tenant,
      text,
      facts: { start, end, context, headings, tokens, metadata, groups },
      stamp,
      content,
      terms,
      length: terms.length,
      access: accessTokens(chunk),
      tags: metadataTags(chunk),
    },
  };
}

export function chunkOfPayload(payload: unknown): Chunk {
  const { facts, position: index, ...rest } = payloadSchema.parse(payload);
  return { ...rest, index, ...facts };
}

export function rowOfPayload(payload: unknown, dense: Float32Array | undefined): IndexRow {
  const { stamp, content, terms } = rowSchema.parse(payload);
  return { chunk: chunkOfPayload(payload), stamp, content, terms, ...(dense === undefined ? {} : { vector: dense }) };
}

/** Qdrant wants UUIDs. */
export function pointId(id: string): string {
  const hex = sha256(id);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Tenant and groups from the caller, then the metadata filter. */
export function filterOf({ access, metadata = {} }: IndexFilter): Schemas['Filter'] & { must: Schemas['Condition'][] } {
  return {
    must: [
      { key: 'tenant', match: { value: access.tenant } },
      anyOf('access', callerTokens(access)),
      ...filterTags(metadata).map((tags) => anyOf('tags', tags)),
    ],
  };
}

export function anyOf(key: string, values: readonly string[]): Schemas['FieldCondition'] {
  return { key, match: { any: [...values] } };
}

export interface QdrantSearchOptions {
  /** Whose texts decide how rare a word is. */
  readonly idf: 'tenant' | 'collection';
  /** Dense candidates that are compared by full vectors when there is a quantized copy, times `limit`. */
  readonly oversampling?: number;
}

/** A search by one vector; as it is a prefetch, with a payload selector a query. */
export interface QdrantSearch {
  readonly query: number[] | SparseVector;
  readonly using: 'dense' | 'bm25';
  readonly filter: Schemas['Filter'];
  readonly params?: Schemas['SearchParams'];
  readonly limit: number;
}

/** One search by words, or undefined when the query says no word. */
export function lexicalSearch(
  query: IndexQuery,
  limit: number,
  options: QdrantSearchOptions,
): QdrantSearch | undefined {
  const terms = query.lexical?.terms ?? [];
  if (terms.length === 0) return undefined;
  const { tenant } = query.filter.access;
  return {
    query: queryVector(terms),
    using: 'bm25',
    filter: filterOf(query.filter),
    ...(options.idf === 'tenant'
      ? { params: { idf: { corpus: { must: [{ key: 'tenant', match: { value: tenant } }] } } } }
      : {}),
    limit,
  };
}

/** One search by meaning, or undefined when the query has no vector. */
export function denseSearch(query: IndexQuery, limit: number, options: QdrantSearchOptions): QdrantSearch | undefined {
  if (query.dense === undefined) return undefined;
  const { oversampling } = options;
  return {
    query: Array.from(query.dense.vector),
    using: 'dense',
    filter: filterOf(query.filter),
    ...(oversampling === undefined ? {} : { params: { quantization: { rescore: true, oversampling } } }),
    limit,
  };
}

/**
 * Both searches and their fusion by reciprocal ranks in one query on the server. Qdrant counts ranks from 0, we from 1, hence `k + 1`.
 */
export function fusedSearch(prefetch: QdrantSearch[], k: number, limit: number): Schemas['QueryRequest'] {
  return {
    prefetch,
    query: { rrf: { k: k + 1 } },
    limit,
    with_payload: CHUNK_PAYLOAD,
  };
}
