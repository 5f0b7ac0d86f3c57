import { FieldkitError } from '@fieldkit/core';
import type { QdrantClient, Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';
import { byScore, fuseRankings, type ScoredId } from '../fuse-rankings.ts';
import type { Index, IndexedDocument, IndexHit, IndexQuery, IndexStamp } from '../index-contract.ts';
import {
  anyOf,
  CHUNK_PAYLOAD,
  chunkOfPayload,
  chunksCollection,
  denseSearch,
  documentsCollection,
  filterOf,
  fusedSearch,
  lexicalSearch,
  PAYLOAD_INDEXES,
  POINTS_PER_REQUEST,
  pointId,
  type QdrantCollectionOptions,
  type QdrantSearchOptions,
  rowOfPayload,
  toPoint,
  VALUES_PER_CONDITION,
} from './qdrant-requests.ts';
import { documentVector } from './sparse-vector.ts';

/** Runs a request; a failure becomes a `FieldkitError` that says what was being done. */
export type QdrantCall = <T>(doing: string, fn: (client: QdrantClient) => Promise<T>) => Promise<T>;

export interface QdrantCollections extends Index {
  snapshot(): Promise<string[]>;
  /** Deletes the collections. */
  drop(): Promise<void>;
}

const SCROLL_POINTS = 512;
/** Weights are written again when the average length has moved by more than this share since they were written. */
const LENGTH_DRIFT = 0.01;
/** Fetched beyond what is asked for, so that equal scores at the edge are cut by id and not by chance. */
const TIE_MARGIN = 16;
const STATE_ID = pointId('fieldkit state');
const OVERSAMPLING = 3;

const stampSchema = z.object({
  embedding: z.object({ model: z.string(), dimensions: z.number().int().min(1) }).optional(),
  analyzer: z.string(),
  segmenter: z.string(),
});
const documentSchema = z.object({ id: z.string(), contentStamp: z.string().nullable(), chunks: z.number() });
const storedRowSchema = z.object({ id: z.string(), documentId: z.string(), stamp: z.string() });
const termsSchema = z.object({ terms: z.array(z.string()) });
const lengthSchema = z.object({ length: z.number() });
/** `clean`: nothing was written since `optimize`. `built`: the weights were exact once, so that small drifts may stay. */
const stateSchema = z.object({ averageLength: z.number(), clean: z.boolean(), built: z.boolean() });
type State = z.infer<typeof stateSchema>;

interface ScrollPart {
  readonly filter?: Schemas['Filter'];
  readonly with_payload: boolean | string[];
  readonly with_vector?: string[];
}

/** The contract over one pair of collections, or over the aliases that stand for one. */
export function qdrantCollections(
  call: QdrantCall,
  name: string,
  options: QdrantCollectionOptions & { readonly idf?: QdrantSearchOptions['idf'] },
): QdrantCollections {
  const documents = `${name}-documents`;
  const { idf = 'tenant', quantization = 'none' } = options;
  const searching = { idf, ...(quantization === 'none' ? {} : { oversampling: OVERSAMPLING }) };

  async function stamp(): Promise<IndexStamp | undefined> {
    try {
      const { config } = await call('cannot read the index', (client) => client.getCollection(name));
      const { embedding, ...rest } = stampSchema.parse(config.metadata?.fieldkit);
      return embedding === undefined ? rest : { embedding, ...rest };
    } catch (error) {
      if (error instanceof FieldkitError && error.code === 'INDEX_NOT_FOUND') return undefined;
      if (error instanceof z.ZodError) {
        throw new FieldkitError(
          'INDEX_DAMAGED',
          `collection ${name} exists but was not made by fieldkit: choose another index name`,
          { cause: error },
        );
      }
      throw error;
    }
  }

  async function* scroll(collection: string, request: ScrollPart) {
    let offset: Schemas['ExtendedPointId'] | undefined;
    do {
      const page = await call('cannot read the index', (client) =>
        client.scroll(collection, { ...request, limit: SCROLL_POINTS, ...(offset === undefined ? {} : { offset }) }),
      );
      yield page.points;
      const next = page.next_page_offset;
      offset = typeof next === 'string' || typeof next === 'number' ? next : undefined;
    } while (offset !== undefined);
  }

  async function state(): Promise<State | undefined> {
    const [point] = await call('cannot read the index', (client) =>
      client.retrieve(documents, { ids: [STATE_ID], with_payload: true }),
    );
    return point === undefined ? undefined : stateSchema.parse(point.payload);
  }

  async function setState(next: State): Promise<void> {
    const points = [{ id: STATE_ID, vector: {}, payload: { ...next, kind: 'state' } }];
    await call('cannot write to the index', (client) => client.upsert(documents, { wait: true, points }));
  }

  const collections: QdrantCollections = {
    engine: 'qdrant',
    stamp,
    async open(wanted) {
      const stored = await stamp();
      if (stored !== undefined && JSON.stringify(stored) === JSON.stringify(wanted)) return;
      await call('cannot make the index', async (client) => {
        for (const collection of [name, documents]) await client.deleteCollection(collection);
        await client.createCollection(documents, documentsCollection(options));
        await client.createPayloadIndex(documents, { field_name: 'kind', field_schema: 'keyword', wait: true });
        await client.createCollection(name, chunksCollection(wanted, options));
        for (const payloadIndex of PAYLOAD_INDEXES)
          await client.createPayloadIndex(name, { ...payloadIndex, wait: true });
      });
    },
    async documents() {
      const found = new Map<string, IndexedDocument>();
      const request = { filter: { must: [{ key: 'kind', match: { value: 'document' } }] }, with_payload: true };
      for await (const points of scroll(documents, request)) {
        for (const { payload } of points) {
          const { id, contentStamp, chunks } = documentSchema.parse(payload);
          found.set(id, { id, contentStamp: contentStamp ?? undefined, chunks });
        }
      }
      return found;
    },
    async markDocuments(marked) {
      const points = marked.map(({ id, contentStamp = null, chunks }) => ({
        id: pointId(id),
        vector: {},
        payload: { kind: 'document', id, contentStamp, chunks },
      }));
      for (const part of parts(points, POINTS_PER_REQUEST)) {
        await call('cannot write to the index', (client) => client.upsert(documents, { wait: true, points: part }));
      }
    },
    async rows(documentIds) {
      const found: { id: string; documentId: string; stamp: string }[] = [];
      for (const ids of parts(documentIds, VALUES_PER_CONDITION)) {
        const request = { filter: { must: [anyOf('documentId', ids)] }, with_payload: ['id', 'documentId', 'stamp'] };
        for await (const points of scroll(name, request)) {
          found.push(...points.map(({ payload }) => storedRowSchema.parse(payload)));
        }
      }
      return found;
    },
    async vectors(contents) {
      const found = new Map<string, Float32Array>();
      if ((await stamp())?.embedding === undefined) return found;
      for (const keys of parts([...new Set(contents)], VALUES_PER_CONDITION)) {
        const request = {
          filter: { must: [anyOf('content', keys)] },
          with_payload: ['content'],
          with_vector: ['dense'],
        };
        for await (const points of scroll(name, request)) {
          for (const { payload, vector } of points) {
            const dense = denseOf(vector);
            if (dense !== undefined) found.set(String(payload?.content), dense);
          }
        }
      }
      return found;
    },
    async upsert(rows) {
      if (rows.length === 0) return;
      const dimensions = (await stamp())?.embedding?.dimensions;
      const wrong = rows.find(({ vector }) => vector?.length !== dimensions);
      if (wrong !== undefined) {
        throw new FieldkitError(
          'EMBEDDING_INVALID',
          `chunk ${wrong.chunk.id} has a vector of length ${wrong.vector?.length ?? 0}, the index needs ${dimensions ?? 0}`,
        );
      }
      const known = await state();
      const average = rows.reduce((sum, { terms }) => sum + terms.length, 0) / rows.length;
      const { averageLength, built } = known ?? { averageLength: average, built: false };
      if (known?.clean !== false) await setState({ averageLength, built, clean: false });
      for (const part of parts(rows, POINTS_PER_REQUEST)) {
        const points = part.map((row) => toPoint(row, averageLength));
        await call('cannot write to the index', (client) => client.upsert(name, { wait: true, points }));
      }
    },
    async delete(what) {
      const known = await state();
      if (known?.clean === true) await setState({ ...known, clean: false });
      if ('chunkIds' in what) {
        for (const ids of parts(what.chunkIds, VALUES_PER_CONDITION)) {
          await call('cannot delete from the index', (client) =>
            client.delete(name, { wait: true, points: ids.map(pointId) }),
          );
        }
        return;
      }
      for (const ids of parts(what.documentIds, VALUES_PER_CONDITION)) {
        await call('cannot delete from the index', async (client) => {
          await client.delete(name, { wait: true, filter: { must: [anyOf('documentId', ids)] } });
          await client.delete(documents, { wait: true, points: ids.map(pointId) });
        });
      }
    },
    query: (query) => call('cannot search the index', (client) => search(client, name, query, searching)),
    async neighbours(documentId, from, to, filter) {
      const range = { key: 'position', range: { gte: from, lte: to } };
      const must = [anyOf('documentId', [documentId]), range, ...filterOf(filter).must];
      const found = [];
      for await (const points of scroll(name, { filter: { must }, with_payload: CHUNK_PAYLOAD })) {
        found.push(...points.map(({ payload }) => chunkOfPayload(payload)));
      }
      return found.sort((a, b) => a.index - b.index);
    },
    async *scan() {
      for await (const points of scroll(name, { with_payload: true, with_vector: ['dense'] })) {
        yield points.map(({ payload, vector }) => rowOfPayload(payload, denseOf(vector)));
      }
    },
    async optimize() {
      const known = await state();
      if (known === undefined || known.clean) return;
      const averageLength = await measureLength(scroll(name, { with_payload: ['length'] }));
      const drift = Math.abs(averageLength - known.averageLength) / Math.max(averageLength, 1);
      const rewrite = drift > (known.built ? LENGTH_DRIFT : 0);
      if (rewrite) {
        for await (const points of scroll(name, { with_payload: ['terms'] })) {
          const weights = points.flatMap(({ id, payload }) => {
            const { terms } = termsSchema.parse(payload);
            return terms.length === 0 ? [] : [{ id, vector: { bm25: documentVector(terms, averageLength) } }];
          });
          for (const part of parts(weights, POINTS_PER_REQUEST)) {
            await call('cannot write to the index', (client) =>
              client.updateVectors(name, { wait: true, points: part }),
            );
          }
        }
      }
      await setState({ averageLength: rewrite ? averageLength : known.averageLength, clean: true, built: true });
    },
    async stats() {
      const built = await stamp();
      if (built === undefined) return { engine: 'qdrant', documents: 0, chunks: 0, stamp: built, dense: 'none' };
      const kind = { must: [{ key: 'kind', match: { value: 'document' } }] };
      const [chunks, noted] = await call('cannot read the index', (client) =>
        Promise.all([client.count(name, { exact: true }), client.count(documents, { filter: kind, exact: true })]),
      );
      const dense = built.embedding === undefined ? 'none' : 'approximate';
      return { engine: 'qdrant', documents: noted.count, chunks: chunks.count, stamp: built, dense };
    },
    async note(key) {
      const [point] = await call('cannot read the index', (client) =>
        client.retrieve(documents, { ids: [pointId(`note ${key}`)], with_payload: true }),
      );
      const value = point?.payload?.value;
      return typeof value === 'string' ? value : undefined;
    },
    async setNote(key, value) {
      const points = [{ id: pointId(`note ${key}`), vector: {}, payload: { kind: 'note', value } }];
      await call('cannot write to the index', (client) => client.upsert(documents, { wait: true, points }));
    },
    exclusive: (fn) => fn(),
    rebuild: async () => {
      throw new FieldkitError('INVALID_OPTION', 'an index that is being rebuilt cannot be rebuilt');
    },
    async snapshot() {
      return call('cannot make a snapshot', async (client) => {
        const made = [await client.createSnapshot(name), await client.createSnapshot(documents)];
        return made.flatMap((description) => (description === null ? [] : [description.name]));
      });
    },
    async drop() {
      await call('cannot delete the old index', async (client) => {
        for (const collection of [name, documents]) await client.deleteCollection(collection);
      });
    },
    // the server drops deleted points from its files when it optimizes a segment
    erase: (documentIds) => collections.delete({ documentIds }),
    close: async () => undefined,
  };
  return collections;
}

async function search(
  client: QdrantClient,
  name: string,
  query: IndexQuery,
  options: QdrantSearchOptions,
): Promise<IndexHit[]> {
  const { limit, depth = Math.max(50, limit * 4), fusion, lists: wanted = false, signal } = query;
  signal?.throwIfAborted();
  const both = query.dense !== undefined && query.lexical !== undefined;
  const fetched = (both ? depth : limit) + TIE_MARGIN;
  const dense = denseSearch(query, fetched, options);
  const lexical = lexicalSearch(query, fetched, options);
  const searches = [dense, lexical].filter((one) => one !== undefined);
  if (searches.length === 0) return [];
  const fusesThere = !wanted && fusion?.method === 'rrf' && (fusion.denseWeight ?? 0.5) === 0.5;
  if (dense !== undefined && lexical !== undefined && fusesThere) {
    const prefetch = searches.map((one) => ({ ...one, limit: fetched - TIE_MARGIN }));
    const { points } = await client.query(name, fusedSearch(prefetch, fusion.k ?? 60, limit + TIE_MARGIN));
    const hits = points.map(({ payload, score }) => {
      const chunk = chunkOfPayload(payload);
      // equal weights of one half, as in our own fusion; the server leaves equal scores in no order
      return { chunk, id: chunk.id, score: score / 2, ranks: {}, scores: {} };
    });
    return hits
      .sort(byScore)
      .slice(0, limit)
      .map(({ id: _, ...hit }) => hit);
  }
  const answers = await client.queryBatch(name, {
    searches: searches.map((one) => ({ ...one, with_payload: CHUNK_PAYLOAD })),
  });
  signal?.throwIfAborted();
  const chunks = new Map<string, IndexHit['chunk']>();
  const lists = answers.map(({ points }): ScoredId[] => {
    const list = points.map(({ payload, score }) => {
      const chunk = chunkOfPayload(payload);
      chunks.set(chunk.id, chunk);
      return { id: chunk.id, score };
    });
    return list.sort(byScore).slice(0, fetched - TIE_MARGIN);
  });
  const [first = [], second = []] = lists;
  const name1 = dense === undefined ? 'lexical' : 'dense';
  const ranked =
    both && lists.length === 2
      ? fuseRankings(first, second, fusion)
      : both
        ? fuseRankings(dense === undefined ? [] : first, dense === undefined ? first : [], fusion)
        : first.map(({ id, score }, at) => ({ id, score, ranks: { [name1]: at + 1 }, scores: { [name1]: score } }));
  return ranked.slice(0, limit).flatMap(({ id, ...rest }) => {
    const chunk = chunks.get(id);
    return chunk === undefined ? [] : [{ chunk, ...rest }];
  });
}

async function measureLength(pages: AsyncIterable<readonly { payload?: unknown }[]>): Promise<number> {
  let count = 0;
  let sum = 0;
  for await (const points of pages) {
    for (const { payload } of points) {
      const { length } = lengthSchema.parse(payload);
      sum += length;
      if (length > 0) count += 1; // as in Lucene and LanceDB, a text without words is not averaged
    }
  }
  return count === 0 ? 0 : sum / count;
}

function denseOf(vector: unknown): Float32Array | undefined {
  const parsed = z.object({ dense: z.array(z.number()) }).safeParse(vector);
  return parsed.success ? Float32Array.from(parsed.data.dense) : undefined;
}

function* parts<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
