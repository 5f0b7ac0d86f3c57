import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FieldkitError } from '@fieldkit/core';
import { expect, it } from 'vitest';
import type { Scorer } from '../scorer.ts';
import { refusal } from '../scorers/refusal.ts';
import { caseOf, outcomeOf } from '../testing/values.ts';
import {
  evaluateToLedger,
  type LedgerEvaluationOptions,
  rescoreLedger,
  summarizeLedger,
} from './evaluate-to-ledger.ts';
import { openLedger } from './ledger.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'fieldkit-ledger-'));
const cases = (count: number) => () => Array.from({ length: count }, (_, index) => caseOf({ id: `c${index}` }));

/** Counts how often each case was asked. */
function countingTarget(fail: (id: string, times: number) => Error | undefined = () => undefined) {
  const asked = new Map<string, number>();
  const ask: LedgerEvaluationOptions['targets'][number]['ask'] = async ({ id }) => {
    const times = (asked.get(id) ?? 0) + 1;
    asked.set(id, times);
    const error = fail(id, times);
    if (error !== undefined) throw error;
    return outcomeOf(`answer to ${id}`);
  };
  return { asked, ask };
}

it('asks each case once per target, identity and round, and nothing again on a second run', async () => {
  const ledger = openLedger({ path: join(folder(), 'a.sqlite') });
  const { asked, ask } = countingTarget();
  const run = (prompt: string, rounds: number) =>
    evaluateToLedger({
      ledger,
      cases: cases(5),
      targets: [{ name: 'm', identity: { prompt }, ask }],
      rounds,
      scorers: [refusal],
    });
  await run('v1', 2);
  expect([...asked.values()]).toEqual([2, 2, 2, 2, 2]);
  await run('v1', 2);
  expect([...asked.values()]).toEqual([2, 2, 2, 2, 2]);
  const [second] = await run('v2', 1);
  expect([...asked.values()]).toEqual([3, 3, 3, 3, 3]);
  expect(second?.summary.cases).toBe(5);
  expect(ledger.targets().map(({ identity, rounds }) => [identity, rounds])).toEqual([
    [{ prompt: 'v1' }, 2],
    [{ prompt: 'v2' }, 1],
  ]);
  ledger.close();
});

it('keeps an infrastructure failure apart and asks it again on the next run', async () => {
  const ledger = openLedger({ path: join(folder(), 'a.sqlite') });
  const { asked, ask } = countingTarget((id, times) =>
    id === 'c1' && times === 1 ? new FieldkitError('MODEL_UNREACHABLE', 'down') : undefined,
  );
  const options = { ledger, cases: cases(3), targets: [{ name: 'm', identity: 1, ask }], scorers: [refusal] };
  const [first] = await evaluateToLedger(options);
  expect(first?.summary).toMatchObject({ cases: 3, infrastructureFailures: 1 });
  expect(first?.summary.scores[0]?.overall).toMatchObject({ scored: 2, unavailable: 1 });
  const [second] = await evaluateToLedger(options);
  expect(second?.summary).toMatchObject({ cases: 3, infrastructureFailures: 0 });
  expect([asked.get('c0'), asked.get('c1')]).toEqual([1, 2]);
  expect(ledger.count()).toEqual({ outcomes: 3, failures: 1, openFailures: 0 });
  ledger.close();
});

it('takes corrected labels without asking again, and shows only the cases of the current set', async () => {
  const ledger = openLedger({ path: join(folder(), 'a.sqlite') });
  const { asked, ask } = countingTarget();
  const relabelled = () => [caseOf({ id: 'c0', expect: 'insufficient', kind: 'table' })];
  const targets = [{ name: 'm', identity: 1, ask }];
  await evaluateToLedger({ ledger, cases: cases(2), targets, scorers: [refusal] });
  await evaluateToLedger({ ledger, cases: relabelled, targets, scorers: [refusal] });
  expect(asked.get('c0')).toBe(1);
  expect([...ledger.rows()].map(({ item }) => [item.id, item.kind])).toEqual([['c0', 'table']]);
  expect(await rescoreLedger({ ledger, scorers: [refusal] })).toBe(1);
  expect((await summarizeLedger(ledger, [refusal])).scores[0]?.overall).toMatchObject({ scored: 1, mean: 0 });
  ledger.close();
});

it('rescores with other scorers and keeps traces compressed in a store of their own', async () => {
  const path = join(folder(), 'a.sqlite');
  const ledger = openLedger({ path });
  const caller = { tenant: 't', subject: 's', groups: [] };
  const run = {
    id: 'r',
    kind: 'answer' as const,
    caller,
    startedAt: '',
    durationMs: 1,
    input: 'x'.repeat(5000),
    output: {},
    steps: [],
    usage: { inputTokens: 0, outputTokens: 0, calls: 0 },
  };
  const ask = async () => outcomeOf('x', { outcome: { run } });
  await evaluateToLedger({ ledger, cases: cases(1), targets: [{ name: 'm', identity: 1, ask }], scorers: [refusal] });
  const sees: Scorer = {
    ...refusal,
    name: 'sees-trace',
    score: (_item, outcome) => ({ value: outcome.run === undefined ? 0 : 1, reason: 'r' }),
  };
  await rescoreLedger({ ledger, scorers: [sees] });
  const [row] = [...ledger.rows({ traces: true })];
  expect(row?.scores).toMatchObject({ refusal: { value: 1 }, 'sees-trace': { value: 1, reason: 'r' } });
  expect(row?.outcome.run).toEqual(run);
  expect([...ledger.rows()][0]?.outcome.run).toBeUndefined();
  ledger.close();
  expect(statSync(path.replace('.sqlite', '.traces.sqlite')).size).toBeLessThan(20_000);
});

it('saves configurations and refuses a file that is no ledger', () => {
  const path = join(folder(), 'a.sqlite');
  const ledger = openLedger({ path });
  ledger.saveConfiguration({ b: 1, a: 2 }, { a: 2, b: 1, c: 3 });
  expect(ledger.configurations()[0]).toMatchObject({ original: { a: 2, b: 1 }, effective: { a: 2, b: 1, c: 3 } });
  ledger.close();
  const other = join(folder(), 'b.sqlite');
  writeFileSync(other, 'not a database, but a longer text than the sixteen bytes of its header');
  expect(() => openLedger({ path: other })).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }));
});

it('stops when it is cancelled, keeping what was done and not what was cut short', async () => {
  const ledger = openLedger({ path: join(folder(), 'a.sqlite') });
  const controller = new AbortController();
  const { ask } = countingTarget();
  const slow: typeof ask = (item, options) => (item.id === 'c3' ? new Promise(() => {}) : ask(item, options));
  const onProgress = ({ done }: { done: number }) => done === 3 && controller.abort();
  const running = evaluateToLedger({
    ledger,
    cases: cases(9),
    targets: [{ name: 'm', identity: 1, ask: slow }],
    scorers: [],
    concurrency: 1,
    signal: controller.signal,
    onProgress,
  });
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  const { outcomes, failures } = ledger.count();
  expect([outcomes >= 3 && outcomes <= 4, failures]).toEqual([true, 0]);
  ledger.close();
});

it('loses and repeats nothing that was recorded when it is killed, and ends with the totals of an unkilled run', async () => {
  const path = join(folder(), 'a.sqlite');
  const script = fileURLToPath(new URL('./__fixtures__/kill-me.ts', import.meta.url));
  let kills = 0;
  let seen = 0;
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const killAfter = attempt < 3 ? 40 + 35 * attempt : Infinity;
    const child = spawn(process.execPath, ['--conditions=@fieldkit/source', script, path, '400', `${killAfter}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text.split('\n').length - 1;
    });
    const [code] = await once(child, 'close');
    seen += printed;
    if (code === 0) break;
    kills += 1;
  }
  const ledger = openLedger({ path });
  const rows = [...ledger.rows()];
  expect(kills).toBe(3);
  expect(ledger.count()).toMatchObject({ outcomes: 400, openFailures: 0 });
  expect(new Set(rows.map(({ item }) => item.id)).size).toBe(400);
  expect((await summarizeLedger(ledger, [refusal])).scores[0]?.overall).toMatchObject({ scored: 400, mean: 0.75 });
  // Asked in all: every case once, and again only what was under way (8) at each of the three kills, or printed and not yet recorded.
  expect(seen).toBeGreaterThanOrEqual(400 - 3 * 8);
  expect(seen).toBeLessThanOrEqual(400 + 3 * 8);
  ledger.close();
});
