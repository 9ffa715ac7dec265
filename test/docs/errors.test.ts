import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AlertmanagerServer,
  AutonomousOpService,
  ElasticsearchCluster,
  ElasticsearchClusterProps,
  Endpoint,
  GpuInferenceService,
  GpuNodePool,
  GpuType,
  GrafanaServer,
  KafkaCluster,
  KafkaS3Sink,
  KafkaS3SinkProps,
  KedaScaler,
  LogStorage,
  LokiServer,
  NetworkPolicyBundle,
  ObservabilityStack,
  PostgresCluster,
  PostgresClusterProps,
  PrometheusServer,
  PromtailLogging,
  PublicIngress,
  PublicIngressProps,
  RedisCluster,
  StandaloneStore,
  StandaloneStoreProps,
  Trigger,
  autoscalingDashboard,
  connection,
  secretKey,
} from 'autonomous-op-cdk8s';
import { App, Chart, Duration, Size } from 'cdk8s';
import { expect, test } from 'vitest';
import { settingsOf } from '../../src/autonomous-op/environments';
import { secretFallbacks } from '../../src/autonomous-op/secrets';
import { readSecrets, variableOf } from '../../src/synth/secret-source';
import { blocksOf, pagesWith } from './pages';

// Every error that a page quotes is made, and compared word for word.

const shop = () => new Chart(new App(), 'shop', { namespace: 'shop' });
const serviceIn = (chart: Chart) => new AutonomousOpService(chart, 'cart', { image: 'acme/cart:1.0.0' });
const prometheus = Endpoint.inCluster('prometheus', { namespace: 'monitoring', labels: { app: 'prometheus' } });
const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });
const alert = { for: Duration.minutes(5), severity: 'critical', summary: 'Down', description: 'Down' } as const;

const misspelt = { services: { fms: { image: 'nodeorb/fms-service:1.0.1', replica: 3 } } };

function publicIngressWith(wrong: Partial<PublicIngressProps>): PublicIngress {
  const chart = shop();
  return new PublicIngress(chart, 'ingress', {
    target: serviceIn(chart),
    host: 'shop.example.com',
    ingressClass: 'nginx',
    certificate: { clusterIssuer: 'letsencrypt' },
    controller: Endpoint.inCluster('ingress-nginx', { namespace: 'ingress-nginx' }),
    ...wrong,
  });
}

const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443 });
const minio = Endpoint.inCluster('minio', { namespace: 'storage', port: 9000 });
const kafkaIn = (chart: Chart, version = '3.5.0') => new KafkaCluster(chart, 'kafka', { version, apiServer });

function sinkWith(wrong: Partial<KafkaS3SinkProps>): KafkaS3Sink {
  const chart = shop();
  return new KafkaS3Sink(chart, 'archive', {
    kafka: kafkaIn(chart),
    topics: ['carts'],
    bucket: 'carts-archive',
    region: 'eu-central-1',
    objectStore: minio,
    accessKey: secretKey('carts-archive', 'access-key'),
    secretKey: secretKey('carts-archive', 'secret-key'),
    image: 'acme/kafka-connect:3.5.0-1',
    ...wrong,
  });
}

function postgresWith(wrong: Partial<PostgresClusterProps>): PostgresCluster {
  return new PostgresCluster(shop(), 'postgres', {
    database: 'carts',
    owner: 'carts',
    credentialsSecret: 'carts-database',
    apiServer,
    ...wrong,
  });
}

function elasticsearchWith(wrong: Partial<ElasticsearchClusterProps>): ElasticsearchCluster {
  const props = { userSecret: 'shop-elasticsearch', indexPrefix: 'jaeger-shop' };
  return new ElasticsearchCluster(shop(), 'elasticsearch', { ...props, ...wrong });
}

function standaloneStoreWith(wrong: Partial<StandaloneStoreProps>): StandaloneStore {
  const props = { image: 'memcached:1.6.34', port: 11211, dataPath: '/data', uid: 11211 };
  return new StandaloneStore(shop(), 'cache', { ...props, ...wrong });
}

function grafanaOf(source: Endpoint): GrafanaServer {
  return new GrafanaServer(shop(), 'grafana', {
    prometheus: source,
    adminUser: secretKey('grafana-admin', 'user'),
    adminPassword: secretKey('grafana-admin', 'password'),
  });
}

/** Strict mode, where everything is set but what another system gives. */
function strictWithoutObjectStorage(): void {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const known = [...secretFallbacks].filter(([, fallback]) => fallback !== 'external');
  const environment: Record<string, string> = {};
  for (const [key, fallback] of known) {
    environment[variableOf(key)] = typeof fallback === 'string' ? 'any' : fallback.value;
  }
  try {
    readSecrets(secretFallbacks, {
      environment,
      file: join(folder, 'secrets.production.env'),
      strict: true,
      report: () => undefined,
    });
  } catch (error) {
    throw new Error(messageOf(error).replace(`${folder}/`, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The mistakes whose errors a page quotes, in the order of the page. */
const mistakes: Readonly<Record<string, readonly (() => unknown)[]>> = {
  'docs/constructs/observability/alertmanager-server.md': [
    () => new AlertmanagerServer(shop(), 'alertmanager', { version: '0.25.0' }),
  ],
  'docs/constructs/service/autonomous-op-service.md': [
    () => new AutonomousOpService(shop(), 'cart', { image: 'acme/cart' }),
    () => new AutonomousOpService(shop(), 'cart', { image: 'acme/cart:1.0.0', memoryLimit: Size.mebibytes(512) }),
    () => {
      serviceIn(shop()).connectTo(kafka, { port: 'metrics' });
    },
  ],
  'docs/constructs/elasticsearch/elasticsearch-cluster.md': [
    () => elasticsearchWith({ version: '8.13.0' }),
    () => elasticsearchWith({ indexPrefix: 'Jaeger' }),
  ],
  'docs/constructs/observability/existing-prometheus.md': [
    () => new PrometheusServer(shop(), 'prometheus', { apiServer }).scrape({ name: 'minio', pods: minio }),
  ],
  'docs/constructs/service/gpu-inference-service.md': [
    () => {
      const chart = shop();
      const pool = new GpuNodePool(chart, 'gpu-nodes', { nodes: ['gpu-node-11'], gpu: GpuType.A100, gpusPerNode: 4 });
      const target = new GpuInferenceService(chart, 'detector', { image: 'acme/detector:4.2.0', pool, gpuCount: 2 });
      new KedaScaler(chart, 'scaling', { target, minReplicas: 1, maxReplicas: 3, triggers: [Trigger.cpu(70)] });
      App.of(chart).synthYaml();
    },
    () => new GpuNodePool(shop(), 'gpu-nodes', { nodes: ['gpu-1', 'gpu-1'], gpu: GpuType.T4, gpusPerNode: 4 }),
  ],
  'docs/constructs/observability/grafana-server.md': [
    () => {
      const dashboard = autoscalingDashboard({ namespace: 'shop', scalers: [] });
      grafanaOf(Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 }))
        .addDashboard(dashboard)
        .addDashboard(dashboard);
    },
    () => grafanaOf(prometheus),
  ],
  'docs/constructs/kafka/kafka-cluster.md': [
    () => kafkaIn(shop(), '4.0.0'),
    () => kafkaIn(shop()).addUser('carts', secretKey('carts', 'password')),
    () => {
      const cluster = kafkaIn(shop());
      cluster.addTopic('carts', { partitions: 6 });
      cluster.addTopic('carts', { partitions: 12 });
    },
  ],
  'docs/constructs/kafka/kafka-s3-sink.md': [
    () => sinkWith({ kafka: kafkaIn(new Chart(new App(), 'data', { namespace: 'data' })) }),
    () => sinkWith({ imagePushSecret: 'registry' }),
  ],
  'docs/constructs/scaling/keda-scaler.md': [
    () => new KedaScaler(shop(), 'scaling', { target: serviceIn(shop()), minReplicas: 5, maxReplicas: 3 }),
    () => {
      const lag = Trigger.kafkaLag({ broker: kafka, topic: 'carts', consumerGroup: 'cart', lag: 500, partitions: 12 });
      const target = serviceIn(shop());
      return new KedaScaler(shop(), 'scaling', { target, minReplicas: 2, maxReplicas: 16, triggers: [lag] });
    },
    () => {
      const chart = shop();
      const props = { target: serviceIn(chart), minReplicas: 1, maxReplicas: 3, triggers: [Trigger.cpu(70)] };
      new KedaScaler(chart, 'scaling', props);
      new KedaScaler(chart, 'more-scaling', props);
    },
    () => {
      const server = Endpoint.inCluster('prometheus', { namespace: 'monitoring', port: 9090 });
      return Trigger.prometheus({ server, metricName: 'requests', query: 'sum(rate(requests[2m])', threshold: 100 });
    },
  ],
  'docs/constructs/observability/loki-server.md': [
    () =>
      new LokiServer(shop(), 'loki', {
        storage: LogStorage.volume(Size.gibibytes(20)),
        retention: Duration.hours(12),
      }),
  ],
  'docs/constructs/network/network-policy-bundle.md': [
    () => connection(prometheus, serviceIn(shop()), 'metrics'),
    () => {
      const chart = shop();
      const cart = serviceIn(chart);
      cart.connectTo(Endpoint.inCluster('redis', { labels: { app: 'redis' }, port: 6379 }));
      return new NetworkPolicyBundle(chart, 'network', { workloads: [cart] });
    },
    () => {
      const app = new App();
      const [, second] = ['shop', 'shop-admin'].map(
        (id) => new NetworkPolicyBundle(new Chart(app, id, { namespace: 'shop' }), 'network', {}),
      );
      throw new Error(second?.node.validate().join('\n'));
    },
    () => new NetworkPolicyBundle(shop(), 'network', { connections: [connection(prometheus, kafka)] }),
  ],
  'docs/constructs/observability/observability-stack.md': [
    () => {
      const stack = new ObservabilityStack(shop(), 'stack');
      stack.addAlerts('cart.rules', [{ ...alert, name: 'CartDown', expr: 'up{app="cart"} = 0' }]);
    },
    () => new ObservabilityStack(shop(), 'stack', { samplingRatio: 10 }),
    () => new ObservabilityStack(shop(), 'stack', { logStorage: LogStorage.volume(Size.gibibytes(20)) }),
  ],
  'docs/constructs/postgres/postgres-cluster.md': [
    () => postgresWith({ objectStore: minio }),
    () =>
      postgresWith({
        objectStore: minio,
        backupDestination: 's3://backups/postgres',
        accessKey: secretKey('backups', 'access-key'),
        secretKey: secretKey('backups', 'secret-key'),
        backupSchedule: '0 2 * * *',
      }),
  ],
  'docs/constructs/observability/prometheus-server.md': [
    () => new PrometheusServer(new Chart(new App(), 'shop'), 'prometheus', { apiServer }),
  ],
  'docs/constructs/observability/promtail-logging.md': [
    () => {
      const loki = Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 });
      return new PromtailLogging(shop(), 'promtail', { namespace: 'shop', loki, apiServer });
    },
  ],
  'docs/constructs/network/public-ingress.md': [
    () => publicIngressWith({ host: 'https://shop.example.com' }),
    () => publicIngressWith({ ingressClass: 'alb' }),
  ],
  'docs/constructs/redis/redis-cluster.md': [
    () => new RedisCluster(shop(), 'redis', { shards: 2, password: secretKey('shop-redis', 'password') }),
  ],
  'docs/constructs/standalone/standalone-store.md': [
    () => standaloneStoreWith({ uid: 0 }),
    () => standaloneStoreWith({ storageClass: 'standard' }),
  ],
  'docs/environments.md': [
    () => settingsOf('prod'),
    () => settingsOf('staging', { staging: misspelt }),
    strictWithoutObjectStorage,
  ],
};

test('every page that quotes an error is here', () => {
  const others = ['README.md', 'docs/changing.md', 'docs/commands/plan.md'];
  const quoting = pagesWith((page) => blocksOf(page, 'text')).map(([page]) => page);
  expect(quoting.filter((page) => !others.includes(page))).toEqual(Object.keys(mistakes).sort());
});

test.each(Object.entries(mistakes))('%s quotes the errors of the code', (page, makeThem) => {
  const errors = makeThem.map((make) => {
    try {
      make();
    } catch (error) {
      return `${messageOf(error)}\n`;
    }
    return 'no error\n';
  });
  expect(blocksOf(page, 'text')).toEqual(errors);
});

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
