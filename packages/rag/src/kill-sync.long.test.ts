import { expect, it } from 'vitest';
import { createRandom } from './evaluation/statistics.ts';
import { killSyncs } from './testing/kill-sync.ts';

it('is equal to a clean build after each of fifty kills at random moments', async () => {
  const random = createRandom(20261122);
  const delays = Array.from({ length: 50 }, () => Math.round(random() * 700));
  let killed = 0;
  for await (const round of killSyncs(delays)) {
    expect(round.after).toEqual(round.clean);
    if (round.killed) killed += 1;
  }
  expect(killed).toBeGreaterThan(25);
});
