import { expect, it } from 'vitest';
import { refusal } from '../scorers/refusal.ts';
import { createSummary } from '../summary.ts';
import { caseOf, outcomeOf } from '../testing/values.ts';
import { attributionFindings, createAttributionCounter } from './attribution-summary.ts';
import { compareTargets } from './compare-targets.ts';
import { checkGates, hashCriteria, parseCriteria } from './gates.ts';
import { createScoreMatrix } from './score-matrix.ts';

function matrixOf(rightOf: (target: string, index: number) => boolean | 'unavailable', count = 200) {
  const matrix = createScoreMatrix();
  for (const target of ['a', 'b']) {
    for (let index = 0; index < count; index += 1) {
      const right = rightOf(target, index);
      const value = right === 'unavailable' ? right : Number(right);
      matrix.add(target, caseOf({ id: `c${index}` }), { s: { value, reason: '' } });
    }
  }
  return matrix;
}

it('compares targets pairwise on the items that both have, and says what could have been found', () => {
  const matrix = matrixOf((target, index) =>
    index < 10 && target === 'b' ? 'unavailable' : index % (target === 'a' ? 2 : 4) !== 0,
  );
  const [comparison] = compareTargets({ matrix });
  expect(comparison).toMatchObject({ n: 190, onlyA: 0, test: 'mcnemar', significant: true, a: 'a', b: 'b' });
  expect(comparison?.meanB).toBeGreaterThan(comparison?.meanA ?? 1);
  expect(comparison?.detectable).toBeGreaterThan(0.05);
  expect(() => compareTargets({ matrix, pairs: [['a', 'c']] })).toThrow(/known are a, b/);
});

it('finds no difference between equal targets, and corrects a family of comparisons', () => {
  const matrix = matrixOf((_target, index) => index % 3 === 0);
  expect(compareTargets({ matrix })[0]).toMatchObject({ difference: 0, p: 1, significant: false });
});

it('counts rounds for pass^k and clusters items of one document', () => {
  const matrix = createScoreMatrix();
  const gold = [{ document: 'a.pdf' }];
  for (const value of [1, 0, 1]) matrix.add('a', caseOf({ id: 'x', gold }), { s: { value, reason: '' } });
  matrix.add('a', caseOf({ id: 'y', gold }), { s: { value: 'unavailable', reason: '' } });
  expect(matrix.rounds('a', 's')).toEqual([[true, false, true]]);
  expect([...matrix.means('a', 's')]).toEqual([2 / 3].concat([Number.NaN]));
  expect(new Set(matrix.items.map(({ cluster }) => cluster))).toEqual(new Set(['a.pdf']));
  matrix.keepOnly('a', ['s']);
  expect([matrix.rounds('a', 's'), matrix.means('a', 's')[0]]).toEqual([[], 2 / 3]);
  matrix.keepOnly('a', []);
  expect(matrix.scorers()).toEqual([]);
});

function summaryOf(answered: number, of: number) {
  const builder = createSummary([refusal]);
  for (let index = 0; index < of; index += 1) {
    builder.add({
      item: caseOf({ id: `c${index}` }),
      outcome: outcomeOf('x'),
      scores: { refusal: { value: Number(index < answered), reason: '' } },
    });
  }
  return builder.summary();
}

it('passes, misses and refuses moved gates', () => {
  const criteria = parseCriteria(
    {
      gates: [
        { scorer: 'refusal', atLeast: 0.9 },
        { scorer: 'refusal', atLeast: 0.85, by: 'low', kind: 'fact' },
      ],
      dataset: 'd1',
    },
    'criteria.json',
  );
  const fixedHash = hashCriteria(criteria);
  expect(checkGates(summaryOf(95, 100), criteria, { fixedHash, dataset: 'd1' })).toMatchObject({ outcome: 'passed' });
  expect(checkGates(summaryOf(90, 100), criteria, { fixedHash })).toMatchObject({
    outcome: 'missed',
    reason: 'missed: refusal for fact',
  });
  expect(checkGates(summaryOf(95, 100), criteria, { fixedHash, dataset: 'd2' }).outcome).toBe('moved');
  expect(
    checkGates(summaryOf(95, 100), { ...criteria, gates: criteria.gates.slice(0, 1) }, { fixedHash }).outcome,
  ).toBe('moved');
  const absent = parseCriteria({ gates: [{ scorer: 'no-such', atLeast: 0 }] }, 'x');
  expect(checkGates(summaryOf(1, 1), absent).outcome).toBe('missed');
  expect(() => parseCriteria({ gates: [{ scorer: 'x', atLeast: 2 }] }, 'criteria.json')).toThrow(
    /criteria\.json: gates\.0\.atLeast/,
  );
});

it('counts causes and ranks suggestions by what they can win, with what was measured', () => {
  const counter = createAttributionCounter();
  const of = (cause: 'retrieval-miss' | 'language') => ({
    cause,
    evidence: '',
    also: [],
    notVisible: ['chunk-split' as const],
  });
  for (let index = 0; index < 10; index += 1)
    counter.add(`c${index}`, index < 3 ? of('retrieval-miss') : index === 3 ? of('language') : undefined);
  const summary = counter.summary([{ cause: 'retrieval-miss', change: 'gold-context', fixed: 2, tried: 3 }]);
  expect(summary).toMatchObject({ items: 10, failed: 4, notVisible: [{ cause: 'chunk-split', items: 4 }] });
  expect(summary.suggestions.map(({ cause, atMost, measured }) => [cause, atMost, measured?.fixed])).toEqual([
    ['retrieval-miss', 0.3, 2],
    ['language', 0.1, undefined],
  ]);
  expect(attributionFindings(summary)[0]?.message).toContain('at most 30.0 points to win; gold-context fixed 2 of 3');
});
