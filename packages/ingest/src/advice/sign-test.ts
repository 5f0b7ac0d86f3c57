/**
 * Two-sided exact sign test: the probability of a split at least this uneven when both sides are equally good. Ties are left out.
 * 1 when nothing differs.
 */
export function signTest(better: number, worse: number): number {
  const trials = better + worse;
  if (trials === 0) return 1;
  let tail = 0;
  for (let wins = 0; wins <= Math.min(better, worse); wins += 1)
    tail += Math.exp(logChoose(trials, wins) - trials * Math.LN2);
  return Math.min(1, 2 * tail);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let step = 1; step <= k; step += 1) sum += Math.log(n - k + step) - Math.log(step);
  return sum;
}

/** Holm's correction (Scandinavian Journal of Statistics, 1979): the p-values to compare with the level, in the order given. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((left, right) => left.value - right.value);
  const corrected = new Array<number>(values.length).fill(1);
  let highest = 0;
  order.forEach(({ value, index }, rank) => {
    highest = Math.max(highest, Math.min(1, value * (values.length - rank)));
    corrected[index] = highest;
  });
  return corrected;
}
