import { counted } from '@fieldkit/core';
import type { Calibration } from '../judge/judge-quality.ts';
import type { Estimate, ScoreSummary } from '../summary.ts';

/** `87.5 %`, or a dash. */
export function percent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`;
}

/** `81.0 – 92.3 %`, or a dash when nothing was scored. */
export function interval({ scored, low, high }: Pick<Estimate, 'scored' | 'low' | 'high'>): string {
  return scored === 0 ? '–' : `${(low * 100).toFixed(1)} – ${(high * 100).toFixed(1)} %`;
}

/** A score's name; beside a judge's stands what it is worth: its kappa with people, or that nobody knows. */
export function scoreName(
  { scorer, kind }: Pick<ScoreSummary, 'scorer' | 'kind'>,
  calibrations: readonly Calibration[],
): string {
  if (kind !== 'judge') return scorer;
  const found = calibrations.find(({ judge }) => judge === scorer);
  if (found === undefined) return `${scorer} (judge, no labels)`;
  return `${scorer} (judge, kappa ${found.kappa === null ? '–' : found.kappa.toFixed(2)}, ${counted(found.n, 'label')})`;
}
