import { expect, it, vi } from 'vitest';
import { createLoadMeter, nextLimit } from './load-meter.ts';

const look = { lag: 0, lagMs: 40, active: 0, most: 1_000 };

it('grows while it is used and the process keeps up, to its bound', () => {
  let limit = 64;
  let looks = 0;
  for (; limit < 1_000; looks += 1) limit = nextLimit(limit, { ...look, active: limit });
  expect(looks * 50).toBeLessThan(4_000); // ms
  expect(nextLimit(1_000, { ...look, active: 1_000 })).toBe(1_000);
  expect(nextLimit(64, { ...look, active: 10 })).toBe(64);
});

it('falls in proportion to the lag, from what is under way, and never below what is taken in any case', () => {
  expect(nextLimit(1_000, { ...look, lag: 80, active: 100 })).toBe(50);
  expect(nextLimit(200, { ...look, lag: 5_000, active: 200 })).toBe(60);
  expect(nextLimit(40, { ...look, lag: 5_000, active: 40 })).toBe(32);
  expect(nextLimit(1, { ...look, lag: 5_000, active: 1, most: 1 })).toBe(1);
});

it('takes one pause for no load, and lag that stays for load', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const lags = [500, 0, 0, 500, 500];
  const limits: number[] = [];
  const meter = createLoadMeter({
    most: 1_000,
    lagMs: 40,
    active: () => 40,
    elsewhereMs() {
      limits.push(meter.limit);
      return lags.shift() ?? 0;
    },
  });
  vi.advanceTimersByTime(6 * 50);
  meter.close();
  vi.useRealTimers();
  expect(limits.slice(0, 5)).toEqual([64, 64, 64, 64, 64]);
  expect(meter.limit).toBe(33); // down to what is always taken, then one step up
});
