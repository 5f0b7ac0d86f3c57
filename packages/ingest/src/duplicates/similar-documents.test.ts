import { describe, expect, it } from 'vitest';
import { shinglesOf } from './shingles.ts';
import { similarPairs } from './similar-documents.ts';

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `word${from + index}x`).join(' ');

describe('similarPairs', () => {
  it('computes Jaccard and containment of five-term shingles', () => {
    // 96 and 46 shingles, 46 of them shared
    const [pair] = similarPairs([shinglesOf(words(0, 100)), shinglesOf(words(50, 50))]);
    expect(pair?.similarity).toBeCloseTo(46 / 96);
    expect(pair?.containment).toBe(1);
  });

  it('finds the same pairs by a sample, with the same exact figures', () => {
    const texts = Array.from({ length: 40 }, (_, index) =>
      shinglesOf(words(Math.floor(index / 2) * 1000, 400 + (index % 2) * 40)),
    );
    const all = similarPairs(texts);
    expect(all).toHaveLength(20);
    expect(similarPairs(texts, { maxIndexed: 2000 })).toEqual(all);
  });

  it('finds copies also where a hundred texts share them, and gives empty texts no pair', () => {
    const texts = [...Array.from({ length: 100 }, () => shinglesOf(words(0, 50))), shinglesOf('')];
    const pairs = similarPairs(texts);
    expect(pairs).toHaveLength(99);
    expect(pairs.every(({ right }) => right < 100)).toBe(true);
  });

  it('reads a text of fewer than five terms as one shingle', () => {
    expect(similarPairs([shinglesOf('Pump room'), shinglesOf('pump  rooms!')])).toHaveLength(1);
  });
});
