/* That every connection of the manifests is open, and no other: each pod tries every port on which anything listens. */

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { manifestsIn } from '../../../src/cli/options';
import { ConnectionEnd, connectionsIn, OpenConnection } from '../../../src/manifests/network/connections';
import { addressesOf } from '../../../src/manifests/network/addresses';
import { contains, difference, Ranges, union } from '../../../src/manifests/network/ranges';
import { kubectl, list, namespace } from '../kubernetes/kubectl';
import { toolsImage } from './images';
import { apply, onReservedNode } from './operators';
import { openOutside, outside } from './outside';
import { inPod, inPodOrFail } from './pods';

/** Pods that the manifests speak of and do not run, and one of each kind that they do not speak of. */
const others: readonly { name: string; namespace: string; labels: Readonly<Record<string, string>> }[] = [
  { name: 'ingress', namespace: 'ingress-nginx', labels: { 'app.kubernetes.io/name': 'ingress-nginx' } },
  { name: 'kube-state-metrics', namespace: 'kube-system', labels: { 'app.kubernetes.io/name': 'kube-state-metrics' } },
  {
    name: 'cert-manager',
    namespace: 'cert-manager',
    labels: { 'app.kubernetes.io/name': 'cert-manager', 'app.kubernetes.io/component': 'controller' },
  },
  { name: 'dcgm-exporter', namespace: 'gpu-operator', labels: { app: 'nvidia-dcgm-exporter' } },
  { name: 'acme-solver', namespace, labels: { 'acme.cert-manager.io/http01-solver': 'true' } },
  { name: 'stranger', namespace, labels: { app: 'stranger' } },
  { name: 'stranger', namespace: 'elsewhere', labels: { app: 'stranger' } },
];

/** The ports on which those pods and the addresses outside listen: every one that the manifests name, and some that they do not. */
const ports = [
  22, 80, 443, 3000, 4317, 4318, 5432, 6379, 6443, 8080, 8081, 8082, 8083, 8089, 9090, 9092, 9093, 9400, 9402,
];
const listened = [...ports, 9404, 10250, 16686];

const pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()),
    deletionTimestamp: z.string().optional(),
  }),
  status: z.object({ podIP: z.string().optional() }),
});

/** A pod as an end of connections. */
interface Place {
  /** `kafka`, `keda/keda-operator`. */
  readonly name: string;
  readonly pod: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
}

/** One end of a connection that is tried: an address, and the pod behind it if it is one. */
interface Target {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly place?: Place;
  /** What a policy sees of it, which is behind the Service. */
  readonly seen?: { readonly address: string; readonly port: number };
}

/** Tests of the whole matrix, with pods that come and go with them. */
export function itConnects(): void {
  let close = (): void => undefined;
  beforeAll(async () => {
    const namespaces = [...new Set(others.map((other) => other.namespace))].filter((name) => name !== namespace);
    await apply(...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    await apply(...others.map(listener));
    close = await openOutside(listened);
    for (const other of others) {
      await kubectl(
        'wait',
        `pod/${other.name}`,
        '--namespace',
        other.namespace,
        '--for=condition=Ready',
        '--timeout=120s',
      );
    }
  });
  afterAll(async () => {
    close();
    for (const other of others) {
      await kubectl('delete', 'pod', other.name, '--namespace', other.namespace, '--wait=false', '--ignore-not-found');
    }
  });

  it('opens every connection of the manifests, and no other', { timeout: 400_000 }, async () => {
    const { open } = connectionsIn(manifestsIn(inject('local')));
    const places = await placesNow();
    const targets = await targetsOf(places);
    const wrong: string[] = [];
    const opened = new Set<string>();
    let tried = 0;
    for (const from of places.filter(canConnect)) {
      // What other namespaces do among themselves is not ours.
      const asked = targets.filter(
        ({ place }) =>
          place?.address !== from.address && (from.namespace === namespace || place?.namespace === namespace),
      );
      const lines = asked.map(({ address, port }) => `${address}:${port}`);
      const { stdout } = await inPod(from.pod, ['standin', 'connect', '-'], lines.join('\n'), from.namespace);
      const answers = new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
      for (const target of asked) {
        const answer = answers.get(`${target.address}:${target.port}`) ?? 'nothing';
        const said = `${from.name} → ${target.name} ${target.port}`;
        tried += 1;
        if (answer === 'open') opened.add(said);
        if ((answer === 'open') !== mayConnect(open, from, target)) wrong.push(`${said}: ${answer}`);
      }
    }
    process.stdout.write(`connections: ${tried} tried, ${opened.size} open\n${[...opened].sort().join('\n')}\n`);
    expect(wrong.join('\n')).toBe('');
    expect(opened.size).toBeGreaterThan(0);
  });
}

/** Whether a pod has the program that connects, and policies or none that the manifests decide about. */
function canConnect({ namespace: inNamespace, name }: Place): boolean {
  return (
    inNamespace === namespace || ['ingress-nginx/ingress', 'keda/keda-operator', 'elsewhere/stranger'].includes(name)
  );
}

function mayConnect(open: readonly OpenConnection[], from: Place, { place, address, port, seen }: Target): boolean {
  const end = seen ?? { address, port };
  // A range of addresses means pods too; those of the namespace let nobody in whom their own policies do not name.
  const inRange = (cidrs: readonly string[]) =>
    contains(rangesOf(cidrs), addressesOf(`${place?.address ?? end.address}/32`));
  const isTarget = ({ to }: OpenConnection) =>
    (place?.namespace !== namespace && inRange(to.cidrs ?? [])) || (place !== undefined && isEnd(to, place));
  return open.some(
    (each) => isEnd(each.from, from) && each.ports.some((range) => includesPort(range, end.port)) && isTarget(each),
  );
}

/** The addresses of ranges, some of which may be taken out: `0.0.0.0/0`, `not 10.0.0.0/8`. */
function rangesOf(cidrs: readonly string[]): Ranges {
  const [meant, out] = [false, true].map((isOut) =>
    union(
      ...cidrs.filter((each) => each.startsWith('not ') === isOut).map((each) => addressesOf(each.replace('not ', ''))),
    ),
  );
  return difference(meant ?? [], out ?? []);
}

function isEnd(end: ConnectionEnd, place: Place): boolean {
  if (end.cidrs !== undefined || ![undefined, place.namespace].includes(end.namespace)) return false;
  return Object.entries(end.podLabels ?? {}).every(([key, value]) => place.labels[key] === value);
}

/** Whether `8080`, `9090-9091` or `every port` is or has a TCP port. */
function includesPort(range: string, port: number): boolean {
  if (range === 'every port') return true;
  const [from = Number.NaN, to = from] = range.split('-').map(Number);
  return from <= port && port <= to;
}

async function placesNow(): Promise<Place[]> {
  const found = await list(pod, 'pods', '--all-namespaces');
  return found.flatMap(({ metadata, status }) => {
    if (metadata.deletionTimestamp !== undefined || status.podIP === undefined) return [];
    const short = metadata.labels['app'] ?? metadata.name;
    const name = metadata.namespace === namespace ? short : `${metadata.namespace}/${short}`;
    const isOther = others.some((each) => each.name === metadata.name && each.namespace === metadata.namespace);
    const shown = isOther ? name.replace(short, metadata.name) : name;
    const { namespace: inNamespace, labels } = metadata;
    return [{ name: shown, pod: metadata.name, namespace: inNamespace, labels, address: status.podIP }];
  });
}

const service = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z.record(z.string(), z.string()).default({}),
    ports: z.array(z.object({ port: z.int(), targetPort: z.union([z.int(), z.string()]).optional() })),
  }),
});

/** Every port of every pod and Service on which something listens, and addresses that are no pods'. */
async function targetsOf(places: readonly Place[]): Promise<Target[]> {
  const byPod = await Promise.all(
    places.map(async (place): Promise<Target[]> => {
      const found = others.some(({ name, namespace: where }) => name === place.pod && where === place.namespace)
        ? listened
        : await listeningPorts(place);
      return found.map((port) => ({ name: place.name, address: place.address, port, place }));
    }),
  );
  const services = await list(service, 'services', '--namespace', namespace);
  const byService = services.flatMap(({ metadata, spec }) =>
    spec.ports.flatMap(({ port, targetPort }): Target[] => {
      const place = places.find((each) => each.namespace === namespace && selects(spec.selector, each));
      const seen = typeof targetPort === 'string' ? port : (targetPort ?? port);
      const address = `${metadata.name}.${namespace}.svc`;
      const listens = byPod.flat().some((each) => each.place === place && each.port === seen);
      return place === undefined || !listens
        ? []
        : [{ name: `Service ${metadata.name}`, address, port, place, seen: { address, port: seen } }];
    }),
  );
  const machine = { address: '172.30.0.1', port: 6443 };
  return [
    ...byPod.flat(),
    ...byService,
    { name: 'API server', ...machine },
    { name: 'Service kubernetes', address: '10.0.0.1', port: 443, seen: machine },
    { name: 'kubelet', address: '172.30.0.12', port: 10250 },
    ...Object.entries(outside).flatMap(([name, address]) => listened.map((port) => ({ name, address, port }))),
  ];
}

function selects(selector: Readonly<Record<string, string>>, { labels }: Place): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

/** The TCP ports that a pod's programs serve others on. */
async function listeningPorts({ pod: name, namespace: inNamespace }: Place): Promise<number[]> {
  // CoreDNS has an image without any other program.
  if (name.startsWith('coredns')) return [53];
  const sockets = await inPodOrFail(name, ['ss', '--listening', '--tcp', '--numeric', '--no-header'], inNamespace);
  const local = sockets.split('\n').flatMap((line) => line.trim().split(/\s+/)[3] ?? []);
  const served = local.filter((address) => !address.startsWith('127.') && !address.startsWith('[::1]'));
  return [...new Set(served.map((address) => Number(address.slice(address.lastIndexOf(':') + 1))))];
}

function listener({ name, namespace: inNamespace, labels }: (typeof others)[number]): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: inNamespace, labels },
    spec: {
      ...onReservedNode,
      automountServiceAccountToken: false,
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
        sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
      },
      containers: [
        {
          name: 'listener',
          image: toolsImage,
          args: ['listen', ...listened.map(String)],
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
