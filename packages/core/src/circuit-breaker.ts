import { type Clock, systemClock } from './clock.ts';
import { FieldkitError, isFieldkitError } from './error.ts';

export interface CircuitBreakerOptions {
  /** What is protected, for messages: `the order system`. */
  readonly name: string;
  /** Failures in a row that open the circuit. Default 5. */
  readonly failures?: number;
  /** How long calls are refused before one is let through as a trial. Default 30,000 ms. */
  readonly cooldownMs?: number;
  /** The code of a refused call. Default `TOOL_UNAVAILABLE`. */
  readonly code?: 'TOOL_UNAVAILABLE' | 'MODEL_UNREACHABLE' | 'INDEX_UNAVAILABLE';
  /** Which errors count as failures of the other side. Default: those with `retryable`. */
  readonly counts?: (error: unknown) => boolean;
  readonly clock?: Clock;
}

export interface CircuitBreaker {
  /** @throws {FieldkitError} `code`, without calling `fn`, while the circuit is open; else what `fn` throws. */
  run<T>(fn: () => Promise<T>): Promise<T>;
  /** `half-open`: the cooldown is over and a trial is due or under way. */
  state(): 'closed' | 'open' | 'half-open';
}

/**
 * Stops calling what keeps failing (Nygard, "Release It!", 2007): after `failures` in a row calls are refused for `cooldownMs`, then one trial
 * decides. Errors that say something about the request and not about the other side do not count, and close nothing either.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const {
    name,
    failures: limit = 5,
    cooldownMs = 30_000,
    code = 'TOOL_UNAVAILABLE',
    counts = (error) => isFieldkitError(error) && error.retryable,
    clock = systemClock,
  } = options;
  if (!Number.isInteger(limit) || limit < 1 || !(cooldownMs >= 0)) {
    throw new FieldkitError('INVALID_OPTION', 'a circuit breaker needs failures from 1 and cooldownMs from 0', {
      details: { failures: limit, cooldownMs },
    });
  }
  let failed = 0;
  let openedAt: number | undefined;
  let trying = false;
  const state = () => {
    if (openedAt === undefined) return 'closed';
    return clock.monotonic() - openedAt >= cooldownMs ? 'half-open' : 'open';
  };
  return {
    state,
    async run(fn) {
      const before = state();
      if (before === 'open' || (before === 'half-open' && trying)) {
        const left = Math.max(0, cooldownMs - (clock.monotonic() - (openedAt ?? 0)));
        throw new FieldkitError(
          code,
          `${name} failed ${failed} times in a row; it is not called for another ${Math.ceil(left / 1000)} s`,
          {
            retryable: false,
            details: { failures: failed, waitMs: left },
          },
        );
      }
      const trial = before === 'half-open';
      if (trial) trying = true;
      try {
        const result = await fn();
        failed = 0;
        openedAt = undefined;
        return result;
      } catch (error) {
        if (counts(error)) {
          failed += 1;
          if (failed >= limit) openedAt = clock.monotonic();
        }
        throw error;
      } finally {
        if (trial) trying = false;
      }
    },
  };
}
