import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@fieldkit/source'] },
  ssr: { resolve: { conditions: ['@fieldkit/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/*.long.test.ts', '**/node_modules/**'],
    maxWorkers: Math.max(2, availableParallelism() - 1), // most tests wait for processes
    testTimeout: 20_000,
  },
});
