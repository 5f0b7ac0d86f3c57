import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { importsOf } from './imports-of.ts';
import { VENDOR_OWNERS } from './rules.ts';

/**
 * Vendor types in what a package exports: the declarations are emitted, and every declaration file that the entry reaches by
 * re-exports may name no vendor library. `./langchain` entries are meant to.
 */
export function breachesOfDeclarations(root: string, features: readonly string[]): string[] {
  const packages = ['core', ...features, 'project'].filter((name) =>
    existsSync(join(root, 'packages', name, 'src/index.ts')),
  );
  const out = mkdtempSync(join(tmpdir(), 'fieldkit-declarations-'));
  try {
    const config = join(out, 'tsconfig.json');
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          noEmit: false,
          declaration: true,
          emitDeclarationOnly: true,
          rootDir: root,
          outDir: join(out, 'types'),
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: packages.map((name) => join(root, 'packages', name, 'src')),
        exclude: [join(root, 'packages/*/src/**/*.test.ts')],
      }),
    );
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return packages.flatMap((name) =>
      breachesFrom(join(out, 'types/packages', name, 'src/index.d.ts'), join(out, 'types')),
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function breachesFrom(entry: string, base: string): string[] {
  const seen = new Set<string>();
  const breaches: string[] = [];
  const visit = (file: string) => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const { specifier } of importsOf(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('.')) visit(resolve(dirname(file), specifier.replace(/\.(ts|js)$/, '.d.ts')));
      const vendor = Object.keys(VENDOR_OWNERS).find(
        (known) => specifier === known || specifier.startsWith(`${known}/`),
      );
      if (vendor !== undefined)
        breaches.push(`${relative(base, file)} lets a type of ${vendor} into an exported signature`);
    }
  };
  visit(entry);
  return breaches;
}
