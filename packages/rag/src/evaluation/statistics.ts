import { FieldkitError } from '@fieldkit/core';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface ResampleOptions {
  /** Default 2,000 for intervals, 10,000 for tests. */
  readonly rounds?: number;
  /** Same seed, same figures. Default 1. */
  readonly seed?: number;
}

/** 95 % percentile bootstrap interval of the mean (Efron 1979). No values give zeros. */
export function bootstrapInterval(values: readonly number[], options: ResampleOptions = {}): Interval {
  const { rounds = 2000, seed = 1 } = options;
  requireRounds(rounds);
  const mean = average(values);
  if (values.length < 2) return { mean, low: mean, high: mean };
  const random = createRandom(seed);
  const means = Array.from({ length: rounds }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / values.length;
  }).sort((a, b) => a - b);
  const at = (share: number) => means[Math.min(rounds - 1, Math.floor(share * rounds))] ?? mean;
  return { mean, low: at(0.025), high: at(0.975) };
}

export interface PairedComparison {
  /** Mean of `after` minus mean of `before`, with its 95 % interval. */
  readonly difference: Interval;
  /** Two-sided, of a paired randomization test (Smucker, Allan and Carterette, CIKM 2007): the smallest possible is 1 / (rounds + 1). */
  readonly pValue: number;
  readonly better: number;
  readonly worse: number;
  readonly equal: number;
}

/** Whether the same questions got better or worse, and whether that is more than chance. */
export function comparePaired(
  before: readonly number[],
  after: readonly number[],
  options: ResampleOptions = {},
): PairedComparison {
  const { rounds = 10_000, seed = 1 } = options;
  requireRounds(rounds);
  if (before.length !== after.length) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `a paired test needs the same questions, not ${before.length} and ${after.length}`,
    );
  }
  const differences = after.map((value, index) => value - (before[index] ?? 0));
  const nonZero = differences.filter((difference) => difference !== 0);
  const observed = Math.abs(nonZero.reduce((sum, value) => sum + value, 0));
  const random = createRandom(seed);
  let extreme = 0;
  for (let round = 0; round < rounds; round += 1) {
    let sum = 0;
    for (const difference of nonZero) sum += random() < 0.5 ? difference : -difference;
    if (Math.abs(sum) >= observed - 1e-12) extreme += 1;
  }
  return {
    difference: bootstrapInterval(differences, { seed }),
    pValue: nonZero.length === 0 ? 1 : (extreme + 1) / (rounds + 1),
    better: nonZero.filter((difference) => difference > 0).length,
    worse: nonZero.filter((difference) => difference < 0).length,
    equal: differences.length - nonZero.length,
  };
}

/** Numbers from 0 to 1 that repeat with the seed (mulberry32, Tommy Ettinger 2017, public domain). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function requireRounds(rounds: number): void {
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new FieldkitError('INVALID_OPTION', `rounds must be a whole number from 1, not ${rounds}`);
  }
}
