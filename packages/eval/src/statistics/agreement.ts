import { FieldkitError } from '@fieldkit/core';

export interface Agreement {
  readonly n: number;
  /** Share of equal labels. */
  readonly observed: number;
  /** Share of equal labels expected from the two label frequencies alone. */
  readonly expected: number;
  /** Cohen's (1960) kappa: 1 perfect, 0 chance, below 0 worse than chance; null when both raters use one label only. */
  readonly kappa: number | null;
}

/**
 * Agreement of two raters on the same items.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when the lengths differ or there is no item.
 */
export function agreement(a: readonly (string | number)[], b: readonly (string | number)[]): Agreement {
  const n = a.length;
  if (n === 0 || b.length !== n) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `need as many labels of both raters, and at least one: ${n} and ${b.length}`,
    );
  }
  const counts = new Map<string | number, { a: number; b: number }>();
  let equal = 0;
  a.forEach((label, index) => {
    const other = b[index] ?? '';
    if (label === other) equal += 1;
    at(counts, label).a += 1;
    at(counts, other).b += 1;
  });
  const observed = equal / n;
  let expected = 0;
  for (const count of counts.values()) expected += (count.a / n) * (count.b / n);
  return { n, observed, expected, kappa: expected >= 1 ? null : (observed - expected) / (1 - expected) };
}

function at(counts: Map<string | number, { a: number; b: number }>, label: string | number) {
  const found = counts.get(label) ?? { a: 0, b: 0 };
  counts.set(label, found);
  return found;
}

/** Mean of the recalls of both classes of a yes-or-no prediction; null when one class does not occur. */
export function balancedAccuracy(truth: readonly boolean[], predicted: readonly boolean[]): number | null {
  const recall = (value: boolean) => {
    const of = truth.filter((label) => label === value).length;
    return of === 0 ? null : truth.filter((label, index) => label === value && predicted[index] === value).length / of;
  };
  const [yes, no] = [recall(true), recall(false)];
  return yes === null || no === null ? null : (yes + no) / 2;
}
