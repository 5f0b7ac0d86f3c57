import { expect, it, onTestFinished, vi } from 'vitest';
import { createWriteBatch } from './write-batch.ts';

it('commits what one turn of the event loop wrote together, in order', async () => {
  const commits: (readonly number[])[] = [];
  const batch = createWriteBatch<number>((items) => commits.push(items));
  for (const item of [1, 2, 3]) batch.write(item);
  await batch.settled();
  batch.write(4);
  await batch.settled();
  expect(commits).toEqual([[1, 2, 3], [4]]);
});

it('gathers for the gap after a commit, and not after a pause', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const commits: (readonly number[])[] = [];
  const batch = createWriteBatch<number>((items) => commits.push(items), { gapMs: 30 });
  batch.write(1);
  vi.advanceTimersByTime(0);
  expect(commits).toEqual([[1]]);
  batch.write(2);
  vi.advanceTimersByTime(29);
  batch.write(3);
  expect(commits).toEqual([[1]]);
  vi.advanceTimersByTime(1);
  await batch.settled();
  expect(commits).toEqual([[1], [2, 3]]);
  vi.advanceTimersByTime(30);
  batch.write(4);
  vi.advanceTimersByTime(0);
  expect(commits.at(-1)).toEqual([4]);
});

it('tells a failure to all who wait, until something is committed', async () => {
  let full = true;
  const batch = createWriteBatch<number>(() => {
    if (full) throw new Error('full');
  });
  batch.write(1);
  await expect(Promise.all([batch.settled(), batch.settled()])).rejects.toThrow('full');
  await expect(batch.settled()).rejects.toThrow('full');
  full = false;
  batch.write(2);
  await batch.settled();
  expect(batch.flush()).toBeUndefined();
});
