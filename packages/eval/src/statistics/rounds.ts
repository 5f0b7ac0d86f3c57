import { counted, FieldkitError } from '@fieldkit/core';

/**
 * pass^k: the probability that k random rounds of an item all succeed, averaged over items: the mean of C(c, k) / C(n, k) (Yao et al.,
 * tau-bench, 2024, section 4). Unlike pass@k it falls with k: it measures reliability.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when an item has fewer than k rounds or there is no item.
 */
export function passHatK(rounds: readonly (readonly boolean[])[], k: number): number {
  if (rounds.length === 0 || rounds.some(({ length }) => length < k) || k < 1) {
    throw new FieldkitError('INVALID_OPTION', `pass^${k} needs at least one item and ${counted(k, 'round')} of it`);
  }
  const shares = rounds.map((outcomes) => {
    const n = outcomes.length;
    const c = outcomes.filter(Boolean).length;
    let share = 1;
    for (let i = 0; i < k; i += 1) share *= Math.max(0, c - i) / (n - i);
    return share;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Share of items whose outcome is not the same in all rounds; null without items. */
export function flipRate(rounds: readonly (readonly boolean[])[]): number | null {
  if (rounds.length === 0) return null;
  return rounds.filter((outcomes) => outcomes.some((outcome) => outcome !== outcomes[0])).length / rounds.length;
}
