// Pages per second of the parser pool with 1, 2, ... processes over the same PDF files, the gain over one process, and pages per CPU
// second of the parser processes with their start (Linux).
//   node --conditions=@fieldkit/source bench/ingest/pool.ts FOLDER [--processes 1,2,4] [--rounds 2] [--out results.json]
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mapConcurrent } from '@fieldkit/core';
import { createParserPool } from '@fieldkit/ingest';
import { keepResult } from './keep-result.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '2' },
    out: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: pool.ts FOLDER [--processes 1,2,4] [--rounds 2] [--out results.json]');
  process.exit(2);
}
const files = globSync('**/*.pdf', { cwd: folder });
console.log(`${files.length} files, ${availableParallelism()} processors`);
/** CPU seconds of the child processes that have ended: fields 16 and 17 of Linux's stat, in hundredths. */
const childSeconds = () => {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return Number.NaN;
  }
};
const measured: { processes: number; pagesPerSecond: number; gain: number; pagesPerCpuSecond?: number }[] = [];
let alone: number | undefined;
for (const processes of values.processes.split(',').map(Number)) {
  const rates: number[] = [];
  const byCpu: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const pool = createParserPool({ processes, limits: { timeoutMs: 120_000 } });
    const started = performance.now();
    const cpu = childSeconds();
    const pages = await mapConcurrent(files, processes, (file) =>
      pool.parse({ path: join(folder, file), uri: file, tenant: 'bench', groups: [] }).then(
        ({ pageCount = 0 }) => pageCount,
        () => 0,
      ),
    );
    const count = pages.reduce((sum, own) => sum + own, 0);
    rates.push(count / ((performance.now() - started) / 1000));
    await pool.close();
    await setTimeout(200); // for the children to be gone
    byCpu.push(count / (childSeconds() - cpu));
  }
  const best = Math.max(...rates);
  const perCpu = Math.max(...byCpu);
  alone ??= best;
  measured.push({
    processes,
    pagesPerSecond: Number(best.toFixed(1)),
    gain: Number((best / alone).toFixed(2)),
    ...(Number.isFinite(perCpu) && { pagesPerCpuSecond: Number(perCpu.toFixed(1)) }),
  });
  console.log(
    `${processes} processes: ${rates.map((rate) => rate.toFixed(1)).join(', ')} pages per second, ${(best / alone).toFixed(2)} x, ${perCpu.toFixed(1)} pages per CPU second`,
  );
}
keepResult(values.out, 'pool', { files: files.length, measured });
