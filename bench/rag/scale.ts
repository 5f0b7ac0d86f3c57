/**
 * Writes, changes and searches made-up chunks of 1,024 dimensions through our index and through the bare LanceDB client, each in its
 * own process, and compares CPU, memory, latency and recall.
 * node --conditions=@fieldkit/source bench/rag/scale.ts [--sizes 10000,100000] [--out bench/rag/results.json]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '10000,30000,100000' }, out: { type: 'string' } },
});
const rows = values.sizes.split(',').map((size) => {
  const directory = mkdtempSync(join(tmpdir(), 'fieldkit-scale-'));
  const run = (how: string): Record<string, number> => {
    const worker = fileURLToPath(new URL('./scale-worker.ts', import.meta.url));
    const output = execFileSync(process.execPath, ['--conditions=@fieldkit/source', worker, how, size, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const measured: Record<string, number> = JSON.parse(output.toString());
    console.log(size, how, JSON.stringify(measured));
    return measured;
  };
  try {
    return { chunks: Number(size), bare: run('bare'), ours: run('ours') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
const [cpu] = cpus();
const result = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpu: cpu?.model,
  cpus: cpus().length,
  rows,
};
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);

const ratio = (a = 0, b = 1) => (a / b).toFixed(2);
console.log(
  '| chunks | write CPU s, ours / bare | ratio | peak MB, ours / bare | ratio | hybrid p50 ms, ours / bare | ratio | recall@10 | under 1 % | unchanged s | 1 % changed s |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const { chunks, ours, bare } of rows) {
  const pair = (name: string) => `${ours[name]} / ${bare[name]} | ${ratio(ours[name], bare[name])}`;
  console.log(
    `| ${chunks} | ${pair('writeCpuS')} | ${pair('peakMb')} | ${pair('hybridP50Ms')} | ${ours.recall} | ${ours.recallFiltered} | ${ours.unchangedS} | ${ours.changedS} |`,
  );
}
