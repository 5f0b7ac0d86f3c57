import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuseRankings, type ScoredId } from './fuse-rankings.ts';

const list = (...scores: [string, number][]): ScoredId[] => scores.map(([id, score]) => ({ id, score }));
const ids = (items: readonly ScoredId[]) => items.map(({ id }) => id);

describe('fuseRankings', () => {
  it('takes the weighted mean of scaled scores', () => {
    const fused = fuseRankings(list(['a', 0.9], ['b', 0.5], ['c', 0.1]), list(['b', 12], ['d', 2]), {
      method: 'minmax',
      denseWeight: 0.4,
    });
    expect(fused.map(({ id, score }) => [id, Number(score.toFixed(4))])).toEqual([
      ['b', 0.8],
      ['a', 0.4],
      ['c', 0],
      ['d', 0],
    ]);
    expect(fused[0]).toMatchObject({ ranks: { dense: 2, lexical: 1 }, scores: { dense: 0.5, lexical: 12 } });
  });

  it('adds reciprocal ranks from 1, with k = 60', () => {
    const [first] = fuseRankings(list(['a', 2], ['b', 1]), list(['b', 9]), { method: 'rrf' });
    expect(first?.id).toBe('b');
    expect(first?.score).toBeCloseTo(0.5 / 62 + 0.5 / 61, 12);
  });

  it('breaks ties by id and refuses weights outside 0 to 1', () => {
    expect(ids(fuseRankings(list(['z', 1], ['y', 1]), []))).toEqual(['y', 'z']);
    expect(() => fuseRankings([], [], { method: 'rrf', denseWeight: 2 })).toThrow('denseWeight');
  });

  it('holds each item once and keeps the order of one list when the other is empty', () => {
    const lists = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-j]$/), fc.double({ min: -1, max: 9, noNaN: true })), {
      selector: ([id]) => id,
    });
    const sorted = lists.map((items) => list(...items).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)));
    fc.assert(
      fc.property(sorted, sorted, fc.constantFrom('minmax' as const, 'rrf' as const), (dense, lexical, method) => {
        const fused = fuseRankings(dense, lexical, { method });
        expect(new Set(ids(fused)).size).toBe(fused.length);
        expect(new Set(ids(fused))).toEqual(new Set([...ids(dense), ...ids(lexical)]));
        if (method === 'rrf') expect(ids(fuseRankings(dense, [], { method }))).toEqual(ids(dense));
      }),
    );
  });
});
