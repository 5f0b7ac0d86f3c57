import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapConcurrent } from './map-concurrent.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('mapConcurrent', () => {
  it('returns results in input order and never runs more than the limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 3 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 6 }),
        async (pauses, limit) => {
          let running = 0;
          let most = 0;
          const results = await mapConcurrent(pauses, limit, async (pause, index) => {
            running += 1;
            most = Math.max(most, running);
            for (let count = 0; count < pause; count += 1) await tick();
            running -= 1;
            return index;
          });
          expect(results).toEqual(pauses.map((_, index) => index));
          expect(most).toBeLessThanOrEqual(limit);
          expect(most).toBeGreaterThanOrEqual(Math.min(1, pauses.length));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('uses every slot', async () => {
    let running = 0;
    let most = 0;
    await mapConcurrent([1, 2, 3, 4], 3, async () => {
      running += 1;
      most = Math.max(most, running);
      await tick();
      running -= 1;
    });
    expect(most).toBe(3);
  });

  it('starts nothing after a throw, waits for what runs, and rethrows the first', async () => {
    const log: string[] = [];
    const failing = mapConcurrent([0, 1, 2, 3], 2, async (item) => {
      log.push(`start ${item}`);
      if (item === 1) throw new Error('first');
      await tick();
      await tick();
      log.push(`end ${item}`);
    });
    await expect(failing).rejects.toThrow('first');
    expect(log).toEqual(['start 0', 'start 1', 'end 0']);
  });

  it('rethrows even when undefined is thrown', async () => {
    await expect(mapConcurrent([1], 1, () => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  it('stops at an abort with its reason', async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const running = mapConcurrent(
      [0, 1, 2],
      1,
      async (item) => {
        started.push(item);
        controller.abort(new Error('enough'));
      },
      { signal: controller.signal },
    );
    await expect(running).rejects.toThrow('enough');
    expect(started).toEqual([0]);
  });

  it('takes whole numbers from 1 as limit', async () => {
    await expect(mapConcurrent([1], 1, async (item) => item)).resolves.toEqual([1]);
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(mapConcurrent([1], limit, async (item) => item)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
