/**
 * Writes made-up chunks of 1,024 dimensions through our index and through the bare LanceDB client, each in its own process, then asks both the
 * same questions in turns in a third, and compares CPU, memory, latency and recall; then changes 1 % of the chunks ten times over. Draw the
 * results with chart.ts.
 * node --conditions=@fieldkit/source bench/rag/scale.ts [--sizes 10000,100000] [--out bench/rag/results.json]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '10000,30000,100000,300000' }, out: { type: 'string' } },
});
const [cpu] = cpus();
const rows: unknown[] = [];
for (const size of values.sizes.split(',')) {
  const directory = mkdtempSync(join(tmpdir(), 'fieldkit-scale-'));
  const run = (part: string) => {
    const worker = fileURLToPath(new URL('./scale-worker.ts', import.meta.url));
    const output = execFileSync(process.execPath, ['--conditions=@fieldkit/source', worker, part, size, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const measured = JSON.parse(output.toString());
    console.log(size, part, JSON.stringify(measured));
    return measured;
  };
  try {
    const [bare, ours, search] = ['bare', 'ours', 'search'].map(run);
    const load = round(loadavg()[1] ?? 0);
    rows.push({ chunks: Number(size), load, bare: { ...bare, ...search.bare }, ours: { ...ours, ...search.ours } });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const date = new Date().toISOString().slice(0, 10);
  const result = { date, node: process.version, cpu: cpu?.model, cpus: cpus().length, rows };
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
