import { percent } from '../ui/format.ts';

export interface IntervalProps {
  readonly mean: number | null;
  readonly low: number;
  readonly high: number;
  /** Ends of the axis. Default 0 and 1. */
  readonly from?: number;
  readonly to?: number;
}

/** A mean with its interval on an axis; a difference has its zero marked. */
export function Interval({ mean, low, high, from = 0, to = 1 }: IntervalProps) {
  if (mean === null) return null;
  const x = (value: number) => 4 + (192 * (Math.min(to, Math.max(from, value)) - from)) / (to - from);
  return (
    <svg
      class="interval"
      viewBox="0 0 200 16"
      role="img"
      aria-label={`${percent(mean)} (${percent(low)} – ${percent(high)})`}
    >
      <line class="axis" x1="4" x2="196" y1="8" y2="8" />
      {from < 0 && <line class="axis" x1={x(0)} x2={x(0)} y1="2" y2="14" />}
      <line class="range" x1={x(low)} x2={x(high)} y1="8" y2="8" />
      <circle cx={x(mean)} cy="8" r="4" />
    </svg>
  );
}
