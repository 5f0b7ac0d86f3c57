import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, type Chunk, DEFAULT_TENANT, sha256 } from '@fieldkit/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRetriever } from './create-retriever.ts';
import type { Index } from './index-contract.ts';
import { createLanceIndex } from './indexes/lance-index.ts';
import { type SyncIndexOptions, syncIndex } from './sync-index.ts';
import { chunksOf, createHashEmbedder } from './testing/sample-chunks.ts';

const caller: Caller = { tenant: DEFAULT_TENANT, subject: 'test', groups: [] };

describe('syncIndex', () => {
  let directory: string;
  let index: Index;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fieldkit-sync-'));
    index = await createLanceIndex({ directory });
  });
  afterEach(async () => {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  });

  const sync = (files: Record<string, readonly string[]>, more: Partial<SyncIndexOptions> = {}) => {
    const corpus = new Map<string, Chunk[]>(
      Object.entries(files).map(([uri, texts]) => {
        const chunks = chunksOf(uri, texts);
        return [chunks[0]?.documentId ?? uri, chunks];
      }),
    );
    const documents = Array.from(corpus, ([id, chunks]) => ({ id, contentStamp: sha256(JSON.stringify(chunks)) }));
    const options = {
      index,
      documents,
      chunksOf: async (id: string) => corpus.get(id) ?? [],
      stamp: { segmenter: 's1' },
    };
    return syncIndex({ ...options, ...more });
  };
  const texts = async (query: string) => (await createRetriever({ index })(query, caller)).map(({ text }) => text);

  it('adds, changes by chunk, removes, and does nothing the second time', async () => {
    const first = await sync({ 'a.txt': ['alpha one', 'alpha two'], 'b.txt': ['beta'] });
    expect(first).toEqual({
      added: 2,
      changed: 0,
      removed: 0,
      unchanged: 0,
      chunksWritten: 3,
      chunksDeleted: 0,
      embedded: 0,
    });
    expect(await sync({ 'a.txt': ['alpha one', 'alpha two'], 'b.txt': ['beta'] })).toMatchObject({
      unchanged: 2,
      chunksWritten: 0,
    });
    const changed = await sync({ 'a.txt': ['alpha one', 'gamma'] });
    expect(changed).toMatchObject({ added: 0, changed: 1, removed: 1, chunksWritten: 1, chunksDeleted: 2 });
    expect(await texts('alpha')).toEqual(['alpha one']);
    expect(await texts('beta')).toEqual([]);
  });

  it('embeds a content once, also after a rename', async () => {
    const embedder = createHashEmbedder();
    await sync({ 'a.txt': ['alpha', 'beta', 'alpha'] }, { embedder });
    expect(embedder.embedded).toEqual(['alpha', 'beta']);
    const renamed = await sync({ 'moved/a.txt': ['alpha', 'beta', 'gamma'] }, { embedder });
    expect(renamed).toMatchObject({ added: 1, removed: 1, embedded: 1 });
    expect(embedder.embedded).toEqual(['alpha', 'beta', 'gamma']);
  });

  it('names the remedy when the index was built with another model or segmenter', async () => {
    await sync({ 'a.txt': ['alpha'] }, { embedder: createHashEmbedder() });
    const other = sync({ 'a.txt': ['alpha'] }, { embedder: createHashEmbedder(32, { model: 'other' }) });
    await expect(other).rejects.toMatchObject({
      code: 'INDEX_MISMATCH',
      message: expect.stringContaining('fieldkit ingest --rebuild'),
    });
    await expect(sync({}, { embedder: createHashEmbedder(), stamp: { segmenter: 's2' } })).rejects.toMatchObject({
      code: 'INDEX_MISMATCH',
    });
  });

  it('ignores an embedder without meaning', async () => {
    const embedder = createHashEmbedder(32, { semantic: false });
    await sync({ 'a.txt': ['alpha'] }, { embedder });
    expect(embedder.embedded).toEqual([]);
    expect(await index.stats()).toMatchObject({ dense: 'none', chunks: 1 });
  });

  it('goes on where a failure stopped it', async () => {
    const files = { 'a.txt': ['alpha'], 'b.txt': ['beta'], 'c.txt': ['gamma'] };
    const abort = new AbortController();
    const stopped = sync(files, {
      signal: abort.signal,
      chunksOf: async () => {
        abort.abort();
        return [];
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    await sync(files);
    expect(await index.stats()).toMatchObject({ documents: 3, chunks: 3 });
  });

  it('lets one writer in at a time', async () => {
    const second = await createLanceIndex({ directory });
    await index.exclusive(async () => {
      await expect(sync({}, { index: second })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    });
    await sync({ 'a.txt': ['alpha'] }, { index: second });
    await second.close();
  });

  it('refuses chunks of another document and documents given twice', async () => {
    await expect(
      sync({ 'a.txt': ['alpha'] }, { chunksOf: async () => chunksOf('b.txt', ['x']) }),
    ).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const twice = {
      documents: [
        { id: 'x', contentStamp: '1' },
        { id: 'x', contentStamp: '2' },
      ],
    };
    await expect(sync({}, twice)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('refuses vectors that are no numbers', async () => {
    const embedder = { ...createHashEmbedder(4), embed: async () => [new Float32Array([1, Number.NaN, 0, 0])] };
    await expect(sync({ 'a.txt': ['alpha'] }, { embedder })).rejects.toMatchObject({ code: 'EMBEDDING_INVALID' });
  });
});
