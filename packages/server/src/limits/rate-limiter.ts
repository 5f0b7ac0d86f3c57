/** A bucket per principal that refills evenly. */
export interface RateLimiter {
  /** Takes one from the bucket of `id`; 0 when there was one, else the seconds until there is. */
  take(id: string, perMinute: number): number;
}

/** Principals remembered at most; the longest unused are forgotten, which can only be to their good. */
const REMEMBERED = 10_000;

/** @param now Milliseconds of a clock that never goes back. */
export function createRateLimiter(now: () => number = () => performance.now()): RateLimiter {
  const buckets = new Map<string, { level: number; at: number }>();
  return {
    take(id, perMinute) {
      const time = now();
      const known = buckets.get(id);
      const perMs = perMinute / 60_000;
      const level = known === undefined ? perMinute : Math.min(perMinute, known.level + (time - known.at) * perMs);
      buckets.delete(id);
      const taken = level >= 1;
      buckets.set(id, { level: taken ? level - 1 : level, at: time });
      if (buckets.size > REMEMBERED) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break;
      return taken ? 0 : (1 - level) / perMs / 1000;
    },
  };
}
