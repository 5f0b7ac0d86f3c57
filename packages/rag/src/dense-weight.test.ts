import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embedder, RetrievalStep } from '@fieldkit/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRetriever } from './create-retriever.ts';
import { readDenseWeight } from './dense-weight.ts';
import type { Index } from './index-contract.ts';
import { createLanceIndex } from './indexes/lance-index.ts';
import { syncIndex } from './sync-index.ts';
import { chunksOf, createHashEmbedder, unitVector } from './testing/sample-chunks.ts';

let directory: string;
let index: Index;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fieldkit-weight-'));
  index = await createLanceIndex({ directory });
});
afterEach(async () => {
  await index.close();
  await rm(directory, { recursive: true, force: true });
});

const sentences = (number: number) =>
  ['pump', 'valve', 'seal']
    .map((part) => `The ${part}${number} of machine m${number * 7} turns ${part}${number * 3} times.`)
    .join(' ');
const sync = (embedder: Embedder, count = 60, texts: (number: number) => string = sentences) => {
  const files = Array.from({ length: count }, (_, number) => chunksOf(`d${number}.txt`, [texts(number)]));
  const corpus = new Map(files.map((chunks) => [chunks[0]?.documentId ?? '', chunks]));
  return syncIndex({
    index,
    embedder,
    documents: Array.from(corpus.keys(), (id) => ({ id, contentStamp: 'v1' })),
    chunksOf: async (id) => corpus.get(id) ?? [],
    stamp: { segmenter: 's1' },
  });
};
/** A model to which all texts look like one of a few. */
const deaf: Embedder = {
  ...createHashEmbedder(32),
  embed: async (texts) => texts.map((text) => unitVector(`x${text.length % 3}`, 32)),
};

it('gives both lists the same share when both find the chunks of their sentences', async () => {
  const { denseWeight } = await sync(createHashEmbedder(256));
  expect(denseWeight).toMatchObject({ probes: 48, lexical: 1 });
  expect(denseWeight?.denseWeight).toBeGreaterThan(0.45);
  expect(await readDenseWeight(index)).toEqual(denseWeight);
});

it('gives a model that does not understand the texts a small share, and the retriever uses it', async () => {
  const { denseWeight } = await sync(deaf);
  expect(denseWeight?.denseWeight).toBeLessThan(0.2);
  const steps: RetrievalStep[] = [];
  const retrieve = createRetriever({ index, embedder: deaf });
  await retrieve('pump', { tenant: 'default', subject: 'x', groups: [] }, { onStep: (step) => steps.push(step) });
  const fusion = steps.find(({ name }) => name === 'fusion');
  expect(fusion?.details).toEqual({ method: 'minmax', denseWeight: denseWeight?.denseWeight });
});

it('is not measured where chunks have no sentences to ask by, nor again while little changes', async () => {
  expect((await sync(createHashEmbedder(64), 20, (number) => `word${number}`)).denseWeight).toBeUndefined();
  expect((await sync(createHashEmbedder(64))).denseWeight).toBeDefined();
  expect((await sync(createHashEmbedder(64), 62)).denseWeight).toBeUndefined();
});
