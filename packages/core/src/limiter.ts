import { type Clock, systemClock } from './clock.ts';
import { FieldkitError } from './error.ts';

export interface LimiterOptions {
  /** Absent: no limit until the other side complains. */
  readonly requestsPerMinute?: number;
  /** Input and output together. Absent: no limit. */
  readonly tokensPerMinute?: number;
  /** Part of the limits that is aimed at, to stay clear of the other side's own counting. Default 0.98. */
  readonly target?: number;
  readonly clock?: Clock;
}

/** Leave to send one request; exactly one of the two is called when its outcome is known. */
export interface Permit {
  /** It was not refused for its rate. `tokens`: what it really used; corrects the estimate. */
  done(tokens?: number): void;
  /** It was refused for its rate: everyone waits, and the pace goes down. */
  throttled(retryAfterMs?: number): void;
}

export interface Limiter {
  /** Waits its turn, first come first served. `tokens`: estimate for input and output. @throws the signal's reason. */
  acquire(options?: { readonly tokens?: number; readonly signal?: AbortSignal }): Promise<Permit>;
  /** Part of the limits in use now, 0 to 1: less than 1 after refusals. */
  pace(): number;
}

/** First pause after a refusal without `Retry-After`, and the longest of the doubling ones. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A refusal takes the pace down to this part of itself; each second without one brings this much of the full pace back. */
const SLOWER = 0.7;
const FASTER_PER_SECOND = 0.02;
const SLOWEST = 0.05;
/** Longest sleep before the wait is worked out anew. */
const SLICE_MS = 100;
/** Refusals of requests that were sent before the last one was known say nothing new. */
const SAME_REFUSAL_MS = 1_000;

/**
 * Paces requests to one account and model. Requests are spaced evenly (one token of time each: the generic cell rate algorithm, ITU-T I.371,
 * without tolerance), so that limits that are enforced per second hold too. After a refusal everyone pauses and the pace is lowered; it comes back
 * step by step. Without limits the pace is free until the first refusal, then what was reached in the last ten seconds counts as the limit.
 */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { requestsPerMinute, tokensPerMinute, target = 0.98, clock = systemClock } = options;
  for (const [name, value] of Object.entries({ requestsPerMinute, tokensPerMinute, target })) {
    if (value !== undefined && !(value > 0))
      throw new FieldkitError('INVALID_OPTION', `${name} must be above 0, not ${value}`);
  }
  let learned: number | undefined;
  let pace = 1;
  let paceAt = 0;
  let nextAt = Number.NEGATIVE_INFINITY;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let pauseMs = FIRST_PAUSE_MS;
  let refusedAt = Number.NEGATIVE_INFINITY;
  /** Of the last ten seconds. */
  const starts: number[] = [];
  let line: Promise<unknown> = Promise.resolve();

  const currentPace = (now: number) => Math.min(1, pace + (Math.max(0, now - paceAt) / 1000) * FASTER_PER_SECOND);
  const spacing = (tokens: number, now: number) => {
    const requests = requestsPerMinute ?? learned;
    const forRequest = requests === undefined ? 0 : 60_000 / requests;
    const forTokens = tokensPerMinute === undefined ? 0 : (tokens * 60_000) / tokensPerMinute;
    return Math.max(forRequest, forTokens) / (target * currentPace(now));
  };

  async function turn(tokens: number, signal: AbortSignal | undefined): Promise<Permit> {
    signal?.throwIfAborted();
    for (;;) {
      const now = clock.monotonic();
      const wait = Math.max(nextAt, pausedUntil) - now;
      if (wait <= 0) break;
      // In slices: what was reserved too much for an earlier request may be given back meanwhile.
      await clock.sleep(Math.min(wait, SLICE_MS), signal);
    }
    const startedAt = clock.monotonic();
    const spaced = spacing(tokens, startedAt);
    // A wait that ended a little late must not cost pace: up to one second of lateness is made good.
    nextAt = Math.max(nextAt, startedAt - Math.min(1000, spaced)) + spaced;
    starts.push(startedAt);
    while ((starts[0] ?? startedAt) <= startedAt - 10_000) starts.shift();
    let settled = false;
    return {
      done(used) {
        if (settled) return;
        settled = true;
        if (startedAt > refusedAt) pauseMs = FIRST_PAUSE_MS;
        if (used !== undefined && tokensPerMinute !== undefined) {
          const now = clock.monotonic();
          nextAt += ((used - tokens) * 60_000) / tokensPerMinute / (target * currentPace(now));
        }
      },
      throttled(retryAfterMs) {
        if (settled) return;
        settled = true;
        const now = clock.monotonic();
        if (startedAt <= refusedAt && now - refusedAt < SAME_REFUSAL_MS) return;
        pausedUntil = Math.max(pausedUntil, now + Math.max(retryAfterMs ?? 0, pauseMs));
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
        learned ??= Math.max(6, starts.length * 6);
        pace = Math.max(SLOWEST, currentPace(now) * SLOWER);
        paceAt = pausedUntil;
        refusedAt = now;
      },
    };
  }

  return {
    pace: () => currentPace(clock.monotonic()),
    acquire({ tokens = 0, signal } = {}) {
      const mine = line.then(() => turn(tokens, signal));
      line = mine.catch(() => undefined); // whoever gives up leaves the line to the next
      return mine;
    },
  };
}
