import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embedder } from '@fieldkit/core';
import { createLanceIndex } from '@fieldkit/rag';
import { expect, it, onTestFinished } from 'vitest';
import { createLongTermMemory } from './long-term-memory.ts';

const AT = '2026-03-04T05:06:07.000Z';
const anna = { tenant: 'default', subject: 'anna', groups: ['service'] };
const ben = { ...anna, subject: 'ben' };
const other = { ...anna, tenant: 'other' };

async function openMemory(embedder?: Embedder, directory = mkdtempSync(join(tmpdir(), 'memory-'))) {
  const index = await createLanceIndex({ directory });
  const close = () => index.close();
  onTestFinished(async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { memory: createLongTermMemory(index, embedder), directory, close };
}

const textsOf = (notes: readonly { text: string }[]) => notes.map(({ text }) => text);

it('finds notes of the caller that fit, and none of anybody else', async () => {
  const { memory } = await openMemory();
  expect(await memory.recall(anna, 'pump', { limit: 3 })).toEqual([]);
  await memory.remember(anna, ['My pump is an XP-200.', 'Invoices go to Ms Li.'], AT);
  await memory.remember(anna, ['My pump is an XP-200.'], AT); // kept once
  await memory.remember(ben, ['My pump is an XP-900.'], AT);
  expect(textsOf(await memory.recall(anna, 'Which torque does my pump need?', { limit: 1 }))).toEqual([
    'My pump is an XP-200.',
  ]);
  expect(textsOf(await memory.list(anna))).toEqual(['My pump is an XP-200.', 'Invoices go to Ms Li.']);
  expect(textsOf(await memory.recall(ben, 'pump', { limit: 5 }))).toEqual(['My pump is an XP-900.']);
  for (const caller of [other, { ...anna, subject: 'eve' }, { ...anna, groups: [] }]) {
    expect(await memory.recall(caller, 'pump invoices', { limit: 5 })).toEqual([]);
    expect(await memory.list(caller)).toEqual([]);
  }
});

it('forgets one note, or all of a caller, on disk too', async () => {
  const { memory, directory, close } = await openMemory();
  await memory.remember(anna, ['My code is QUAGGA.', 'My pump is blue.'], AT);
  await memory.remember(ben, ['I like ZEBRAS.'], AT);
  const [first] = await memory.list(anna);
  expect(await memory.forget(anna, [first?.id ?? ''])).toBe(1);
  expect(await memory.forget(ben, [first?.id ?? ''])).toBe(0); // not his
  expect(textsOf(await memory.list(anna))).toEqual(['My pump is blue.']);
  expect(await memory.recall(anna, 'code QUAGGA', { limit: 5 })).toEqual([]);
  expect(await memory.forget(anna)).toBe(1);
  expect(await memory.list(anna)).toEqual([]);
  expect(textsOf(await memory.list(ben))).toEqual(['I like ZEBRAS.']);
  await close();
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('');
  expect(bytes).toContain('ZEBRAS');
  expect(bytes).not.toContain('QUAGGA');
});

it('finds by meaning with an embedding model, and embeds again when the model changes', async () => {
  const embedder = (model: string): Embedder => ({
    model,
    dimensions: 2,
    semantic: true,
    // Water and pumps point one way, everything else the other.
    embed: async (texts) => texts.map((text) => Float32Array.from(/pump|water/i.test(text) ? [1, 0] : [0, 1])),
  });
  const { memory, directory, close } = await openMemory(embedder('a'));
  await memory.remember(anna, ['My pump is an XP-200.', 'Invoices go to Ms Li.'], AT);
  expect(textsOf(await memory.recall(anna, 'water', { limit: 1 }))).toEqual(['My pump is an XP-200.']);
  await close();
  const again = await openMemory(embedder('b'), directory);
  await again.memory.remember(anna, ['We work at night.'], AT);
  expect(textsOf(await again.memory.recall(anna, 'water', { limit: 1 }))).toEqual(['My pump is an XP-200.']);
});
