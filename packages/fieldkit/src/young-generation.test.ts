import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Churns in a process of its own, as V8's flags hold for all of one; gives the size of its young generation in MiB. */
function youngGeneration(limit: string): number {
  const module = new URL('./young-generation.ts', import.meta.url).href;
  const script = `
    const { limitYoungGeneration } = await import(${JSON.stringify(module)});
    const { getHeapSpaceStatistics } = await import('node:v8');
    ${limit}
    let kept = [];
    for (let turn = 0; turn < 250; turn += 1) {
      for (let at = 0; at < 20_000; at += 1) kept.push({ at: [at], text: 'x' + at });
      kept = kept.slice(-5000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20);
  `;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
}

it('holds the young generation where it is told to, which V8 would let grow further', () => {
  const held = youngGeneration('limitYoungGeneration(16);');
  const released = youngGeneration('limitYoungGeneration(16)();');
  expect(held).toBeLessThanOrEqual(32); // it may double once before it is looked at
  expect(held).toBeGreaterThanOrEqual(8);
  expect(released).toBeGreaterThan(held);
});
