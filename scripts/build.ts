/**
 * Builds `dist/` of every package, for packing: JavaScript and declarations, in the order in which packages depend on each other.
 * Nothing needs it while developing. Usage: pnpm build
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consoleFolder } from '../packages/console/src/index.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const names = globSync('packages/*/package.json', { cwd: root }).map(
  (path) => path.replaceAll('\\', '/').split('/')[1] ?? '',
);

function dependenciesOf(name: string): string[] {
  const { dependencies = {} }: { dependencies?: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
  );
  return names.filter((other) => `@fieldkit/${other}` in dependencies);
}

const order: string[] = [];
const place = (name: string) => {
  if (order.includes(name)) return;
  for (const dependency of dependenciesOf(name)) place(dependency);
  order.push(name);
};
for (const name of names.sort()) place(name);

for (const name of order) {
  const folder = join(root, 'packages', name);
  if (!existsSync(join(folder, 'src'))) continue;
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const config = join(folder, 'tsconfig.build.tmp.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rootDir: 'src',
    outDir: 'dist',
    customConditions: [], // dependencies are read as they will be installed
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const exclude = [
    'src/**/*.test.ts',
    'src/**/*.conformance.ts',
    'src/**/testing/**',
    'src/**/__fixtures__/**',
    'src/**/describe-*.ts',
    'src/app/**', // of the console: built by vite below
  ];
  writeFileSync(config, JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['src'], exclude }));
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
      cwd: root,
      stdio: 'inherit',
    });
    console.log(`built ${name}`);
  } finally {
    rmSync(config, { force: true });
  }
}
await consoleFolder();
console.log('built the pages of the console');
