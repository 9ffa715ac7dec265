import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  gpuNodes,
  isReady,
  get,
  kubectl,
  list,
  logNamespace,
  namespace,
  noCluster,
  pods,
  productionPods,
  provideLogVolume,
  remove,
  synthesize,
  tryKubectl,
  untilReady,
  workers,
} from '../kubernetes/kubectl';
import { readyPods, resolutions } from './resolution';
import { create, monitoringStandIns, runPods, standIns } from './stand-ins';

/** The Services by which the parts of the stack are reached. */
const services: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ...{ prometheus: { web: 9090 }, alertmanager: { web: 9093 } },
  ...{ grafana: { http: 3000 }, loki: { http: 3100 } },
};

/** The monitors of what others install, by their namespaces. */
const elsewhere: Readonly<Record<string, string>> = {
  'keda-monitor': 'keda',
  'dcgm-monitor': 'gpu-operator',
  'cert-manager-monitor': 'cert-manager',
  'kube-state-metrics-monitor': 'kube-system',
  'kubelet-monitor': 'kube-system',
};

const own = [namespace, logNamespace];

describe.skipIf(noCluster)("production's observability stack", () => {
  let dist = '';
  beforeAll(async () => {
    dist = await synthesize('production');
    await provideLogVolume();
    await kubectl('apply', '-f', dist);
    await untilReady(productionPods);
    await runPods([...(await standIns()), ...(await monitoringStandIns())]);
  });
  afterAll(() => remove(dist));

  it('runs Promtail once on every node, the GPU nodes included', async () => {
    const nodes = [...(await workers()), ...(await gpuNodes())].map(({ metadata }) => metadata.name);
    expect((await kubectl('get', 'nodes', '--output=name')).trim().split('\n')).toHaveLength(nodes.length);
    await vi.waitFor(
      async () => {
        const found = await pods(logNamespace);
        expect(found.filter(isReady).map(({ spec }) => spec.nodeName)).toHaveLength(nodes.length);
        expect(found.map(({ spec }) => spec.nodeName).sort()).toEqual(nodes.sort());
        expect(new Set(found.map(({ metadata }) => metadata.labels['app']))).toEqual(new Set(['promtail']));
      },
      { timeout: 30_000, interval: 250 },
    );
  });

  it.each([
    ['prometheuses.monitoring.coreos.com/prometheus', ['prometheus', 'config-reloader']],
    ['alertmanagers.monitoring.coreos.com/alertmanager', ['alertmanager', 'config-reloader']],
    ['jaegers.jaegertracing.io/autonomous-op-jaeger', []],
  ])('has %s, by whose settings its pods comply with Pod Security "restricted"', async (name, containers) => {
    const { spec } = await get(operated, name);
    const of = (container: string) => spec.containers.find((each) => each.name === container)?.securityContext ?? {};
    expect(spec.containers.map((container) => container.name)).toEqual(containers);
    const contexts = [
      ...containers.map(of),
      ...(spec.containerSecurityContext === undefined ? [] : [spec.containerSecurityContext]),
    ];
    expect(contexts).not.toEqual([]);
    expect(await dryRunPod(spec.securityContext, contexts)).toMatchObject({ code: 0, stderr: '' });
    // Without the one or the other the namespace would refuse them.
    const { stderr: withoutPods } = await dryRunPod({}, contexts);
    expect(withoutPods).toContain('violates PodSecurity "restricted:latest"');
    const { stderr: withoutContainers } = await dryRunPod(spec.securityContext, [{}, ...contexts.slice(1)]);
    expect(withoutContainers).toContain('violates PodSecurity "restricted:latest"');
  });

  it('has Grafana, Loki and the exporter running in a namespace that enforces "restricted"', async () => {
    const enforce = '--output=jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}';
    expect(await kubectl('get', 'namespace', namespace, enforce)).toBe('restricted');
    for (const app of ['grafana', 'loki', 'elasticsearch-exporter']) {
      expect({ app, pods: Object.keys(await readyPods({ app })) }).toMatchObject({ app, pods: [expect.any(String)] });
    }
    const events = ['get', 'events', '--namespace', namespace, '--field-selector=reason=FailedCreate'];
    expect(await kubectl(...events, '--output=jsonpath={.items[*].message}')).toBe('');
  });

  it.each(Object.entries(services))('has the Service %s, which leads to its pod and no other', async (app, ports) => {
    await vi.waitFor(
      async () => {
        const found = (await resolutions())[app];
        expect(Object.keys(found?.pods ?? {})).toHaveLength(1);
        expect(found).toEqual({ pods: await readyPods({ app }), ports, podPorts: ports });
      },
      { timeout: 30_000, interval: 250 },
    );
  });

  it("finds exactly our monitors and rules by Prometheus' selectors", async () => {
    const strangers = [
      stranger('ServiceMonitor', { selector: {}, endpoints: [] }),
      stranger('PodMonitor', { selector: {}, podMetricsEndpoints: [] }),
      stranger('PrometheusRule', { groups: [] }),
    ];
    await create(strangers);
    const { spec } = await get(prometheus, 'prometheuses.monitoring.coreos.com/prometheus');
    const applied = await list(named, '-f', dist);
    // No selector of namespaces means its own namespace only.
    expect(Object.keys(spec).filter((key) => key.endsWith('NamespaceSelector'))).toEqual([]);
    const selectors = {
      ServiceMonitor: spec.serviceMonitorSelector,
      PodMonitor: spec.podMonitorSelector,
      PrometheusRule: spec.ruleSelector,
    };
    for (const [kind, { matchLabels }] of Object.entries(selectors)) {
      const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
      expect(labels).not.toEqual([]);
      const found = await list(named, kind, '--namespace', namespace, '--selector', labels.join(','));
      const ours = applied.filter((each) => each.kind === kind);
      expect(ours).not.toEqual([]);
      expect(ours.filter(({ metadata }) => metadata.namespace !== namespace)).toEqual([]);
      expect({ kind, names: namesOf(found) }).toEqual({ kind, names: namesOf(ours) });
    }
  });

  it('monitors elsewhere only what others install', async () => {
    const found = await monitors();
    const outside = found.flatMap(({ metadata, spec }) =>
      spec.namespaceSelector.matchNames
        .filter((each) => !own.includes(each))
        .map((each): [string, string] => [metadata.name, each]),
    );
    expect(Object.fromEntries(outside)).toEqual(elsewhere);
  });

  it('has ServiceMonitors that each select a Service with the ports they scrape, and pods behind them', async () => {
    const found = (await monitors()).filter(
      ({ kind, metadata }) => kind === 'ServiceMonitor' && !elsewhere[metadata.name],
    );
    expect(found).not.toEqual([]);
    const [all, leads] = await Promise.all([list(service, 'services', '--namespace', namespace), resolutions()]);
    for (const { metadata, spec } of found) {
      expect({ name: metadata.name, namespaces: spec.namespaceSelector.matchNames }).toEqual({
        name: metadata.name,
        namespaces: [],
      });
      const selected = all.filter((each) => has(each.metadata.labels, spec.selector.matchLabels));
      expect({ name: metadata.name, services: selected.length }).toEqual({ name: metadata.name, services: 1 });
      for (const {
        metadata: { name },
      } of selected) {
        const { pods: behind = {}, podPorts = {} } = leads[name] ?? {};
        expect(Object.keys(behind)).not.toEqual([]);
        expect(Object.keys(podPorts)).toEqual(expect.arrayContaining(scraped(spec)));
      }
    }
  });

  it('has PodMonitors that each select pods, all of which have the ports they scrape', async () => {
    const found = (await monitors()).filter(({ kind, metadata }) => kind === 'PodMonitor' && !elsewhere[metadata.name]);
    expect(found).not.toEqual([]);
    const [inStack, logging] = await Promise.all(own.map((each) => list(listening, 'pods', '--namespace', each)));
    for (const { metadata, spec } of found) {
      const candidates = spec.namespaceSelector.matchNames.includes(logNamespace) ? logging : inStack;
      const selected = (candidates ?? []).filter((pod) => has(pod.metadata.labels, spec.selector.matchLabels));
      expect({ name: metadata.name, selected: selected.length }).not.toEqual({ name: metadata.name, selected: 0 });
      const without = selected.filter((pod) => scraped(spec).some((port) => !portsOf(pod).includes(port)));
      expect({ name: metadata.name, without: without.map((pod) => pod.metadata.name) }).toEqual({
        name: metadata.name,
        without: [],
      });
    }
  });

  it('lets Prometheus look for pods where it scrapes, and read the metrics of nodes, but no Secret', async () => {
    const { spec } = await get(prometheus, 'prometheuses.monitoring.coreos.com/prometheus');
    const may = allowed(namespace, spec.serviceAccountName);
    const where = [...new Set([...own, ...Object.values(elsewhere)])];
    const pending = where.flatMap((each) => [
      ...['pods', 'services', 'endpoints'].map((resource) => may('list', resource, '--namespace', each)),
    ]);
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['yes']));
    expect(await may('get', 'nodes', '--subresource=metrics')).toBe('yes');
    const refused = [
      ...where.flatMap((each) => ['get', 'list'].map((verb) => may(verb, 'secrets', '--namespace', each))),
      may('list', 'secrets', '--all-namespaces'),
      may('delete', 'pods', '--namespace', namespace),
      may('get', 'nodes', '--subresource=proxy'),
    ];
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['no']));
  });

  it('lets Promtail look for the pods of autonomous-op, and of nobody else', async () => {
    const { serviceAccountName } = (await get(daemonSet, 'daemonsets/promtail', logNamespace)).spec.template.spec;
    const may = allowed(logNamespace, serviceAccountName);
    expect(await may('list', 'pods', '--namespace', namespace)).toBe('yes');
    const refused = [
      ...[logNamespace, 'default', 'kube-system'].map((each) => may('list', 'pods', '--namespace', each)),
      may('list', 'pods', '--all-namespaces'),
      may('list', 'secrets', '--namespace', namespace),
      may('get', 'nodes', '--subresource=proxy'),
    ];
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['no']));
  });
});

const text = z.record(z.string(), z.string());
const context = z.looseObject({});

const operated = z.object({
  spec: z.object({
    securityContext: context,
    containerSecurityContext: context.optional(),
    containers: z.array(z.object({ name: z.string(), securityContext: context })).default([]),
  }),
});

const selector = z.strictObject({ matchLabels: text });

const prometheus = z.object({
  spec: z.looseObject({
    serviceAccountName: z.string(),
    ...{ serviceMonitorSelector: selector, podMonitorSelector: selector, ruleSelector: selector },
  }),
});

const named = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().default('') }),
});

const endpoints = z.array(z.object({ port: z.string() })).default([]);

const monitor = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z.strictObject({ matchLabels: text }),
    namespaceSelector: z.object({ matchNames: z.array(z.string()).default([]) }).default({ matchNames: [] }),
    endpoints,
    podMetricsEndpoints: endpoints,
  }),
});

const service = z.object({ metadata: z.object({ name: z.string(), labels: text.default({}) }) });

const listening = z.object({
  metadata: z.object({ name: z.string(), labels: text.default({}) }),
  spec: z.object({
    containers: z.array(z.object({ ports: z.array(z.object({ name: z.string().default('') })).default([]) })),
  }),
});

const daemonSet = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ serviceAccountName: z.string() }) }) }),
});

/** The monitors of the stack's Prometheus. */
function monitors(): Promise<z.output<typeof monitor>[]> {
  const kinds = 'servicemonitors.monitoring.coreos.com,podmonitors.monitoring.coreos.com';
  return list(monitor, kinds, '--namespace', namespace, '--selector=release=prometheus');
}

/** The names of the ports that a monitor scrapes. */
function scraped(spec: z.output<typeof monitor>['spec']): string[] {
  const ports = [...spec.endpoints, ...spec.podMetricsEndpoints].map(({ port }) => port);
  expect(ports).not.toEqual([]);
  return ports;
}

function portsOf({ spec }: z.output<typeof listening>): string[] {
  return spec.containers.flatMap(({ ports }) => ports.map(({ name }) => name));
}

function has(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function namesOf(objects: readonly z.output<typeof named>[]): string[] {
  return objects.map(({ metadata }) => metadata.name).sort();
}

/** An object of another Prometheus in the same namespace. */
function stranger(kind: string, spec: object) {
  const metadata = { name: 'of-another-prometheus', labels: { release: 'another' } };
  return { apiVersion: 'monitoring.coreos.com/v1', kind, metadata, spec };
}

/** Asks whether the namespace would take a pod with these security contexts. */
function dryRunPod(securityContext: object, contexts: readonly object[]) {
  const containers = contexts.map((context, index) => ({
    name: `container-${index}`,
    image: 'registry.k8s.io/pause:3.9',
    securityContext: context,
  }));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'as-operated' },
    spec: { securityContext, containers },
  };
  return tryKubectl(['create', '--dry-run=server', '--namespace', namespace, '-f', '-'], JSON.stringify(pod));
}

/** Asks what a ServiceAccount may do, the authorizer of the API server answering. */
function allowed(inNamespace: string, account: string) {
  return async (...question: readonly string[]): Promise<string> => {
    const as = `--as=system:serviceaccount:${inNamespace}:${account}`;
    const { stdout } = await tryKubectl(['auth', 'can-i', ...question, as]);
    return stdout.trim();
  };
}
