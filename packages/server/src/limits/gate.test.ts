import { expect, it, onTestFinished, vi } from 'vitest';
import { createGate } from './gate.ts';

const never = new AbortController().signal;

it('lets those who wait in when places are added, though nobody leaves', async () => {
  let places = 1;
  const gate = createGate({ concurrent: () => places, queue: 4, queueMs: 5_000 });
  await gate.enter({ id: 'a' }, never);
  const waiting = [gate.enter({ id: 'b' }, never), gate.enter({ id: 'c' }, never)];
  expect([gate.active, gate.waiting]).toEqual([1, 2]);
  places = 3;
  await Promise.all(waiting);
  expect([gate.active, gate.waiting]).toEqual([3, 0]);
});

it('begins a burst a few at a time, all of it in the end, and refuses only what the queue cannot hold', async () => {
  const gate = createGate({ concurrent: () => 100, queue: 30, queueMs: 5_000 });
  const entered = Array.from({ length: 40 }, (_, index) => gate.enter({ id: String(index) }, never));
  expect(gate.active).toBeLessThan(10);
  const results = await Promise.allSettled(entered);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(34);
  expect(gate.active).toBe(34);
});

it('lets only so many wait as can have a place in time, by how often one was given back lately', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const gate = createGate({ concurrent: () => 1, queue: 10, queueMs: 50 });
  let leave = () => {};
  for (let index = 0; index < 10; index += 1) {
    leave();
    leave = await gate.enter({ id: 'a' }, never);
    vi.advanceTimersByTime(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const waiting = [gate.enter({ id: 'b' }, never), gate.enter({ id: 'c' }, never)];
  await expect(gate.enter({ id: 'd' }, never)).rejects.toThrow(/busy/);
  leave();
  expect([gate.active, gate.waiting, gate.full]).toEqual([1, 1, false]);
  gate.close();
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

it('gives a place back once, and one that is left while waiting is not taken', async () => {
  const gate = createGate({ concurrent: () => 1, queue: 4, queueMs: 5_000 });
  const leave = await gate.enter({ id: 'a' }, never);
  const gone = new AbortController();
  const left = gate.enter({ id: 'b' }, gone.signal);
  const next = gate.enter({ id: 'c' }, never);
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  leave();
  leave();
  await next;
  expect([gate.active, gate.waiting]).toEqual([1, 0]);
});

it('closing refuses those who wait', async () => {
  const gate = createGate({ concurrent: () => 1, queue: 4, queueMs: 5_000 });
  await gate.enter({ id: 'a' }, never);
  const waiting = gate.enter({ id: 'b' }, never);
  gate.close();
  await expect(waiting).rejects.toThrow(/stopping/);
  await expect(gate.enter({ id: 'c' }, never)).rejects.toThrow(/stopping/);
});
