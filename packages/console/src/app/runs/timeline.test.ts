import type { Step } from '@fieldkit/core';
import { expect, it } from 'vitest';
import { timelineOf } from './timeline.ts';

function step(id: string, at: number, durationMs: number, parentId?: string): Step {
  const startedAt = new Date(Date.UTC(2026, 0, 1) + at).toISOString();
  const parent = parentId === undefined ? {} : { parentId };
  return { id, attempt: 1, name: id, kind: 'node', input: {}, output: {}, startedAt, durationMs, ...parent };
}

it('puts what a node did under it, in the order of time, each with its share of the whole', () => {
  const rows = timelineOf([
    step('answer', 600, 400),
    step('gather', 100, 500),
    step('tool', 200, 300, 'gather'),
    step('model', 100, 100, 'gather'),
    step('understand', 0, 100),
  ]);
  expect(rows.map(({ step: { id }, depth, from, width }) => [id, depth, from, width])).toEqual([
    ['understand', 0, 0, 0.1],
    ['gather', 0, 0.1, 0.5],
    ['model', 1, 0.1, 0.1],
    ['tool', 1, 0.2, 0.3],
    ['answer', 0, 0.6, 0.4],
  ]);
});

it('shows a step whose parent is not there, and a run without steps', () => {
  expect(timelineOf([step('lost', 0, 0, 'nobody')])).toMatchObject([{ depth: 0, from: 0, width: 0 }]);
  expect(timelineOf([])).toEqual([]);
});
