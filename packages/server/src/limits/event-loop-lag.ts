/** How late timers are, so that a server that cannot keep up says no before it takes more. */
export interface LagMeter {
  /** The worst lag of the last half second, in ms. */
  lagMs(): number;
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
    lagMs: () => Math.max(0, performance.now() - due, ...lags),
    close: () => clearInterval(timer),
  };
}
