import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@fieldkit/core';
import { expect, it } from 'vitest';
import type { Index } from '../index-contract.ts';
import { describeIndex } from '../testing/describe-index.ts';
import { syncMadeUpCorpus } from '../testing/made-up-corpus.ts';
import { createLanceIndex } from './lance-index.ts';

for (const [name, options] of [
  ['lance', {}],
  ['lance, words in memory', { inMemoryFromQuery: 0 }],
] as const) {
  describeIndex(name, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
    const handles: Index[] = [];
    const reopen = async () => {
      const handle = await createLanceIndex({ directory, ...options });
      handles.push(handle);
      return handle;
    };
    return {
      index: await reopen(),
      reopen,
      async cleanUp() {
        for (const handle of handles) await handle.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  });
}

it('finds the same with words in memory as without, and what another process has written since', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  const [writer, table, memory] = await Promise.all([
    createLanceIndex({ directory }),
    createLanceIndex({ directory, inMemoryFromQuery: Number.POSITIVE_INFINITY }),
    createLanceIndex({ directory, inMemoryFromQuery: 0 }),
  ]);
  const search = async (index: Index, term: string, metadata?: Record<string, string>) => {
    const filter = { access: { tenant: 'default', groups: [] }, ...(metadata === undefined ? {} : { metadata }) };
    const hits = await index.query({ lexical: { terms: [term, 'seal', 'seal'] }, filter, limit: 500 });
    return hits.map(({ chunk, score }) => ({ chunk, score: score.toFixed(3) }));
  };
  try {
    let before: unknown;
    for (const version of [0, 1, 2]) {
      await syncMadeUpCorpus(writer, version);
      const terms = [...new Set((await Array.fromAsync(writer.scan())).flat().flatMap((row) => row.terms))];
      const found = await Promise.all(terms.slice(0, 40).map((term) => search(memory, term)));
      expect(found).toEqual(await Promise.all(terms.slice(0, 40).map((term) => search(table, term))));
      expect(found.flat().length).toBeGreaterThan(40);
      const uri = String(found.flat()[0]?.chunk.metadata.uri);
      expect(await search(memory, terms[0] ?? '', { uri })).toEqual(await search(table, terms[0] ?? '', { uri }));
      const all = JSON.stringify(await search(memory, terms[0] ?? ''));
      expect(all).not.toBe(before);
      before = all;
    }
  } finally {
    await Promise.all([writer, table, memory].map((index) => index.close()));
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

it('frees what old versions hold at the first sync after they may go, also when nothing has changed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const index = await createLanceIndex({ directory, clock, keepVersionsMs: 60_000 });
  try {
    for (const version of [0, 1, 2]) await syncMadeUpCorpus(index, version);
    const { bytes: before = 0 } = await index.stats();
    await syncMadeUpCorpus(index, 2);
    expect((await index.stats()).bytes).toBe(before);
    ahead = 120_000;
    await syncMadeUpCorpus(index, 2);
    const { bytes: after = 0 } = await index.stats();
    expect(after).toBeLessThan(before * 0.8);
    await syncMadeUpCorpus(index, 2); // nothing is left to do
    expect((await index.stats()).bytes).toBe(after);
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
}, 120_000);
