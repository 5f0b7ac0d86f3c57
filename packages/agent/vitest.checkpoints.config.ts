import { defineConfig } from 'vitest/config';

/** LangGraph's own suite for checkpoint savers, over ours: `pnpm --filter @fieldkit/agent checkpoints`. It wants vitest's globals. */
export default defineConfig({
  resolve: { conditions: ['@fieldkit/source'] },
  ssr: { resolve: { conditions: ['@fieldkit/source'] } },
  test: { root: import.meta.dirname, include: ['src/**/*.conformance.ts'], globals: true, testTimeout: 120_000 },
});
