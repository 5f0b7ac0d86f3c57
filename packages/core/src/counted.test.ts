import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it('counts one thing as one', () => {
  expect([0, 1, 2].map((count) => counted(count, 'document'))).toEqual(['0 documents', '1 document', '2 documents']);
  expect(counted(2, 'copy', 'copies')).toBe('2 copies');
});
