import { setImmediate as breathe } from 'node:timers/promises';
import { type Clock, errorRecord, FieldkitError, systemClock, toFieldkitError } from '@fieldkit/core';
import type { Case } from './data/case.ts';
import { isInfrastructure } from './infrastructure.ts';
import type { Score, ScoreContext, Scorer } from './scorer.ts';
import { type CaseResult, createSummary, type Summary } from './summary.ts';
import { type Outcome, type Target, textAnswer } from './target.ts';

export interface EvaluateOptions {
  /** Read one by one as slots get free: never all in memory. */
  readonly cases: Iterable<Case> | AsyncIterable<Case>;
  readonly target: Target;
  readonly scorers: readonly Scorer[];
  /** Cases at a time. Default 4. */
  readonly concurrency?: number;
  /** Longest time of one case; after it the outcome is `TIMED_OUT`. Default: unbounded. */
  readonly timeoutMs?: number;
  /** What scorers may look up. */
  readonly context?: Omit<ScoreContext, 'signal'>;
  readonly signal?: AbortSignal;
  /** Told after each case. */
  readonly onProgress?: (progress: Progress) => void;
  /** Number of cases, if known, for the estimate of the time left. */
  readonly total?: number;
  readonly clock?: Clock;
}

export interface Progress {
  readonly done: number;
  readonly total?: number;
  /** Cases whose outcome has an error. */
  readonly failed: number;
  readonly elapsedMs: number;
  readonly perSecond: number;
  /** Undefined without `total`. */
  readonly leftMs?: number;
  /** So far, micro-units by currency. */
  readonly cost: Readonly<Record<string, number>>;
}

export type EvaluationEvent =
  | { readonly type: 'case-end'; readonly result: CaseResult }
  /** Last, exactly once. */
  | { readonly type: 'run-end'; readonly summary: Summary };

/**
 * Asks the target every case and scores what it did. Results come as they are done; the summary comes last. A target or scorer that
 * throws costs its own case only; leaving the loop early, or aborting `signal`, cancels what is under way.
 *
 * @throws {FieldkitError} `CANCELLED` when `signal` aborts; `INVALID_OPTION`; what reading `cases` throws.
 */
export async function* evaluate(options: EvaluateOptions): AsyncIterable<EvaluationEvent> {
  const { cases, target, scorers, concurrency = 4, timeoutMs, context = {}, signal, onProgress, total } = options;
  const { clock = systemClock } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new FieldkitError('INVALID_OPTION', `concurrency must be a whole number from 1, not ${concurrency}`);
  }
  checkNames(scorers);
  const controller = new AbortController();
  const cancel = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const summary = createSummary(scorers);
  const started = clock.monotonic();
  const cost: Record<string, number> = {};
  let done = 0;
  let failed = 0;
  try {
    const run = async (item: Case, index: number): Promise<CaseResult> => {
      const outcome = await askTarget(target, item, controller.signal, timeoutMs, clock);
      const scores = await scoreOutcome(scorers, item, outcome, { ...context, signal: controller.signal });
      return { index, item, outcome, scores };
    };
    for await (const result of completed(cases, concurrency, run, controller.signal)) {
      summary.add(result);
      done += 1;
      if (result.outcome.error !== undefined) failed += 1;
      const paid = result.outcome.cost ?? result.outcome.run?.cost;
      if (paid !== undefined) cost[paid.currency] = (cost[paid.currency] ?? 0) + paid.microUnits;
      const elapsedMs = clock.monotonic() - started;
      onProgress?.({
        done,
        failed,
        elapsedMs,
        perSecond: elapsedMs === 0 ? 0 : (done * 1000) / elapsedMs,
        cost: { ...cost },
        ...(total === undefined ? {} : { total, leftMs: (elapsedMs / done) * Math.max(0, total - done) }),
      });
      yield { type: 'case-end', result };
    }
    yield { type: 'run-end', summary: summary.summary() };
  } finally {
    signal?.removeEventListener('abort', cancel);
    controller.abort();
  }
}

/** Asks one case; a throw, a timeout or a cancellation becomes an outcome with `error`. */
export async function askTarget(
  target: Target,
  item: Case,
  signal: AbortSignal,
  timeoutMs?: number,
  clock: Clock = systemClock,
): Promise<Outcome> {
  const started = clock.monotonic();
  const limit = timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await untilAborted(target(item, { signal: limit }), limit);
  } catch (thrown) {
    const error = limit.aborted && !signal.aborted ? new FieldkitError('TIMED_OUT', 'the case took too long') : thrown;
    return {
      answer: textAnswer('', { status: 'failed' }),
      durationMs: clock.monotonic() - started,
      error: errorRecord(toFieldkitError(error, 'INTERNAL', `case ${item.id}`)),
    };
  }
}

/** Scores one outcome. An infrastructure failure, or a scorer that throws, makes a score unavailable, never 0. */
export async function scoreOutcome(
  scorers: readonly Scorer[],
  item: Case,
  outcome: Outcome,
  context: ScoreContext,
): Promise<Record<string, Score>> {
  const scores: Record<string, Score> = {};
  const lost = outcome.error !== undefined && isInfrastructure(outcome.error.code) ? outcome.error.code : undefined;
  for (const scorer of scorers) {
    if (lost !== undefined && scorer.kind === 'judge') {
      scores[scorer.name] = { value: 'unavailable', reason: `no answer: ${lost}` };
      continue;
    }
    const score = await scoreSafely(scorer, item, outcome, context);
    if (score === undefined) continue;
    scores[scorer.name] = lost === undefined ? score : { value: 'unavailable', reason: `no answer: ${lost}` };
  }
  return scores;
}

async function scoreSafely(
  scorer: Scorer,
  item: Case,
  outcome: Outcome,
  context: ScoreContext,
): Promise<Score | undefined> {
  try {
    const pending = scorer.score(item, outcome, context);
    const score = pending instanceof Promise ? await pending : pending;
    if (score !== undefined && typeof score.value === 'number' && !(score.value >= 0 && score.value <= 1)) {
      return { value: 'unavailable', reason: `${scorer.name} gave ${score.value}, not a value from 0 to 1` };
    }
    return score;
  } catch (error) {
    return { value: 'unavailable', reason: `${scorer.name} failed: ${toFieldkitError(error).message}` };
  }
}

function checkNames(scorers: readonly Scorer[]): void {
  const names = scorers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new FieldkitError('INVALID_OPTION', `two scorers are named "${twice}"`);
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Results between two turns of the event loop: a target that never waits must not starve signals, timers and progress. */
export const BREATHE = 128;

/** Runs `fn` over a stream, at most `limit` at a time, results as they come; pulls the next item only when a result was taken. */
export async function* completed<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  fn: (item: T, index: number) => Promise<R>,
  signal: AbortSignal,
): AsyncIterable<R> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const settled: ({ ok: true; value: R } | { ok: false; error: unknown })[] = [];
  let wake = () => {};
  let running = 0;
  let index = 0;
  let exhausted = false;
  let taken = 0;
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      while (!exhausted && running < limit && settled.length < limit && !signal.aborted) {
        const next = await iterator.next();
        if (next.done === true) {
          exhausted = true;
          break;
        }
        running += 1;
        fn(next.value, index)
          .then(
            (value) => settled.push({ ok: true, value }),
            (error: unknown) => settled.push({ ok: false, error }),
          )
          .finally(() => {
            running -= 1;
            wake();
          });
        index += 1;
      }
      if (signal.aborted) throw toFieldkitError(signal.reason, 'CANCELLED', 'the evaluation was cancelled');
      if (settled.length === 0 && running === 0 && exhausted) return;
      if (settled.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const results = settled.splice(0);
      for (const result of results) {
        if (!result.ok) throw result.error;
        yield result.value;
        taken += 1;
        if (taken % BREATHE === 0) await breathe();
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!exhausted) await iterator.return?.();
  }
}
