import { FieldkitError } from '@fieldkit/core';

export interface MeanError {
  readonly mean: number;
  /** Standard error as if the values were independent: s / sqrt(n), s with n - 1. */
  readonly naive: number;
  /** Standard error that lets values of one cluster depend on each other; equal to the naive one (but for n - 1) when every cluster has one value. */
  readonly clustered: number;
  readonly clusters: number;
}

/**
 * A mean with its naive and its clustered standard error (Liang and Zeger 1986; Miller, "Adding Error Bars to Evals", 2024, section 2.2):
 * the square root of the sum over clusters of the squared sum of residuals, divided by n. No small-sample factor.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when there is no value or the lengths differ.
 */
export function meanError(values: readonly number[], clusters: readonly string[]): MeanError {
  const n = values.length;
  if (n === 0 || clusters.length !== n) {
    throw new FieldkitError('INVALID_OPTION', `need one cluster per value, not ${clusters.length} for ${n}`);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const residuals = new Map<string, number>();
  let squares = 0;
  values.forEach((value, index) => {
    const cluster = clusters[index] ?? '';
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean);
    squares += (value - mean) ** 2;
  });
  let clustered = 0;
  for (const residual of residuals.values()) clustered += residual ** 2;
  return {
    mean,
    naive: n === 1 ? 0 : Math.sqrt(squares / (n - 1) / n),
    clustered: Math.sqrt(clustered) / n,
    clusters: residuals.size,
  };
}
