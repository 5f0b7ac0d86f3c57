/**
 * Many items through the ledger: time, memory, bytes per row, and scoring anew.
 *
 *   node --conditions=@fieldkit/source bench/eval/scale.ts [ITEMS=50000] [MODELS=3] [ROUNDS=3]
 *
 * The targets answer at once and in this process, so that what is measured is the evaluation itself. Prints one JSON object.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  caseSchema,
  contains,
  evaluateToLedger,
  exactMatch,
  integrity,
  openLedger,
  referenceOverlap,
  rescoreLedger,
  textAnswer,
} from '../../packages/eval/src/index.ts';

const [items = 50_000, models = 3, rounds = 3] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'fieldkit-scale-'));
const path = join(folder, 'ledger.sqlite');
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 200);

function* cases() {
  for (let index = 0; index < items; index += 1) {
    yield caseSchema.parse({
      id: `item-${index}`,
      question: `How long is the warranty of pump number ${index}?`,
      references: [`${index % 36} months`],
      kind: index % 3 === 0 ? 'table' : 'fact',
      language: 'en',
    });
  }
}

const scorers = [exactMatch, contains, referenceOverlap, integrity];
const ledger = openLedger({ path });
const started = performance.now();
const cpu = process.cpuUsage();
let answerBytes = 0;
const summaries = await evaluateToLedger({
  ledger,
  cases,
  rounds,
  scorers,
  concurrency: 20,
  targets: Array.from({ length: models }, (_, model) => ({
    name: `model-${model}`,
    identity: { model },
    async ask(item) {
      const number = Number(item.id.slice(5));
      const text = `The warranty of this pump lasts ${(number + (number % (model + 2) === 0 ? 1 : 0)) % 36} months.`;
      answerBytes += text.length;
      return { answer: textAnswer(text, { language: 'en' }), durationMs: 0 };
    },
  })),
});
const wallMs = performance.now() - started;
const used = process.cpuUsage(cpu);
const rows = items * models * rounds;
const rescoreStarted = performance.now();
const rescored = await rescoreLedger({ ledger, scorers, traces: false });
const rescoreMs = performance.now() - rescoreStarted;
clearInterval(watch);
const { outcomes } = ledger.count();
ledger.close();
const bytes = statSync(path).size;
console.log(
  JSON.stringify(
    {
      items,
      models,
      rounds,
      rows: outcomes,
      expectedRows: rows,
      wallSeconds: Math.round(wallMs / 100) / 10,
      cpuMsPerRow: Math.round(((used.user + used.system) / 1000 / rows) * 1000) / 1000,
      peakRssMiB: Math.round(peak / 2 ** 20),
      bytesPerRowWithoutAnswer: Math.round((bytes - answerBytes) / rows),
      rescoredPer50kSeconds: Math.round((rescoreMs / rescored) * 50_000) / 1000,
      accuracy: summaries.map(({ target, summary }) => [target, summary.scores[1]?.overall.mean]),
    },
    null,
    1,
  ),
);
rmSync(folder, { recursive: true });
