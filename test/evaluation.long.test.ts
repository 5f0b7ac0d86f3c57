import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Runs a script of bench/eval; what it prints is one JSON value. */
async function bench(name: string, ...args: string[]): Promise<Record<string, unknown>> {
  const script = fileURLToPath(new URL(`../bench/eval/${name}`, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@fieldkit/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(output);
}

it('loses and repeats no row when it is killed twenty times, and its totals are those of an unkilled run', async () => {
  const result = await bench('kill-resume.ts', '20', '4000');
  expect(result).toMatchObject({ kills: 20, equal: true, killed: { rows: 4000, distinct: 4000 } });
});

it('takes 50,000 items x 3 models x 3 rounds in bounded memory, and scores stored answers anew in less than a minute', async () => {
  const result = await bench('scale.ts', '50000', '3', '3');
  expect(result).toMatchObject({ rows: 450_000 });
  expect(result.peakRssMiB).toBeLessThanOrEqual(300);
  expect(result.bytesPerRowWithoutAnswer).toBeLessThanOrEqual(1024);
  expect(result.rescoredPer50kSeconds).toBeLessThan(60);
});
