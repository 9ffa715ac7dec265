import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, inject, vi } from 'vitest';
import { z } from 'zod';
import { clusterScoped, LOG_VOLUME } from './cluster-scoped';
import { synthesizeInto } from './synthesized';

const cluster = inject('cluster');

/** Whether there is no cluster, so that the tests have to be skipped. */
export const noCluster = cluster === undefined;

/** The document's namespace. */
export const namespace = 'autonomous-op';

/** The namespace of Promtail. */
export const logNamespace = 'autonomous-op-logging';

/** The fewest pods of each service, as the document has them. */
export const minimum = { gateway: 2, 'autonomous-op': 3, fms: 2, tms: 2, scm: 2, 'ml-service': 2 };

/** The pods of production that no operator makes. */
export const productionPods = { ...minimum, ...{ grafana: 1, loki: 1, 'elasticsearch-exporter': 1 } };

/** The pods of `local`: the fewest of each service, the stores that run without an operator, and Grafana. */
export const localPods = {
  ...{ gateway: 1, 'autonomous-op': 1, fms: 1, tms: 1, scm: 1, 'ml-service': 1 },
  ...{ kafka: 1, postgres: 1, redis: 1, grafana: 1 },
};

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Outcome> {
  return new Promise((done) => {
    const options = { env, maxBuffer: 2 ** 26 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      done({ code: child.exitCode ?? -1, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
    });
    child.stdin?.end(input);
  });
}

/** Runs kubectl as a user would, and tells how it ended. */
export function tryKubectl(args: readonly string[], input?: string): Promise<Outcome> {
  return execute('kubectl', args, { ...process.env, KUBECONFIG: cluster?.kubeconfig }, input);
}

/** Runs commands of a page in a folder, as a user would who copies them into a shell. */
export function shell(commands: string, folder: string): Promise<Outcome> {
  return execute('sh', ['-c', `cd '${folder}'\n${commands}`], { ...process.env, KUBECONFIG: cluster?.kubeconfig });
}

/** Runs kubectl and returns what it says; fails where kubectl does. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(args);
  if (code !== 0) {
    throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
  }
  return stdout;
}

/** Objects of the cluster, each parsed. */
export async function list<T extends z.ZodType>(item: T, ...args: readonly string[]): Promise<z.output<T>[]> {
  const stdout = await kubectl('get', ...args, '--output=json');
  return z.object({ items: z.array(item) }).parse(JSON.parse(stdout)).items;
}

/** An object of the namespace, parsed. */
export async function get<T extends z.ZodType>(
  schema: T,
  name: string,
  inNamespace: string = namespace,
): Promise<z.output<T>> {
  return schema.parse(JSON.parse(await kubectl('get', name, '--namespace', inNamespace, '--output=json')));
}

/** Synthesizes an environment into a folder of the tests, and returns the folder. */
export async function synthesize(environment: string): Promise<string> {
  const folder = join(cluster?.folder ?? '', environment);
  await synthesizeInto(folder, environment);
  return folder;
}

/** By which a Cluster of PostgreSQL outlives the deletion of its chart. */
export const RETAIN_VOLUMES = 'autonomous-op.nodeorb.com/retain-volumes';

const finalized = z.object({ metadata: z.object({ name: z.string(), finalizers: z.array(z.string()).default([]) }) });

/**
 * Lets every PostgreSQL cluster of the namespace go, as somebody would who has decided about its volumes. Only that finalizer is
 * taken off: without `orphan`, which the garbage collector may not have dealt with yet, the volumes would go too.
 */
export async function releasePostgres(): Promise<void> {
  for (const { metadata } of await list(finalized, 'clusters.postgresql.cnpg.io', '--namespace', namespace)) {
    const index = metadata.finalizers.indexOf(RETAIN_VOLUMES);
    if (index !== -1) {
      const path = `/metadata/finalizers/${index}`;
      const patch = JSON.stringify([
        { op: 'test', path, value: RETAIN_VOLUMES },
        { op: 'remove', path },
      ]);
      const cluster = `clusters.postgresql.cnpg.io/${metadata.name}`;
      await kubectl('patch', cluster, '--namespace', namespace, '--type=json', `--patch=${patch}`);
    }
  }
}

/** Takes an environment out of the cluster again, and waits until it is gone. */
export async function remove(folder: string): Promise<void> {
  await releasePostgres();
  await kubectl('delete', '--ignore-not-found', '--timeout=120s', '-f', join(folder, '00-foundation.k8s.yaml'));
  await kubectl('delete', '--ignore-not-found', '--timeout=60s', ...clusterScoped);
}

/** Makes the volume of Loki, as a provisioner would; {@link remove} deletes it. */
export async function provideLogVolume(): Promise<void> {
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: LOG_VOLUME },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '50Gi' },
      claimRef: { namespace, name: 'data-loki-0' },
      hostPath: { path: '/var/lib/loki' },
      persistentVolumeReclaimPolicy: 'Retain',
    },
  };
  const { code, stderr } = await tryKubectl(['create', '-f', '-'], JSON.stringify(volume));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** Replaces all pods of a Deployment, as a new image would. */
export async function rollOut(name: string, inNamespace = namespace): Promise<void> {
  await kubectl('rollout', 'restart', `deployment/${name}`, '--namespace', inNamespace);
  await kubectl('rollout', 'status', `deployment/${name}`, '--namespace', inNamespace, '--timeout=60s');
}

const node = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.object({ taints: z.array(z.object({ effect: z.string() })).default([]) }),
  status: z.object({ allocatable: z.record(z.string(), z.string()) }),
});

/** A node, as far as the tests look at it. */
export type Node = z.output<typeof node>;

/** The nodes that take any pod. */
export async function workers(): Promise<Node[]> {
  return (await list(node, 'nodes')).filter(({ spec }) =>
    spec.taints.every(({ effect }) => effect === 'PreferNoSchedule'),
  );
}

/** The nodes with GPUs. */
export function gpuNodes(): Promise<Node[]> {
  return list(node, 'nodes', '--selector=nvidia.com/gpu.present=true');
}

const condition = z.object({ type: z.string(), status: z.string(), message: z.string().default('') });

const pod = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({ nodeName: z.string().optional() }),
  status: z.object({ phase: z.string(), podIP: z.string().optional(), conditions: z.array(condition).default([]) }),
});

/** A pod, as far as the tests look at it. */
export type Pod = z.output<typeof pod>;

/** Pods of a namespace. */
export function pods(inNamespace: string, ...args: readonly string[]): Promise<Pod[]> {
  return list(pod, 'pods', '--namespace', inNamespace, ...args);
}

/** As a PodDisruptionBudget sees it: ready, and not about to go. */
export function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status.conditions.some((each) => each.type === 'Ready' && each.status === 'True')
  );
}

/** Number of values, by value. */
function count(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

const appOf = ({ metadata }: Pod) => metadata.labels['app'] ?? '';

/** Waits until each app has exactly this number of pods, all of them ready. */
export async function untilReady(expected: Readonly<Record<string, number>>, inNamespace = namespace): Promise<void> {
  const selector = `app in (${Object.keys(expected).join(',')})`;
  await vi.waitFor(
    async () => {
      const found = await pods(inNamespace, '--selector', selector);
      expect({ ready: count(found.filter(isReady).map(appOf)), all: count(found.map(appOf)) }).toEqual({
        ready: expected,
        all: expected,
      });
    },
    { timeout: 120_000, interval: 250 },
  );
}

const event = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: pod });

/** Watches a namespace while something is done, and returns the fewest pods that each app had ready at any moment of it. */
export async function fewestReady(
  apps: Readonly<Record<string, number>>,
  during: () => Promise<void>,
  inNamespace = namespace,
): Promise<Record<string, number>> {
  const ready = new Map<string, string>();
  const fewest: Record<string, number> = { ...apps };
  let complete = false;
  const watch = spawn('kubectl', ['get', '--raw', `/api/v1/namespaces/${inNamespace}/pods?watch=true`], {
    env: { ...process.env, KUBECONFIG: cluster?.kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(watch.stdout).on('line', (line) => {
    const { type, object } = event.parse(JSON.parse(line));
    if (type !== 'DELETED' && isReady(object)) ready.set(object.metadata.uid, appOf(object));
    else ready.delete(object.metadata.uid);
    const counts = count(ready.values());
    const entries = Object.keys(apps).map((app): [string, number] => [app, counts[app] ?? 0]);
    complete ||= entries.every(([app, pods]) => pods === apps[app]); // The watch begins with the pods one by one.
    if (complete) entries.forEach(([app, pods]) => (fewest[app] = Math.min(fewest[app] ?? pods, pods)));
  });
  const upToDate = (expected: readonly string[]) =>
    vi.waitFor(
      () => {
        expect([...ready.keys()].sort()).toEqual(expected);
      },
      { timeout: 30_000, interval: 50 },
    );
  const uids = async () => (await pods(inNamespace)).filter(isReady).map(({ metadata }) => metadata.uid);
  try {
    await upToDate((await uids()).sort());
    expect(complete).toBe(true);
    await during();
    await upToDate((await uids()).sort());
    expect(watch.exitCode).toBe(null);
  } finally {
    watch.kill();
  }
  return fewest;
}
