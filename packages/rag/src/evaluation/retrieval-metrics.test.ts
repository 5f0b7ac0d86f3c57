import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanQuality, scoreRanking, trecOrder } from './retrieval-metrics.ts';

describe('scoreRanking', () => {
  it('computes graded gains, recall, precision and first ranks as trec_eval does', () => {
    const judgements = new Map([
      ['a', 2],
      ['b', 1],
      ['c', 0],
      ['d', -1],
      ['e', 3],
    ]);
    const quality = scoreRanking(['c', 'a', 'd', 'x', 'b'], judgements);
    const ideal = 3 + 2 / Math.log2(3) + 1 / Math.log2(4);
    expect(quality['ndcg@10']).toBeCloseTo((2 / Math.log2(3) + 1 / Math.log2(6)) / ideal, 12);
    expect(quality['recall@5']).toBeCloseTo(2 / 3, 12);
    expect(quality['mrr@10']).toBe(1 / 2);
    expect(quality.map).toBeCloseTo((1 / 2 + 2 / 5) / 3, 12);
    expect([quality['hit@1'], quality['hit@5']]).toEqual([0, 1]);
  });

  it('gives zeros when nothing was found or nothing is relevant', () => {
    const zeros = Object.values(scoreRanking([], new Map([['a', 1]])));
    expect(zeros.every((value) => value === 0)).toBe(true);
    expect(Object.values(scoreRanking(['a'], new Map([['a', 0]]))).every((value) => value === 0)).toBe(true);
  });

  it('looks only as deep as each metric says', () => {
    const ids = Array.from({ length: 120 }, (_, index) => `d${index}`);
    const late = scoreRanking(ids, new Map([['d10', 1]]));
    expect(late).toMatchObject({ 'ndcg@10': 0, 'recall@10': 0, 'recall@100': 1, 'mrr@10': 0, map: 1 / 11 });
    expect(scoreRanking(ids, new Map([['d100', 1]]))).toMatchObject({ 'recall@100': 0, map: 1 / 101 });
  });

  it('stays between 0 and 1, and 1 for an ideal ranking', () => {
    const judgementsOf = fc.dictionary(fc.stringMatching(/^[a-h]$/), fc.integer({ min: -1, max: 3 }), { minKeys: 1 });
    fc.assert(
      fc.property(judgementsOf, (dictionary) => {
        const judgements = new Map(Object.entries(dictionary));
        const ideal = Array.from(judgements)
          .sort(([, a], [, b]) => b - a)
          .map(([id]) => id);
        const quality = scoreRanking(ideal, judgements);
        const some = ideal.some((id) => (judgements.get(id) ?? 0) > 0) ? 1 : 0;
        expect(quality['ndcg@10']).toBeCloseTo(some, 12);
        expect(quality.map).toBeCloseTo(some, 12);
        for (const value of Object.values(quality)) expect(value >= 0 && value <= 1 + 1e-12).toBe(true);
      }),
    );
  });
});

describe('trecOrder', () => {
  it('breaks ties of 32-bit scores by id, in descending byte order', () => {
    const ranking = [
      { id: 'a', score: 1 },
      { id: 'é', score: 1 + 1e-12 },
      { id: 'b', score: 1 },
      { id: 'z', score: 0.5 },
      { id: 'top', score: 1.1 },
    ];
    expect(trecOrder(ranking)).toEqual(['top', 'é', 'b', 'a', 'z']);
  });

  it('refuses a document that occurs twice and scores that are none', () => {
    const twice = [
      { id: 'a', score: 1 },
      { id: 'a', score: 2 },
    ];
    expect(() => trecOrder(twice)).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }));
    expect(() => trecOrder([{ id: 'a', score: Number.NaN }])).toThrow(
      expect.objectContaining({ code: 'DATASET_INVALID' }),
    );
  });
});

it('counts questions without a ranking as 0 in the mean', () => {
  const judgements = new Map([['a', 1]]);
  expect(meanQuality([scoreRanking(['a'], judgements), scoreRanking([], judgements)])['ndcg@10']).toBe(0.5);
});
