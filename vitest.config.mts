import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**'],
    // cdk8s is loaded once a worker, not once a file: a quarter of the CPU. A test restores what it changes in process.env.
    isolate: false,
  },
});
