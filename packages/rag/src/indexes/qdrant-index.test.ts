import { analyzeText, type Chunk } from '@fieldkit/core';
import type { Schemas } from '@qdrant/js-client-rest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exactBm25 } from '../exact-bm25.ts';
import type { Index, IndexQuery } from '../index-contract.ts';
import { embeddingText, indexRow } from '../index-row.ts';
import { checkLeaks } from '../testing/check-leaks.ts';
import { describeIndex } from '../testing/describe-index.ts';
import { type ImitationQdrant, startImitationQdrant } from '../testing/imitation-qdrant.ts';
import { contentsOf, madeUpCorpus, syncMadeUpCorpus } from '../testing/made-up-corpus.ts';
import { chunksOf, unitVector } from '../testing/sample-chunks.ts';
import { createQdrantIndex } from './qdrant-index.ts';
import { documentVector, termNumber } from './sparse-vector.ts';

describeIndex('qdrant, imitated server', async () => {
  const server = await startImitationQdrant();
  const reopen = () => createQdrantIndex({ url: server.url, name: 'test' });
  return { index: await reopen(), reopen, cleanUp: () => server.close() };
});

const realUrl = process.env.QDRANT_URL;
if (realUrl === undefined) {
  it.skip('index contract: qdrant, real server (not verified here: QDRANT_URL is not set)', () => undefined);
} else {
  describeIndex('qdrant, real server', async () => {
    const name = `fieldkit-test-${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
    const apiKey = process.env.QDRANT_API_KEY;
    const reopen = () => createQdrantIndex({ url: realUrl, name, ...(apiKey === undefined ? {} : { apiKey }) });
    const index = await reopen();
    return { index, reopen, cleanUp: () => index.destroy() };
  });
}

describe('qdrant requests', () => {
  let server: ImitationQdrant;
  beforeEach(async () => {
    server = await startImitationQdrant();
  });
  afterEach(() => server.close());
  const bodyOf = (method: string, path: string) =>
    server.requests.find((request) => request.method === method && request.path === path)?.body;
  const build = async (options: Partial<Parameters<typeof createQdrantIndex>[0]> = {}) => {
    const index = await createQdrantIndex({ url: server.url, name: 'kb', ...options });
    await index.open({ embedding: { model: 'm', dimensions: 4 }, analyzer: 'a', segmenter: 's' });
    return index;
  };
  const query = (more: Partial<IndexQuery> = {}): IndexQuery => ({
    dense: { vector: Float32Array.from([1, 0, 0, 0]) },
    lexical: { terms: ['oil', 'seal', 'oil'] },
    filter: { access: { tenant: 'acme', groups: ['staff'] }, metadata: { year: 2026 } },
    limit: 5,
    ...more,
  });

  it('makes the collection with named vectors, idf, strict mode and what a cluster needs', async () => {
    await build({ shards: 6, replicas: 2, writeConsistency: 2, quantization: 'scalar', vectorsOnDisk: true });
    const expected: Schemas['CreateCollection'] = {
      vectors: { dense: { size: 4, distance: 'Cosine', on_disk: true } },
      sparse_vectors: { bm25: { modifier: 'idf' } },
      quantization_config: { scalar: { type: 'int8', always_ram: true } },
      on_disk_payload: true,
      strict_mode_config: { enabled: true, unindexed_filtering_retrieve: false, unindexed_filtering_update: false },
      metadata: { fieldkit: { embedding: { model: 'm', dimensions: 4 }, analyzer: 'a', segmenter: 's' } },
      shard_number: 6,
      replication_factor: 2,
      write_consistency_factor: 2,
    };
    expect(bodyOf('PUT', '/collections/kb-g1')).toEqual(expected);
  });

  it('makes payload indexes before the first upload, the tenant marked as such, and the aliases last', async () => {
    const index = await build();
    await index.upsert([{ ...indexRow(chunksOf('a', ['x'])[0] as Chunk), vector: unitVector('x', 4) }]);
    const steps = server.requests
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`);
    const lastIndex = steps.lastIndexOf('PUT /collections/kb-g1/index');
    expect(lastIndex).toBeGreaterThan(0);
    expect(steps.indexOf('POST /collections/aliases')).toBeGreaterThan(lastIndex);
    expect(steps.indexOf('PUT /collections/kb/points')).toBeGreaterThan(lastIndex);
    expect(server.requests.map(({ body }) => body)).toContainEqual({
      field_name: 'tenant',
      field_schema: { type: 'keyword', is_tenant: true },
    });
  });

  it('asks for reciprocal ranks in one query, the filter inside each prefetch', async () => {
    const index = await build();
    await index.query(query({ fusion: { method: 'rrf' } }));
    const filter: Schemas['Filter'] = {
      must: [
        { key: 'tenant', match: { value: 'acme' } },
        { key: 'access', match: { any: ['["acme"]', '["acme","staff"]'] } },
        { key: 'tags', match: { any: ['["year",2026]'] } },
      ],
    };
    const [oil, seal] = [termNumber('oil'), termNumber('seal')];
    const indices = [oil, seal].sort((a, b) => a - b);
    const expected: Schemas['QueryRequest'] = {
      prefetch: [
        { query: [1, 0, 0, 0], using: 'dense', filter, limit: 50 },
        {
          query: { indices, values: indices.map((number) => (number === oil ? 2 : 1)) },
          using: 'bm25',
          filter,
          params: { idf: { corpus: { must: [{ key: 'tenant', match: { value: 'acme' } }] } } },
          limit: 50,
        },
      ],
      query: { rrf: { k: 61 } },
      limit: 21,
      with_payload: ['id', 'documentId', 'position', 'tenant', 'text', 'facts'],
    };
    expect(bodyOf('POST', '/collections/kb/points/query')).toEqual(expected);
    expect(server.requests.filter(({ path }) => path.includes('/points/query'))).toHaveLength(1);
  });

  it('fuses ranks here, from both lists of one call, when their ranks and scores are wanted', async () => {
    const index = await build();
    const rows = chunksOf('a', ['oil', 'seal', 'pump oil']).map((chunk) => ({
      ...indexRow(chunk),
      vector: unitVector(chunk.text, 4),
    }));
    await index.upsert(rows);
    const filter = { access: { tenant: 'default', groups: [] } };
    const there = await index.query(query({ fusion: { method: 'rrf' }, filter }));
    const here = await index.query(query({ fusion: { method: 'rrf' }, filter, lists: true }));
    const plain = (hits: typeof here) => hits.map(({ chunk, score }) => `${chunk.text} ${score.toFixed(9)}`);
    expect(plain(here)).toEqual(plain(there));
    expect(there[0]?.ranks).toEqual({});
    expect(here[0]).toMatchObject({ ranks: { lexical: expect.any(Number) }, scores: { lexical: expect.any(Number) } });
    const paths = server.requests.map(({ path }) => path).filter((path) => path.includes('/points/query'));
    expect(paths).toEqual(['/collections/kb/points/query', '/collections/kb/points/query/batch']);
  });

  it('asks for both lists in one call when scores are fused here, rescoring quantized vectors', async () => {
    const index = await build({ quantization: 'binary', idf: 'collection' });
    await index.query(query());
    expect(bodyOf('POST', '/collections/kb/points/query/batch')).toMatchObject({
      searches: [
        { using: 'dense', params: { quantization: { rescore: true, oversampling: 3 } } },
        { using: 'bm25', filter: { must: [{ key: 'tenant' }, { key: 'access' }, { key: 'tags' }] } },
      ],
    });
  });

  it('moves both aliases in one call when it is rebuilt', async () => {
    const index = await build();
    await index.rebuild((fresh) => fresh.open({ analyzer: 'b', segmenter: 's' }));
    expect(server.requests.filter(({ path }) => path === '/collections/aliases').at(-1)?.body).toEqual({
      actions: [
        { delete_alias: { alias_name: 'kb' } },
        { create_alias: { alias_name: 'kb', collection_name: 'kb-g2' } },
        { delete_alias: { alias_name: 'kb-documents' } },
        { create_alias: { alias_name: 'kb-documents', collection_name: 'kb-g2-documents' } },
      ],
    });
    expect(await index.snapshot()).toEqual(['kb-g2.snapshot', 'kb-g2-documents.snapshot']);
  });

  it('ranks words as the reference does after a build in several batches', async () => {
    const index = await createQdrantIndex({ url: server.url, name: 'kb' });
    await syncMadeUpCorpus(index, 3);
    const chunks = [...madeUpCorpus(3).values()]
      .flat()
      .filter(({ groups }) => groups.length === 0 || groups.includes('g0'));
    const all = [...madeUpCorpus(3).values()].flat();
    const reference = exactBm25(all.map((chunk) => ({ id: chunk.id, terms: analyzeText(embeddingText(chunk)) })));
    const visible = new Set(chunks.map(({ id }) => id));
    for (const words of ['topic3 edition', 'document 17 part', 'stays topic7']) {
      const terms = analyzeText(words);
      const filter = { access: { tenant: 'default', groups: ['g0'] } };
      const hits = await index.query({ lexical: { terms }, filter, limit: 10 });
      const expected = reference(terms, all.length).filter(({ id }) => visible.has(id));
      expect(hits.map(({ score }) => score.toFixed(5))).toEqual(
        expected.slice(0, 10).map(({ score }) => score.toFixed(5)),
      );
    }
  });

  it('is equal to a clean build after changes, weights included', async () => {
    const changed = await createQdrantIndex({ url: server.url, name: 'changed' });
    for (const version of [0, 1, 2]) await syncMadeUpCorpus(changed, version);
    const clean = await createQdrantIndex({ url: server.url, name: 'clean' });
    await syncMadeUpCorpus(clean, 2);
    const [{ answers: _, ...ours }, { answers: __, ...theirs }] = [await contentsOf(changed), await contentsOf(clean)];
    expect(ours).toEqual(theirs);
  });

  it.each([
    [401, 'INVALID_CONFIG', false],
    [404, 'INDEX_NOT_FOUND', false],
    [500, 'INDEX_UNAVAILABLE', true],
    [507, 'DISK_FULL', false],
  ])('turns status %i into %s', async (status, code, retryable) => {
    const index = await build();
    server.failWith(status);
    await expect(index.query(query())).rejects.toMatchObject({ code, retryable });
  });

  it('says that a server is not there, and refuses names and addresses that cannot be', async () => {
    const gone: Index = await createQdrantIndex({ url: 'http://127.0.0.1:9', name: 'kb' });
    await expect(gone.stats()).rejects.toMatchObject({ code: 'INDEX_UNAVAILABLE', retryable: true });
    await expect(createQdrantIndex({ url: 'nowhere', name: 'kb' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(createQdrantIndex({ url: server.url, name: 'a/b' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

it('leaks nothing and loses nothing over random callers, filters and questions', async () => {
  const server = await startImitationQdrant();
  const index = await createQdrantIndex({ url: realUrl ?? server.url, name: `leaks-${Date.now()}` });
  try {
    await checkLeaks(index, 40);
  } finally {
    await index.destroy();
    await server.close();
  }
});

describe('sparse vectors', () => {
  it('numbers terms by MurmurHash3, as its published test values say', () => {
    expect(['', 'a', 'test', 'Hello, world!', '手册'].map(termNumber)).toEqual([
      0,
      0x3c2569b2,
      0xba6bd213,
      0xc0363e43,
      termNumber('手册'),
    ]);
  });

  it('weighs terms by BM25 with unique ascending numbers', () => {
    const { indices, values } = documentVector(['oil', 'seal', 'oil'], 3);
    expect(indices).toEqual([...indices].sort((a, b) => a - b));
    expect(values[indices.indexOf(termNumber('oil'))]).toBeCloseTo((2 * 2.2) / (2 + 1.2), 12);
    expect(values[indices.indexOf(termNumber('seal'))]).toBeCloseTo(2.2 / 2.2, 12);
  });
});
