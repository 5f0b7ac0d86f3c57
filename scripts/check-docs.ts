/**
 * Keeps the map true: relative links of every README and doc lead somewhere; a fenced block that names a file in its first line
 * (`// examples/x.ts`) is part of that file; every `fieldkit NAME` that a doc mentions is a command. Exit 1 with one line per breach.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problemsOf } from './check-docs/problems-of.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const files = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md', 'bench/*/*.md'], {
  cwd: root,
});
const registry = readFileSync(join(root, 'packages/fieldkit/src/cli.ts'), 'utf8');
const commands = new Set(Array.from(registry.matchAll(/name: '([a-z]+)'/g), ([, name = '']) => name));

const problems = files.flatMap((file) => {
  const near = dirname(join(root, file));
  return problemsOf(readFileSync(join(root, file), 'utf8'), {
    commands,
    exists: (path) => existsSync(join(near, path)),
    read: (path) =>
      [join(near, path), join(root, path)]
        .filter((found) => existsSync(found))
        .map((found) => readFileSync(found, 'utf8'))[0],
  }).map(({ line, message }) => `${file}:${line} ${message}`);
});
for (const problem of problems) console.error(problem);
console.log(`docs: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
