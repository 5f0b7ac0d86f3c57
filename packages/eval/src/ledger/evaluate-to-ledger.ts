import { setImmediate as breathe } from 'node:timers/promises';
import { type Clock, type ErrorCode, FieldkitError, mapConcurrent, systemClock } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import { askTarget, BREATHE, completed, type Progress, scoreOutcome } from '../evaluate.ts';
import { isInfrastructure } from '../infrastructure.ts';
import type { Score, ScoreContext, Scorer } from '../scorer.ts';
import { createSummary, type Summary } from '../summary.ts';
import type { Outcome, Target } from '../target.ts';
import type { BatchAsk } from './batch-client.ts';
import type { Ledger, LedgerRow, LedgerTarget, RowKey } from './ledger.ts';

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
  /** Told after each case that was asked, and now and then of those that were not: `reused` counts them. */
  readonly onProgress?: (
    progress: Progress & { readonly reused: number; readonly target: string; readonly round: number },
  ) => void;
  /** Number of cases, if known. */
  readonly total?: number;
  /**
   * A target whose first answers, this many, all fail for the same reason before any is answered will not get better: the run ends with that
   * error. Default: it goes on to the end.
   */
  readonly giveUpAfter?: number;
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
  await askIntoLedger(options);
  return summarizeTargets(options.ledger, options.targets, options.scorers);
}

/** `evaluateToLedger` without the summaries, which read every row: for who makes a report of them anyway. */
export async function askIntoLedger(options: LedgerEvaluationOptions): Promise<void> {
  const { ledger, cases, targets, rounds = 1, scorers, concurrency = 4, timeoutMs, context = {} } = options;
  const { onProgress, total, giveUpAfter = Number.POSITIVE_INFINITY, clock = systemClock } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new FieldkitError('INVALID_OPTION', `rounds must be a whole number from 1, not ${rounds}`);
  }
  ledger.beginSet();
  const commit = createGroupCommit(ledger);
  const started = clock.monotonic();
  const cost: Record<string, number> = {};
  const counts = { done: 0, failed: 0, reused: 0 };
  const all = total === undefined ? undefined : total * targets.length * rounds;
  for (const { name, identity, ask } of targets) {
    const target = ledger.target(name, identity);
    const hopeless = createHopelessness(giveUpAfter);
    for (let round = 1; round <= rounds; round += 1) {
      const tell = () => {
        if (onProgress === undefined) return;
        const elapsedMs = clock.monotonic() - started;
        const left = all === undefined ? {} : leftOf(all, counts, elapsedMs);
        const perSecond = elapsedMs === 0 ? 0 : (counts.done * 1000) / elapsedMs;
        onProgress({ ...counts, elapsedMs, perSecond, cost: { ...cost }, target: name, round, ...left });
      };
      const open = openCases(cases(), ledger, target, round, () => {
        counts.reused += 1;
        if (counts.reused % BREATHE === 0) tell();
      });
      const run = async ({ item, key }: { item: Case; key: number }): Promise<Outcome> => {
        const outcome = await askTarget(ask, item, signal, timeoutMs, clock);
        if (signal.aborted) return outcome; // cut short by us: it is asked again on resume
        const scores = await scoreOutcome(scorers, item, outcome, { ...context, signal });
        if (!signal.aborted) await commit(() => ledger.record(key, target, round, outcome, scores));
        return outcome;
      };
      for await (const outcome of completed(open, concurrency, run, signal)) {
        const error = hopeless(outcome);
        if (error !== undefined) {
          stop.abort();
          throw error;
        }
        counts.done += 1;
        if (outcome.error !== undefined) counts.failed += 1;
        const paid = outcome.cost ?? outcome.run?.cost;
        if (paid !== undefined) cost[paid.currency] = (cost[paid.currency] ?? 0) + paid.microUnits;
        tell();
      }
    }
  }
}

/** Over all rounds, in the order of the targets. */
export async function summarizeTargets(
  ledger: Ledger,
  targets: readonly Pick<NamedTarget, 'name' | 'identity'>[],
  scorers: readonly Scorer[],
): Promise<TargetSummary[]> {
  const summaries: TargetSummary[] = [];
  for (const { name, identity } of targets)
    summaries.push({
      target: name,
      summary: await summarizeLedger(ledger, scorers, { target: ledger.target(name, identity) }),
    });
  return summaries;
}

/** Errors of what surrounds the questions, or of how they are asked: every one of them fails alike. */
function createHopelessness(after: number): (outcome: Outcome) => FieldkitError | undefined {
  let same = 0;
  let code: string | undefined;
  return ({ error }) => {
    const fits =
      error !== undefined &&
      (isInfrastructure(error.code) || ['INVALID_CONFIG', 'DATASET_INVALID', 'MODEL_BAD_REQUEST'].includes(error.code));
    if (!fits || (code !== undefined && code !== error.code)) same = Number.NEGATIVE_INFINITY; // it can be answered, or fails in several ways
    if (error === undefined) return undefined;
    code = error.code;
    same += 1;
    if (same < after) return undefined;
    // a code out of our own closed table, as it was recorded
    return new FieldkitError(
      error.code as ErrorCode,
      `${error.message} (the first ${same} questions all failed like this; the run was stopped)`,
    );
  };
}

function leftOf(all: number, { done, reused }: { done: number; reused: number }, elapsedMs: number) {
  return {
    total: all,
    ...(done === 0 ? {} : { leftMs: (elapsedMs / done) * Math.max(0, all - done - reused) }),
  };
}

/** What is written in the same turn of the event loop is one transaction; who waits goes on when it is on disk. */
function createGroupCommit(ledger: Ledger): (write: () => void) => Promise<void> {
  let writes: (() => void)[] = [];
  let committed: Promise<void> | undefined;
  return (write) => {
    writes.push(write);
    committed ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        const group = writes;
        writes = [];
        committed = undefined;
        try {
          ledger.batch(() => {
            for (const one of group) one();
          });
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return committed;
  };
}

/** Cases put into the ledger in one transaction: a transaction each costs more than the case. */
const CASES_AT_A_TIME = 100;

async function* openCases(
  cases: Iterable<Case> | AsyncIterable<Case>,
  ledger: Ledger,
  target: LedgerTarget,
  round: number,
  onReuse: () => void,
): AsyncIterable<{ item: Case; key: number }> {
  const put = (items: readonly Case[]) =>
    ledger.batch(() => items.map((item) => ({ item, key: ledger.putCase(item) })));
  let items: Case[] = [];
  function* open() {
    for (const { item, key } of put(items)) {
      if (ledger.has(key, target, round)) onReuse();
      else yield { item, key };
    }
    items = [];
  }
  for await (const item of cases) {
    items.push(item);
    if (items.length === CASES_AT_A_TIME) yield* open();
  }
  yield* open();
}

/** Counts a summary from a ledger's rows, one row in memory at a time. */
export async function summarizeLedger(
  ledger: Ledger,
  scorers: readonly Pick<Scorer, 'name' | 'kind' | 'description'>[],
  filter: { readonly target?: LedgerTarget; readonly round?: number } = {},
): Promise<Summary> {
  const builder = createSummary(scorers);
  let read = 0;
  for (const row of ledger.rows(filter)) {
    builder.add(row);
    read += 1;
    if (read % BREATHE === 0) await breathe();
  }
  return builder.summary();
}

export interface RescoreOptions {
  readonly ledger: Ledger;
  readonly scorers: readonly Scorer[];
  readonly context?: ScoreContext;
  /** Whether scorers see the traces. Default true. */
  readonly traces?: boolean;
  /** Only the rows of this target. Default: all. */
  readonly target?: LedgerTarget;
  /** Whether a judge is asked again about what it has judged: it costs money. Default true. */
  readonly judgeAgain?: boolean;
  /** Rows scored at a time, for judges. Default 4. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/**
 * Scores stored outcomes anew, without a single call of a target. Scores of scorers that are not given stay. Returns how many rows.
 *
 * @throws {FieldkitError} `CANCELLED`; what was scored until then is kept, but for the last rows.
 */
export async function rescoreLedger(options: RescoreOptions): Promise<number> {
  const { ledger, scorers, context = {}, traces = true, target, judgeAgain = true, signal, onProgress } = options;
  const { concurrency = 4 } = options;
  const scoreRow = async ({
    key,
    item,
    outcome,
    scores: known,
  }: LedgerRow): Promise<[RowKey, Record<string, Score>]> => {
    const wanted = scorers.filter(({ name, kind }) => kind === 'rule' || judgeAgain || !isJudged(known[name]));
    const names = new Set(wanted.map(({ name }) => name));
    const kept = Object.entries(known).filter(([name]) => !names.has(name));
    const fresh = await scoreOutcome(wanted, item, outcome, {
      ...context,
      ...(signal === undefined ? {} : { signal }),
    });
    return [key, { ...Object.fromEntries(kept), ...fresh }];
  };
  let count = 0;
  let rows: LedgerRow[] = [];
  const flush = async () => {
    const scored = await mapConcurrent(rows, concurrency, scoreRow, signal === undefined ? {} : { signal });
    ledger.batch(() => {
      for (const [key, scores] of scored) ledger.rescore(key, scores);
    });
    count += rows.length;
    rows = [];
    onProgress?.(count);
    await breathe();
  };
  for (const row of ledger.rows({ traces, ...(target === undefined ? {} : { target }) })) {
    rows.push(row);
    if (rows.length >= BREATHE) await flush();
  }
  await flush();
  return count;
}

function isJudged(score: Score | undefined): boolean {
  return score !== undefined && score.value !== 'unavailable';
}
