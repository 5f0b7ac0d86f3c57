import { describe, expect, it } from 'vitest';
import { bootstrapInterval, comparePaired, createRandom } from './statistics.ts';

const normal = (random: () => number) => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);

describe('bootstrapInterval', () => {
  it('is as wide as theory says for many values', () => {
    const random = createRandom(3);
    const values = Array.from({ length: 400 }, () => normal(random));
    const { mean, low, high } = bootstrapInterval(values);
    expect(high - low).toBeCloseTo(2 * 1.96 * (1 / 20), 1);
    expect(low < mean && mean < high).toBe(true);
    expect(bootstrapInterval(values)).toEqual({ mean, low, high });
  });

  it('has no width without variation', () => {
    expect(bootstrapInterval([0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
    expect(bootstrapInterval([])).toEqual({ mean: 0, low: 0, high: 0 });
    expect(() => bootstrapInterval([1, 2], { rounds: 0 })).toThrow('rounds');
  });
});

describe('comparePaired', () => {
  it('equals the exact sign-flip test on few questions', () => {
    // five differences of one sign: 2 of 32 sign patterns are as extreme
    const { pValue, better, worse, equal } = comparePaired([0, 0, 0, 0, 0, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.3]);
    expect(pValue).toBeCloseTo(2 / 32, 1);
    expect([better, worse, equal]).toEqual([5, 0, 1]);
  });

  it('calls chance chance: about one in twenty comparisons of equals is below .05', () => {
    let below = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const random = createRandom(trial);
      const [before, after] = [0, 1].map(() => Array.from({ length: 30 }, random));
      if (comparePaired(before ?? [], after ?? [], { rounds: 400, seed: trial }).pValue < 0.05) below += 1;
    }
    expect(below).toBeGreaterThanOrEqual(2);
    expect(below).toBeLessThanOrEqual(20);
  });

  it('finds a real difference, and none between equals', () => {
    const before = Array.from({ length: 50 }, (_, index) => (index % 10) / 10);
    const after = before.map((value) => value + 0.05);
    expect(comparePaired(before, after).pValue).toBeLessThan(0.001);
    expect(comparePaired(before, before).pValue).toBe(1);
    expect(() => comparePaired([1], [1, 2])).toThrow('same questions');
  });
});
