import { expect, it } from 'vitest';
import { memoize, memoizeText } from './memoize.ts';

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

it('keeps texts up to a length in all, and none that is too long for it', () => {
  const made: string[] = [];
  const lengthOf = memoizeText(100, (text) => {
    made.push(text);
    return text.length;
  });
  const texts = Array.from({ length: 25 }, (_, index) => String.fromCharCode(97 + index).repeat(5));
  for (const text of [...texts.slice(0, 20), 'aaaaa', ...texts.slice(20)]) expect(lengthOf(text)).toBe(5);
  expect(made).toHaveLength(25);
  lengthOf('aaaaa'); // used since, kept
  expect(made).toHaveLength(25);
  lengthOf('bbbbb'); // the oldest, gone
  expect(made).toHaveLength(26);
  lengthOf('x'.repeat(6));
  lengthOf('x'.repeat(6));
  expect(made).toHaveLength(28);
});
