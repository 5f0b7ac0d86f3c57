import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mutation } from './__fixtures__/mutate.ts';
import { readDocument } from './read-document.ts';
import { segmentDocument } from './segment/segment-document.ts';

it('answers 3,000 damaged files of every format with a document or a typed error, each within two seconds', async () => {
  await fc.assert(
    fc.asyncProperty(mutation, async ({ name, bytes }) => {
      const started = performance.now();
      const outcome = await readDocument(bytes, { uri: name, tenant: 't' }).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome.name, String(outcome.stack)).toBe('FieldkitError');
      else if (typeof outcome === 'object' && outcome !== null && 'blocks' in outcome)
        segmentDocument(outcome as Awaited<ReturnType<typeof readDocument>>); // not an error: what readDocument promises
      expect(performance.now() - started).toBeLessThan(2000);
    }),
    { numRuns: 3000, seed: 1 },
  );
});
