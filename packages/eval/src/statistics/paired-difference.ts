import { FieldkitError } from '@fieldkit/core';
import { mcnemarExact } from './mcnemar.ts';
import { seededRandom } from './random.ts';
import type { Interval } from './wilson.ts';

export interface PairedDifference {
  readonly n: number;
  /** Mean of b - a. */
  readonly difference: number;
  /** s / sqrt(n) of the differences, s with n - 1; clustered when clusters are given. */
  readonly error: number;
  /** `difference` ± 1.96 `error`. */
  readonly interval: Interval;
  /** Standard error that would come out if the pairs were unrelated samples: what pairing saves. */
  readonly unpairedError: number;
  /** Pairs where a is higher, and where b is. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Two-sided: McNemar's exact test for 0-or-1 scores, else a sign-flip permutation test. */
  readonly p: number;
  readonly test: 'mcnemar' | 'permutation';
}

export interface PairedDifferenceOptions {
  /** Cluster of each pair: errors and permutations then respect it. */
  readonly clusters?: readonly string[];
  /** Sign flips drawn. Default 10,000. */
  readonly permutations?: number;
  readonly seed?: number;
}

/**
 * Compares two systems on the same items.
 *
 * With clusters the test is always the permutation test, flipping whole clusters: McNemar's would take the pairs for independent.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when the lengths differ or there is no pair.
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  options: PairedDifferenceOptions = {},
): PairedDifference {
  const { clusters, permutations = 10_000, seed = 1 } = options;
  const n = a.length;
  if (n === 0 || b.length !== n || (clusters !== undefined && clusters.length !== n)) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `need as many scores of b as of a, and at least one: ${n} and ${b.length}`,
    );
  }
  const differences = a.map((value, index) => (b[index] ?? 0) - value);
  const difference = mean(differences);
  const groups = clusters === undefined ? undefined : sumsByCluster(differences, difference, clusters);
  const error =
    groups === undefined
      ? Math.sqrt(variance(differences) / n)
      : Math.sqrt(groups.reduce((sum, g) => sum + g.residual ** 2, 0)) / n;
  const binary = [...a, ...b].every((value) => value === 0 || value === 1);
  const onlyA = differences.filter((value) => value < 0).length;
  const onlyB = differences.filter((value) => value > 0).length;
  const useMcnemar = binary && groups === undefined;
  return {
    n,
    difference,
    error,
    interval: { low: difference - 1.96 * error, high: difference + 1.96 * error },
    unpairedError: Math.sqrt((populationVariance(a) + populationVariance(b)) / n),
    onlyA,
    onlyB,
    test: useMcnemar ? 'mcnemar' : 'permutation',
    p: useMcnemar
      ? mcnemarExact(onlyA, onlyB)
      : signFlipTest(groups?.map(({ sum }) => sum) ?? differences, permutations, seed),
  };
}

/**
 * Two-sided p of the sum of `differences` under random signs, with the observed arrangement counted as one of the draws (Phipson and Smyth
 * 2010), so that it is never 0.
 */
export function signFlipTest(differences: readonly number[], permutations = 10_000, seed = 1): number {
  const moving = differences.filter((value) => value !== 0);
  const observed = Math.abs(moving.reduce((sum, value) => sum + value, 0));
  const random = seededRandom(seed);
  let atLeast = 0;
  for (let draw = 0; draw < permutations; draw += 1) {
    let sum = 0;
    for (const value of moving) sum += random() < 0.5 ? value : -value;
    if (Math.abs(sum) >= observed - 1e-12) atLeast += 1;
  }
  return (atLeast + 1) / (permutations + 1);
}

function sumsByCluster(differences: readonly number[], centre: number, clusters: readonly string[]) {
  const sums = new Map<string, { sum: number; residual: number }>();
  differences.forEach((value, index) => {
    const cluster = clusters[index] ?? '';
    const found = sums.get(cluster) ?? { sum: 0, residual: 0 };
    found.sum += value;
    found.residual += value - centre;
    sums.set(cluster, found);
  });
  return [...sums.values()];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function populationVariance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
}

function variance(values: readonly number[]): number {
  return values.length < 2 ? 0 : (populationVariance(values) * values.length) / (values.length - 1);
}
