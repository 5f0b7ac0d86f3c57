import type { Step } from '@fieldkit/core';

/** A step on the time axis of its run. */
export interface TimelineRow {
  readonly step: Step;
  /** 0 for a node, 1 for what a node did, and so on. */
  readonly depth: number;
  /** Share of the whole time that had passed when it began, and that it took: 0 to 1. */
  readonly from: number;
  readonly width: number;
}

/** Steps as a tree in order of their beginning, each with its place on the axis. */
export function timelineOf(steps: readonly Step[]): TimelineRow[] {
  if (steps.length === 0) return [];
  const begins = steps.map(({ startedAt }) => new Date(startedAt).getTime());
  const first = Math.min(...begins);
  const last = Math.max(...steps.map(({ durationMs }, index) => (begins[index] ?? 0) + durationMs));
  const whole = Math.max(1, last - first);
  const known = new Set(steps.map(({ id }) => id));
  const children = new Map<string, Step[]>();
  for (const step of [...steps].sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))) {
    const parent = step.parentId !== undefined && known.has(step.parentId) ? step.parentId : '';
    children.set(parent, [...(children.get(parent) ?? []), step]);
  }
  const rowsUnder = (parent: string, depth: number): TimelineRow[] =>
    (children.get(parent) ?? []).flatMap((step) => {
      const from = (new Date(step.startedAt).getTime() - first) / whole;
      const width = Math.min(1 - from, step.durationMs / whole);
      return [{ step, depth, from, width }, ...rowsUnder(step.id, depth + 1)];
    });
  return rowsUnder('', 0);
}
