import { z } from 'zod';
import { isReady, list, namespace, Pod, pods } from '../kubernetes/kubectl';

const text = z.record(z.string(), z.string());

const service = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: text.default({}),
    ports: z.array(z.object({ name: z.string().default(''), port: z.int() })),
  }),
});

const endpointSlice = z.object({
  metadata: z.object({ labels: text }),
  ports: z.array(z.object({ name: z.string().default(''), port: z.int() })).nullish(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean() }),
        targetRef: z.object({ name: z.string() }),
      }),
    )
    .nullish(),
});

/** What a Service leads to. */
export interface Resolution {
  /** The ready pods: name and address. */
  readonly pods: Readonly<Record<string, string>>;
  /** The ports that clients use. */
  readonly ports: Readonly<Record<string, number>>;
  /** The ports of the pods behind them. */
  readonly podPorts: Readonly<Record<string, number>>;
}

/** What every Service of the namespace leads to, as Kubernetes' own controller of endpoints sees it. */
export async function resolutions(): Promise<Record<string, Resolution>> {
  const [services, slices] = await Promise.all([
    list(service, 'services', '--namespace', namespace),
    list(endpointSlice, 'endpointslices', '--namespace', namespace),
  ]);
  return Object.fromEntries(
    services.map(({ metadata: { name }, spec }) => {
      const own = slices.filter(({ metadata }) => metadata.labels['kubernetes.io/service-name'] === name);
      const ready = own.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions.ready);
      return [
        name,
        {
          pods: Object.fromEntries(ready.map(({ targetRef, addresses }) => [targetRef.name, addresses.join(' ')])),
          ports: byName(spec.ports),
          podPorts: byName(own.flatMap(({ ports }) => ports ?? [])),
        },
      ];
    }),
  );
}

function byName(ports: readonly { readonly name: string; readonly port: number }[]): Record<string, number> {
  return Object.fromEntries(ports.map(({ name, port }) => [name, port]));
}

/** The ready pods with all these labels, by name, and their addresses. */
export async function readyPods(labels: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const has = ({ metadata }: Pod) => Object.entries(labels).every(([key, value]) => metadata.labels[key] === value);
  const found = (await pods(namespace)).filter((pod) => isReady(pod) && has(pod));
  return Object.fromEntries(found.map(({ metadata, status }) => [metadata.name, status.podIP ?? 'no address']));
}
