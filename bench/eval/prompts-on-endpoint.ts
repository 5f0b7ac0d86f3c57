/**
 * Prompts on models of the stand-in over HTTP: CPU, wall time and memory; on demand promptfoo does the same work beside it.
 *
 *   node --conditions=@fieldkit/source bench/eval/prompts-on-endpoint.ts [--items 1000] [--models 5] [--rounds 1] [--latency 20]
 *     [--concurrency 20] [--promptfoo DIR] [--young-generation 32] [--out FILE]
 *
 * DIR is where `npm install promptfoo` was run (2 GB; it is no dependency of this repository). Both run as processes of their own and are
 * watched from outside in the same way, one after the other in the same run; the stand-in is a third process. Three assertions on each
 * answer: contains, a regular expression, and that it is a whole text.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  caseSchema,
  contains,
  createPatternScorer,
  evaluateToLedger,
  integrity,
  openLedger,
  promptMatrix,
} from '../../packages/eval/src/index.ts';
import { limitGarbage } from '../../packages/fieldkit/src/limit-garbage.ts';
import { createEndpoint } from '../../packages/models/src/index.ts';
import { type Watched, watch } from './watch-process.ts';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000' },
    models: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    latency: { type: 'string', default: '20' },
    concurrency: { type: 'string', default: '20' },
    promptfoo: { type: 'string' },
    out: { type: 'string' },
    /** MiB, as `fieldkit eval run` holds it; 0: as V8 likes. */
    'young-generation': { type: 'string', default: '32' },
    /** Set for the process that is watched: the stand-in's address and a folder. */
    ours: { type: 'string' },
    folder: { type: 'string' },
  },
});
const [items, models, rounds, latency, concurrency] = [
  values.items,
  values.models,
  values.rounds,
  values.latency,
  values.concurrency,
].map(Number) as [number, number, number, number, number];
const names = Array.from({ length: models }, (_, index) => `model-${index}`);
const question = (index: number) => `What is the answer to question number ${index}?`;

if (values.ours !== undefined) await runOurs(values.ours, values.folder ?? '');
else await compare();

async function runOurs(url: string, folder: string): Promise<void> {
  if (values['young-generation'] !== '0') limitGarbage({ youngMib: Number(values['young-generation']) });
  const endpoint = createEndpoint({ profile: 'generic', baseUrl: url, apiKey: 'none' });
  const ledger = openLedger({ path: join(folder, 'ledger.sqlite') });
  const started = performance.now();
  const summaries = await evaluateToLedger({
    ledger,
    *cases() {
      for (let index = 0; index < items; index += 1)
        yield caseSchema.parse({ id: `c${index}`, question: question(index), references: ['42'] });
    },
    targets: promptMatrix(
      [{ name: 'plain', user: '{{question}}' }],
      names.map((name) => endpoint.chat(name)),
    ),
    scorers: [contains, createPatternScorer({ pattern: '^The answer' }), integrity],
    rounds,
    concurrency,
  });
  const right = summaries.map(({ summary }) => summary.scores[0]?.overall.mean);
  console.log(JSON.stringify({ rows: ledger.count().outcomes, right, wallMs: performance.now() - started }));
  ledger.close();
  await endpoint.close();
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldkit-prompts-'));
  const script = join(folder, 'script.json');
  writeFileSync(script, JSON.stringify({ replies: [{ match: '.', text: 'The answer is 42.' }] }));
  const standin = spawn(
    process.execPath,
    [
      '--conditions=@fieldkit/source',
      fileURLToPath(new URL('../../packages/standin/src/standin-process.ts', import.meta.url)),
      '--script',
      script,
      '--latency',
      String(latency),
      '--models',
      names.join(),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = await once(createInterface({ input: standin.stdout }), 'line');
  const { url } = JSON.parse(line);
  const load = loadavg()[0]?.toFixed(1);
  const cases = items * models * rounds;
  const idealSeconds = (cases * latency) / concurrency / 1000;
  const describe = ({ cpuSeconds, peakRssMiB, seconds }: Watched) => ({
    seconds,
    overIdeal: idealSeconds === 0 ? null : Math.round((seconds / idealSeconds) * 100) / 100,
    cpuSeconds,
    cpuMsPerCase: Math.round((cpuSeconds / cases) * 1e5) / 100,
    peakRssMiB,
  });
  // `fieldkit` keeps its compiled modules, so that every start but the first is as fast as the second here.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const ours = (into: string, ...more: string[]) =>
    watch(
      spawn(
        process.execPath,
        [
          ...process.execArgv,
          fileURLToPath(import.meta.url),
          ...process.argv.slice(2),
          ...['--ours', url, '--folder', into, ...more],
        ],
        { stdio: ['ignore', 'pipe', 'inherit'], env },
      ),
    );
  await ours(mkdtempSync(join(folder, 'first-')), '--items', '1');
  const mine = await ours(folder);
  const said = JSON.parse(mine.output);
  const bytes = statSync(join(folder, 'ledger.sqlite')).size;
  const result = {
    items,
    models,
    rounds,
    latencyMs: latency,
    concurrency,
    cases,
    idealSeconds,
    loadBefore: load,
    fieldkit: {
      ...describe(mine),
      runSeconds: Math.round(said.wallMs / 100) / 10,
      rows: said.rows,
      right: said.right,
      bytesPerRow: Math.round(bytes / said.rows),
    },
    ...(values.promptfoo === undefined ? {} : { promptfoo: await promptfoo(values.promptfoo, url, folder, describe) }),
  };
  standin.stdin.end();
  rmSync(folder, { recursive: true });
  console.log(JSON.stringify(result, null, 1));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`);
}

async function promptfoo(folder: string, url: string, scratch: string, describe: (watched: Watched) => object) {
  const config = {
    prompts: ['{{question}}'],
    providers: names.map((name) => ({
      id: `openai:chat:${name}`,
      config: { apiBaseUrl: url, apiKey: 'none', temperature: 0 },
    })),
    tests: Array.from({ length: items }, (_, index) => ({
      vars: { question: question(index) },
      assert: [
        { type: 'contains', value: '42' },
        { type: 'regex', value: '^The answer' },
        { type: 'javascript', value: 'output.trim().length > 0' },
      ],
    })),
  };
  const file = join(scratch, 'promptfooconfig.json');
  writeFileSync(file, JSON.stringify(config));
  const { bin, version } = JSON.parse(readFileSync(join(folder, 'node_modules/promptfoo/package.json'), 'utf8'));
  const watched = await watch(
    spawn(
      process.execPath,
      [
        join(folder, 'node_modules/promptfoo', bin.promptfoo),
        ...['eval', '-c', file, '-j', String(concurrency), '--no-cache', '--no-table', '--no-progress-bar'],
        ...['--repeat', String(rounds), '-o', join(scratch, 'out.json')],
      ],
      {
        cwd: scratch,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          PATH: process.env.PATH,
          HOME: scratch,
          PROMPTFOO_CONFIG_DIR: scratch,
          PROMPTFOO_DISABLE_TELEMETRY: '1',
          PROMPTFOO_DISABLE_UPDATE: '1',
          PROMPTFOO_DISABLE_REMOTE_GENERATION: '1',
        },
      },
    ),
  );
  const { results } = JSON.parse(readFileSync(join(scratch, 'out.json'), 'utf8'));
  return {
    version,
    ...describe(watched),
    stats: results?.stats?.successes,
    bytesPerRow: Math.round(statSync(join(scratch, 'out.json')).size / (items * models * rounds)),
  };
}
