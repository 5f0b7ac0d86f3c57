import { describe, expect, it } from 'vitest';
import { createPushQueue } from './push-queue.ts';

const queueOf = (left: string[] = []) =>
  createPushQueue<number>({ onStart: () => left.push('start'), onLeave: async () => left.push('leave') });

describe('createPushQueue', () => {
  it('gives what was pushed in order, what was pushed before an error before it, and the error once', async () => {
    const queue = queueOf();
    const early = [queue.next(), queue.next()]; // asked for before there is anything
    for (const value of [1, 2, 3, 4]) queue.push(value);
    queue.end({ error: new Error('cut') });
    expect(await Promise.all([...early, queue.next(), queue.next()])).toEqual(
      [1, 2, 3, 4].map((value) => ({ value, done: false })),
    );
    await expect(queue.next()).rejects.toThrow('cut');
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  it('tells whoever waits that no more come', async () => {
    const queue = queueOf();
    const waiting = [queue.next(), queue.next()];
    queue.end({ error: new Error('cut') });
    expect(await Promise.allSettled(waiting)).toMatchObject([
      { status: 'rejected', reason: { message: 'cut' } },
      { status: 'fulfilled', value: { done: true } },
    ]);
  });

  it('starts with the first value that is asked for, and tells its source when the reader leaves early, not at the end', async () => {
    const seen: string[] = [];
    const queue = queueOf(seen);
    expect(seen).toEqual([]);
    const first = queue.next();
    queue.push(1);
    await first;
    await queue.return?.();
    await queue.return?.();
    expect(seen).toEqual(['start', 'leave']);
    expect(queue.left()).toBe(true);
    expect(await queue.next()).toMatchObject({ done: true });

    const whole: string[] = [];
    const read = queueOf(whole);
    read.push(1);
    read.end();
    for await (const _ of read); // to its end
    expect(whole).toEqual(['start']);
  });

  it('asks its source to wait while 200 values wait, until they are read or the reader is gone', async () => {
    const queue = queueOf();
    for (let value = 0; value < 199; value += 1) queue.push(value);
    expect(queue.room()).toBeUndefined();
    queue.push(199);
    let room = false;
    const wait = queue.room()?.then(() => {
      room = true;
    });
    for (let value = 0; value < 199; value += 1) await queue.next();
    expect(room).toBe(false);
    await queue.next();
    await wait;
    for (let value = 0; value < 200; value += 1) queue.push(value);
    const again = queue.room();
    expect(again).toBeDefined();
    await queue.return?.();
    await again;
  });
});
