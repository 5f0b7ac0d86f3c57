import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Kill, scale and fuzz tests that take minutes: `pnpm check:long`, not part of `pnpm test`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['packages/*/src/**/*.long.test.ts', 'test/**/*.long.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 1_800_000,
  },
});
