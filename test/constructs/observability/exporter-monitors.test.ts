import { Chart } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import {
  certManagerMetrics,
  dcgmMetrics,
  ElasticsearchExporter,
  ElasticsearchExporterProps,
  kedaMetrics,
  KubeletMetrics,
  KubeletMetricsProps,
  kubeStateMetrics,
  PodMetrics,
  PodMetricsProps,
  strimziMetrics,
} from '../../../src/constructs/observability/exporter-monitors';
import { Endpoint } from '../../../src/constructs/network/peer';
import { PrometheusServer } from '../../../src/constructs/observability/prometheus-server';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const apiServer = Endpoint.external('kubernetes.default.svc', { port: 6443 });

function cluster() {
  const chart = newChart();
  const prometheus = new PrometheusServer(chart, 'prometheus', { apiServer, monitorLabels: { team: 'orders' } });
  const one = (kind: string, name?: string) => objectOf(chart, kind, anyObject.loose(), name);
  const last = () => prometheus.connections.at(-1);
  return { chart, prometheus, one, last };
}

const looksElsewhere = (chart: Chart) =>
  objectsOf(chart, 'ClusterRole', anyObject).some(({ metadata: { name } }) => name === 'shop-prometheus-discovery');

describe('the pods', () => {
  test('of Strimzi are scraped by its port, with what they are', () => {
    const { chart, prometheus, one, last } = cluster();
    const kafka = Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, ports: { default: 9092, metrics: 9404 } });
    strimziMetrics(chart, prometheus, kafka);
    expect(one('PodMonitor')).toMatchObject({
      metadata: { name: 'kafka-monitor', labels: { team: 'orders' } },
      spec: {
        selector: { matchLabels: { app: 'kafka' } },
        podTargetLabels: ['app', 'strimzi.io/kind', 'strimzi.io/cluster'],
        podMetricsEndpoints: [{ port: 'tcp-prometheus', interval: '30s' }],
      },
    });
    expect(last()).toEqual({ from: prometheus, to: kafka, port: 9404 });
  });

  test.each([
    ['keda', kedaMetrics, 'keda', 'http', 8080],
    ['dcgm', dcgmMetrics, 'gpu-operator', 'metrics', 9400],
    ['cert-manager', certManagerMetrics, 'cert-manager', 'http-metrics', 9402],
  ] as const)(
    'of %s are looked for in their namespace, and speak for others',
    (name, make, namespace, port, number) => {
      const { chart, prometheus, one, last } = cluster();
      make(chart, prometheus);
      expect(one('PodMonitor')).toMatchObject({
        metadata: { name: `${name}-monitor`, namespace: 'shop' },
        spec: {
          namespaceSelector: { matchNames: [namespace] },
          podMetricsEndpoints: [{ port, honorLabels: true }],
        },
      });
      expect(last()?.port).toBe(number);
      expect(looksElsewhere(chart)).toBe(true);
    },
  );

  test('may be elsewhere', () => {
    const { chart, prometheus, one } = cluster();
    const target = Endpoint.inCluster('dcgm', { namespace: 'gpus', labels: { app: 'dcgm' }, ports: { metrics: 9401 } });
    dcgmMetrics(chart, prometheus, target);
    expect(one('PodMonitor').spec).toMatchObject({
      selector: { matchLabels: { app: 'dcgm' } },
      namespaceSelector: { matchNames: ['gpus'] },
    });
  });

  test('have every prop', () => {
    const { chart, prometheus, one } = cluster();
    const all: Required<PodMetricsProps> = {
      name: 'orders-pods',
      prometheus,
      target: Endpoint.inCluster('orders', { namespace: 'sales', labels: { app: 'orders' }, ports: { a: 1, b: 2 } }),
      port: 'b',
      containerPort: 'metrics',
      path: '/actuator/prometheus',
      honorLabels: true,
      podLabels: ['team'],
      jobLabel: 'app',
      keepNamespaces: ['sales', 'shop'],
    };
    expect(new PodMetrics(chart, 'pods', all).connection.port).toBe(2);
    expect(one('PodMonitor').spec).toEqual({
      selector: { matchLabels: { app: 'orders' } },
      namespaceSelector: { matchNames: ['sales'] },
      jobLabel: 'app',
      podTargetLabels: ['team'],
      podMetricsEndpoints: [
        {
          port: 'metrics',
          path: '/actuator/prometheus',
          interval: '30s',
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
  });

  test('need labels, and a port that is one', () => {
    const { chart, prometheus } = cluster();
    const rest = { name: 'a', prometheus, containerPort: 'metrics' };
    const outside = Endpoint.external('example.com', { port: 443 });
    const inside = Endpoint.inCluster('inside', { labels: { app: 'inside' }, port: 80 });
    expect(() => new PodMetrics(chart, 'a', { ...rest, target: outside })).toThrow('"example.com" has no labels');
    expect(() => new PodMetrics(chart, 'b', { ...rest, target: inside, port: 'c' })).toThrow('has no port "c"');
    expect(() => new PodMetrics(chart, 'c', { ...rest, target: inside, containerPort: '' })).toThrow('is empty');
    expect(() => new PodMetrics(chart, 'd', { ...rest, target: inside, path: 'metrics' })).toThrow('from the "/" on');
  });
});

describe('the cluster’s own series', () => {
  test('of kube-state-metrics are kept for the namespace, for nodes and for volumes', () => {
    const { chart, prometheus, one } = cluster();
    kubeStateMetrics(chart, prometheus);
    expect(one('PodMonitor').spec).toMatchObject({
      namespaceSelector: { matchNames: ['kube-system'] },
      jobLabel: 'app.kubernetes.io/name',
      podMetricsEndpoints: [
        { honorLabels: true, metricRelabelings: [{ regex: '(shop);.+|[^;]*;kube_(node|persistentvolume)_.+' }] },
      ],
    });
  });

  test('of the kubelets are read with the token, by a right to nothing else', () => {
    const { chart, prometheus, one, last } = cluster();
    new KubeletMetrics(chart, 'kubelet', { prometheus, nodeCidrs: ['10.1.0.0/16'] });
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
        { ...endpoint, path: '/metrics/cadvisor', metricRelabelings: [{ regex: '(shop);container_.+' }] },
      ],
    });
    expect(last()).toMatchObject({ port: 10250, to: { cidrs: ['10.1.0.0/16'] } });
    expect(looksElsewhere(chart)).toBe(true);
  });

  test('of the kubelets, with every prop', () => {
    const { chart, prometheus, one } = cluster();
    const all: Required<KubeletMetricsProps> = {
      prometheus,
      nodeCidrs: ['10.1.0.0/16'],
      namespaces: ['shop', 'shop-logging'],
      verifyCertificates: true,
    };
    new KubeletMetrics(chart, 'kubelet', all);
    const tlsConfig = { caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' };
    const kept = (metrics: string) => [{ regex: `(shop|shop-logging);${metrics}` }];
    expect(one('ServiceMonitor', 'kubelet-monitor').spec).toMatchObject({
      endpoints: [
        { tlsConfig, metricRelabelings: kept('kubelet_volume_stats_.+') },
        { tlsConfig, metricRelabelings: kept('container_.+') },
      ],
    });
  });

  test('are of one namespace at least', () => {
    const { chart, prometheus } = cluster();
    expect(() => kubeStateMetrics(chart, prometheus, { namespaces: [] })).toThrow('no namespace is named');
  });
});

describe('Elasticsearch', () => {
  test('has an exporter, with every prop', () => {
    const { chart, prometheus, one, last } = cluster();
    const elasticsearch = Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 });
    const all: Required<ElasticsearchExporterProps> = {
      name: 'search-metrics',
      image: 'acme/exporter:1',
      prometheus,
      elasticsearch,
      username: secretKey('search', 'username'),
      password: secretKey('search', 'password'),
    };
    const exporter = new ElasticsearchExporter(chart, 'exporter', all);
    const env = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: 'search', key } } });
    expect(one('Deployment')).toMatchObject({
      metadata: { name: 'search-metrics' },
      spec: {
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true },
            containers: [
              {
                image: 'acme/exporter:1',
                args: ['--es.uri=http://elasticsearch:9200', '--es.all'],
                env: [env('ES_USERNAME', 'username'), env('ES_PASSWORD', 'password')],
                securityContext: { readOnlyRootFilesystem: true },
              },
            ],
          },
        },
      },
    });
    expect(exporter.connections).toEqual([{ from: exporter, to: elasticsearch, port: 9200 }]);
    expect(last()).toEqual({ from: prometheus, to: exporter, port: 9114 });
  });
});
