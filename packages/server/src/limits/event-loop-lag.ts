/** How late timers are, so that a server that cannot keep up says no before it takes more. */
export interface LagMeter {
  /** The worst lag of the last half second, in ms. */
  worstMs(): number;
  /** The median lag of the last half second, in ms: high only when the process is busy all the time. */
  usualMs(): number;
  close(): void;
}

const EVERY_MS = 50;
const KEPT = 10;

export function createLagMeter(): LagMeter {
  const lags: number[] = [];
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lags.push(Math.max(0, now - due));
    if (lags.length > KEPT) lags.shift();
    due = now + EVERY_MS;
  }, EVERY_MS);
  timer.unref();
  return {
    worstMs: () => Math.max(0, performance.now() - due, ...lags),
    usualMs: () => [...lags].sort((a, b) => a - b)[Math.floor(lags.length / 2)] ?? 0,
    close: () => clearInterval(timer),
  };
}
