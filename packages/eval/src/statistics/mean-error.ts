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
export function meanError(values: ArrayLike<number>, clusters: readonly string[]): MeanError {
  const n = values.length;
  if (n === 0 || clusters.length !== n) {
    throw new FieldkitError('INVALID_OPTION', `need one cluster per value, not ${clusters.length} for ${n}`);
  }
  return meanErrorByNumber(values, numberClusters(clusters));
}

/** Clusters as numbers from 0, in the order in which they come. */
export function numberClusters(clusters: readonly string[]): Uint32Array {
  const known = new Map<string, number>();
  return Uint32Array.from(clusters, (cluster) => {
    const number = known.get(cluster) ?? known.size;
    if (number === known.size) known.set(cluster, number);
    return number;
  });
}

/** `meanError` for many items, without a map: `clusters` are numbers from 0. */
export function meanErrorByNumber(values: ArrayLike<number>, clusters: ArrayLike<number>): MeanError {
  const n = values.length;
  let [sum, most] = [0, -1];
  for (let index = 0; index < n; index += 1) {
    sum += values[index] ?? 0;
    most = Math.max(most, clusters[index] ?? 0);
  }
  const mean = sum / n;
  const residuals = new Float64Array(most + 1).fill(Number.NaN);
  let squares = 0;
  for (let index = 0; index < n; index += 1) {
    const [residual, cluster] = [(values[index] ?? 0) - mean, clusters[index] ?? 0];
    const before = residuals[cluster] ?? 0;
    residuals[cluster] = Number.isNaN(before) ? residual : before + residual;
    squares += residual ** 2;
  }
  let [clustered, count] = [0, 0];
  for (const residual of residuals) {
    if (Number.isNaN(residual)) continue;
    clustered += residual ** 2;
    count += 1;
  }
  return {
    mean,
    naive: n === 1 ? 0 : Math.sqrt(squares / (n - 1) / n),
    clustered: Math.sqrt(clustered) / n,
    clusters: count,
  };
}
