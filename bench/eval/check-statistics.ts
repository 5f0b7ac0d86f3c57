/**
 * Compares this toolkit's statistics with those of an independent implementation on real model outputs.
 *
 *   node --conditions=@fieldkit/source bench/eval/check-statistics.ts DIR
 *
 * DIR holds EXPECTED.json and the folders gsm8k, tau-airline, llmbar. Exits 1 when a value differs by more than 1e-6.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  agreement,
  holmAdjust,
  meanError,
  pairedDifference,
  passHatK,
  wilsonInterval,
} from '../../packages/eval/src/index.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: check-statistics.ts DIR');
// biome-ignore lint/suspicious/noExplicitAny: a file of figures whose shape is what is being checked
const read = (path: string): any => JSON.parse(readFileSync(join(directory, path), 'utf8'));
const lines = (path: string) =>
  readFileSync(join(directory, path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const expected = read('EXPECTED.json');
let checked = 0;
let wrong = 0;
function same(name: string, actual: number | null, wanted: number | null, relative = false): void {
  checked += 1;
  const scale = relative ? Math.abs(wanted ?? 1) : 1;
  if (actual !== null && wanted !== null && Math.abs(actual - wanted) <= 1.0001e-6 * scale) return;
  if (actual === wanted) return;
  wrong += 1;
  console.log(`differs: ${name}: ${actual}, expected ${wanted}`);
}

const gsm = lines('gsm8k/four-systems.jsonl');
const correct = (system: string): number[] => gsm.map((row) => (row.systems[system].is_correct ? 1 : 0));
for (const [system, want] of Object.entries<{ correct: number; acc: number; wilson95: number[] }>(
  expected.gsm8k.systems,
)) {
  const hits = correct(system).reduce((sum, value) => sum + value, 0);
  const { low, high } = wilsonInterval(hits, gsm.length);
  same(`${system} correct`, hits, want.correct);
  same(`${system} low`, low, want.wilson95[0] ?? 0);
  same(`${system} high`, high, want.wilson95[1] ?? 0);
}
const pairs = expected.gsm8k.pairs.map((pair: { a: string; b: string }) =>
  pairedDifference(correct(pair.a), correct(pair.b)),
);
const holm = holmAdjust(pairs.map(({ p }: { p: number }) => p));
expected.gsm8k.pairs.forEach((want: Record<string, never>, index: number) => {
  const pair = pairs[index];
  const name = `${want.a} / ${want.b}`;
  same(`${name} only a`, pair.onlyA, want.only_a ?? 0);
  same(`${name} only b`, pair.onlyB, want.only_b ?? 0);
  same(`${name} p`, pair.p, want.mcnemar_exact_p ?? 0, true);
  same(`${name} difference`, pair.difference, want.diff_b_minus_a ?? 0);
  same(`${name} paired error`, pair.error, want.paired_se ?? 0);
  same(`${name} unpaired error`, pair.unpairedError, want.unpaired_se ?? 0);
  same(`${name} low`, pair.interval.low, want.paired_ci95?.[0] ?? 0);
  same(`${name} high`, pair.interval.high, want.paired_ci95?.[1] ?? 0);
  same(`${name} Holm`, holm[index] ?? 1, want.holm_p ?? 0, true);
});

const tau = lines('tau-airline/gpt-4o-trajectories.jsonl');
const errors = meanError(
  tau.map(({ reward }) => reward),
  tau.map(({ task_id }) => String(task_id)),
);
same('tau mean', errors.mean, expected.tau_airline.mean_reward);
same('tau naive error', errors.naive, expected.tau_airline.naive_se);
same('tau clustered error', errors.clustered, expected.tau_airline.clustered_se);
const rounds = Object.values(Object.groupBy(tau, ({ task_id }) => String(task_id))).map((rows = []) =>
  rows.map(({ reward }) => reward === 1),
);
for (const [k, want] of Object.entries<number>(expected.tau_airline.pass_hat_k)) {
  same(`tau pass^${k}`, passHatK(rounds, Number(k)), want);
}

for (const set of ['LLMBar-Adversarial-Neighbor', 'LLMBar-Natural']) {
  for (const file of readdirSync(join(directory, 'llmbar', set, 'judges')).filter((name) => name.endsWith('.jsonl'))) {
    const want = expected.llmbar[`${set}/${file.replace('.jsonl', '')}`];
    const rows = lines(`llmbar/${set}/judges/${file}`);
    const labels = rows.map(({ label }) => String(label));
    const [plain, swapped] = ['swap = False', 'swap = True'].map((key) =>
      rows.map(({ runs }) => String(runs[0][key].winner)),
    );
    if (plain === undefined || swapped === undefined) continue;
    same(`${file} ${set} kappa human`, agreement(plain, labels).kappa, want.kappa_human_false);
    same(`${file} ${set} kappa human, swapped`, agreement(swapped, labels).kappa, want.kappa_human_true);
    same(`${file} ${set} kappa swap`, agreement(plain, swapped).kappa, want.kappa_swap);
    same(`${file} ${set} consistent`, agreement(plain, swapped).observed, want.consistent);
  }
}
console.log(`${checked} values, ${wrong} differ`);
if (wrong > 0) process.exitCode = 1;
