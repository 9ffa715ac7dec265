import { App, Chart, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AlertmanagerServer } from '../../../src/constructs/observability/alertmanager-server';
import { Endpoint } from '../../../src/constructs/network/peer';
import { PrometheusServer, PrometheusServerProps } from '../../../src/constructs/observability/prometheus-server';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } });

/** Rights, too, are compared. */
const looseObject = anyObject.loose();

const keysOf = (value: unknown) => Object.keys(z.record(z.string(), z.unknown()).parse(value));

function prometheus(props: Partial<PrometheusServerProps> = {}, chart = newChart()) {
  const construct = new PrometheusServer(chart, 'prometheus', { apiServer, ...props });
  return { chart, construct, one: (kind: string, name?: string) => objectOf(chart, kind, looseObject, name) };
}

const ports = ({ construct }: ReturnType<typeof prometheus>) =>
  construct.connections.map(({ from, to, port }) => `${from.name} -> ${to.name}:${port}`);

describe('by default', () => {
  test('it is the document’s release, size and number', () => {
    expect(prometheus().one('Prometheus')).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1',
      metadata: { name: 'prometheus', namespace: 'shop', labels: { app: 'prometheus' } },
      spec: {
        version: 'v2.49.1',
        image: 'quay.io/prometheus/prometheus:v2.49.1',
        replicas: 1,
        resources: { requests: { cpu: '1', memory: '4Gi' }, limits: { cpu: '2', memory: '8Gi' } },
        retention: '1296000s',
        retentionSize: '39321600KiB',
        scrapeInterval: '30s',
        scrapeTimeout: '10s',
        evaluationInterval: '30s',
        enforcedSampleLimit: 100000,
        storage: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '50Gi' } } } } },
      },
    });
  });

  test('it takes the monitors and rules with its label, from its own namespace', () => {
    const selector = { matchLabels: { release: 'prometheus' } };
    const { spec } = prometheus().one('Prometheus');
    expect(spec).toMatchObject({
      serviceMonitorSelector: selector,
      podMonitorSelector: selector,
      ruleSelector: selector,
      arbitraryFSAccessThroughSMs: { deny: true },
    });
    expect(keysOf(spec).filter((key) => key.endsWith('NamespaceSelector'))).toEqual([]);
  });

  test('its right is to find Services and pods of its namespace', () => {
    const { chart, one } = prometheus();
    expect(objectsOf(chart, 'ClusterRole', anyObject)).toEqual([]);
    expect(one('Role')).toMatchObject({
      metadata: { name: 'prometheus', namespace: 'shop' },
      rules: [{ apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] }],
    });
    expect(one('RoleBinding')).toMatchObject({
      roleRef: { kind: 'Role', name: 'prometheus' },
      subjects: [{ kind: 'ServiceAccount', name: 'prometheus-sa', namespace: 'shop' }],
    });
    expect(one('ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
    expect(one('Prometheus').spec).toMatchObject({ serviceAccountName: 'prometheus-sa' });
  });

  test('its pods comply with Pod Security restricted', () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    };
    expect(prometheus().one('Prometheus').spec).toMatchObject({
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'prometheus', securityContext },
        { name: 'config-reloader', securityContext },
      ],
    });
  });

  test('it answers as prometheus:9090, and watches itself', () => {
    const made = prometheus();
    expect(made.one('Service').spec).toMatchObject({
      selector: { app: 'prometheus', 'operator.prometheus.io/name': 'prometheus' },
      ports: [{ name: 'web', port: 9090, targetPort: 'web' }],
    });
    expect(made.one('ServiceMonitor').metadata.labels).toEqual({ release: 'prometheus' });
    expect(ports(made)).toEqual([
      'prometheus -> kubernetes.default.svc:443',
      'prometheus -> kubernetes.default.svc:6443',
      'prometheus -> prometheus:9090',
    ]);
    expect(objectsOf(made.chart, 'PodDisruptionBudget', anyObject)).toEqual([]);
  });
});

test('every prop has its effect', () => {
  const chart = newChart();
  const all: Required<PrometheusServerProps> = {
    name: 'metrics',
    version: '2.50.1',
    image: 'acme/prometheus:2.50.1',
    replicas: 2,
    externalUrl: 'https://metrics.example.com',
    cpuRequest: Cpu.millis(500),
    cpuLimit: Cpu.units(1),
    memoryRequest: Size.gibibytes(1),
    memoryLimit: Size.gibibytes(2),
    retention: Duration.days(2),
    storageSize: Size.gibibytes(10),
    storageClass: 'fast',
    monitorLabels: { team: 'orders' },
    externalLabels: { cluster: 'eu' },
    scrapeInterval: Duration.seconds(5),
    evaluationInterval: Duration.seconds(15),
    sampleLimit: 5000,
    alertmanager: new AlertmanagerServer(chart, 'alertmanager'),
    apiServer,
    zoneSpread: 'ScheduleAnyway',
  };
  const made = prometheus(all, chart);
  const selector = { matchLabels: { team: 'orders' } };
  expect(made.one('Prometheus')).toMatchObject({
    metadata: { name: 'metrics' },
    spec: {
      version: 'v2.50.1',
      image: 'acme/prometheus:2.50.1',
      replicas: 2,
      externalUrl: 'https://metrics.example.com',
      routePrefix: '/',
      resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
      retention: '172800s',
      storage: { volumeClaimTemplate: { spec: { storageClassName: 'fast' } } },
      serviceMonitorSelector: selector,
      podMonitorSelector: selector,
      ruleSelector: selector,
      externalLabels: { cluster: 'eu' },
      scrapeInterval: '5s',
      scrapeTimeout: '5s',
      evaluationInterval: '15s',
      enforcedSampleLimit: 5000,
      alerting: { alertmanagers: [{ name: 'alertmanager', namespace: 'shop', port: 'web' }] },
      topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }, {}],
    },
  });
  expect(made.one('PodDisruptionBudget').metadata.name).toBe('metrics-pdb');
  expect(ports(made)).toContain('metrics -> alertmanager:9093');
});

describe('a scrape', () => {
  test('has a job: of a label of the pods, of their Service, or of its monitor', () => {
    const { construct } = prometheus();
    const pods = Endpoint.inCluster('orders', { labels: { app: 'orders', team: 'sales' }, port: 80 });
    construct.scrape({ name: 'a', pods, jobLabel: 'team' }).scrape({ name: 'b', pods, viaService: true, vital: true });
    construct.scrape({ name: 'c', pods, jobLabel: 'none' }).scrapeKubelets({ nodeCidrs: ['10.0.0.0/8'] });
    expect(construct.targets).toEqual([
      { job: 'prometheus', vital: false },
      { job: 'sales', vital: false },
      { job: 'orders', vital: true },
      { job: 'shop/c-monitor', vital: false },
      { job: 'kubelet', vital: false },
    ]);
  });

  test('lets it look into other namespaces, by one right', () => {
    const made = prometheus();
    const orders = Endpoint.inCluster('orders', {
      namespace: 'sales',
      labels: { app: 'orders' },
      ports: { web: 80, metrics: 81 },
    });
    made.construct.scrape({ name: 'a', pods: orders, port: 'metrics' }).scrape({ name: 'b', pods: orders });
    expect(made.construct.connections.at(-2)).toMatchObject({ to: orders, port: 81 });
    expect(objectsOf(made.chart, 'Role', anyObject).map(({ metadata }) => metadata)).toEqual([
      { name: 'prometheus', namespace: 'shop' },
    ]);
    // A Role could not be applied where its namespace is not there yet.
    const name = 'shop-prometheus-discovery';
    expect(made.one('ClusterRole', name)).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [{ apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] }],
    });
    expect(made.one('ClusterRoleBinding', name)).toMatchObject({
      metadata: { name },
      subjects: [{ kind: 'ServiceAccount', name: 'prometheus-sa', namespace: 'shop' }],
    });
  });
});

test.each<[string, Partial<PrometheusServerProps>, string]>([
  ['a version of another major', { version: '3.0.0' }, 'version is "3.0.0"'],
  ['an image without a version', { image: 'prom/prometheus' }, 'names no version'],
  ['no pod', { replicas: 0 }, 'replicas is 0'],
  ['a URL of another protocol', { externalUrl: 'ftp://metrics' }, 'externalUrl is "ftp://metrics"'],
  ['a limit below the request', { cpuLimit: Cpu.millis(10) }, 'greater than cpuLimit'],
  ['a retention of a minute', { retention: Duration.minutes(1) }, 'retention is 60 seconds'],
  ['an interval of nothing', { scrapeInterval: Duration.seconds(0) }, 'scrapeInterval is 0 seconds'],
  ['a volume of nothing', { storageSize: Size.gibibytes(0) }, 'storageSize is 0 KiB'],
  ['an Alertmanager without its port', { alertmanager: apiServer }, 'has no port "web"'],
])('it refuses %s', (_, props, message) => {
  expect(() => prometheus(props)).toThrow(message);
});

test('it refuses a chart without a namespace', () => {
  expect(() => prometheus({}, new Chart(new App(), 'nowhere'))).toThrow('the chart has no namespace');
});
