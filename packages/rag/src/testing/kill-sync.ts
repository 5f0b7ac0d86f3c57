import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLanceIndex } from '../indexes/lance-index.ts';
import { contentsOf, syncMadeUpCorpus } from './made-up-corpus.ts';

const CHILD = new URL(`./sync-child.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * Kills a sync `delays.length` times, each at its delay (ms after the child began), each on another version of the corpus, and syncs
 * to the end after each kill. Gives what the index then holds beside what a clean build holds, and whether the child was killed in time.
 */
export async function* killSyncs(delays: readonly number[]) {
  const directory = await mkdtemp(join(tmpdir(), 'fieldkit-kill-'));
  try {
    for (const [version, delay] of delays.entries()) {
      const killed = await runAndKill(join(directory, 'index'), version, delay);
      const index = await createLanceIndex({ directory: join(directory, 'index') });
      await syncMadeUpCorpus(index, version);
      const clean = await createLanceIndex({ directory: join(directory, `clean-${version}`) });
      await syncMadeUpCorpus(clean, version);
      yield { killed, after: await contentsOf(index), clean: await contentsOf(clean) };
      await index.close();
      await clean.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runAndKill(directory: string, version: number, delay: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['--conditions=@fieldkit/source', fileURLToPath(CHILD), directory, String(version)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  const timer = setTimeout(() => child.kill('SIGKILL'), delay);
  const [, signal] = await ended;
  clearTimeout(timer);
  return signal === 'SIGKILL';
}
