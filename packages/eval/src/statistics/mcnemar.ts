/**
 * Two-sided exact McNemar test of paired yes-or-no outcomes: the binomial probability, at 1/2, of a split of the discordant pairs at least as
 * uneven as `onlyA` to `onlyB` (McNemar 1947; exact form as in Fagerland et al. 2013). 1 when no pair differs.
 */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  if (n === 0) return 1;
  const k = Math.min(onlyA, onlyB);
  // The largest term of the tail in logarithms, the smaller ones by their ratio to it.
  const largest = Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2);
  let term = 1;
  let sum = 1;
  for (let i = k; i > 0 && term > 1e-18 * sum; i -= 1) {
    term *= i / (n - i + 1);
    sum += term;
  }
  return Math.min(1, 2 * largest * sum);
}

/** Exact to rounding below 1,000; Stirling's series beyond. */
function logFactorial(n: number): number {
  if (n < 1000) {
    let sum = 0;
    for (let i = 2; i <= n; i += 1) sum += Math.log(i);
    return sum;
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
