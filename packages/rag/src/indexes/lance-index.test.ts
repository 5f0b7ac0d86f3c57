import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@fieldkit/core';
import { expect, it } from 'vitest';
import type { Index } from '../index-contract.ts';
import { describeIndex } from '../testing/describe-index.ts';
import { syncMadeUpCorpus } from '../testing/made-up-corpus.ts';
import { createLanceIndex } from './lance-index.ts';

describeIndex('lance', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-lance-'));
  const handles: Index[] = [];
  const reopen = async () => {
    const handle = await createLanceIndex({ directory });
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
