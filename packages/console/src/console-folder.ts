import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package: this file is `src/console-folder.ts` in a clone and `dist/console-folder.js` when installed. */
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['src/app/**/*', 'public/**/*', 'index.html', 'vite.config.ts', '../../pnpm-workspace.yaml'];
/** In the built folder: what it was built from. */
const STAMP = '.built-from';

export interface ConsoleFolderOptions {
  /** Told before a build, which takes some seconds. */
  readonly onBuild?: () => void;
}

/**
 * The folder with the built console, for a server to deliver. An installed package has it; a clone builds it when it is missing or older
 * than its sources. Several processes may ask at once.
 *
 * @throws what the build throws: nothing is delivered half built.
 */
export async function consoleFolder({ onBuild }: ConsoleFolderOptions = {}): Promise<string> {
  const built = join(PACKAGE, 'dist/app');
  if (!existsSync(join(PACKAGE, 'src/app'))) return built;
  const stamp = sourceStamp();
  if (stampOf(built) === stamp) return built;
  onBuild?.();
  const { build } = await import('vite');
  const fresh = join(PACKAGE, `dist/app-${process.pid}`);
  const old = `${fresh}-old`;
  try {
    await build({
      configFile: join(PACKAGE, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: fresh, emptyOutDir: true },
    });
    writeFileSync(join(fresh, STAMP), stamp);
    if (existsSync(built)) renameSync(built, old);
    renameSync(fresh, built);
  } catch (error) {
    if (stampOf(built) !== stamp) throw error; // else another process was faster
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  return built;
}

function stampOf(folder: string): string | undefined {
  const path = join(folder, STAMP);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function sourceStamp(): string {
  const hash = createHash('sha256');
  const files = globSync(SOURCES, { cwd: PACKAGE, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(path.slice(PACKAGE.length)).update('\0').update(readFileSync(path));
  }
  return hash.digest('hex');
}
