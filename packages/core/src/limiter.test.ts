import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';
import { createFakeClock } from './testing.ts';

describe('createLimiter', () => {
  it('spaces requests evenly, whatever the rush', async () => {
    const clock = createFakeClock();
    const limiter = createLimiter({ requestsPerMinute: 60, target: 1, clock });
    const at: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      void limiter.acquire().then((permit) => {
        at.push(clock.monotonic());
        permit.done();
      });
    }
    await clock.advance(10_000);
    expect(at).toEqual([0, 0, 1000, 2000]);
  });

  it('counts tokens, and corrects an estimate that was wrong', async () => {
    const clock = createFakeClock();
    const limiter = createLimiter({ tokensPerMinute: 60_000, target: 1, clock });
    const at: number[] = [];
    const one = async () => {
      const permit = await limiter.acquire({ tokens: 1000 });
      at.push(clock.monotonic());
      permit.done(3000);
    };
    void one();
    await clock.advance(1);
    void one();
    await clock.advance(10_000);
    expect(at).toHaveLength(2);
    expect(at[1]).toBeGreaterThanOrEqual(2000);
  });

  it('pauses everyone after a refusal, as long as the other side asks, and then goes slower', async () => {
    const clock = createFakeClock();
    const limiter = createLimiter({ clock });
    (await limiter.acquire()).throttled(5000);
    let resumedAt: number | undefined;
    void limiter.acquire().then((permit) => {
      resumedAt = clock.monotonic();
      permit.done();
    });
    await clock.advance(4999);
    expect(resumedAt).toBeUndefined();
    expect(limiter.pace()).toBeCloseTo(0.7);
    await clock.advance(60_000);
    expect(resumedAt).toBe(5000);
    expect(limiter.pace()).toBe(1);
  });

  it('gives the place of whoever gives up to the next', async () => {
    const clock = createFakeClock();
    const limiter = createLimiter({ requestsPerMinute: 60, target: 1, clock });
    (await limiter.acquire()).done();
    (await limiter.acquire()).done();
    const controller = new AbortController();
    const left = limiter.acquire({ signal: controller.signal });
    const next = limiter.acquire();
    controller.abort(new Error('gave up'));
    await expect(left).rejects.toThrow('gave up');
    await clock.advance(1000);
    (await next).done();
  });

  it('refuses limits that are none', () => {
    expect(() => createLimiter({ requestsPerMinute: 0 })).toThrow(/requestsPerMinute/);
  });
});
