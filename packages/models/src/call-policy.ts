import {
  type Clock,
  createLimiter,
  FieldkitError,
  type Finding,
  isFieldkitError,
  type Limiter,
  type LimiterOptions,
  type Permit,
  type RetryOptions,
  retry,
} from '@fieldkit/core';

/** Requests and tokens per minute by model; `*` for all models without an entry. */
export type RateLimits = Readonly<Record<string, Pick<LimiterOptions, 'requestsPerMinute' | 'tokensPerMinute'>>>;

export interface CallPolicyOptions {
  readonly retry: RetryOptions;
  readonly limits?: RateLimits;
  readonly clock: Clock;
  /** Limiters by model, to share them with another policy of the same account. */
  readonly limiters?: Map<string, Limiter>;
}

export interface PolicyCall {
  readonly model: string;
  /** Estimated. */
  readonly inputTokens: number;
  /** Most tokens that may come out; 0 for calls that write nothing. Default: unknown. */
  readonly mostOutputTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onFinding?: (finding: Finding) => void;
}

/** How every call of an endpoint is made: in its turn, and again when that can help. */
export interface CallPolicy {
  /** `fn` settles its permit with `done` when it knows what was used; a failure is settled here. */
  run<T>(call: PolicyCall, fn: (permit: Permit) => Promise<T>): Promise<T>;
}

/** Output tokens assumed until a model's answers have been seen. */
const USUAL_OUTPUT_TOKENS = 500;
/** Tries of a call that is refused for its rate: the limiter paces them, so that many are harmless. */
const THROTTLED_ATTEMPTS = 12;
/** Retries after other failures may be this part of all calls, so that a failing endpoint is not asked even more; a few are always free. */
const RETRY_SHARE = 0.2;
const FREE_RETRIES = 20;
/** How long an unpaid account is not asked again. */
const UNPAID_MS = 60_000;

export function createCallPolicy(options: CallPolicyOptions): CallPolicy {
  const { limits = {}, clock, limiters = new Map<string, Limiter>() } = options;
  const limiterOf = (model: string) => {
    const known = limiters.get(model);
    if (known !== undefined) return known;
    const limiter = createLimiter({ ...(limits[model] ?? limits['*']), clock });
    limiters.set(model, limiter);
    return limiter;
  };
  const usualOutput = new Map<string, number>();
  let allowance = FREE_RETRIES;
  let unpaid: { readonly error: FieldkitError; readonly until: number } | undefined;
  const patience = options.retry.attempts ?? 4;
  const attemptsFor = (error: FieldkitError) => {
    if (isFieldkitError(error, 'MODEL_RATE_LIMITED') && patience !== 1)
      return Math.max(THROTTLED_ATTEMPTS, typeof patience === 'number' ? patience : 0);
    return typeof patience === 'number' ? patience : patience(error);
  };
  return {
    async run({ model, inputTokens, mostOutputTokens = Number.POSITIVE_INFINITY, signal, onFinding }, fn) {
      const limiter = limiterOf(model);
      const tokens = inputTokens + Math.min(mostOutputTokens, usualOutput.get(model) ?? USUAL_OUTPUT_TOKENS);
      const learn = (permit: Permit): Permit => ({
        throttled: permit.throttled,
        done(used) {
          permit.done(used);
          if (used === undefined || mostOutputTokens === 0) return;
          const output = Math.max(0, used - inputTokens);
          usualOutput.set(model, (usualOutput.get(model) ?? output) * 0.8 + output * 0.2);
        },
      });
      allowance = Math.min(FREE_RETRIES, allowance + RETRY_SHARE);
      const attempt = async () => {
        // What is told once holds for all calls: an unpaid account answers nobody.
        if (unpaid !== undefined && clock.monotonic() < unpaid.until) throw unpaid.error;
        const permit = learn(await limiter.acquire({ tokens, ...(signal === undefined ? {} : { signal }) }));
        try {
          return await fn(permit);
        } catch (error) {
          if (isFieldkitError(error, 'MODEL_RATE_LIMITED')) {
            permit.throttled(typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : undefined);
          } else permit.done();
          if (isFieldkitError(error, 'MODEL_ACCOUNT_UNPAID')) unpaid = { error, until: clock.monotonic() + UNPAID_MS };
          throw error;
        }
      };
      return retry(attempt, {
        clock,
        ...options.retry,
        attempts(error) {
          if (error.code !== 'MODEL_RATE_LIMITED' && allowance < 1) return 1;
          return attemptsFor(error);
        },
        ...(signal === undefined ? {} : { signal }),
        onRetry(error, number, delayMs) {
          if (error.code !== 'MODEL_RATE_LIMITED') allowance -= 1;
          options.retry.onRetry?.(error, number, delayMs);
          onFinding?.({
            severity: 'info',
            code: 'model-retried',
            message: `try ${number} of ${model} failed with ${error.code}; the next came after ${Math.round(delayMs)} ms`,
          });
        },
      });
    },
  };
}

/** Checks limits as a project writes them. @throws {FieldkitError} `INVALID_OPTION`. */
export function checkLimits(limits: RateLimits): RateLimits {
  for (const [model, { requestsPerMinute, tokensPerMinute }] of Object.entries(limits)) {
    if (requestsPerMinute === undefined && tokensPerMinute === undefined) {
      throw new FieldkitError('INVALID_OPTION', `limits.${model} says neither requestsPerMinute nor tokensPerMinute`);
    }
  }
  return limits;
}
