import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // The examples import the library by its name, as other teams do.
    alias: { 'autonomous-op-cdk8s': fileURLToPath(new URL('src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['test/cluster/**', 'test/observability/**', 'test/package/**'],
    // cdk8s is loaded once a worker, not once a file: a quarter of the CPU. A test restores what it changes in process.env.
    isolate: false,
  },
});
