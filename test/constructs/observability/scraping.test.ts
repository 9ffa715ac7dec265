import { App, Chart, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ElasticsearchExporter } from '../../../src/constructs/elasticsearch/elasticsearch-exporter';
import { KafkaCluster } from '../../../src/constructs/kafka/kafka-cluster';
import { KafkaS3Sink } from '../../../src/constructs/kafka/kafka-s3-sink';
import { certManagerMetrics } from '../../../src/constructs/observability/cert-manager-metrics';
import { NetworkPolicyBundle } from '../../../src/constructs/network/network-policy-bundle';
import { Endpoint } from '../../../src/constructs/network/peer';
import { AlertmanagerServer } from '../../../src/constructs/observability/alertmanager-server';
import { ExistingPrometheus, ExistingPrometheusProps } from '../../../src/constructs/observability/existing-prometheus';
import { GrafanaServer } from '../../../src/constructs/observability/grafana-server';
import { kubeStateMetrics } from '../../../src/constructs/observability/kube-state-metrics';
import { KubeletMetricsProps } from '../../../src/constructs/observability/kubelets';
import { LogStorage, LokiServer } from '../../../src/constructs/observability/loki-server';
import { PrometheusServer } from '../../../src/constructs/observability/prometheus-server';
import { PromtailLogging } from '../../../src/constructs/observability/promtail-logging';
import { PostgresCluster } from '../../../src/constructs/postgres/postgres-cluster';
import { RedisCluster } from '../../../src/constructs/redis/redis-cluster';
import { kedaMetrics } from '../../../src/constructs/scaling/keda-metrics';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { dcgmMetrics } from '../../../src/constructs/service/dcgm-metrics';
import { MetricsEndpoint, Scrapeable } from '../../../src/constructs/workload/metrics-endpoint';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const apiServer = Endpoint.external('kubernetes.default.svc', { port: 6443 });
const inside = Endpoint.inCluster('inside', { labels: { app: 'inside' }, port: 80 });
const key = secretKey('any', 'key');

function cluster(chart = newChart()) {
  const prometheus = new PrometheusServer(chart, 'prometheus', { apiServer, monitorLabels: { team: 'orders' } });
  const one = (kind: string, name?: string) => objectOf(chart, kind, anyObject.loose(), name);
  const last = () => prometheus.connections.at(-1);
  return { chart, prometheus, one, last };
}

const looksElsewhere = (chart: Chart) =>
  objectsOf(chart, 'ClusterRole', anyObject).some(({ metadata: { name } }) => name === 'shop-prometheus-discovery');

const withSpec = anyObject.extend({ spec: z.looseObject({}) });

describe('the monitor', () => {
  const kafka = (chart: Chart) => new KafkaCluster(chart, 'kafka', { version: '3.5.0', apiServer });
  const viaService = (port: number, app: string, name: string, path?: string) => ({
    port,
    selector: { matchLabels: { app } },
    targetLabels: ['app'],
    endpoints: [{ port: name, interval: '30s', ...(path === undefined ? {} : { path }) }],
  });
  const byPods = (port: number, matchLabels: object, name: string, ...labels: string[]) => ({
    port,
    selector: { matchLabels },
    podTargetLabels: ['app', ...labels],
    podMetricsEndpoints: [{ port: name, interval: '30s' }],
  });
  const byStrimzi = (app: string) => byPods(9404, { app }, 'tcp-prometheus', 'strimzi.io/kind', 'strimzi.io/cluster');

  test.each<[string, (chart: Chart) => Scrapeable & Construct, Record<string, object>]>([
    [
      'a service',
      (chart) => new AutonomousOpService(chart, 'orders', { image: 'acme/orders:1.0.0' }),
      { 'orders-monitor': viaService(8081, 'orders', 'management', '/actuator/prometheus') },
    ],
    [
      'Alertmanager',
      (chart) => new AlertmanagerServer(chart, 'alertmanager'),
      { 'alertmanager-monitor': viaService(9093, 'alertmanager', 'web') },
    ],
    [
      'Grafana',
      (chart) => new GrafanaServer(chart, 'grafana', { prometheus: inside, adminUser: key, adminPassword: key }),
      { 'grafana-monitor': viaService(3000, 'grafana', 'http', '/metrics') },
    ],
    [
      'Loki',
      (chart) => new LokiServer(chart, 'loki', { storage: LogStorage.volume(Size.gibibytes(1)) }),
      { 'loki-monitor': viaService(3100, 'loki', 'http') },
    ],
    [
      'Promtail, in its own namespace',
      (chart) => new PromtailLogging(chart, 'promtail', { namespace: 'shop-logging', loki: inside, apiServer }),
      {
        'promtail-monitor': {
          ...byPods(9080, { app: 'promtail' }, 'http'),
          namespaceSelector: { matchNames: ['shop-logging'] },
        },
      },
    ],
    [
      'Kafka',
      kafka,
      {
        'kafka-monitor': byStrimzi('kafka'),
        'kafka-zookeeper-monitor': byStrimzi('kafka-zookeeper'),
        'kafka-exporter-monitor': byStrimzi('kafka-exporter'),
      },
    ],
    [
      'the S3 sink',
      (chart) =>
        new KafkaS3Sink(chart, 'sink', {
          kafka: kafka(chart),
          topics: ['orders'],
          bucket: 'archive',
          region: 'us-east-1',
          objectStore: inside,
          accessKey: key,
          secretKey: key,
          image: 'acme/sink:1.0.0',
        }),
      { 'sink-monitor': byStrimzi('sink') },
    ],
    [
      'PostgreSQL',
      (chart) =>
        new PostgresCluster(chart, 'postgres', { database: 'a', owner: 'b', credentialsSecret: 'c', apiServer }),
      {
        'postgres-instances-monitor': byPods(
          9187,
          { app: 'postgres', 'cnpg.io/cluster': 'postgres-cluster', 'cnpg.io/podRole': 'instance' },
          'metrics',
        ),
        'postgres-pooler-monitor': byPods(
          9127,
          { app: 'postgres', 'cnpg.io/poolerName': 'postgres', 'cnpg.io/podRole': 'pooler' },
          'metrics',
        ),
      },
    ],
    [
      'Redis',
      (chart) => new RedisCluster(chart, 'redis', { password: key }),
      { 'redis-monitor': byPods(9121, { app: 'redis', redis_setup_type: 'cluster' }, 'redis-exporter') },
    ],
    [
      'Elasticsearch',
      (chart) => new ElasticsearchExporter(chart, 'exporter', { elasticsearch: inside, username: key, password: key }),
      { 'exporter-monitor': byPods(9114, { app: 'exporter' }, 'metrics') },
    ],
  ])('of %s belongs to it, has the labels of Prometheus, and comes with the open door', (_, make, monitors) => {
    const { chart, prometheus } = cluster();
    const target = make(chart);
    const before = prometheus.connections.length;
    prometheus.scrape(target);
    const opened = prometheus.connections.slice(before);
    const made = ['ServiceMonitor', 'PodMonitor'].flatMap((kind) => objectsOf(target, kind, withSpec));
    expect(
      Object.fromEntries(made.map(({ metadata, spec }, at) => [metadata.name, { port: opened[at]?.port, ...spec }])),
    ).toEqual(monitors);
    expect(made.map(({ metadata }) => metadata.labels)).toEqual(made.map(() => ({ team: 'orders' })));
    expect(opened.map(({ from, to }) => [from, to])).toEqual(target.metrics.map(({ pods }) => [prometheus, pods]));
  });

  test.each([
    ['keda', kedaMetrics, 'keda', 'http', 8080],
    ['dcgm', dcgmMetrics, 'gpu-operator', 'metrics', 9400],
    ['cert-manager', certManagerMetrics, 'cert-manager', 'http-metrics', 9402],
  ] as const)(
    'of %s looks in another namespace, and keeps what the exporter says of others',
    (name, describe, namespace, port, number) => {
      const { chart, prometheus, one, last } = cluster();
      prometheus.scrape(describe());
      expect(one('PodMonitor')).toMatchObject({
        metadata: { name: `${name}-monitor`, namespace: 'shop' },
        spec: { namespaceSelector: { matchNames: [namespace] }, podMetricsEndpoints: [{ port, honorLabels: true }] },
      });
      expect(last()?.port).toBe(number);
      expect(looksElsewhere(chart)).toBe(true);
      const elsewhere = Endpoint.inCluster('other', { namespace: 'other', labels: { app: 'other' }, port: 1 });
      expect(describe(elsewhere).pods).toBe(elsewhere);
    },
  );

  test('of kube-state-metrics keeps the series of the namespace, of nodes and of volumes', () => {
    const { prometheus, one } = cluster();
    prometheus.scrape(kubeStateMetrics());
    expect(one('PodMonitor').spec).toMatchObject({
      namespaceSelector: { matchNames: ['kube-system'] },
      jobLabel: 'app.kubernetes.io/name',
      podMetricsEndpoints: [
        { honorLabels: true, metricRelabelings: [{ regex: '(shop);.+|[^;]*;kube_(node|persistentvolume)_.+' }] },
      ],
    });
    const props = { pods: inside, containerPort: 'http', namespaces: ['a', 'b'] };
    expect(kubeStateMetrics(props)).toMatchObject({ pods: inside, containerPort: 'http', keepNamespaces: ['a', 'b'] });
  });

  test.each([true, false])('of a description has every field (by the Service: %s)', (viaService) => {
    const { prometheus, one, last } = cluster();
    const pods = Endpoint.inCluster('orders', { namespace: 'sales', labels: { app: 'orders' }, ports: { a: 1, b: 2 } });
    const all: Required<MetricsEndpoint> = {
      name: 'orders-pods',
      pods,
      port: 'b',
      containerPort: 'metrics',
      path: '/actuator/prometheus',
      interval: Duration.minutes(1),
      viaService,
      labels: ['team'],
      jobLabel: 'app',
      honorLabels: true,
      keepNamespaces: ['sales', 'shop'],
      vital: true,
    };
    prometheus.scrape(all);
    const kind = viaService ? 'ServiceMonitor' : 'PodMonitor';
    const [labels, endpoints] = viaService ? ['targetLabels', 'endpoints'] : ['podTargetLabels', 'podMetricsEndpoints'];
    expect(one(kind, 'orders-pods-monitor').spec).toEqual({
      selector: { matchLabels: { app: 'orders' } },
      namespaceSelector: { matchNames: ['sales'] },
      jobLabel: 'app',
      [labels]: ['team'],
      [endpoints]: [
        {
          port: 'metrics',
          path: '/actuator/prometheus',
          interval: '60s',
          honorLabels: true,
          metricRelabelings: [
            {
              sourceLabels: ['namespace', '__name__'],
              regex: '(sales|shop);.+|[^;]*;kube_(node|persistentvolume)_.+',
              action: 'keep',
            },
          ],
        },
      ],
    });
    expect(last()).toEqual({ from: prometheus, to: pods, port: 2, protocol: 'TCP' });
  });

  test('is beside Prometheus, which reads its own namespace only, if the target is in another', () => {
    const app = new App();
    const { chart, prometheus, one, last } = cluster(new Chart(app, 'test', { namespace: 'shop' }));
    const redis = new RedisCluster(new Chart(app, 'data', { namespace: 'data' }), 'redis', { password: key });
    prometheus.scrape(redis);
    expect(one('PodMonitor')).toMatchObject({
      metadata: { name: 'redis-monitor', namespace: 'shop' },
      spec: { namespaceSelector: { matchNames: ['data'] } },
    });
    expect(last()?.to).toMatchObject({ namespace: 'data', podLabels: { app: 'redis' } });
    expect(looksElsewhere(chart)).toBe(true);
  });

  const outside = Endpoint.external('example.com', { port: 443 });
  test.each<[string, MetricsEndpoint, string]>([
    ['pods without labels', { name: 'a', pods: outside }, '"example.com" has no labels'],
    ['a port that is not there', { name: 'a', pods: inside, port: 'c' }, 'has no port "c"'],
    ['no name of a port', { name: 'a', pods: inside, containerPort: '' }, 'containerPort is empty'],
    ['a path that is not absolute', { name: 'a', pods: inside, path: 'metrics' }, 'from the "/" on'],
    ['a name with a blank', { name: 'a b', pods: inside }, '"a b" is not a valid name'],
    ['an interval of nothing', { name: 'a', pods: inside, interval: Duration.seconds(0) }, 'interval is 0 seconds'],
    ['no namespace to keep', { name: 'a', pods: inside, keepNamespaces: [] }, 'no namespace is named'],
  ])('is refused with %s', (_, endpoint, message) => {
    expect(() => cluster().prometheus.scrape(endpoint)).toThrow(message);
  });

  test('is there once', () => {
    const { prometheus } = cluster();
    prometheus.scrape({ name: 'a', pods: inside });
    expect(() => prometheus.scrape({ name: 'a', pods: inside })).toThrow('there is a monitor "a-monitor" already');
  });
});

describe('the kubelets', () => {
  test('are read with the token, by a right to nothing else', () => {
    const { chart, prometheus, one, last } = cluster();
    prometheus.scrapeKubelets({ nodeCidrs: ['10.1.0.0/16'] });
    const name = 'shop-prometheus-kubelet';
    expect(one('ClusterRole', name)).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
    });
    expect(one('ClusterRoleBinding', name).metadata).toEqual({ name });
    expect(one('Prometheus').spec).toMatchObject({ arbitraryFSAccessThroughSMs: { deny: false } });
    const endpoint = {
      port: 'https-metrics',
      scheme: 'https',
      honorLabels: true,
      tlsConfig: { insecureSkipVerify: true },
    };
    expect(one('ServiceMonitor', 'kubelet-monitor').spec).toMatchObject({
      endpoints: [
        { ...endpoint, path: '/metrics', metricRelabelings: [{ regex: '(shop);kubelet_volume_stats_.+' }] },
        {
          ...endpoint,
          honorTimestamps: false,
          path: '/metrics/cadvisor',
          metricRelabelings: [{ regex: '(shop);container_.+' }],
        },
      ],
    });
    expect(last()).toMatchObject({ port: 10250, to: { cidrs: ['10.1.0.0/16'] } });
    expect(looksElsewhere(chart)).toBe(true);
  });

  test('are read with every prop', () => {
    const { prometheus, one } = cluster();
    const all: Required<KubeletMetricsProps> = {
      nodeCidrs: ['10.1.0.0/16'],
      namespaces: ['shop', 'shop-logging'],
      verifyCertificates: true,
    };
    prometheus.scrapeKubelets(all);
    const tlsConfig = { caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' };
    const kept = (metrics: string) => [{ regex: `(shop|shop-logging);${metrics}` }];
    expect(one('ServiceMonitor', 'kubelet-monitor').spec).toMatchObject({
      endpoints: [
        { tlsConfig, metricRelabelings: kept('kubelet_volume_stats_.+') },
        { tlsConfig, metricRelabelings: kept('container_.+') },
      ],
    });
  });
});

describe('a Prometheus that runs elsewhere', () => {
  function existing(props: Partial<ExistingPrometheusProps> = {}) {
    const chart = newChart();
    const prometheus = new ExistingPrometheus(chart, 'prometheus', { namespace: 'monitoring', ...props });
    const orders = new AutonomousOpService(chart, 'orders', { image: 'acme/orders:1.0.0' });
    return { chart, prometheus, orders };
  }

  test('is one of the operator, as kube-prometheus-stack installs it', () => {
    const { chart, prometheus, orders } = existing();
    expect(prometheus).toMatchObject({ name: 'prometheus-operated', namespace: 'monitoring', ports: { web: 9090 } });
    prometheus.scrape(orders);
    const { metadata } = objectOf(orders, 'ServiceMonitor', anyObject);
    expect(metadata).toMatchObject({ name: 'orders-monitor', namespace: 'shop', labels: { release: 'prometheus' } });
    new NetworkPolicyBundle(chart, 'network', { workloads: [orders, prometheus] });
    expect(objectOf(chart, 'NetworkPolicy', anyObject, 'orders-network-policy').spec).toMatchObject({
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
              podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
            },
          ],
          ports: [{ port: 8081 }],
        },
      ],
    });
  });

  test('may be another, by every prop', () => {
    const all: Required<ExistingPrometheusProps> = {
      name: 'metrics',
      namespace: 'ops',
      podLabels: { app: 'metrics' },
      port: 80,
      monitorLabels: { team: 'ops' },
    };
    const { prometheus, orders } = existing(all);
    const { port, ...fields } = all;
    expect(prometheus).toMatchObject({ ...fields, ports: { web: port } });
    prometheus.scrape(orders);
    expect(objectOf(orders, 'ServiceMonitor', anyObject).metadata.labels).toEqual({ team: 'ops' });
  });

  test('is let to the pods of this namespace only: the others are not this chart’s to open', () => {
    const { chart, prometheus, orders } = existing();
    prometheus.scrape(orders).scrape(kedaMetrics());
    expect(objectOf(chart, 'PodMonitor', anyObject).metadata.name).toBe('keda-monitor');
    expect(prometheus.connections.map(({ to }) => to)).toEqual([orders]);
    expect(prometheus.targets.map(({ job }) => job)).toEqual(['orders', 'shop/keda-monitor']);
  });

  test.each<[Partial<ExistingPrometheusProps>, string]>([
    [{ name: 'a b' }, '"a b" is not a valid name'],
    [{ namespace: '' }, '"" is not a valid name'],
    [{ port: 0 }, 'port is 0'],
    [{ podLabels: { 'a b': '' } }, '"a b" is not a valid label key'],
    [{ monitorLabels: { a: '-' } }, '"-" is not a valid value for label "a"'],
  ])('is refused with %o', (props, message) => {
    expect(() => existing(props)).toThrow(message);
  });
});
