/** Runs every packages/NAME/examples/*.ts as a user would; exit 1 when one fails. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const examples = globSync('packages/*/examples/*.ts', { cwd: root }).sort();
let failed = 0;
for (const example of examples) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@fieldkit/source', example], {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${example} (${Math.round(performance.now() - started)} ms)`);
  if (status !== 0) {
    failed += 1;
    console.error(`${stdout}${stderr}`);
  }
}
console.log(`examples: ${examples.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
