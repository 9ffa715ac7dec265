import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of what is built of the sources: they start programs, one after the other, and take their time. */
const endToEnd = (
  name: string,
  seconds: number,
  globalSetup?: string,
  more: { isolate?: boolean; fileParallelism?: boolean; maxWorkers?: number; maxConcurrency?: number } = {},
) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/e2e/${name}/**/*.test.ts`],
    fileParallelism: false,
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    ...(globalSetup === undefined ? {} : { globalSetup: `test/e2e/${name}/${globalSetup}` }),
    ...more,
  },
});

export default defineConfig({
  resolve: {
    // The examples import the library by its name, as other teams do.
    alias: { 'autonomous-op-cdk8s': fileURLToPath(new URL('src/index.ts', import.meta.url)) },
  },
  test: {
    // A test that compares nothing, as in a loop over an empty list, can not fail.
    expect: { requireAssertions: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // cdk8s is loaded once a worker, not once a file: a quarter of the CPU. A test restores what it changes in process.env.
          isolate: false,
          // By default one core is left free, which on a machine with two is half of them.
          maxWorkers: '100%',
          // Some start programs, which a busy machine takes its time for.
          testTimeout: 60_000,
        },
      },
      endToEnd('synth', 120),
      endToEnd('package', 180, 'packed.ts'),
      // Scenarios at once, in processes of their own: each takes a sixth of a core, for a Prometheus and an Alertmanager.
      endToEnd('observability', 400, undefined, { fileParallelism: true, maxWorkers: 4, maxConcurrency: 2 }),
      endToEnd('cluster', 300, 'cluster.ts'),
      // The files share the stores and the services, which take most of the time to start.
      endToEnd('services', 300, 'machine.ts', { isolate: false }),
      endToEnd('node', 300, 'node-set.ts'),
    ],
  },
});
