// Indexes three chunks, searches them as two callers, changes one document and searches again.
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chunk, chunkIds, documentId, estimateTokens } from '@fieldkit/core';
import { createLanceIndex, createRetriever, syncIndex } from '@fieldkit/rag';

const chunk = (uri: string, text: string, groups: string[] = []): Chunk => {
  const id = documentId('acme', uri);
  const facts = { index: 0, start: 0, end: text.length, context: '', headings: [], tokens: estimateTokens(text) };
  return {
    id: chunkIds(id)(text),
    documentId: id,
    text,
    ...facts,
    metadata: { title: uri, uri },
    tenant: 'acme',
    groups,
  };
};
const directory = await mkdtemp(join(tmpdir(), 'fieldkit-example-'));
const index = await createLanceIndex({ directory });
const sync = (chunks: Chunk[]) =>
  syncIndex({
    index,
    documents: chunks.map(({ documentId: id, text }) => ({ id, contentStamp: text })),
    chunksOf: async (id) => chunks.filter((one) => one.documentId === id),
    stamp: { segmenter: 'example' },
  });
const retrieve = createRetriever({ index });
const texts = async (query: string, groups: string[] = []) =>
  (await retrieve(query, { tenant: 'acme', subject: 'ada', groups })).map(({ text }) => text);

const manual = chunk('manual.txt', 'Change the pump oil every 500 hours.');
const prices = chunk('prices.txt', 'The dealer price of pump oil is 14 euros.', ['sales']);
const chinese = chunk('通知.txt', '保修期为二十四个月，自验收之日起计算。');
console.log(await sync([manual, prices, chinese]));

assert.deepEqual(await texts('pumps and oil'), [manual.text]);
assert.deepEqual((await texts('pumps and oil', ['sales'])).length, 2);
assert.deepEqual(await texts('保修期多少个月'), [chinese.text]);

const changed = await sync([chunk('manual.txt', 'Change the pump oil every 400 hours.'), prices]);
assert.deepEqual([changed.changed, changed.removed, changed.unchanged], [1, 1, 1]);
assert.deepEqual(await texts('pumps and oil'), ['Change the pump oil every 400 hours.']);
assert.deepEqual(await texts('保修期'), []);

await index.close();
await rm(directory, { recursive: true });
console.log('found, filtered, changed and removed as expected');
