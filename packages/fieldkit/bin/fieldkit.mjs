#!/usr/bin/env node
// Plain JavaScript that any Node can read: it checks the version, then hands over to src/cli.ts in a clone or dist/cli.js in a package.
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

const MINIMUM = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < MINIMUM) {
  console.error(
    `fieldkit needs Node ${MINIMUM} or newer, this is ${process.versions.node}. In a clone run it as: npx -y -p node@24 -p pnpm@12 pnpm fieldkit ${process.argv.slice(2).join(' ')}`,
  );
  process.exit(2);
}

module.enableCompileCache?.();
const compiled = module.getCompileCacheDir?.();
if (compiled !== undefined) process.env.NODE_COMPILE_CACHE = compiled; // child processes use it too

const here = new URL('..', import.meta.url);
const fromSource = existsSync(new URL('src/cli.ts', here));
const SOURCE = '@fieldkit/source';
if (fromSource && !process.execArgv.includes(`--conditions=${SOURCE}`)) {
  process.execArgv.push(`--conditions=${SOURCE}`); // children and workers inherit it
}

// A customer's fieldkit.config.ts imports @fieldkit/project wherever it lies: our own names resolve from here.
const ours = new URL('package.json', here).href;
module.registerHooks({
  resolve(specifier, context, nextResolve) {
    const conditions = fromSource ? [...new Set([...context.conditions, SOURCE])] : context.conditions;
    if (!specifier.startsWith('@fieldkit/')) return nextResolve(specifier, context);
    try {
      return nextResolve(specifier, { ...context, conditions });
    } catch (error) {
      if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      return nextResolve(specifier, { ...context, conditions, parentURL: ours });
    }
  },
});

const { main } = await import(fromSource ? '../src/cli.ts' : '../dist/cli.js');
process.exitCode = await main(process.argv.slice(2), fileURLToPath(here));
