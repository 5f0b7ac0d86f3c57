import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { consoleFolder } from './console-folder.ts';

const MOST_SCRIPT = 150 * 1024;

it('builds the pages once; what loads before the PDF viewer is at most 150 KB of compressed script', async () => {
  const folder = await consoleFolder();
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const first = Array.from(page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.m?js)"/g), ([, name = '']) => name);
  expect(first.length).toBeGreaterThan(0);
  const scripts = new Set<string>();
  for (const name of first) addWithImports(folder, name, scripts);
  const compressed = [...scripts].map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).byteLength);
  expect(compressed.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MOST_SCRIPT);
  expect([...scripts].filter((name) => /pdf/.test(name))).toEqual([]);

  let built = false;
  const { mtimeMs } = statSync(join(folder, 'index.html'));
  expect(await consoleFolder({ onBuild: () => (built = true) })).toBe(folder);
  expect([built, statSync(join(folder, 'index.html')).mtimeMs]).toEqual([false, mtimeMs]);
});

/** A script and what it imports at once; `import()` waits until it is needed. */
function addWithImports(folder: string, name: string, known: Set<string>): void {
  if (known.has(name)) return;
  known.add(name);
  const source = readFileSync(join(folder, name), 'utf8');
  for (const [, imported = ''] of source.matchAll(
    /(?:^|[;}\s])(?:import|export)[^("'`]*?["'`]\.\/([^"'`]+\.m?js)["'`]/g,
  )) {
    addWithImports(folder, `assets/${imported}`, known);
  }
}
