/** How many answers the process can take at a time, learnt from how late its timers are. */
export interface LoadMeter {
  /** Answers that may be under way now. */
  readonly limit: number;
  /** The worst lag of the event loop, here or where answers are made, in the last half second, in ms. */
  worstLagMs(): number;
  close(): void;
}

export interface LoadMeterOptions {
  /** The limit never goes above this. */
  readonly most: number;
  /** Lag in ms from which fewer are taken. */
  readonly lagMs: number;
  /** Answers under way now: the limit grows only while it is used. */
  readonly active: () => number;
  /** Lag of the processes that answer, when this one only listens. */
  readonly elsewhereMs?: () => number;
}

const EVERY_MS = 50;
const KEPT = 10;
/** Taken whatever the lag: with fewer under way a busy process is busy with something else. */
const LEAST = 32;
const FIRST = 64;

/** The next limit after one look: down in proportion to the lag, up by a twentieth while it is used. */
export function nextLimit(
  limit: number,
  { lag, lagMs, active, most }: { lag: number; lagMs: number; active: number; most: number },
): number {
  if (lag > lagMs) return Math.max(Math.min(LEAST, most), Math.min(limit, active) * Math.max(0.3, lagMs / lag));
  if (active < limit * 0.8) return limit;
  return Math.min(most, limit + Math.max(1, limit * 0.05));
}

export function createLoadMeter({ most, lagMs, active, elsewhereMs = () => 0 }: LoadMeterOptions): LoadMeter {
  const lags: number[] = [];
  let limit = Math.min(FIRST, most);
  let before = 0;
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    const lag = Math.max(0, now - due, elsewhereMs());
    lags.push(lag);
    if (lags.length > KEPT) lags.shift();
    // One late look is a pause (the heap is tidied, the disk waits) and costs nobody an answer; two are load.
    limit = nextLimit(limit, { lag: Math.min(lag, before), lagMs, active: active(), most });
    before = lag;
    due = now + EVERY_MS;
  }, EVERY_MS);
  timer.unref();
  return {
    get limit() {
      return Math.floor(limit);
    },
    worstLagMs: () => Math.max(0, performance.now() - due, ...lags),
    close: () => clearInterval(timer),
  };
}
