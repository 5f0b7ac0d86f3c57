import {
  type Clock,
  type Finding,
  type Limiter,
  type LimiterOptions,
  type Permit,
  type RetryOptions,
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
export declare function createCallPolicy(options: CallPolicyOptions): CallPolicy;
/** Checks limits as a project writes them. @throws {FieldkitError} `INVALID_OPTION`. */
export declare function checkLimits(limits: RateLimits): RateLimits;
