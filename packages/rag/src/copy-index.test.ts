import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyIndex } from './copy-index.ts';
import { type DocumentStore, forgetDocument } from './forget-document.ts';
import type { Index } from './index-contract.ts';
import { createLanceIndex } from './indexes/lance-index.ts';
import { createQdrantIndex } from './indexes/qdrant-index.ts';
import { syncIndex } from './sync-index.ts';
import { startImitationQdrant } from './testing/imitation-qdrant.ts';
import { contentsOf, madeUpCorpus, syncMadeUpCorpus } from './testing/made-up-corpus.ts';
import { chunksOf } from './testing/sample-chunks.ts';

let directory: string;
let index: Index;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fieldkit-copy-'));
  index = await createLanceIndex({ directory: join(directory, 'index') });
});
afterEach(async () => {
  await index.close();
  await rm(directory, { recursive: true, force: true });
});

describe('copyIndex', () => {
  it('moves rows, vectors and notes to another engine, with the same answers', async () => {
    await syncMadeUpCorpus(index, 1);
    const server = await startImitationQdrant();
    const to = await createQdrantIndex({ url: server.url, name: 'moved' });
    const { documents, chunks } = await copyIndex({ from: index, to });
    expect(documents).toBe(madeUpCorpus(1).size);
    const [ours, theirs] = [await contentsOf(index), await contentsOf(to)];
    expect(chunks).toBe(ours.rows.length);
    const rounded = (rows: typeof ours.rows) =>
      rows.map((row) => ({ ...row, vector: row.vector.map((value) => value.toFixed(5)) }));
    expect(rounded(theirs.rows)).toEqual(rounded(ours.rows));
    expect(theirs.documents).toEqual(ours.documents);
    // scores agree to the 32-bit precision of one engine
    const ranked = (answers: readonly string[][]) => answers.map((hits) => hits.map((hit) => hit.slice(0, -1)));
    expect(ranked(theirs.answers)).toEqual(ranked(ours.answers));
    expect(await syncMadeUpCorpus(to, 1)).toMatchObject({ added: 0, changed: 0, removed: 0, embedded: 0 });
    await server.close();
  });

  it('goes on where it was interrupted, and says when there is nothing to copy', async () => {
    const to = await createLanceIndex({ directory: join(directory, 'to') });
    await expect(copyIndex({ from: index, to })).rejects.toMatchObject({ code: 'INDEX_NOT_FOUND' });
    await syncMadeUpCorpus(index, 0);
    const abort = new AbortController();
    const stopped = copyIndex({
      from: index,
      to,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('stop')),
    });
    await stopped.catch(() => undefined);
    await syncMadeUpCorpus(index, 1);
    await copyIndex({ from: index, to });
    expect(await contentsOf(to)).toEqual(await contentsOf(index));
    await to.close();
  });
});

describe('forgetDocument', () => {
  const secret = 'unforgettable-marker-7391';
  const holdsBytes = async (): Promise<boolean> => {
    const files = await readdir(join(directory, 'index'), { recursive: true, withFileTypes: true });
    const contents = files
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => readFile(join(parentPath, name)));
    return (await Promise.all(contents)).some((bytes) => bytes.includes(secret));
  };
  const fill = async () => {
    const files = [
      chunksOf('kept.txt', ['kept words', 'shared words']),
      chunksOf('gone.txt', [`${secret} words`, 'shared words']),
    ];
    const corpus = new Map(files.map((chunks) => [chunks[0]?.documentId ?? '', chunks]));
    await syncIndex({
      index,
      documents: Array.from(corpus.keys(), (id) => ({ id, contentStamp: 'v1' })),
      chunksOf: async (id) => corpus.get(id) ?? [],
      stamp: { segmenter: 's1' },
    });
    return [...corpus.keys()][1] ?? '';
  };

  it('leaves nothing of a document, not in a file of the index either, and keeps the others', async () => {
    const gone = await fill();
    expect(await holdsBytes()).toBe(true);
    const kept = new Set([gone]);
    const store: DocumentStore = {
      name: 'documents',
      forget: async (id) => void kept.delete(id),
      holds: async (id) => kept.has(id),
    };
    expect(await forgetDocument({ index, documentId: gone, stores: [store] })).toEqual({
      documentId: gone,
      chunks: 2,
      checked: ['index', 'documents'],
    });
    expect(await holdsBytes()).toBe(false);
    const left = (await Array.fromAsync(index.scan())).flat().map(({ chunk }) => chunk.text);
    expect(left.sort()).toEqual(['kept words', 'shared words']);
    await expect(forgetDocument({ index, documentId: gone, stores: [store] })).rejects.toMatchObject({
      code: 'DOCUMENT_NOT_FOUND',
    });
  });

  it('says which place still holds something', async () => {
    const gone = await fill();
    const store: DocumentStore = { name: 'cache', forget: async () => undefined, holds: async () => true };
    await expect(forgetDocument({ index, documentId: gone, stores: [store] })).rejects.toMatchObject({
      message: expect.stringContaining('cache'),
    });
  });
});
