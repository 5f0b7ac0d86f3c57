import { FieldkitError } from '@fieldkit/core';
import { smallestDetectableEffect } from '../statistics/detectable-effect.ts';
import { holmAdjust } from '../statistics/holm.ts';
import { type PairedDifference, pairedDifference } from '../statistics/paired-difference.ts';
import type { ScoreMatrix } from './score-matrix.ts';

/** One scorer's difference between two targets on the items that both have. */
export interface Comparison extends PairedDifference {
  readonly scorer: string;
  readonly a: string;
  readonly b: string;
  readonly meanA: number;
  readonly meanB: number;
  /** Over all comparisons made together. */
  readonly holmP: number;
  /** `holmP` below the level: the difference is real; otherwise nothing can be said but what `detectable` allows. */
  readonly significant: boolean;
  /** The smallest difference that this many items with this discordance can be expected to show, after Holm. */
  readonly detectable: number;
}

export interface CompareOptions {
  readonly matrix: ScoreMatrix;
  /** Default: every pair of targets. */
  readonly pairs?: readonly (readonly [string, string])[];
  /** Default: every scorer. */
  readonly scorers?: readonly string[];
  /** Whether items that share a document count as dependent. Default true when some do. */
  readonly clustered?: boolean;
  /** Level of significance. Default 0.05. */
  readonly alpha?: number;
}

/**
 * Compares targets item by item. All comparisons of the call are one family for Holm's correction: ask for few scorers, chosen beforehand.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when a named target is not there.
 */
export function compareTargets({ matrix, pairs, scorers, clustered, alpha = 0.05 }: CompareOptions): Comparison[] {
  const { targets, items } = matrix;
  const wanted = pairs ?? targets.flatMap((a, index) => targets.slice(index + 1).map((b) => [a, b] as const));
  const unknown = wanted.flat().find((name) => !targets.includes(name));
  if (unknown !== undefined)
    throw new FieldkitError('INVALID_OPTION', `no target "${unknown}"; known are ${targets.join(', ')}`);
  const shared = new Set(items.map(({ cluster }) => cluster)).size < items.length;
  const useClusters = clustered ?? shared;
  const made: Omit<Comparison, 'holmP' | 'significant' | 'detectable'>[] = [];
  for (const [a, b] of wanted) {
    for (const scorer of scorers ?? matrix.scorers()) {
      const [all, other] = [matrix.means(a, scorer), matrix.means(b, scorer)];
      const both = items.map((_, at) => at).filter((at) => !Number.isNaN(all[at]) && !Number.isNaN(other[at]));
      if (both.length === 0) continue;
      const valuesA = both.map((at) => all[at] ?? 0);
      const valuesB = both.map((at) => other[at] ?? 0);
      const clusters = both.map((at) => items[at]?.cluster ?? '');
      const paired = pairedDifference(valuesA, valuesB, useClusters ? { clusters } : {});
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      made.push({ scorer, a, b, meanA: mean(valuesA), meanB: mean(valuesB), ...paired });
    }
  }
  const adjusted = holmAdjust(made.map(({ p }) => p));
  return made.map((comparison, index) => {
    const { n, onlyA, onlyB } = comparison;
    const discordance = Math.min(1, Math.max((onlyA + onlyB) / n, 1 / n));
    const holmP = adjusted[index] ?? 1;
    return {
      ...comparison,
      holmP,
      significant: holmP < alpha,
      detectable: smallestDetectableEffect(n, { discordance, alpha, comparisons: made.length }),
    };
  });
}
