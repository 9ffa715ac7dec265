import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { prunedKinds, pruneLabel } from '../../../src/autonomous-op/pruning';
import { written } from './applied';
import {
  kubectl,
  namespace,
  noCluster,
  productionPods,
  provideLogVolume,
  remove,
  shell,
  synthesize,
  tryKubectl,
  untilReady,
} from '../kubernetes/kubectl';
import { create } from './stand-ins';

/** What is taken out of dist/ here, of every kind that is pruned one at least. */
const pruned = [
  ...['Ingress autonomous-op-ingress', 'Deployment fms', 'HorizontalPodAutoscaler fms-hpa', 'Service fms'],
  ...['ServiceAccount fms-sa', 'PodDisruptionBudget fms-pdb', 'ServiceMonitor fms-monitor'],
  ...[
    'NetworkPolicy fms-network-policy',
    'DaemonSet promtail',
    'ConfigMap promtail-config',
    'PodMonitor promtail-monitor',
  ],
  ...[
    'ScaledObject ml-service-keda',
    'TriggerAuthentication autonomous-op-keda-kafka',
    'PrometheusRule autonomous-op-alerts',
  ],
  ...['Role autonomous-op-role', 'RoleBinding autonomous-op-rolebinding'],
  ...['ClusterRole autonomous-op-prometheus-kubelet', 'ClusterRoleBinding autonomous-op-prometheus-kubelet'],
];

/** What is taken out with them, and takes data along. */
const spared = [
  ...['Namespace autonomous-op', 'Namespace autonomous-op-logging', 'Secret autonomous-op-secrets', 'StatefulSet loki'],
  ...[
    'Kafka kafka',
    'KafkaTopic vehicle-telemetry',
    'Cluster postgres-cluster',
    'ScheduledBackup postgres-cluster-daily',
  ],
  ...['RedisCluster redis', 'Elasticsearch elasticsearch', 'Prometheus prometheus'],
];

/** What is not ours: an object to which an operator has copied our label, and one that somebody applied. */
const strangers = { labelled: 'made-by-an-operator', applied: 'applied-by-somebody' };

const manifest = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });

/** The two blocks of commands of the page: those that prune, and those that compare. */
const page = readFileSync(join(__dirname, '../../../docs/operating.md'), 'utf8');
const [section = ''] = /^## To remove an object$[^]*?(?=^## )/m.exec(page) ?? [];
const [pruning = '', comparing = ''] = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code);

describe.skipIf(noCluster)('what dist/ no longer has', () => {
  let dist = '';
  let folder = '';
  let before: Readonly<Record<string, unknown>> = {};
  const inCluster = () => written(dist, '--ignore-not-found');
  const prune = async (commands: string) =>
    names(linesOf((await shell(commands, folder)).stdout).filter((line) => line.includes(' pruned')));
  const really = pruning.replace(' --dry-run=server', '');

  beforeAll(async () => {
    await provideLogVolume();
    dist = await synthesize('production');
    await kubectl('apply', '-f', dist);
    await create([configMap(strangers.labelled, { [pruneLabel]: 'true' })]);
    await apply(configMap(strangers.applied, {}));
    await untilReady(productionPods);
    before = await inCluster();
    folder = join(dist, '../now');
    cpSync(dist, join(dist, '../before/dist'), { recursive: true });
    mkdirSync(join(folder, 'dist'), { recursive: true });
    for (const file of readdirSync(dist)) {
      writeFileSync(
        join(folder, 'dist', file),
        without(readFileSync(join(dist, file), 'utf8'), [...pruned, ...spared]),
      );
    }
  });
  afterAll(() => remove(dist));

  it('is what the dry run lists, and stays', async () => {
    expect(await prune(pruning)).toEqual(lowerCase(pruned));
    expect(await inCluster()).toEqual(before);
  });

  it('is what a comparison with the manifests of before lists, with what is never pruned', async () => {
    const { code, stdout, stderr } = await shell(comparing.replace(/^git worktree .*$/m, ''), folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(names(linesOf(stdout))).toEqual(lowerCase([...pruned, ...spared]));
  });

  it('is deleted by the pruning, and nothing else is touched', async () => {
    expect(await prune(really)).toEqual(lowerCase(pruned));
    await vi.waitFor(
      async () => {
        expect(await inCluster()).toEqual(withoutKeys(before, pruned));
      },
      { timeout: 30_000, interval: 500 },
    );
    expect(await kubectl('get', 'configmaps', '--namespace', namespace, '--output=name')).toMatch(
      new RegExp(`/${strangers.applied}\n[^]*/${strangers.labelled}\n`),
    );
  });

  it('takes along what was made of it', async () => {
    await vi.waitFor(
      async () => {
        const made = ['replicasets,pods,endpoints', '--selector=app in (fms,promtail)', '--output=name'];
        expect(await kubectl('get', '--all-namespaces', ...made)).toBe('');
      },
      { timeout: 60_000, interval: 500 },
    );
  });

  it('is nothing any more the second time, which changes nothing and leaves no difference', async () => {
    const after = await inCluster();
    expect(await prune(really)).toEqual([]);
    expect(await inCluster()).toEqual(after);
    const diff = await tryKubectl(['diff', '-f', join(folder, 'dist')]);
    expect(diff).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('comes back with the manifests', async () => {
    await kubectl('apply', '-f', dist);
    await untilReady(productionPods);
    expect(Object.keys(await inCluster())).toEqual(Object.keys(before));
  });
});

it('covers every kind that is pruned', () => {
  const kinds = prunedKinds.map((kind) => kind.split('/').at(-1));
  expect([...new Set(pruned.map((name) => name.split(' ')[0]))].sort()).toEqual(kinds.sort());
});

/** The manifests of a file without those of some objects, which must be there. */
function without(yaml: string, objects: readonly string[]): string {
  const documents = yaml.split(/^---\n/m);
  return documents.filter((document) => !objects.includes(nameOf(manifest.parse(parse(document))))).join('---\n');
}

function nameOf({ kind, metadata }: z.output<typeof manifest>): string {
  return `${kind} ${metadata.name}`;
}

/** What was found, without some of it. */
function withoutKeys(found: Readonly<Record<string, unknown>>, objects: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(found).filter(([key]) => !objects.includes(key.replace(/ .*\//, ' ')));
  expect(entries).toHaveLength(Object.keys(found).length - objects.length);
  return Object.fromEntries(entries);
}

/** The objects of lines such as `deployment.apps/fms pruned`, as `deployment fms`. */
function names(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/[.\/].*?([^/ ]+)( pruned.*)?$/, ' $1')).sort();
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function lowerCase(objects: readonly string[]): string[] {
  return objects.map((name) => name.toLowerCase()).sort();
}

function configMap(name: string, labels: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
}

async function apply(object: object): Promise<void> {
  const { code, stderr } = await tryKubectl(['apply', '--namespace', namespace, '-f', '-'], JSON.stringify(object));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}
