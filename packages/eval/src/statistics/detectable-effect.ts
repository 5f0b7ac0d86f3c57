import { FieldkitError } from '@fieldkit/core';
import { normalQuantile } from './normal.ts';

export interface DetectableEffectOptions {
  /** Share of items on which the two systems differ, 0 to 1. Default 0.2. */
  readonly discordance?: number;
  /** Two-sided level of the test. Default 0.05. */
  readonly alpha?: number;
  /** Chance of seeing the effect when it is there. Default 0.8. */
  readonly power?: number;
  /** Comparisons that Holm's correction is over: the first must pass `alpha / comparisons`. Default 1. */
  readonly comparisons?: number;
}

/**
 * The smallest difference of two accuracies that a paired comparison of `n` items can be expected to find, 0 to 1:
 * (z(1 - alpha / 2m) + z(power)) sqrt(discordance / n). At n = 1,000: 2.8 points at 10 % discordance, 4.0 at 20 %.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when a value is out of range.
 */
export function smallestDetectableEffect(n: number, options: DetectableEffectOptions = {}): number {
  const { discordance = 0.2, alpha = 0.05, power = 0.8, comparisons = 1 } = options;
  const inside = (value: number) => value > 0 && value < 1;
  if (!(n >= 1 && inside(alpha) && inside(power) && discordance > 0 && discordance <= 1 && comparisons >= 1)) {
    throw new FieldkitError(
      'INVALID_OPTION',
      'need n >= 1, 0 < discordance <= 1, 0 < alpha, power < 1, comparisons >= 1',
    );
  }
  const z = normalQuantile(1 - alpha / (2 * comparisons)) + normalQuantile(power);
  return Math.min(1, z * Math.sqrt(discordance / n));
}
