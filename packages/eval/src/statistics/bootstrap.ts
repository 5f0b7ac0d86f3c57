import { FieldkitError } from '@fieldkit/core';
import { seededRandom } from './random.ts';
import type { Interval } from './wilson.ts';

export interface BootstrapOptions {
  /** Samples drawn. Default 2,000. */
  readonly samples?: number;
  /** Share of the distribution inside the interval. Default 0.95. */
  readonly level?: number;
  readonly seed?: number;
  /** Resample whole clusters instead of values. */
  readonly clusters?: readonly string[];
}

/**
 * Percentile bootstrap interval of the mean (Efron 1979). With clusters, whole clusters are drawn and the mean is over their values.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when there is no value.
 */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Interval {
  const { samples = 2000, level = 0.95, seed = 1, clusters } = options;
  if (values.length === 0) throw new FieldkitError('INVALID_OPTION', 'need at least one value to resample');
  const units = new Map<string, { sum: number; count: number }>();
  values.forEach((value, index) => {
    const key = clusters?.[index] ?? String(index);
    const unit = units.get(key) ?? { sum: 0, count: 0 };
    unit.sum += value;
    unit.count += 1;
    units.set(key, unit);
  });
  const sums = Float64Array.from(units.values(), ({ sum }) => sum);
  const counts = Float64Array.from(units.values(), ({ count }) => count);
  const random = seededRandom(seed);
  const means = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample += 1) {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < sums.length; draw += 1) {
      const pick = Math.floor(random() * sums.length);
      sum += sums[pick] ?? 0;
      count += counts[pick] ?? 0;
    }
    means[sample] = sum / count;
  }
  means.sort();
  const at = (q: number) => means[Math.min(samples - 1, Math.max(0, Math.round(q * (samples - 1))))] ?? 0;
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
