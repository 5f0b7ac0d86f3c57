import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@fieldkit/source'] },
  ssr: { resolve: { conditions: ['@fieldkit/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
