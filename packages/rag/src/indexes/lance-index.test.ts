import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@fieldkit/core';
import { expect, it } from 'vitest';
import type { Index } from '../index-contract.ts';
import { describeIndex } from '../testing/describe-index.ts';
import { contentsOf, syncMadeUpCorpus } from '../testing/made-up-corpus.ts';
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
});

it('answers as a clean build after each of many small syncs, and indexes them when they have added up', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  const index = await createLanceIndex({ directory: join(directory, 'index'), unindexedRows: 20, unindexedShare: 0 });
  try {
    await syncMadeUpCorpus(index, 0);
    expect((await index.stats()).unindexed).toBe(0);
    const unindexed: number[] = [];
    for (let version = 1; version <= 8; version += 1) {
      const step = { of: 0, changed: { by: version, documents: version * 4 } };
      await syncMadeUpCorpus(index, step);
      const clean = await createLanceIndex({ directory: join(directory, `clean-${version}`) });
      await syncMadeUpCorpus(clean, step);
      expect(await contentsOf(index)).toEqual(await contentsOf(clean));
      await clean.close();
      unindexed.push((await index.stats()).unindexed ?? 0);
    }
    expect(unindexed.filter((rows) => rows > 0).length).toBeGreaterThan(2); // some were put off
    expect(unindexed.slice(2).filter((rows) => rows === 0).length).toBeGreaterThan(0); // and caught up with
    expect(Math.max(...unindexed)).toBeLessThanOrEqual(20);
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
});

it('counts words anew after a kill between a write and its count', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  const index = await createLanceIndex({ directory });
  try {
    await syncMadeUpCorpus(index, 3);
    const before = await contentsOf(index);
    const manifest = new DatabaseSync(join(directory, 'g1', 'manifest.db'));
    manifest.exec(
      `UPDATE facts SET value = 'changing' WHERE key = 'words'; DELETE FROM words WHERE term LIKE 'topic%'`,
    );
    manifest.close();
    expect((await contentsOf(index)).answers).not.toEqual(before.answers);
    await syncMadeUpCorpus(index, 3);
    expect(await contentsOf(index)).toEqual(before);
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
});

it('answers from an index that never counted its words, and counts them at the next sync', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  const index = await createLanceIndex({ directory });
  try {
    await syncMadeUpCorpus(index, 3);
    const before = await contentsOf(index);
    const manifest = new DatabaseSync(join(directory, 'g1', 'manifest.db'));
    manifest.exec("DELETE FROM facts WHERE key = 'words'; DELETE FROM words; DELETE FROM sizes");
    expect(await contentsOf(index)).toEqual(before);
    await syncMadeUpCorpus(index, 3);
    expect(await contentsOf(index)).toEqual(before);
    expect(manifest.prepare('SELECT sum(chunks) AS chunks FROM sizes').get()?.chunks).toBe(before.rows.length);
    manifest.close();
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
});

it('frees what old versions hold at the first sync after they may go, also when nothing has changed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const index = await createLanceIndex({ directory, clock, keepVersionsMs: 3_600_000 });
  try {
    for (const version of [0, 1, 2]) await syncMadeUpCorpus(index, version);
    const { bytes: before = 0 } = await index.stats();
    await syncMadeUpCorpus(index, 2);
    expect((await index.stats()).bytes).toBe(before);
    ahead = 7_200_000;
    await syncMadeUpCorpus(index, 2);
    const { bytes: after = 0 } = await index.stats();
    expect(after).toBeLessThan(before * 0.8);
    await syncMadeUpCorpus(index, 2); // nothing is left to do
    expect((await index.stats()).bytes).toBe(after);
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
});
