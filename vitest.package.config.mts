import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: { 'autonomous-op-cdk8s': fileURLToPath(new URL('src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: 'test/package/packed.ts',
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
