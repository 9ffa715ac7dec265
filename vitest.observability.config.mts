import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/observability/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
