import type { Clock } from '@fieldkit/core';
import type { WireError } from './wire-error.ts';

export interface RateLimits {
  readonly requestsPerMinute?: number;
  /** Input and output together. */
  readonly tokensPerMinute?: number;
}

/** Refuses what is over the limits of a model; counts what it lets through. */
export interface RateMeter {
  admit(model: string, tokens: number): WireError | undefined;
  /** Requests let through and refused, and tokens let through. */
  counts(): { readonly admitted: number; readonly refused: number; readonly tokens: number };
}

interface Window {
  readonly entries: { at: number; tokens: number }[];
  /** Tokens of all entries. */
  used: number;
  requests: number;
  tokens: number;
  at: number;
}

/**
 * Limits as the real endpoint enforces them: per minute, and per second at a sixtieth of that (with a second's worth in hand, at least one
 * request). Each model has its own.
 */
export function createRateMeter(limits: RateLimits, clock: Clock): RateMeter {
  const windows = new Map<string, Window>();
  let admitted = 0;
  let refused = 0;
  let total = 0;
  const {
    requestsPerMinute: requests = Number.POSITIVE_INFINITY,
    tokensPerMinute: perMinute = Number.POSITIVE_INFINITY,
  } = limits;
  const most = { requests: Math.max(1, requests / 60), tokens: perMinute / 60 };

  function refill(model: string): Window {
    const now = clock.monotonic();
    const window = windows.get(model) ?? {
      entries: [],
      used: 0,
      requests: most.requests,
      tokens: most.tokens,
      at: now,
    };
    windows.set(model, window);
    const seconds = (now - window.at) / 1000;
    window.at = now;
    window.requests = Math.min(most.requests, window.requests + (seconds * requests) / 60);
    window.tokens = Math.min(most.tokens, window.tokens + (seconds * perMinute) / 60);
    const kept = window.entries.findIndex(({ at }) => at >= now - 60_000);
    for (const { tokens } of window.entries.splice(0, kept === -1 ? window.entries.length : kept))
      window.used -= tokens;
    return window;
  }

  return {
    counts: () => ({ admitted, refused, tokens: total }),
    admit(model, tokens) {
      const window = refill(model);
      const { used } = window;
      const refuse = (error: WireError) => {
        refused += 1;
        return error;
      };
      if (window.entries.length >= requests) return refuse(requestsExceeded());
      if (used + tokens > perMinute && used > 0) return refuse(tokensExceeded());
      if (Number.isFinite(requests) && window.requests < 1 - 1e-6) return refuse(tooSteep());
      // One request may be larger than a second's worth: it goes when nothing is owed, and is paid off after.
      if (Number.isFinite(perMinute) && window.tokens < Math.min(tokens, most.tokens) - 1e-6) return refuse(tooSteep());
      window.requests -= 1;
      window.tokens -= tokens;
      window.used += tokens;
      window.entries.push({ at: window.at, tokens });
      admitted += 1;
      total += tokens;
      return undefined;
    },
  };
}

export function requestsExceeded(): WireError {
  return {
    status: 429,
    code: 'limit_requests',
    type: 'limit_requests',
    message: 'You exceeded your current requests list.',
  };
}

export function tokensExceeded(): WireError {
  return {
    status: 429,
    code: 'insufficient_quota',
    type: 'insufficient_quota',
    message: 'Allocated quota exceeded, please increase your quota limit.',
  };
}

export function tooSteep(): WireError {
  return {
    status: 429,
    code: 'limit_burst_rate',
    type: 'limit_burst_rate',
    message: 'Request rate increased too quickly. To ensure system stability, please adjust your client logic.',
  };
}
