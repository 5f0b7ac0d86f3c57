/**
 * The whole command `fieldkit eval run --ledger --report`, from its start to its end, on many questions: time and highest memory (VmHWM), first
 * with an empty ledger, then again with the full one, whose answers are all scored anew and reported.
 *
 *   node --conditions=@fieldkit/source bench/eval/command-at-scale.ts [--items 50000] [--models 3] [--rounds 3] [--concurrency 20] [--out FILE]
 *
 * Prompts on models of the stand-in over HTTP, which answers at once and is a process of its own. Prints one JSON object.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { watch } from './watch-process.ts';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '50000' },
    models: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '20' },
    out: { type: 'string' },
  },
});
const [items, models, rounds] = [values.items, values.models, values.rounds].map(Number) as [number, number, number];
const names = Array.from({ length: models }, (_, index) => `model-${index}`);
const from = (path: string) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'fieldkit-command-'));
mkdirSync(join(folder, 'evals'));
mkdirSync(join(folder, 'knowledge'));
const questions = Array.from({ length: items }, (_, index) =>
  JSON.stringify({
    id: `c${index}`,
    question: `What is the answer to question number ${index}?`,
    references: ['42'],
    language: 'en',
  }),
);
writeFileSync(join(folder, 'evals', 'questions.jsonl'), `${questions.join('\n')}\n`);
writeFileSync(join(folder, 'evals', 'plain.md'), '---\ntemperature: 0\n---\n{{question}}\n');
writeFileSync(join(folder, 'script.json'), JSON.stringify({ replies: [{ match: '.', text: 'The answer is 42.' }] }));
writeFileSync(
  join(folder, 'fieldkit.config.ts'),
  `import { defineProject, env, secret } from '@fieldkit/project';
export default defineProject({
  name: 'many', language: ['en'],
  endpoint: { profile: 'generic', baseUrl: env('MANY_URL'), apiKey: secret(['MANY_KEY']), models: { chat: 'model-0' } },
  knowledge: { include: ['knowledge/**'] },
});
`,
);
const standin = spawn(
  process.execPath,
  [
    '--conditions=@fieldkit/source',
    from('standin/src/standin-process.ts'),
    '--script',
    join(folder, 'script.json'),
    '--latency',
    '0',
    '--models',
    names.join(),
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const [line] = await once(createInterface({ input: standin.stdout }), 'line');
const { url } = JSON.parse(line);

async function runCommand() {
  const loadBefore = loadavg()[0]?.toFixed(1);
  const done = await watch(
    spawn(
      process.execPath,
      [
        from('fieldkit/bin/fieldkit.mjs'),
        ...['eval', 'run', '--ledger', '--report', 'evidence/report', '--prompt', 'evals/plain.md', '--json'],
        ...names.flatMap((name) => ['--model', name]),
        ...['--rounds', String(rounds), '--concurrency', values.concurrency],
      ],
      { cwd: folder, env: { ...process.env, MANY_URL: url, MANY_KEY: 'none' }, stdio: ['ignore', 'pipe', 'ignore'] },
    ),
  );
  const said = JSON.parse(done.output);
  if (done.code !== 0) throw new Error(`the command ended with exit code ${done.code}`);
  const csvMiB = Math.round(statSync(join(folder, 'evidence', 'report', 'rows.csv')).size / 2 ** 20);
  const { seconds, cpuSeconds, peakRssMiB } = done;
  return { loadBefore, seconds, cpuSeconds, peakRssMiB, reused: said.reused, csvMiB };
}

try {
  const [empty, full] = [await runCommand(), await runCommand()];
  const ledgerMiB = Math.round(statSync(join(folder, 'evidence', 'evaluation.sqlite')).size / 2 ** 20);
  const result = { items, models, rounds, answers: items * models * rounds, ledgerMiB, empty, full };
  console.log(JSON.stringify(result, null, 1));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`);
} finally {
  standin.stdin.end();
  rmSync(folder, { recursive: true });
}
