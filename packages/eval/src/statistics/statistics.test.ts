import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreement, balancedAccuracy } from './agreement.ts';
import { bootstrapMean } from './bootstrap.ts';
import { smallestDetectableEffect } from './detectable-effect.ts';
import { holmAdjust } from './holm.ts';
import { mcnemarExact } from './mcnemar.ts';
import { meanError } from './mean-error.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { pairedDifference, signFlipTest } from './paired-difference.ts';
import { seededRandom } from './random.ts';
import { flipRate, passHatK } from './rounds.ts';
import { wilsonInterval } from './wilson.ts';

/** Outcomes of public systems; the expected values come from an independent implementation. */
const outcomes: {
  gsm8k: Record<string, string>;
  tau: string[];
  judge: { label: string; plain: string; swapped: string };
} = JSON.parse(readFileSync(new URL('./__fixtures__/public-outcomes.json', import.meta.url), 'utf8'));
const scoresOf = (system: string) => [...(outcomes.gsm8k[system] ?? '')].map(Number);
const [small, smallVerified, large, largeVerified] = [
  '6b_finetuning',
  '6b_verification',
  '175b_finetuning',
  '175b_verification',
].map(scoresOf);
const systems = [small ?? [], smallVerified ?? [], large ?? [], largeVerified ?? []];
const pairsOf = systems.flatMap((a, i) => systems.slice(i + 1).map((b) => pairedDifference(a, b)));

describe('on real outcomes', () => {
  it('gives the Wilson intervals of four systems', () => {
    expect(wilsonInterval(145, 666).low).toBeCloseTo(0.188042, 6);
    expect(wilsonInterval(145, 666).high).toBeCloseTo(0.250631, 6);
    expect(wilsonInterval(363, 666).high).toBeCloseTo(0.582498, 6);
  });

  it('gives exact McNemar p-values, far into the tail, and their Holm correction', () => {
    const expected = [
      1.5640123681933458e-16, 1.776108979616371e-13, 5.2301519640611834e-48, 0.38776287826420297, 1.3268681860238e-15,
      5.029632510858672e-18,
    ];
    const holm = [
      6.256049472773383e-16, 3.552217959232742e-13, 3.13809117843671e-47, 0.38776287826420297, 3.9806045580714e-15,
      2.5148162554293362e-17,
    ];
    const ps = pairsOf.map(({ p }) => p);
    for (const [index, p] of ps.entries()) expect(p / (expected[index] ?? 1)).toBeCloseTo(1, 9);
    for (const [index, p] of holmAdjust(ps).entries()) expect(p / (holm[index] ?? 1)).toBeCloseTo(1, 9);
  });

  it('gives paired differences whose error is smaller than the unpaired one', () => {
    const [pair] = pairsOf;
    expect(pair).toMatchObject({ n: 666, onlyA: 38, onlyB: 148, test: 'mcnemar' });
    expect(pair?.difference).toBeCloseTo(0.165165, 6);
    expect(pair?.error).toBeCloseTo(0.019467, 6);
    expect(pair?.unpairedError).toBeCloseTo(0.024709, 6);
    expect(pair?.interval.low).toBeCloseTo(0.127011, 6);
    expect(pair?.interval.high).toBeCloseTo(0.20332, 6);
  });

  it('agrees with itself by permutation and by bootstrap, within sampling error', () => {
    const [, b, c] = systems;
    const p = signFlipTest(
      (b ?? []).map((value, index) => (c?.[index] ?? 0) - value),
      20_000,
    );
    expect(Math.abs(p - 0.38776)).toBeLessThan(0.015);
    const differences = (small ?? []).map((value, index) => (smallVerified?.[index] ?? 0) - value);
    const { low, high } = bootstrapMean(differences, { samples: 4000 });
    expect(Math.abs(low - 0.127011)).toBeLessThan(0.004);
    expect(Math.abs(high - 0.20332)).toBeLessThan(0.004);
  });

  it('gives clustered errors and pass^k of repeated trials', () => {
    const values = outcomes.tau.flatMap((trials) => [...trials].map(Number));
    const clusters = outcomes.tau.flatMap((trials, task) => [...trials].map(() => String(task)));
    const error = meanError(values, clusters);
    expect([error.mean, error.clusters]).toEqual([0.49, 25]);
    expect(error.naive).toBeCloseTo(0.050242, 6);
    expect(error.clustered).toBeCloseTo(0.083042, 6);
    const rounds = outcomes.tau.map((trials) => [...trials].map((trial) => trial === '1'));
    expect([1, 2, 3, 4].map((k) => Math.round(passHatK(rounds, k) * 1e6) / 1e6)).toEqual([0.49, 0.386667, 0.34, 0.32]);
    const differ = outcomes.tau.filter((trials) => new Set(trials).size > 1).length;
    expect(flipRate(rounds)).toBe(differ / 25);
  });

  it("gives a judge's agreement with people and with itself under swap", () => {
    const [label, plain, swapped] = [outcomes.judge.label, outcomes.judge.plain, outcomes.judge.swapped].map((text) => [
      ...text,
    ]);
    expect(agreement(plain ?? [], label ?? []).kappa).toBeCloseTo(0.897709, 6);
    expect(agreement(swapped ?? [], label ?? []).kappa).toBeCloseTo(0.917898, 6);
    expect(agreement(plain ?? [], swapped ?? []).kappa).toBeCloseTo(0.897708674304419, 12);
  });
});

it('bounds Wilson intervals at no and at all successes', () => {
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  expect(wilsonInterval(0, 10).low).toBe(0);
  expect(wilsonInterval(10, 10).high).toBeCloseTo(1, 12);
  expect(() => wilsonInterval(11, 10)).toThrow();
});

it('never gives a p-value above 1 or an interval that misses its mean', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 }), (pairs) => {
      const pair = pairedDifference(
        pairs.map(([a]) => Number(a)),
        pairs.map(([, b]) => Number(b)),
      );
      expect(pair.p).toBeGreaterThan(0);
      expect(pair.p).toBeLessThanOrEqual(1);
      expect(pair.p).toBeCloseTo(mcnemarExact(pair.onlyB, pair.onlyA), 12);
      expect(pair.interval.low).toBeLessThanOrEqual(pair.difference);
    }),
    { numRuns: 100 },
  );
});

it('computes McNemar beyond a thousand discordant pairs', () => {
  expect(mcnemarExact(5000, 5000)).toBe(1);
  // The normal approximation with continuity correction, 2 (1 - Phi((|b - c| - 1) / sqrt(n))), is near at this size.
  expect(mcnemarExact(5000, 5200) / (2 * (1 - normalCdf(199 / Math.sqrt(10_200))))).toBeCloseTo(1, 2);
});

it('respects clusters in paired comparisons', () => {
  const a = Array.from({ length: 40 }, () => 0);
  const b = a.map((_, index) => (index < 20 ? 1 : 0));
  const clusters = a.map((_, index) => `document ${Math.floor(index / 20)}`);
  const pair = pairedDifference(a, b, { clusters });
  expect(pair.test).toBe('permutation');
  expect(pair.p).toBeGreaterThan(0.5); // one document of two: no evidence at all
  expect(pairedDifference(a, b).p).toBeLessThan(1e-5);
  expect(pair.error).toBeGreaterThan(pairedDifference(a, b).error * 3);
});

it('says the smallest effect that can be found, before and after Holm over four models', () => {
  expect(smallestDetectableEffect(1000, { discordance: 0.1 })).toBeCloseTo(0.028, 3);
  expect(smallestDetectableEffect(1000)).toBeCloseTo(0.0396, 3);
  expect(smallestDetectableEffect(1000, { comparisons: 4 })).toBeCloseTo(0.0472, 3);
  expect(() => smallestDetectableEffect(0)).toThrow();
});

it('inverts the normal distribution', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  for (const z of [-6, -1.5, 0, 0.3, 4]) expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, 8);
});

it('handles agreement at its edges', () => {
  expect(agreement(['a'], ['a']).kappa).toBeNull();
  expect(agreement([1, 2], [2, 1]).kappa).toBe(-1);
  expect(balancedAccuracy([true, true, false], [true, false, false])).toBe(0.75);
  expect(balancedAccuracy([true], [true])).toBeNull();
  expect(() => agreement([], [])).toThrow();
});

it('repeats the same numbers for the same seed', () => {
  const [a, b] = [seededRandom(7), seededRandom(7)];
  expect(Array.from({ length: 5 }, a)).toEqual(Array.from({ length: 5 }, b));
  const random = seededRandom(1);
  const mean = Array.from({ length: 10_000 }, random).reduce((sum, value) => sum + value, 0) / 10_000;
  expect(mean).toBeCloseTo(0.5, 1);
});
