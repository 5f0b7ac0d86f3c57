import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { createScriptedModel } from '@fieldkit/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createContextCache } from './context-cache.ts';
import { chunksOf } from './testing/sample-chunks.ts';
import { writeContexts } from './write-contexts.ts';

let directory: string;
let cache: ReturnType<typeof createContextCache>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fieldkit-contexts-'));
  cache = createContextCache(join(directory, 'contexts.db'));
});
afterEach(async () => {
  cache.close();
  await rm(directory, { recursive: true, force: true });
});

const texts = ['It rose by 3 %.', 'It fell by 2 %.'];
const documentText = texts.join('\n\n');
const options = { chunks: chunksOf('report.txt', texts, { context: 'Report' }), documentText, concurrency: 1 };

it('adds a context behind the chunk’s own, leaves text and id alone, and asks once for equal contents', async () => {
  const model = createScriptedModel(['Revenue of ACME\nin 2025.', 'Costs of ACME in 2025.']);
  const first = await writeContexts({ ...options, model, cache });
  expect(first.chunks.map(({ context }) => context)).toEqual([
    'Report\nRevenue of ACME in 2025.',
    'Report\nCosts of ACME in 2025.',
  ]);
  expect(first.chunks.map(({ id, text }) => [id, text])).toEqual(options.chunks.map(({ id, text }) => [id, text]));
  expect(first).toMatchObject({ written: 2, reused: 0, usage: { calls: 2 } });
  const again = await writeContexts({ ...options, model, cache });
  expect(again).toMatchObject({ written: 0, reused: 2, usage: { calls: 0 } });
  expect(again.chunks).toEqual(first.chunks);
});

it('keeps the chunk’s own context when the answer is empty or far too long', async () => {
  const result = await writeContexts({ ...options, model: createScriptedModel([' ', 'word '.repeat(300)]) });
  expect(result.chunks.map(({ context }) => context)).toEqual(['Report', 'Report']);
  expect(result).toMatchObject({ written: 0, failed: 2 });
});

it('passes over a text that the endpoint refuses, and fails when the endpoint does', async () => {
  const refused = new FieldkitError('MODEL_CONTENT_REFUSED', 'no');
  const result = await writeContexts({ ...options, model: createScriptedModel([refused, 'Costs.']), cache });
  expect(result.chunks.map(({ context }) => context)).toEqual(['Report', 'Report\nCosts.']);
  expect(result).toMatchObject({ written: 1, failed: 1 });
  const down = createScriptedModel([new FieldkitError('MODEL_UNREACHABLE', 'down')]);
  await expect(writeContexts({ ...options, model: down, cache })).rejects.toMatchObject({ code: 'MODEL_UNREACHABLE' });
});

it('shows the model no more of a long document than it may see, around the chunk', async () => {
  const [first, middle] = chunksOf('long.txt', ['a '.repeat(20_000), 'the middle', 'b '.repeat(20_000)]);
  if (first === undefined || middle === undefined) throw new Error('no chunks');
  const text = `${first.text}\n\nthe middle\n\n${'b '.repeat(20_000)}`;
  const model = createScriptedModel(['ok']);
  await writeContexts({ model, chunks: [middle], documentText: text, maxDocumentTokens: 200 });
  const prompt = model.requests[0]?.messages[1]?.content ?? '';
  expect(prompt.length).toBeLessThan(1200);
  expect(prompt).toMatch(/a \n\nthe middle\n\nb /);
});

it('forgets a document', async () => {
  const model = createScriptedModel(['one', 'two']);
  await writeContexts({ ...options, model, cache });
  const documentId = options.chunks[0]?.documentId ?? '';
  expect(await cache.holds(documentId, [])).toBe(true);
  await cache.forget(documentId, []);
  expect(await cache.holds(documentId, [])).toBe(false);
});
