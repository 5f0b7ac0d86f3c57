import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { exportedVendors } from './exported-vendors.ts';
import { VENDOR_OWNERS } from './rules.ts';

/** Emitting takes seconds; more means that a type was inferred that no reader could follow either. */
const TIMEOUT_MS = 300_000;

/** Vendor types in what the packages export: their declarations are emitted and read. `./langchain` entries are meant to have some. */
export function breachesOfDeclarations(root: string, features: readonly string[]): string[] {
  const packages = ['core', ...features, 'project'].filter((name) =>
    existsSync(join(root, 'packages', name, 'src/index.ts')),
  );
  const out = mkdtempSync(join(tmpdir(), 'fieldkit-declarations-'));
  try {
    const config = join(out, 'tsconfig.json');
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: root,
      outDir: join(out, 'types'),
      typeRoots: [join(root, 'node_modules/@types')],
    };
    const include = packages.map((name) => join(root, 'packages', name, 'src'));
    const exclude = [join(root, 'packages/*/src/**/*.test.ts'), join(root, 'packages/*/src/**/testing/**')];
    writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include, exclude }));
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: TIMEOUT_MS,
    });
    return packages.flatMap((name) =>
      exportedVendors(
        join(out, 'types/packages', name, 'src/index.d.ts'),
        (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
        (from, specifier) => resolve(dirname(from), specifier.replace(/\.(ts|js)$/, '.d.ts')),
        vendorOf,
      ).map(
        (breach) =>
          `${relative(join(out, 'types'), breach.file)} lets a type of ${breach.vendor} into the exported ${breach.name}`,
      ),
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function vendorOf(specifier: string): string | undefined {
  return Object.keys(VENDOR_OWNERS).find((known) => specifier === known || specifier.startsWith(`${known}/`));
}
