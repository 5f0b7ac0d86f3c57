/**
 * Kills a run again and again at random moments and lets it go on; at the end no row is lost or repeated and the totals are those of a run
 * that was never killed.
 *
 *   node --conditions=@fieldkit/source bench/eval/kill-resume.ts [KILLS=20] [ITEMS=4000]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLedger, refusal, summarizeLedger } from '../../packages/eval/src/index.ts';

const [kills = 20, items = 4000] = process.argv.slice(2).map(Number);
const script = fileURLToPath(new URL('../../packages/eval/src/ledger/__fixtures__/kill-me.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fieldkit-kill-'));

async function run(path: string, killAfter: number): Promise<{ code: number | null; asked: number }> {
  const child = spawn(process.execPath, ['--conditions=@fieldkit/source', script, path, String(items)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let asked = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    asked += text.split('\n').length - 1;
    if (asked >= killAfter) child.kill('SIGKILL');
  });
  const [code] = await once(child, 'close');
  return { code, asked };
}

async function totals(path: string) {
  const ledger = openLedger({ path });
  const rows = [...ledger.rows()].map(({ item }) => item.id);
  const { overall } = (await summarizeLedger(ledger, [refusal])).scores[0] ?? { overall: undefined };
  const count = ledger.count();
  ledger.close();
  return { rows: rows.length, distinct: new Set(rows).size, mean: overall?.mean, ...count };
}

const plain = join(folder, 'plain.sqlite');
await run(plain, Number.POSITIVE_INFINITY);
const killed = join(folder, 'killed.sqlite');
let asked = 0;
let done = 0;
for (let kill = 0; kill < kills; kill += 1) {
  const result = await run(killed, 1 + Math.floor(Math.random() * (items / kills)));
  asked += result.asked;
  if (result.code !== 0) done += 1;
}
asked += (await run(killed, Number.POSITIVE_INFINITY)).asked;
const [a, b] = [await totals(plain), await totals(killed)];
const equal = JSON.stringify(a) === JSON.stringify(b);
console.log(
  JSON.stringify({ kills: done, items, askedInAll: asked, askedTwice: asked - items, unkilled: a, killed: b, equal }),
);
rmSync(folder, { recursive: true });
if (!equal || a.rows !== items) process.exitCode = 1;
