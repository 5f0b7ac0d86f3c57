import { FieldkitError } from '@fieldkit/core';
import { expect, it, vi } from 'vitest';
import { type EvaluateOptions, type EvaluationEvent, evaluate } from './evaluate.ts';
import type { Scorer } from './scorer.ts';
import { refusal } from './scorers/refusal.ts';
import { caseOf, outcomeOf } from './testing/values.ts';

const cases = (count: number) =>
  Array.from({ length: count }, (_, index) => caseOf({ id: `c${index}`, kind: index % 2 === 0 ? 'fact' : 'table' }));

async function collect(options: EvaluateOptions): Promise<EvaluationEvent[]> {
  const events: EvaluationEvent[] = [];
  for await (const event of evaluate(options)) events.push(event);
  return events;
}

it('scores every case once and sums up by kind with Wilson intervals', async () => {
  const target = async (item: { id: string }) =>
    outcomeOf('x', { status: item.id === 'c1' ? 'insufficient' : 'answered' });
  const events = await collect({ cases: cases(10), target, scorers: [refusal], concurrency: 3 });
  expect(events.filter(({ type }) => type === 'case-end')).toHaveLength(10);
  const last = events.at(-1);
  if (last?.type !== 'run-end') throw new Error('no summary');
  const [score] = last.summary.scores;
  expect(score?.overall).toMatchObject({ scored: 10, mean: 0.9, ofAll: 0.9 });
  expect(score?.overall.low).toBeCloseTo(0.59585, 5);
  expect(score?.overall.high).toBeCloseTo(0.982124, 5);
  expect(score?.byKind.table).toMatchObject({ scored: 5, mean: 0.8 });
});

it('keeps an endpoint failure apart from a wrong answer', async () => {
  const target = async (item: { id: string }) => {
    if (item.id === 'c0') throw new FieldkitError('MODEL_UNREACHABLE', 'no route to the endpoint');
    if (item.id === 'c1') throw new FieldkitError('BUDGET_EXCEEDED', 'too many steps');
    return outcomeOf('x');
  };
  const last = (await collect({ cases: cases(4), target, scorers: [refusal] })).at(-1);
  if (last?.type !== 'run-end') throw new Error('no summary');
  expect(last.summary.infrastructureFailures).toBe(1);
  expect(last.summary.scores[0]?.overall).toMatchObject({ scored: 3, unavailable: 1, ofAll: 0.5 });
  expect(last.summary.scores[0]?.overall.mean).toBeCloseTo(2 / 3);
});

it('counts a scorer that throws or leaves 0 to 1 as unavailable', async () => {
  const broken: Scorer = {
    ...refusal,
    name: 'broken',
    score: () => {
      throw new Error('boom');
    },
  };
  const wild: Scorer = { ...refusal, name: 'wild', score: () => ({ value: 7, reason: 'x' }) };
  const [event] = await collect({ cases: cases(1), target: async () => outcomeOf('x'), scorers: [broken, wild] });
  if (event?.type !== 'case-end') throw new Error('no result');
  expect(event.result.scores).toEqual({
    broken: { value: 'unavailable', reason: 'broken failed: boom' },
    wild: { value: 'unavailable', reason: 'wild gave 7, not a value from 0 to 1' },
  });
});

it('never has more cases under way or read ahead than the concurrency asks for', async () => {
  let running = 0;
  let most = 0;
  let read = 0;
  let taken = 0;
  async function* source() {
    for (const item of cases(40)) {
      read += 1;
      expect(read - taken).toBeLessThanOrEqual(8);
      yield item;
    }
  }
  const target = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return outcomeOf('x');
  };
  for await (const event of evaluate({ cases: source(), target, scorers: [], concurrency: 4 })) {
    if (event.type === 'case-end') taken += 1;
  }
  expect([most, taken]).toEqual([4, 40]);
});

it('cancels what is under way when the reader leaves or the signal aborts, even for a target that never answers', async () => {
  const aborted = vi.fn();
  const stuck: EvaluateOptions['target'] = (item, { signal }) =>
    new Promise((resolve) => {
      if (item.id === 'c0') setImmediate(() => resolve(outcomeOf('x')));
      else signal.addEventListener('abort', () => aborted(item.id));
    });
  for await (const _ of evaluate({ cases: cases(3), target: stuck, scorers: [], concurrency: 3 })) break;
  expect(aborted).toHaveBeenCalledTimes(2);

  const controller = new AbortController();
  const pending = collect({
    cases: cases(3),
    target: stuck,
    scorers: [],
    concurrency: 3,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(pending).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('ends a case that takes too long and goes on', async () => {
  const target: EvaluateOptions['target'] = (item) =>
    item.id === 'c0' ? new Promise(() => {}) : Promise.resolve(outcomeOf('x'));
  const events = await collect({ cases: cases(2), target, scorers: [], timeoutMs: 20 });
  const codes = events.map((event) => (event.type === 'case-end' ? event.result.outcome.error?.code : 'end'));
  expect(codes).toEqual([undefined, 'TIMED_OUT', 'end']);
});

it('passes on what reading the cases throws, and refuses bad options', async () => {
  async function* source() {
    yield caseOf();
    throw new FieldkitError('DATASET_INVALID', 'line 2');
  }
  const target = async () => outcomeOf('x');
  await expect(collect({ cases: source(), target, scorers: [] })).rejects.toMatchObject({ code: 'DATASET_INVALID' });
  await expect(collect({ cases: [], target, scorers: [], concurrency: 0 })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
  await expect(collect({ cases: [], target, scorers: [refusal, refusal] })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
});
