import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** A limit that only ends what hangs, however busy the machine is: no test sets another. */
const HANGS_MS = 300_000;
const LONG = ['**/*.long.test.ts', '**/node_modules/**'];

/**
 * `unit` and `commands` are `pnpm test`; `e2e` is `pnpm test:e2e`, part of `pnpm check:rest`: whole commands, servers, browsers and other
 * people's suites, which take minutes together.
 */
export default defineConfig({
  resolve: { conditions: ['@fieldkit/source'] },
  ssr: { resolve: { conditions: ['@fieldkit/source'] } },
  test: {
    maxWorkers: Math.max(2, availableParallelism() - 1), // most tests wait for processes
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.e2e.test.ts', ...LONG],
          isolate: false, // a worker loads zod, LangGraph and LanceDB once, not once a file
        },
      },
      {
        extends: true,
        test: { name: 'commands', include: ['test/**/*.test.ts'], exclude: ['**/*.e2e.test.ts', ...LONG] },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['{test,packages/*/src}/**/*.e2e.test.ts'], exclude: LONG },
      },
    ],
  },
});
