/**
 * Proves the rules of docs/architecture.md: who may import whom, one owner per vendor library, no import circles, no vendor types in
 * exported signatures. Exit 1 with one line per breach.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { breachesOfDeclarations } from './check-boundaries/declarations.ts';
import { findCircle } from './check-boundaries/find-circle.ts';
import { importsOf } from './check-boundaries/imports-of.ts';
import { FEATURES, MAY_IMPORT, VENDOR_OWNERS } from './check-boundaries/rules.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const files = globSync(
  ['packages/*/src/**/*.ts', 'packages/*/src/**/*.tsx', 'packages/*/examples/**/*.ts', 'examples/**/*.ts'],
  {
    cwd: root,
    exclude: (path) => path.includes('node_modules') || path.includes('dist') || path.includes('.fieldkit'),
  },
).map((path) => path.replaceAll('\\', '/'));

const breaches: string[] = [];
const graph = new Map<string, string[]>();

for (const file of files) {
  const owner = /^packages\/([^/]+)\//.exec(file)?.[1] ?? 'examples';
  const source = readFileSync(join(root, file), 'utf8');
  const isTest = /\.test\.tsx?$|\/__fixtures__\/|\/testing\//.test(file);
  const inPackageExample = /^packages\/[^/]+\/examples\//.test(file);
  for (const { specifier, line } of importsOf(source)) {
    const where = `${file}:${line}`;
    if (specifier.startsWith('.')) {
      const target = relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/');
      if (owner !== 'examples' && !target.startsWith(`packages/${owner}/`))
        breaches.push(`${where} leaves its package: ${specifier}`);
      if (!isTest) graph.set(file, [...(graph.get(file) ?? []), target]);
      continue;
    }
    const ours = /^@fieldkit\/([^/]+)(\/.*)?$/.exec(specifier);
    if (ours !== null) {
      const [, name = '', subpath = ''] = ours;
      if (subpath.startsWith('/src')) breaches.push(`${where} reaches into another package's source: ${specifier}`);
      const allowed = MAY_IMPORT[owner] ?? [];
      const itself = name === owner && (inPackageExample || isTest);
      if (!itself && !allowed.includes(name)) breaches.push(`${where} ${owner} may not import @fieldkit/${name}`);
      continue;
    }
    if (specifier.startsWith('node:') || isTest) continue;
    for (const [vendor, owners] of Object.entries(VENDOR_OWNERS)) {
      const isVendor = specifier === vendor || specifier.startsWith(`${vendor}/`);
      const langchainPath = vendor.startsWith('@langchain') && /\/langchain\.ts$/.test(file);
      if (isVendor && !owners.includes(owner) && !langchainPath)
        breaches.push(`${where} ${vendor} belongs to ${owners.join(', ')}, not to ${owner}`);
    }
  }
}

const circle = findCircle(graph);
if (circle !== undefined) breaches.push(`import circle: ${circle.join(' -> ')}`);
breaches.push(...breachesOfDeclarations(root, FEATURES));

for (const breach of breaches) console.error(breach);
console.log(`boundaries: ${files.length} files, ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;
