/* Programs that Debian has no package of: built once from the Go module proxy, or unpacked from the shared tools, and kept. */

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../kubernetes/control-plane';

/** What the tests keep from one run to the next. */
export const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'aop-tests');

const bin = join(cache, 'bin');
const sharedTools = resolve('../shared/tools');

const prometheusOperator = 'github.com/prometheus-operator/prometheus-operator';
const prometheus = 'github.com/prometheus/prometheus';
const jaeger = 'github.com/jaegertracing/jaeger';

/** A program of Go: its package, and the modules that are asked for by version. */
interface GoProgram {
  readonly package: string;
  readonly modules: readonly string[];
  /** Build tags. */
  readonly tags?: string;
  /** What its own module has replaced, which counts in its own only. */
  readonly replace?: readonly string[];
}

const goPrograms = {
  'prometheus-config-reloader-0.71.2': {
    package: `${prometheusOperator}/cmd/prometheus-config-reloader`,
    modules: ['', '/pkg/apis/monitoring', '/pkg/client'].map((module) => `${prometheusOperator}${module}@v0.71.2`),
    replace: ['k8s.io/klog/v2=github.com/simonpasquier/klog-gokit/v3@v3.4.0'],
  },
  // Debian's cannot ask Kubernetes what to scrape. Release 2.49.1 is version 0.49.1 of the module.
  'prometheus-2.49.1': {
    package: `${prometheus}/cmd/prometheus`,
    modules: [`${prometheus}@v0.49.1`],
    tags: 'remove_all_sd,enable_kubernetes_sd',
    replace: [
      'k8s.io/klog=github.com/simonpasquier/klog-gokit@v0.3.0',
      'k8s.io/klog/v2=github.com/simonpasquier/klog-gokit/v3@v3.3.0',
    ],
  },
  'kube-state-metrics-2.10.1': {
    package: 'k8s.io/kube-state-metrics/v2',
    modules: ['k8s.io/kube-state-metrics/v2@v2.10.1'],
  },
  // Without the pages of its user interface, which the module does not have.
  'jaeger-all-in-one-1.48.0': { package: `${jaeger}/cmd/all-in-one`, modules: [`${jaeger}@v1.48.0`] },
} satisfies Record<string, GoProgram>;

/** Path of a program of Go. It is built if it is not there: minutes. */
export async function goProgram(name: keyof typeof goPrograms): Promise<string> {
  const path = join(bin, name);
  if (existsSync(path)) return path;
  const { package: main, modules, replace = [], tags = '' }: GoProgram = goPrograms[name];
  mkdirSync(bin, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'aop-go-'));
  const go = (...args: readonly string[]) =>
    run('go', args, {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' },
      maxBuffer: 2 ** 26,
    });
  try {
    await go('mod', 'init', 'programs');
    for (const each of replace) await go('mod', 'edit', `-replace=${each}`);
    await go('get', ...modules);
    await go('build', '-tags', tags, '-trimpath', '-ldflags=-s -w', '-o', `${path}.new`, main);
    renameSync(`${path}.new`, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/** Path of a program that the shared tools keep packed, such as `operators/keda-operator`. */
export async function sharedProgram(packed: string): Promise<string> {
  const path = join(bin, packed.replace('/', '-'));
  if (existsSync(path)) return path;
  mkdirSync(bin, { recursive: true });
  await run('sh', [
    '-c',
    'xz -dc "$0" >"$1.new" && chmod +x "$1.new" && mv "$1.new" "$1"',
    `${join(sharedTools, packed)}.xz`,
    path,
  ]);
  return path;
}
