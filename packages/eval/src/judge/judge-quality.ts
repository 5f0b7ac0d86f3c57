import { counted, FieldkitError } from '@fieldkit/core';
import { type Agreement, agreement } from '../statistics/agreement.ts';
import { seededRandom } from '../statistics/random.ts';
import { type Interval, wilsonInterval } from '../statistics/wilson.ts';
import type { PairwiseVerdict } from './pairwise-judge.ts';

/** How far a pairwise judge can be trusted, from its own verdicts: consistency is not validity, so it says nothing of people. */
export interface PairwiseQuality {
  readonly pairs: number;
  /** Share of pairs with a valid verdict in both orders. */
  readonly coverage: number;
  /** Share of the covered pairs with the same verdict in both orders, and its chance-corrected form. */
  readonly consistency: number | null;
  readonly swapKappa: number | null;
  /** Share of the decided single verdicts for the answer shown first; 0.5 is unbiased. */
  readonly firstPlaceRate: number | null;
  /** Share of the decided pairs of unequal length that the longer answer wins. */
  readonly longerWinsRate: number | null;
}

export function pairwiseQuality(verdicts: readonly PairwiseVerdict[]): PairwiseQuality {
  const covered = verdicts.filter(({ orders }) => !orders.includes('unavailable'));
  const singles = covered.flatMap(({ orders: [plain, swapped] }) =>
    [plain === 'tie' ? [] : plain === 'a', swapped === 'tie' ? [] : swapped === 'b'].flat(),
  );
  const decided = covered.filter(({ winner, lengths: [a, b] }) => (winner === 'a' || winner === 'b') && a !== b);
  const rate = (hits: number, of: number) => (of === 0 ? null : hits / of);
  const swap =
    covered.length === 0
      ? undefined
      : agreement(
          covered.map(({ orders }) => orders[0]),
          covered.map(({ orders }) => orders[1]),
        );
  return {
    pairs: verdicts.length,
    coverage: rate(covered.length, verdicts.length) ?? 0,
    consistency: rate(covered.filter(({ consistent }) => consistent).length, covered.length),
    swapKappa: swap?.kappa ?? null,
    firstPlaceRate: rate(singles.filter(Boolean).length, singles.length),
    longerWinsRate: rate(
      decided.filter(({ winner, lengths: [a, b] }) => (winner === 'a') === a > b).length,
      decided.length,
    ),
  };
}

/** A judge beside people, on the items that people labelled. */
export interface Calibration extends Agreement {
  readonly judge: string;
  /** 95 % bootstrap interval of kappa. */
  readonly kappaInterval: Interval;
  /** Labelled items for which the judge gave no valid verdict. */
  readonly unavailable: number;
  /** Of the items that people passed, and failed: share that the judge passed. */
  readonly passedOfGood: Interval & { readonly rate: number | null };
  readonly passedOfBad: Interval & { readonly rate: number | null };
  /** One sentence for reports, to be printed beside every score of this judge. */
  readonly verdict: string;
}

export interface LabelledItem {
  /** A person's label. */
  readonly human: boolean;
  /** The judge's score, 0 to 1. */
  readonly judge: number | 'unavailable';
}

/**
 * Kappa of a judge with people. A judge's score of at least 0.5 counts as a pass.
 *
 * @throws {FieldkitError} `INVALID_OPTION` without a labelled item that the judge judged.
 */
export function calibrateJudge(judge: string, items: readonly LabelledItem[]): Calibration {
  const pairs = items.flatMap(({ human, judge: score }) =>
    score === 'unavailable' ? [] : [{ human, passed: score >= 0.5 }],
  );
  if (pairs.length === 0)
    throw new FieldkitError(
      'INVALID_OPTION',
      `no item has both a label and a verdict of ${judge}; label some items first`,
    );
  const agreed = agreement(
    pairs.map(({ human }) => String(human)),
    pairs.map(({ passed }) => String(passed)),
  );
  const random = seededRandom(1);
  const kappas = Array.from({ length: 1000 }, () => {
    const sample = pairs.map(() => pairs[Math.floor(random() * pairs.length)] ?? { human: true, passed: true });
    return agreement(
      sample.map(({ human }) => String(human)),
      sample.map(({ passed }) => String(passed)),
    ).kappa;
  })
    .filter((kappa) => kappa !== null)
    .sort((a, b) => a - b);
  const at = (q: number) => kappas[Math.round(q * (kappas.length - 1))] ?? Number.NaN;
  const rateOf = (human: boolean) => {
    const of = pairs.filter((pair) => pair.human === human);
    const hits = of.filter(({ passed }) => passed).length;
    return { rate: of.length === 0 ? null : hits / of.length, ...wilsonInterval(hits, of.length) };
  };
  const interval = { low: at(0.025), high: at(0.975) };
  return {
    judge,
    ...agreed,
    kappaInterval: interval,
    unavailable: items.length - pairs.length,
    passedOfGood: rateOf(true),
    passedOfBad: rateOf(false),
    verdict: describe(judge, agreed.kappa, interval, pairs.length),
  };
}

/** Landis and Koch (1977) call kappa from 0.61 substantial and from 0.41 moderate; the lower end of the interval decides. */
function describe(judge: string, kappa: number | null, { low }: Interval, n: number): string {
  if (kappa === null)
    return `${judge}: people and judge used one label only on ${counted(n, 'item')}; label some of the other kind`;
  const trust = low >= 0.6 ? 'may be used alone' : low >= 0.4 ? 'use with spot checks' : 'do not decide by it';
  return `${judge}: kappa ${kappa.toFixed(2)} with people on ${counted(n, 'item')} (at least ${Number.isNaN(low) ? '?' : low.toFixed(2)}): ${trust}`;
}
