import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gardenProject, runFieldkit, writeFiles } from './run-fieldkit.ts';

/** Processes whose parent was `pid`, and theirs, as `ps` sees them. */
function descendants(pid: number): number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.filter(([, ppid]) => ppid === parent).flatMap(([child = 0]) => [child, ...below(child)]);
  return below(pid);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A project whose ingestion is long enough to be ended in the middle. */
function busyProject(): string {
  const root = gardenProject();
  const page = 'Water the seedlings every morning and keep the soil warm. '.repeat(2000);
  writeFiles(
    root,
    Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`knowledge/many/${index}.txt`, `Chapter ${index}\n\n${page}`]),
    ),
  );
  return root;
}

it.skipIf(process.platform === 'win32')(
  'leaves no process behind when it is killed, and goes on afterwards',
  async () => {
    const root = busyProject();
    const seen = new Set<number>();
    const killed = runFieldkit(['ingest', '--project', root], {
      onStart: (child) => {
        const watch = setInterval(() => {
          for (const pid of descendants(child.pid ?? 0)) seen.add(pid);
          if (seen.size >= 1) {
            clearInterval(watch);
            child.kill('SIGKILL');
          }
        }, 20);
        child.once('exit', () => clearInterval(watch));
      },
    });
    expect((await killed).code).toBeNull();
    expect(seen.size).toBeGreaterThanOrEqual(1); // one processor: one parser
    for (let waited = 0; waited < 60_000 && [...seen].some(alive); waited += 50) await wait(50);
    expect([...seen].filter(alive)).toEqual([]);
    expect(await runFieldkit(['ingest', '--project', root])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('43 documents'),
    });
  },
);

it.skipIf(process.platform === 'win32')('ends with 130 on Ctrl-C and leaves the project usable', async () => {
  const root = busyProject();
  const interrupted = await runFieldkit(['ingest', '--project', root], {
    onStart: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
  });
  expect(interrupted).toMatchObject({ code: 130, stderr: expect.stringContaining('run the same command to go on') });
  expect(await runFieldkit(['ingest', '--project', root])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('43 documents'),
  });
});
