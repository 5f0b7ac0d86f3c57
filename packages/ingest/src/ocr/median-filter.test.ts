import fc from 'fast-check';
import { expect, it } from 'vitest';
import { medianFilter } from './median-filter.ts';

it('gives the median of each window, edges repeated', () => {
  const picture = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(3, 5))
    .chain(([width, height, window]) =>
      fc.tuple(
        fc.constant(width),
        fc.constant(height),
        fc.constant(window),
        fc.uint8Array({ minLength: width * height, maxLength: width * height }),
      ),
    );
  fc.assert(
    fc.property(picture, ([width, height, window, grey]) => {
      const reach = window >> 1;
      const at = (x: number, y: number) =>
        grey[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))] ?? 0;
      const expected = Array.from(grey, (_, index) => {
        const values: number[] = [];
        for (let dy = -reach; dy <= reach; dy += 1)
          for (let dx = -reach; dx <= reach; dx += 1)
            values.push(at((index % width) + dx, Math.floor(index / width) + dy));
        return values.sort((left, right) => left - right)[values.length >> 1];
      });
      expect(Array.from(medianFilter(grey, width, height, window))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
