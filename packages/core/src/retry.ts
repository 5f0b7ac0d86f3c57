import { type Clock, systemClock } from './clock.ts';
import { FieldkitError, toFieldkitError } from './error.ts';

export interface RetryOptions {
  /** Tries in all, the first included; may depend on what went wrong last. Default 4. */
  readonly attempts?: number | ((error: FieldkitError) => number);
  /** Longest first pause, doubled each time. Default 500 ms. */
  readonly baseDelayMs?: number;
  /** Longest pause. Default 20,000 ms. */
  readonly maxDelayMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** 0 to 1, for the jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Told before each pause. */
  readonly onRetry?: (error: FieldkitError, attempt: number, delayMs: number) => void;
}

/**
 * Calls `fn` until it succeeds, fails for good, or `attempts` are used up. Only errors with `retryable` are tried again. Pauses have full
 * jitter (a random part of a doubling bound; Brooker, "Exponential backoff and jitter", AWS 2015), or last at least
 * `error.details.retryAfterMs` when the other side said so.
 */
export async function retry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const {
    attempts = 4,
    baseDelayMs = 500,
    maxDelayMs = 20_000,
    signal,
    clock = systemClock,
    random = Math.random,
    onRetry,
  } = options;
  if (typeof attempts === 'number' && (!Number.isInteger(attempts) || attempts < 1))
    throw new FieldkitError('INVALID_OPTION', `attempts must be a whole number from 1, not ${attempts}`);
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (thrown) {
      const error = toFieldkitError(thrown);
      const allowed = typeof attempts === 'number' ? attempts : attempts(error);
      if (!error.retryable || attempt >= allowed || signal?.aborted === true) throw error;
      const backoff = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
      const asked = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : 0;
      const delayMs = Math.max(backoff, asked);
      onRetry?.(error, attempt, delayMs);
      await clock.sleep(delayMs, signal);
    }
  }
}
