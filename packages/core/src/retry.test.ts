import { describe, expect, it } from 'vitest';
import { FieldkitError } from './error.ts';
import { retry } from './retry.ts';
import { createFakeClock } from './testing.ts';

const busy = (retryAfterMs?: number) =>
  new FieldkitError('MODEL_RATE_LIMITED', 'busy', retryAfterMs === undefined ? {} : { details: { retryAfterMs } });

/** Runs `retry` on a clock that jumps to each pause's end; returns the pauses. */
async function pausesOf(failures: readonly Error[], options: Parameters<typeof retry>[1] = {}) {
  const clock = createFakeClock();
  const pauses: number[] = [];
  let calls = 0;
  const result = retry(
    async (attempt) => {
      calls += 1;
      expect(attempt).toBe(calls);
      const failure = failures[attempt - 1];
      if (failure !== undefined) throw failure;
      return 'done';
    },
    { random: () => 1, ...options, clock, onRetry: (_, __, delayMs) => pauses.push(delayMs) },
  ).catch((error: unknown) => error);
  for (let step = 0; step < 10; step += 1) await clock.advance(100_000);
  return { result: await result, pauses, calls };
}

describe('retry', () => {
  it('tries again until it succeeds, with doubling pauses up to the longest', async () => {
    const { result, pauses } = await pausesOf([busy(), busy(), busy()], { maxDelayMs: 1500 });
    expect(result).toBe('done');
    expect(pauses).toEqual([500, 1000, 1500]);
  });

  it('waits a random part of the bound', async () => {
    expect((await pausesOf([busy(), busy()], { random: () => 0.5 })).pauses).toEqual([250, 500]);
  });

  it('waits at least as long as the other side asks', async () => {
    expect((await pausesOf([busy(7000), busy(1)])).pauses).toEqual([7000, 1000]);
  });

  it('gives the last error after the last attempt, and stops at once at an error that will not go away', async () => {
    const used = await pausesOf([busy(), busy(), busy(), busy(), busy()], { attempts: 2 });
    expect(used).toMatchObject({ calls: 2, result: { code: 'MODEL_RATE_LIMITED' } });
    const final = await pausesOf([new FieldkitError('MODEL_UNAUTHORIZED', 'no')]);
    expect(final).toMatchObject({ calls: 1, result: { code: 'MODEL_UNAUTHORIZED' }, pauses: [] });
    expect((await pausesOf([new TypeError('bug')])).calls).toBe(1);
  });

  it('ends while it waits when it is aborted', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const waiting = retry(() => Promise.reject(busy()), { clock, signal: controller.signal });
    await clock.advance(0);
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });

  it('takes whole numbers of attempts from 1', async () => {
    await expect(retry(async () => 1, { attempts: 1 })).resolves.toBe(1);
    for (const attempts of [0, 1.5, Number.NaN]) {
      await expect(retry(async () => 1, { attempts })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
