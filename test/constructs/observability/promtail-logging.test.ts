import { App, Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { NetworkPolicyBundle } from '../../../src/constructs/network/network-policy-bundle';
import { Endpoint } from '../../../src/constructs/network/peer';
import { PromtailLogging, PromtailLoggingProps } from '../../../src/constructs/observability/promtail-logging';
import { InvalidInputError } from '../../../src/core/errors';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';
import { stage } from './log-pipeline';

const loki = Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 });
const prometheus = Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 });
const apiServer = Endpoint.external('kubernetes.default.svc', {
  port: 443,
  ports: { secure: 6443 },
  cidrs: ['10.0.0.0/28'],
});

const allProps: Required<PromtailLoggingProps> = {
  name: 'logs',
  configName: 'logs-settings',
  image: 'acme/promtail:1.0.0',
  namespace: 'shop-logging',
  namespaces: ['shop', 'payments', 'shop'],
  loki: Endpoint.inCluster('loki', { namespace: 'monitoring', labels: { app: 'loki' }, port: 3200 }),
  apiServer,
  prometheus: Endpoint.inCluster('prometheus', { namespace: 'monitoring', labels: { app: 'prometheus' }, port: 9090 }),
  dropLines: ['GET /actuator/health'],
  priorityClass: 'logs',
  cpuRequest: Cpu.millis(100),
  cpuLimit: Cpu.units(1),
  memoryRequest: Size.mebibytes(128),
  memoryLimit: Size.mebibytes(512),
};

function promtail(props: Partial<PromtailLoggingProps> = {}, chart: Chart = newChart()) {
  const construct = new PromtailLogging(chart, 'promtail', { namespace: 'shop-logging', loki, apiServer, ...props });
  return { construct, chart, one: (kind: string) => objectOf(construct, kind, anyObject) };
}

const role = anyObject.extend({ rules: z.unknown() });

const binding = anyObject.extend({ subjects: z.unknown(), roleRef: z.unknown() });

const configuration = z.object({
  server: z.unknown(),
  positions: z.unknown(),
  clients: z.array(z.looseObject({ url: z.string() })),
  scrape_configs: z.tuple([
    z.object({
      job_name: z.string(),
      kubernetes_sd_configs: z.unknown(),
      pipeline_stages: z.array(stage),
      relabel_configs: z.array(
        z.strictObject({
          source_labels: z.array(z.string()),
          target_label: z.string(),
          separator: z.string().default(';'),
          replacement: z.string().default('$1'),
        }),
      ),
    }),
  ]),
});

function configurationOf(props: Partial<PromtailLoggingProps> = {}) {
  const config = configuration.parse(parse(promtail(props).one('ConfigMap').data?.['promtail.yaml'] ?? ''));
  return { ...config, job: config.scrape_configs[0] };
}

describe('by default', () => {
  test('a pod on every node reads the logs as a root without rights', () => {
    expect(promtail().one('DaemonSet')).toMatchObject({
      metadata: { name: 'promtail', namespace: 'shop-logging', labels: { app: 'promtail' } },
      spec: {
        selector: { matchLabels: { app: 'promtail' } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
        template: {
          metadata: { labels: { app: 'promtail' } },
          spec: {
            serviceAccountName: 'promtail',
            enableServiceLinks: false,
            securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
            tolerations: [{ operator: 'Exists' }],
            volumes: [
              { configMap: { name: 'promtail-config' } },
              { hostPath: { path: '/var/log/pods', type: 'Directory' } },
              { hostPath: { path: '/var/lib/promtail/shop-logging/promtail', type: 'DirectoryOrCreate' } },
            ],
            containers: [
              {
                name: 'promtail',
                image: 'grafana/promtail:2.9.17',
                args: ['-config.file=/etc/promtail/promtail.yaml'],
                env: [{ name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
                resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
                securityContext: {
                  runAsUser: 0,
                  runAsGroup: 0,
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMounts: [
                  { name: 'config', mountPath: '/etc/promtail', readOnly: true },
                  { name: 'logs', mountPath: '/var/log/pods', readOnly: true },
                  { name: 'positions', mountPath: '/tmp' },
                ],
                readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
              },
            ],
          },
        },
      },
    });
  });

  test('it may see the pods of the namespace it reads, and nothing else', () => {
    const { construct, one } = promtail();
    const name = 'shop-logging-promtail';
    expect(one('ServiceAccount').metadata).toEqual({ name: 'promtail', namespace: 'shop-logging' });
    expect(objectOf(construct, 'Role', role)).toMatchObject({
      metadata: { name, namespace: 'shop' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    });
    expect(objectOf(construct, 'RoleBinding', binding)).toMatchObject({
      metadata: { name, namespace: 'shop' },
      subjects: [{ kind: 'ServiceAccount', name: 'promtail', namespace: 'shop-logging' }],
      roleRef: { kind: 'Role', name },
    });
  });

  test('its policy opens Loki, the API server and DNS, and lets nobody in', () => {
    expect(promtail().one('NetworkPolicy')).toMatchObject({
      metadata: { name: 'promtail-network-policy', namespace: 'shop-logging' },
      spec: {
        podSelector: { matchLabels: { app: 'promtail' } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          { to: [pods('shop', { app: 'loki' })], ports: [port(3100)] },
          { to: [{ ipBlock: { cidr: '10.0.0.0/28' } }], ports: [port(443), port(6443)] },
          { to: [pods('kube-system', { 'k8s-app': 'kube-dns' })], ports: [port(53, 'UDP'), port(53)] },
        ],
      },
    });
    expect(promtail().one('NetworkPolicy').spec).not.toHaveProperty('ingress');
  });

  test('its pods start again when their configuration changes', () => {
    const annotations = (props: Partial<PromtailLoggingProps>) => {
      const spec = z.object({
        template: z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) }),
      });
      return spec.parse(promtail(props).one('DaemonSet').spec).template.metadata.annotations;
    };
    expect(annotations({})['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
    expect(annotations({})).not.toEqual(annotations({ dropLines: ['x'] }));
  });

  test("its configuration is the document's, with what makes it work", () => {
    const { server, positions, clients, job } = configurationOf();
    expect(server).toEqual({ http_listen_port: 9080, grpc_listen_port: 0, health_check_target: false });
    expect(positions).toEqual({ filename: '/tmp/positions.yaml' });
    expect(clients).toEqual([
      { url: 'http://loki.shop.svc:3100/loki/api/v1/push', backoff_config: { max_retries: 20 } },
    ]);
    expect(job.job_name).toBe('kubernetes-pods');
    expect(job.kubernetes_sd_configs).toEqual([{ role: 'pod', namespaces: { names: ['shop'] } }]);
    expect(job.pipeline_stages.map((one) => Object.keys(one)[0])).toEqual([
      'cri',
      'replace',
      'multiline',
      'regex',
      'regex',
      'regex',
      'template',
      'labels',
      'labeldrop',
    ]);
  });
});

test('every prop has its place', () => {
  const { construct, one } = promtail(allProps);
  expect(one('DaemonSet')).toMatchObject({
    metadata: { name: 'logs' },
    spec: {
      template: {
        spec: {
          priorityClassName: 'logs',
          serviceAccountName: 'logs',
          volumes: [{ configMap: { name: 'logs-settings' } }, {}, {}],
          containers: [
            {
              image: 'acme/promtail:1.0.0',
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
            },
          ],
        },
      },
    },
  });
  expect(objectsOf(construct, 'Role', anyObject).map(({ metadata }) => metadata.namespace)).toEqual([
    'shop',
    'payments',
  ]);
  expect(one('NetworkPolicy').spec).toMatchObject({
    ingress: [{ from: [pods('monitoring', { app: 'prometheus' })], ports: [port(9080)] }],
    egress: [{ to: [pods('monitoring', { app: 'loki' })], ports: [port(3200)] }, {}, {}],
  });
  const { clients, job } = configurationOf(allProps);
  expect(clients[0]?.url).toBe('http://loki.monitoring.svc:3200/loki/api/v1/push');
  expect(job.kubernetes_sd_configs).toEqual([{ role: 'pod', namespaces: { names: ['shop', 'payments'] } }]);
  expect(job.pipeline_stages[3]).toEqual({
    drop: { expression: 'GET /actuator/health', drop_counter_reason: 'drop_lines' },
  });
});

describe('the policies of the chart', () => {
  test('open Loki to Promtail, and Promtail to Prometheus', () => {
    const { construct, chart } = promtail({ prometheus });
    const bundle = new NetworkPolicyBundle(chart, 'network', { workloads: [construct], endpoints: [loki, prometheus] });
    const policy = (name: string) => objectOf(bundle, 'NetworkPolicy', anyObject, `${name}-network-policy`).spec;
    const collector = pods('shop-logging', { app: 'promtail' });
    expect(policy('loki')).toMatchObject({ ingress: [{ from: [collector], ports: [port(3100)] }] });
    expect(policy('prometheus')).toMatchObject({ egress: [{ to: [collector], ports: [port(9080)] }] });
    expect(() => objectOf(bundle, 'NetworkPolicy', anyObject, 'promtail-network-policy')).toThrow();
  });

  test('know nothing of a Loki and a Prometheus that are elsewhere', () => {
    expect(promtail(allProps).construct.connections).toEqual([]);
    const outside = Endpoint.external('loki.example.com', { port: 3100 });
    expect(promtail({ loki: outside }).construct.connections).toEqual([]);
    expect(promtail({ loki: outside }).one('NetworkPolicy').spec).toMatchObject({
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }, {}, {}],
    });
  });
});

describe('the relabelling', () => {
  const meta: Readonly<Record<string, string>> = {
    __meta_kubernetes_namespace: 'shop',
    __meta_kubernetes_pod_name: 'cart-6d5f9c7b8-x2x4z',
    __meta_kubernetes_pod_uid: '0f9d5e0e-9c4c-4c8e-a7a0-3c7d7d3fb1a2',
    __meta_kubernetes_pod_container_name: 'cart',
    __meta_kubernetes_pod_node_name: 'worker-a',
    __meta_kubernetes_pod_label_app: 'cart',
  };
  // As Prometheus does it: the joined sources match (.*), and are put in the place of $1.
  const labels = Object.fromEntries(
    configurationOf().job.relabel_configs.map(({ source_labels: sources, target_label, separator, replacement }) => [
      target_label,
      replacement.replace('$1', sources.map((source) => meta[source] ?? '').join(separator)),
    ]),
  );

  test('gives the labels of the document, and the node', () => {
    expect(labels).toMatchObject({
      app: 'cart',
      pod: 'cart-6d5f9c7b8-x2x4z',
      namespace: 'shop',
      container: 'cart',
      __host__: 'worker-a',
    });
  });

  test.each([
    ['shop_cart-6d5f9c7b8-x2x4z_0f9d5e0e-9c4c-4c8e-a7a0-3c7d7d3fb1a2/cart/0.log', true],
    ['shop_cart-6d5f9c7b8-x2x4z_0f9d5e0e-9c4c-4c8e-a7a0-3c7d7d3fb1a2/cart/12.log', true],
    ['shop_cart-6d5f9c7b8-x2x4z_0f9d5e0e-9c4c-4c8e-a7a0-3c7d7d3fb1a2/cart/0.log.20240501-120000.gz', false],
    ['shop_cart-6d5f9c7b8-x2x4z_0f9d5e0e-9c4c-4c8e-a7a0-3c7d7d3fb1a2/sidecar/0.log', false],
    ['shop_cart-6d5f9c7b8-qqqqq_11111111-9c4c-4c8e-a7a0-3c7d7d3fb1a2/cart/0.log', false],
  ])('finds %s: %s', (path, found) => {
    const glob = (labels['__path__'] ?? '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
    expect(new RegExp(`^${glob}$`).test(`/var/log/pods/${path}`)).toBe(found);
  });
});

describe('is refused', () => {
  const fix =
    'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit';

  test.each<[string, Partial<PromtailLoggingProps>, string, string]>([
    ['with a namespace that is none', { namespace: '' }, '"" is not a valid name', fix],
    ['to read from a namespace that is none', { namespaces: ['A'] }, '"A" is not a valid name', fix],
    ['to read nothing', { namespaces: [] }, 'it reads the logs of no namespace', 'Name one in namespaces'],
    [
      'beside the services',
      { namespace: 'shop' },
      'namespace is "shop", the chart\'s own',
      'Give the log collection a namespace of its own, such as one that ends in "-logging"',
    ],
    [
      'with an empty expression',
      { dropLines: [' '] },
      'an expression of dropLines is empty',
      'Give an expression of dropLines a value',
    ],
  ])('%s', (_, props, problem, remedy) => {
    expect(() => promtail(props)).toThrow(new InvalidInputError('test/promtail', problem, remedy));
  });

  test('with a Loki that does not listen', () => {
    expect(() => promtail({ loki: Endpoint.inCluster('loki', { namespace: 'logs' }) })).toThrow(/listens on no port/);
  });

  test('in a chart without a namespace, unless it is told what to read', () => {
    const chart = () => new Chart(new App(), 'test');
    expect(() => promtail({}, chart())).toThrow(/reads the logs of no namespace/);
    expect(() => promtail({ ...allProps }, chart())).not.toThrow();
  });
});

function pods(namespace: string, matchLabels: Readonly<Record<string, string>>) {
  return {
    podSelector: { matchLabels },
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  };
}

function port(number: number, protocol = 'TCP') {
  return { protocol, port: number };
}
