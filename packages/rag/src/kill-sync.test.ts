import { expect, it } from 'vitest';
import { killSyncs } from './testing/kill-sync.ts';

it('is equal to a clean build after a sync that was killed and run again', async () => {
  for await (const { after, clean } of killSyncs([90, 260])) expect(after).toEqual(clean);
});
