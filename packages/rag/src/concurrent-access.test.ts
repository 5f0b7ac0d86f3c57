import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createLanceIndex } from './indexes/lance-index.ts';
import { madeUpCorpus, syncMadeUpCorpus } from './testing/made-up-corpus.ts';

const CHILD = fileURLToPath(new URL('./testing/sync-child.ts', import.meta.url));

it('answers readers while another process writes, from the old or the new version of each document', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-concurrent-'));
  const readers = await Promise.all([createLanceIndex({ directory }), createLanceIndex({ directory })]);
  try {
    await syncMadeUpCorpus(readers[0], 0);
    const known = new Set([0, 1].flatMap((version) => [...madeUpCorpus(version).values()].flat().map(({ id }) => id)));
    const writer = spawn(process.execPath, ['--conditions=@fieldkit/source', CHILD, directory, '1'], {
      stdio: 'inherit',
    });
    let writing = true;
    const ended = once(writer, 'exit').finally(() => {
      writing = false;
    });
    let searches = 0;
    const search = async (index: (typeof readers)[number]) => {
      while (writing) {
        const filter = { access: { tenant: 'default', groups: ['g0'] } };
        const hits = await index.query({ lexical: { terms: ['topic3', 'stai'] }, filter, limit: 50 });
        const ids = hits.map(({ chunk }) => chunk.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.filter((id) => !known.has(id))).toEqual([]);
        expect(ids.length).toBeGreaterThan(0);
        searches += 1;
      }
    };
    const [[code]] = await Promise.all([ended, ...readers.map(search)]);
    expect(code).toBe(0);
    expect(searches).toBeGreaterThan(5);
    expect(await syncMadeUpCorpus(readers[1], 1)).toMatchObject({ added: 0, changed: 0, removed: 0 });
  } finally {
    for (const reader of readers) await reader.close();
    await rm(directory, { recursive: true, force: true });
  }
});
