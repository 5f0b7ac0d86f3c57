export interface Deadline {
  readonly signal: AbortSignal;
  /** Nothing is left to wait for: a timer that runs on would keep its run in memory until it fires. */
  end(): void;
}

/** Longest time that a timer takes, in ms. */
const LONGEST = 2 ** 31 - 1;

/** Aborts after a time as `AbortSignal.timeout` does, and can be ended before. */
export function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  const timer = setTimeout(abort, Math.min(LONGEST, timeoutMs));
  timer.unref();
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}
