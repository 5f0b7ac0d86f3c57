import { expect, it } from 'vitest';
import { memoize } from './memoize.ts';

it('makes a value once and forgets the key that was used longest ago', () => {
  const made: string[] = [];
  const shout = memoize(2, (key) => {
    made.push(key);
    return key.toUpperCase();
  });
  expect([shout('a'), shout('b'), shout('a'), shout('c'), shout('a'), shout('b')]).toEqual([
    'A',
    'B',
    'A',
    'C',
    'A',
    'B',
  ]);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});
