import { describe, expect, it } from 'vitest';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { FieldkitError } from './error.ts';
import { createFakeClock } from './testing.ts';

const down = () => Promise.reject(new FieldkitError('TOOL_UNAVAILABLE', 'down'));
const wrong = () => Promise.reject(new FieldkitError('TOOL_INVALID_INPUT', 'wrong'));
const up = async () => 'up';

async function opened() {
  const clock = createFakeClock();
  const breaker = createCircuitBreaker({ name: 'orders', failures: 2, cooldownMs: 1000, clock });
  await breaker.run(down).catch(() => {});
  expect(breaker.state()).toBe('closed');
  await breaker.run(down).catch(() => {});
  return { clock, breaker };
}

describe('createCircuitBreaker', () => {
  it('refuses calls after so many failures in a row, without calling', async () => {
    const { breaker } = await opened();
    let called = false;
    const refused = breaker.run(async () => {
      called = true;
    });
    await expect(refused).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      retryable: false,
      message: expect.stringContaining('orders failed 2 times'),
    });
    expect(called).toBe(false);
  });

  it('lets one trial through after the cooldown, and closes when it succeeds', async () => {
    const { clock, breaker } = await opened();
    await clock.advance(999);
    expect(breaker.state()).toBe('open');
    await clock.advance(1);
    expect(breaker.state()).toBe('half-open');
    const gate = Promise.withResolvers<string>();
    const trial = breaker.run(() => gate.promise);
    await expect(breaker.run(up)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    gate.resolve('fine');
    await expect(trial).resolves.toBe('fine');
    expect(breaker.state()).toBe('closed');
    await breaker.run(down).catch(() => {});
    expect(breaker.state()).toBe('closed');
  });

  it('opens again for a whole cooldown when the trial fails', async () => {
    const { clock, breaker } = await opened();
    await clock.advance(1000);
    await expect(breaker.run(down)).rejects.toThrow('down');
    await clock.advance(999);
    expect(breaker.state()).toBe('open');
  });

  it('does not count what is wrong with the request', async () => {
    const breaker = createCircuitBreaker({ name: 'orders', failures: 1 });
    await expect(breaker.run(wrong)).rejects.toMatchObject({ code: 'TOOL_INVALID_INPUT' });
    expect(breaker.state()).toBe('closed');
  });

  it('starts counting anew after a success', async () => {
    const breaker = createCircuitBreaker({ name: 'orders', failures: 2 });
    for (const fn of [down, up, down]) await breaker.run<unknown>(fn).catch(() => {});
    expect(breaker.state()).toBe('closed');
  });

  it('takes failures from 1 and cooldowns from 0', () => {
    expect(() => createCircuitBreaker({ name: 'x', failures: 0 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(() => createCircuitBreaker({ name: 'x', cooldownMs: -1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(createCircuitBreaker({ name: 'x', failures: 1, cooldownMs: 0 }).state()).toBe('closed');
  });
});
