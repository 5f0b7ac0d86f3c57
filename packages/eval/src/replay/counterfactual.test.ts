import { expect, it } from 'vitest';
import { createWorld, miniCase, runMini, type World } from '../attribution/__fixtures__/mini-pipeline.ts';
import type { Attribution } from '../attribution/attribute.ts';
import { scoreOutcome } from '../evaluate.ts';
import { goldPlace } from '../scorers/gold-place.ts';
import type { CaseResult } from '../summary.ts';
import { replayFailures, usualChanges } from './counterfactual.ts';

it('proves a cause by the one change that fixes it, and leaves out what passes by itself', async () => {
  const broken: World = { ...createWorld(), limit: 1 };
  const failures: { result: CaseResult; attribution: Attribution }[] = [];
  for (const [index, cause] of (['ranking-miss', 'ranking-miss', 'not-extracted'] as const).entries()) {
    const item = miniCase(index * 3);
    const outcome = runMini(broken, item, { choose: 'other' });
    const scores = await scoreOutcome([goldPlace], item, outcome, {});
    failures.push({
      result: { index, item, outcome, scores },
      attribution: { cause, evidence: '', also: [], notVisible: [] },
    });
  }
  const asked: string[] = [];
  const report = await replayFailures({
    failures,
    changes: usualChanges,
    scorers: [goldPlace],
    passes: (scores) => Object.values(scores).every(({ value }) => value === 1),
    unchanged: async (item) => runMini(broken, item, { choose: item.id === 'mini-3' ? 'right' : 'other' }),
    targetFor: (change) => async (item) => {
      asked.push(`${item.id} ${change.name}`);
      return runMini({ ...broken, limit: change.name === 'larger-k' ? 50 : 1 }, item, {
        choose: change.name === 'larger-k' ? 'right' : 'other',
      });
    },
  });
  expect(report.unstable).toEqual(['mini-3']);
  expect(asked).toEqual(['mini-0 gold-context', 'mini-0 larger-k', 'mini-6 stronger-model', 'mini-6 thinking-on']);
  expect(report.counts).toEqual([
    { cause: 'ranking-miss', change: 'gold-context', tried: 1, fixed: 0 },
    { cause: 'ranking-miss', change: 'larger-k', tried: 1, fixed: 1 },
    { cause: 'not-extracted', change: 'stronger-model', tried: 1, fixed: 0 },
    { cause: 'not-extracted', change: 'thinking-on', tried: 1, fixed: 0 },
  ]);
});
