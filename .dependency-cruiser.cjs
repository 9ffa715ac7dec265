// The floors of the library: a capability stands on those below it, and on no other of its own floor.
const connected = ['imports', 'src/core', 'src/constructs/network'];
const running = [...connected, 'src/constructs/workload'];
const observed = [...running, 'src/constructs/observability'];
const capabilities = ['kafka', 'postgres', 'redis', 'elasticsearch', 'standalone', 'service'];

// main -> autonomous-op -> constructs -> core -> imports; cli -> capacity, cluster, diff -> manifests -> core; never back.
const layers = [
  { from: 'imports', to: [] },
  { from: 'src/core', to: ['imports'] },
  { from: 'src/constructs', to: ['imports', 'src/core'] },
  { from: 'src/constructs/network', to: ['imports', 'src/core'] },
  { from: 'src/constructs/workload', to: connected },
  { from: 'src/constructs/observability', to: observed },
  ...capabilities.map((capability) => ({ from: `src/constructs/${capability}`, to: observed })),
  { from: 'src/constructs/scaling', to: [...observed, 'src/constructs/service'] },
  { from: 'src/synth', to: ['src/core'] },
  { from: 'src/autonomous-op', to: ['imports', 'src/core', 'src/constructs', 'src/synth'] },
  // The commands, and what they are made of, know no deployment and no construct: they read manifests.
  { from: 'src/manifests', to: ['src/core'] },
  { from: 'src/capacity', to: ['src/core', 'src/manifests'] },
  { from: 'src/cluster', to: ['src/core', 'src/manifests'] },
  { from: 'src/diff', to: ['src/core', 'src/manifests'] },
  // Of synth/ only what writes a file whole.
  {
    from: 'src/cli',
    to: ['src/core', 'src/manifests', 'src/synth/write-file.ts', 'src/capacity', 'src/cluster', 'src/diff'],
  },
  { from: 'src/main.ts', to: ['imports', 'src/core', 'src/constructs', 'src/autonomous-op', 'src/synth'] },
  { from: 'src/index.ts', to: ['src/core', 'src/constructs'] },
  // As other teams do: by its name.
  { from: 'examples', to: ['src/index.ts'] },
];

const layer = (path) => (path.endsWith('.ts') ? `^${path}$` : `^${path}/`);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers.map(({ from, to }) => ({
      name: `${from}-may-use`,
      comment: `${from} may use ${to.join(', ') || 'nothing'} of this project.`,
      severity: 'error',
      from: { path: layer(from) },
      to: { path: '^(src|imports|test|scripts|examples)/', pathNot: [from, ...to].map(layer) },
    })),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
    doNotFollow: { path: ['node_modules', '^imports/'] },
  },
};
