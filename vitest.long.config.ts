import { defineConfig } from 'vitest/config';

/** Kill, scale and fuzz tests that take minutes: `pnpm check:long`, not part of `pnpm test`. */
export default defineConfig({
  resolve: { conditions: ['@fieldkit/source'] },
  ssr: { resolve: { conditions: ['@fieldkit/source'] } },
  test: {
    include: ['packages/*/src/**/*.long.test.ts', 'test/**/*.long.test.ts'],
    maxWorkers: 2,
    testTimeout: 1_800_000,
  },
});
