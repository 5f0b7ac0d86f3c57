import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('../packages/fieldkit/bin/fieldkit.mjs', import.meta.url));
let root = '';

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fieldkit-workers-'));
  mkdirSync(join(root, 'knowledge'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'fieldkit.config.ts'), `export default { name: 'desk' };`);
  writeFileSync(join(root, 'knowledge', 'pump.md'), '# Pump\n\nThe pump P-20 stops at 7 bar.\n');
  const ingest = spawn(process.execPath, [launcher, 'ingest', '--project', root], { stdio: 'ignore' });
  expect(await new Promise((resolve) => ingest.once('exit', resolve))).toBe(0);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function serve() {
  const child = spawn(
    process.execPath,
    [launcher, 'serve', '--json', '--port', '0', '--workers', '2', '--project', root],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line).url));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  return { child, ready };
}

/** Processes that a process has started and that live. */
function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 120_000;
  while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

const ask = (url: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 's' },
    body: JSON.stringify({
      model: 'desk',
      messages: [{ role: 'user', content: 'At how many bar does the P-20 stop?' }],
    }),
  });

// The tree of processes is read from /proc.
it.runIf(process.platform === 'linux')(
  'answers in two processes over one stand-in, ends clean, and leaves nothing behind when it is killed',
  async () => {
    const { child, ready } = serve();
    const url = await ready;
    const started = childrenOf(child.pid);
    expect(started).toHaveLength(3); // two that answer, and the stand-in that they share
    const answers = await Promise.all(Array.from({ length: 6 }, async () => (await ask(url)).text()));
    for (const answer of answers) expect(answer).toContain('stops at 7 bar');
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(started.filter(lives)).toEqual([]);

    const second = serve();
    await second.ready;
    const left = childrenOf(second.child.pid);
    second.child.kill('SIGKILL');
    await until(() => left.every((pid) => !lives(pid)));
  },
  120_000,
);
