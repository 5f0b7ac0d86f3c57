import { FieldkitError } from '@fieldkit/core';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5 % point of the standard normal distribution. */
export const Z_95 = 1.959963984540054;

/**
 * Wilson's score interval for a proportion (Wilson 1927, JASA 22), 95 % by default. `successes` may be a sum of scores from 0 to 1: their
 * variance is at most that of as many yes-or-no values with the same mean, so the interval is then conservative. `[0, 1]` for n = 0.
 *
 * @throws {FieldkitError} `INVALID_OPTION` unless 0 <= successes <= n.
 */
export function wilsonInterval(successes: number, n: number, z = Z_95): Interval {
  if (!(successes >= 0 && successes <= n + 1e-9)) {
    throw new FieldkitError('INVALID_OPTION', `need 0 <= successes <= n, not ${successes} of ${n}`);
  }
  if (n === 0) return { low: 0, high: 1 };
  const p = Math.min(1, successes / n);
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}
