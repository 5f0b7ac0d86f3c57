import { setImmediate as breathe } from 'node:timers/promises';
import { type Clock, FieldkitError, systemClock } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import { askTarget, BREATHE, completed, type Progress, scoreOutcome } from '../evaluate.ts';
import type { Score, ScoreContext, Scorer } from '../scorer.ts';
import { createSummary, type Summary } from '../summary.ts';
import type { Outcome, Target } from '../target.ts';
import type { BatchAsk } from './evaluate-by-batch.ts';
import type { Ledger, LedgerTarget, RowKey } from './ledger.ts';

/** A target with what makes it what it is. */
export interface NamedTarget {
  /** How reports call it. */
  readonly name: string;
  /** All that its answers depend on: prompt, model, settings, index stamp. A stored outcome is reused only when it is equal. */
  readonly identity: unknown;
  readonly ask: Target;
  /** Set for targets that can also be asked by file. */
  readonly batch?: BatchAsk;
}

export interface LedgerEvaluationOptions {
  readonly ledger: Ledger;
  /** Called once per target and round. */
  readonly cases: () => Iterable<Case> | AsyncIterable<Case>;
  readonly targets: readonly NamedTarget[];
  /** Times each target is asked each case. Default 1. */
  readonly rounds?: number;
  readonly scorers: readonly Scorer[];
  /** Cases at a time. Default 4. */
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly context?: Omit<ScoreContext, 'signal'>;
  readonly signal?: AbortSignal;
  /** Told after each case that was asked; `reused` counts those that were not. */
  readonly onProgress?: (
    progress: Progress & { readonly reused: number; readonly target: string; readonly round: number },
  ) => void;
  /** Number of cases, if known. */
  readonly total?: number;
  readonly clock?: Clock;
}

export interface TargetSummary {
  readonly target: string;
  /** Over all rounds. */
  readonly summary: Summary;
}

/**
 * Asks every target every case in every round, and keeps each outcome as soon as it is there. What the ledger already has is not asked
 * again: after a kill only the calls that were under way are repeated. The summaries are counted from the ledger's rows.
 *
 * @throws {FieldkitError} `CANCELLED`, `INVALID_OPTION`, and what reading `cases` or writing the ledger throws.
 */
export async function evaluateToLedger(options: LedgerEvaluationOptions): Promise<TargetSummary[]> {
  const { ledger, cases, targets, rounds = 1, scorers, concurrency = 4, timeoutMs, context = {} } = options;
  const { signal = new AbortController().signal, onProgress, total, clock = systemClock } = options;
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new FieldkitError('INVALID_OPTION', `rounds must be a whole number from 1, not ${rounds}`);
  }
  ledger.beginSet();
  const started = clock.monotonic();
  const cost: Record<string, number> = {};
  const counts = { done: 0, failed: 0, reused: 0 };
  const all = total === undefined ? undefined : total * targets.length * rounds;
  for (const { name, identity, ask } of targets) {
    const target = ledger.target(name, identity);
    for (let round = 1; round <= rounds; round += 1) {
      const open = openCases(cases(), ledger, target, round, () => {
        counts.reused += 1;
      });
      const run = async ({ item, key }: { item: Case; key: number }): Promise<Outcome> => {
        const outcome = await askTarget(ask, item, signal, timeoutMs, clock);
        if (signal.aborted) return outcome; // cut short by us: it is asked again on resume
        const scores = await scoreOutcome(scorers, item, outcome, { ...context, signal });
        if (!signal.aborted) ledger.record(key, target, round, outcome, scores);
        return outcome;
      };
      for await (const outcome of completed(open, concurrency, run, signal)) {
        counts.done += 1;
        if (outcome.error !== undefined) counts.failed += 1;
        const paid = outcome.cost ?? outcome.run?.cost;
        if (paid !== undefined) cost[paid.currency] = (cost[paid.currency] ?? 0) + paid.microUnits;
        if (onProgress === undefined) continue;
        const elapsedMs = clock.monotonic() - started;
        const left = all === undefined ? {} : leftOf(all, counts, elapsedMs);
        const perSecond = elapsedMs === 0 ? 0 : (counts.done * 1000) / elapsedMs;
        onProgress({ ...counts, elapsedMs, perSecond, cost: { ...cost }, target: name, round, ...left });
      }
    }
  }
  const scored = scorers.map(({ name, kind, description }) => ({ name, kind, description }));
  return targets.map(({ name, identity }) => ({
    target: name,
    summary: summarizeLedger(ledger, scored, { target: ledger.target(name, identity) }),
  }));
}

function leftOf(all: number, { done, reused }: { done: number; reused: number }, elapsedMs: number) {
  return { total: all, leftMs: done === 0 ? 0 : (elapsedMs / done) * Math.max(0, all - done - reused) };
}

async function* openCases(
  cases: Iterable<Case> | AsyncIterable<Case>,
  ledger: Ledger,
  target: LedgerTarget,
  round: number,
  onReuse: () => void,
): AsyncIterable<{ item: Case; key: number }> {
  for await (const item of cases) {
    const key = ledger.putCase(item);
    if (ledger.has(key, target, round)) onReuse();
    else yield { item, key };
  }
}

/** Counts a summary from a ledger's rows, one row in memory at a time. */
export function summarizeLedger(
  ledger: Ledger,
  scorers: readonly Pick<Scorer, 'name' | 'kind' | 'description'>[],
  filter: { readonly target?: LedgerTarget; readonly round?: number } = {},
): Summary {
  const builder = createSummary(scorers);
  for (const row of ledger.rows(filter)) builder.add(row);
  return builder.summary();
}

export interface RescoreOptions {
  readonly ledger: Ledger;
  readonly scorers: readonly Scorer[];
  readonly context?: ScoreContext;
  /** Whether scorers see the traces. Default true. */
  readonly traces?: boolean;
}

/** Scores all stored outcomes anew, without a single call. Returns how many. */
export async function rescoreLedger({ ledger, scorers, context = {}, traces = true }: RescoreOptions): Promise<number> {
  let count = 0;
  let pending: [RowKey, Record<string, Score>][] = [];
  const flush = () => {
    ledger.batch(() => {
      for (const [key, scores] of pending) ledger.rescore(key, scores);
    });
    pending = [];
  };
  for (const row of ledger.rows({ traces })) {
    pending.push([row.key, await scoreOutcome(scorers, row.item, row.outcome, context)]);
    count += 1;
    if (pending.length < BREATHE) continue;
    flush();
    await breathe();
  }
  flush();
  return count;
}
