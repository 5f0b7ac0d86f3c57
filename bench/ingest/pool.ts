// Pages per second of the parser pool with 1, 2, ... processes over the same PDF files, and the gain over one process.
//   node --conditions=@fieldkit/source bench/ingest/pool.ts FOLDER [--processes 1,2,4] [--rounds 2] [--out results.json]
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
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
const measured: { processes: number; pagesPerSecond: number; gain: number }[] = [];
let alone: number | undefined;
for (const processes of values.processes.split(',').map(Number)) {
  const rates: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const pool = createParserPool({ processes, limits: { timeoutMs: 120_000 } });
    const started = performance.now();
    const pages = await mapConcurrent(files, processes, (file) =>
      pool.parse({ path: join(folder, file), uri: file, tenant: 'bench', groups: [] }).then(
        ({ pageCount = 0 }) => pageCount,
        () => 0,
      ),
    );
    rates.push(pages.reduce((sum, count) => sum + count, 0) / ((performance.now() - started) / 1000));
    await pool.close();
  }
  const best = Math.max(...rates);
  alone ??= best;
  measured.push({
    processes,
    pagesPerSecond: Number(best.toFixed(1)),
    gain: Number((best / alone).toFixed(2)),
  });
  console.log(
    `${processes} processes: ${rates.map((rate) => rate.toFixed(1)).join(', ')} pages per second, ${(best / alone).toFixed(2)} x`,
  );
}
keepResult(values.out, 'pool', { files: files.length, measured });
