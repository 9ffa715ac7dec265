import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ApiObject, App, Chart, Duration, Size } from 'cdk8s';
import { IConstruct } from 'constructs';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { alertmanagerServer } from '../examples/constructs/alertmanager-server';
import { autonomousOpService } from '../examples/constructs/autonomous-op-service';
import { elasticsearchCluster } from '../examples/constructs/elasticsearch-cluster';
import { escapeHatch } from '../examples/constructs/escape-hatch';
import { exporterMonitors } from '../examples/constructs/exporter-monitors';
import { gpuInferenceService } from '../examples/constructs/gpu-inference-service';
import { grafanaServer } from '../examples/constructs/grafana-server';
import { kafkaCluster } from '../examples/constructs/kafka-cluster';
import { kafkaS3Sink } from '../examples/constructs/kafka-s3-sink';
import { kedaScaler } from '../examples/constructs/keda-scaler';
import { lokiServer } from '../examples/constructs/loki-server';
import { networkPolicyBundle } from '../examples/constructs/network-policy-bundle';
import { observabilityStack } from '../examples/constructs/observability-stack';
import { orders } from '../examples/constructs/orders';
import { postgresCluster } from '../examples/constructs/postgres-cluster';
import { prometheusServer } from '../examples/constructs/prometheus-server';
import { promtailLogging } from '../examples/constructs/promtail-logging';
import { publicIngress } from '../examples/constructs/public-ingress';
import { redisCluster } from '../examples/constructs/redis-cluster';
import { standaloneStore } from '../examples/constructs/standalone-store';
import { peerDependencies } from '../package.json';
import { settingsOf } from '../src/autonomous-op/environments';
import { triggers } from '../src/autonomous-op/scaling';
import { secretFallbacks } from '../src/autonomous-op/secrets';
import { serviceKeys, services } from '../src/autonomous-op/services';
import { arrows } from '../src/autonomous-op/topology';
import { AlertmanagerServer } from '../src/constructs/observability/alertmanager-server';
import { AutonomousOpService } from '../src/constructs/service/autonomous-op-service';
import { ElasticsearchCluster, ElasticsearchClusterProps } from '../src/constructs/elasticsearch/elasticsearch-cluster';
import { autoscalingDashboard } from '../src/constructs/scaling/autoscaling-dashboard';
import { ElasticsearchExporter, KubeletMetrics, PodMetrics } from '../src/constructs/observability/exporter-monitors';
import { GpuType } from '../src/core/gpu-type';
import { GpuNodePool } from '../src/constructs/service/gpu';
import { GpuInferenceService } from '../src/constructs/service/gpu-inference-service';
import { GrafanaServer } from '../src/constructs/observability/grafana-server';
import { KafkaCluster } from '../src/constructs/kafka/kafka-cluster';
import { KafkaS3Sink, KafkaS3SinkProps } from '../src/constructs/kafka/kafka-s3-sink';
import { KedaScaler } from '../src/constructs/scaling/keda-scaler';
import { LogStorage, LokiServer } from '../src/constructs/observability/loki-server';
import { NetworkPolicyBundle } from '../src/constructs/network/network-policy-bundle';
import { ObservabilityStack } from '../src/constructs/observability/observability-stack';
import { connection, Endpoint } from '../src/constructs/network/peer';
import { PostgresCluster, PostgresClusterProps } from '../src/constructs/postgres/postgres-cluster';
import { PrometheusServer } from '../src/constructs/observability/prometheus-server';
import { PromtailLogging } from '../src/constructs/observability/promtail-logging';
import { PublicIngress, PublicIngressProps } from '../src/constructs/network/public-ingress';
import { RedisCluster } from '../src/constructs/redis/redis-cluster';
import { StandaloneStore, StandaloneStoreProps } from '../src/constructs/standalone/standalone-store';
import { Trigger } from '../src/constructs/scaling/trigger';
import { readSecrets, variableOf } from '../src/synth/secret-source';
import { secretKey } from '../src/core/secrets';
import { production } from './autonomous-op/production';

const REPOSITORY = join(__dirname, '..');

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const filesIn = (folder: string, extension: string) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`)
    .sort();

const documents = ['README.md', 'examples/README.md', ...filesIn('docs', '.md')];

type Example = (app: App) => Chart;

/** A program a construct. The whole projects beside them have tests of their own. */
const examples: Readonly<Record<string, Example>> = {
  'alertmanager-server': alertmanagerServer,
  'autonomous-op-service': autonomousOpService,
  'elasticsearch-cluster': elasticsearchCluster,
  'escape-hatch': escapeHatch,
  'exporter-monitors': exporterMonitors,
  'gpu-inference-service': gpuInferenceService,
  'grafana-server': grafanaServer,
  'kafka-cluster': kafkaCluster,
  'kafka-s3-sink': kafkaS3Sink,
  'keda-scaler': kedaScaler,
  'loki-server': lokiServer,
  'network-policy-bundle': networkPolicyBundle,
  'observability-stack': observabilityStack,
  orders,
  'postgres-cluster': postgresCluster,
  'prometheus-server': prometheusServer,
  'promtail-logging': promtailLogging,
  'public-ingress': publicIngress,
  'redis-cluster': redisCluster,
  'standalone-store': standaloneStore,
};

type ConstructType = abstract new (...args: never[]) => IConstruct;

/** The constructs by the name of their page and of their example, with those that the page has beside them. */
const constructs: Readonly<
  Record<string, { readonly type: ConstructType; readonly beside?: readonly ConstructType[] }>
> = {
  'alertmanager-server': { type: AlertmanagerServer },
  'autonomous-op-service': { type: AutonomousOpService },
  'elasticsearch-cluster': { type: ElasticsearchCluster },
  'exporter-monitors': { type: PodMetrics, beside: [KubeletMetrics, ElasticsearchExporter] },
  'gpu-inference-service': { type: GpuInferenceService },
  'grafana-server': { type: GrafanaServer },
  'kafka-cluster': { type: KafkaCluster },
  'kafka-s3-sink': { type: KafkaS3Sink },
  'keda-scaler': { type: KedaScaler },
  'loki-server': { type: LokiServer },
  'network-policy-bundle': { type: NetworkPolicyBundle },
  'observability-stack': { type: ObservabilityStack },
  'postgres-cluster': { type: PostgresCluster },
  'prometheus-server': { type: PrometheusServer },
  'promtail-logging': { type: PromtailLogging },
  'public-ingress': { type: PublicIngress },
  'redis-cluster': { type: RedisCluster },
  'standalone-store': { type: StandaloneStore },
};

const shop = () => new Chart(new App(), 'shop', { namespace: 'shop' });
const serviceIn = (chart: Chart) => new AutonomousOpService(chart, 'cart', { image: 'acme/cart:1.0.0' });
const prometheus = Endpoint.inCluster('prometheus', { namespace: 'monitoring', labels: { app: 'prometheus' } });
const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });
const alert = { for: Duration.minutes(5), severity: 'critical', summary: 'Down', description: 'Down' } as const;

const misspelt = { services: { fms: {}, autonomousOP: {} } };

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
  const known = [...secretFallbacks].filter(([, fallback]) => fallback !== 'foreign');
  const environment: Record<string, string> = {};
  for (const [key, fallback] of known) {
    environment[variableOf(key)] = typeof fallback === 'string' ? 'any' : fallback.value;
  }
  try {
    readSecrets(secretFallbacks, {
      environment,
      file: join(folder, 'secrets.production.env'),
      strict: true,
      say: () => undefined,
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
  'docs/constructs/observability/exporter-monitors.md': [
    () => {
      const chart = shop();
      const server = new PrometheusServer(chart, 'prometheus', { apiServer });
      return new PodMetrics(chart, 'metrics', {
        name: 'minio-monitor',
        prometheus: server,
        target: minio,
        containerPort: 'metrics',
      });
    },
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
      return new NetworkPolicyBundle(chart, 'network', { services: [cart] });
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

describe('the examples', () => {
  test('are all here', () => {
    expect(filesIn('examples/constructs', '.ts')).toEqual(
      Object.keys(examples).map((name) => `examples/constructs/${name}.ts`),
    );
  });

  test.each(Object.entries(examples))('%s passes validation', (_, example) => {
    const app = new App();
    example(app);
    expect(app.synthYaml()).toContain('kind: Deployment');
  });

  test('the escape hatch reaches the manifest', () => {
    const app = new App();
    escapeHatch(app);
    expect(app.synthYaml()).toMatch(/maxSurge: 25%[^]*priorityClassName: batch/);
  });

  test.each(documents)('are what %s shows', (document) => {
    const sources = filesIn('examples', '.ts').map(read);
    const shown = blocksOf(document, 'ts').filter((code) => code.includes("from 'autonomous-op-cdk8s'"));
    expect(shown.filter((code) => !sources.includes(code))).toEqual([]);
  });
});

describe.each(Object.entries(constructs))('the page of %s', (name, { type, beside = [] }) => {
  const page = documents.find((document) => document.endsWith(`/${name}.md`)) ?? name;

  test('shows its example', () => {
    expect(blocksOf(page, 'ts')).toContain(read(`examples/constructs/${name}.ts`));
  });

  test('has a table of its props', () => {
    const owners = tablesOf(page).flatMap(({ heading, header }) => (header[0] === 'Prop' ? codeIn(heading) : []));
    expect(owners).toContain(`${type.name}Props`);
  });

  test('lists the objects it makes', () => {
    const app = new App();
    examples[name]?.(app);
    const constructsOfPage = app.node
      .findAll()
      .filter((construct) => [type, ...beside].some((each) => construct instanceof each));
    // A set: one of them may contain another.
    const made = [...new Set(constructsOfPage.flatMap((construct) => construct.node.findAll()))]
      .filter(ApiObject.isApiObject)
      .map((object) => `${object.kind} ${object.name}`);
    const rows = tablesOf(page).find(({ header }) => header[0] === 'Kind')?.rows ?? [];
    const listed = rows.flatMap(([kind = '', pattern = '', example = '']) =>
      codeIn(example).map((objectName) => {
        const regexp = new RegExp(`^${codeIn(pattern).join('').replace(/<\w+>/g, '.+')}$`);
        expect(objectName).toMatch(regexp);
        return `${kind} ${objectName}`;
      }),
    );
    expect(listed.sort()).toEqual(made.sort());
  });
});

describe('the tables of', () => {
  test.each(documents)('%s name every prop and method of the code, with its type and default', (document) => {
    for (const { heading, header, rows } of tablesOf(document)) {
      const [kind, owner] = [header[0], codeIn(heading)[0] ?? ''];
      if (kind === 'Prop') {
        expect({ owner, props: rows.map((row) => row.slice(0, 3).map(plain)) }).toEqual({
          owner,
          props: propsOf(owner),
        });
      } else if (kind === 'Method') {
        expect({ owner, methods: rows.map(([method = '']) => plain(method)) }).toEqual({
          owner,
          methods: methodsOf(owner),
        });
      }
    }
  });

  test('docs/environments.md name every setting with its default', () => {
    const rows = tableOf('docs/environments.md', 'Setting');
    expect(rows.map(([setting = '']) => plain(setting)).sort()).toEqual(settingsInSource().sort());
    const defaults = flat(settingsOf('production'));
    const wrong = rows.filter(([setting = '', standard = '']) => {
      const value = defaults.get(plain(setting));
      return value !== undefined && value !== plain(standard);
    });
    expect(wrong).toEqual([]);
  });

  test('docs/environments.md name every secret', () => {
    const rows = tableOf('docs/environments.md', 'Variable');
    expect(rows.map(([variable = '']) => plain(variable))).toEqual([...secretFallbacks.keys()].map(variableOf));
  });

  test('docs/api.md name every peer with its range', () => {
    const rows = tableOf('docs/api.md', 'Peer').map(([peer = '', range = '']) => [plain(peer), plain(range)]);
    expect(Object.fromEntries(rows)).toEqual(peerDependencies);
  });

  test('docs/operating.md say what scales when', () => {
    const settings = settingsOf('production');
    const rows = tableOf('docs/operating.md', 'Service').map((row) => row.map(plain));
    const scaled = serviceKeys.map((key) => {
      const { min, max } = settings.services[key].replicas;
      const reasons = triggers[key].map(({ metric, threshold }) => `${metric} ${threshold}`);
      return [services[key].name, `${min} to ${max}`, reasons.join(', ')];
    });
    expect(rows).toEqual(scaled);
  });
});

describe('the errors quoted in', () => {
  test.each(Object.entries(mistakes))('%s are those of the code', (document, makeThem) => {
    const errors = makeThem.map((make) => {
      try {
        make();
      } catch (error) {
        return `${messageOf(error)}\n`;
      }
      return 'no error\n';
    });
    expect(blocksOf(document, 'text')).toEqual(errors);
  });
});

describe('the links of', () => {
  test.each(documents)('%s lead somewhere', (document) => {
    const targets = [...read(document).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? document : join(dirname(document), file);
      return !existsSync(join(REPOSITORY, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test.each(documents)('%s name files that are there', (document) => {
    const paths = codeIn(read(document)).filter((code) =>
      /^(src|docs|examples|test|scripts|imports)\/[\w./-]*$/.test(code),
    );
    expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
  });
});

describe('the README', () => {
  test('begins with the two commands', () => {
    expect(blocksOf('README.md', 'sh').slice(0, 2)).toEqual(['npm ci && npx cdk8s synth\n', 'npm ci && npm test\n']);
  });

  test('draws the arrows of the topology, and that of KEDA', () => {
    const [drawing = ''] = blocksOf('README.md', 'mermaid');
    const boxes = (text = '') => text.split(' & ').map((box) => /\w+/.exec(box)?.[0] ?? '');
    const drawn = drawing
      .split('\n')
      .map((line) => line.split(' --> '))
      .filter(({ length }) => length === 2)
      .flatMap(([from, to]) => boxes(from).flatMap((source) => boxes(to).map((target) => `${source} ${target}`)));
    const names: Readonly<Record<string, string>> = { mlService: 'ML', postgres: 'PostgreSQL' };
    const written = arrows.map((arrow) => arrow.map((box) => names[box] ?? box).join(' '));
    const lower = (pairs: readonly string[]) => pairs.map((pair) => pair.toLowerCase()).sort();
    expect(lower(drawn)).toEqual(lower([...written, 'KEDA HPA']));
  });

  test('lists the files of dist/ and counts their objects', () => {
    const listing = blocksOf('README.md', 'console').find((block) => block.includes('Synthesizing')) ?? '';
    const listed = [...listing.matchAll(/- dist\/(\S+)/g)].map(([, file = '']) => file);
    expect(listed).toEqual(production.files.map(({ name }) => name).sort());
    const counts = tableOf('README.md', 'File').map(([file = '', , objects]) => [`${plain(file)}.k8s.yaml`, objects]);
    const made = production.files.map(({ name, yaml }) => [name, `${yaml.match(/^kind: /gm)?.length ?? 0}`]);
    expect(counts.sort()).toEqual(made.sort());
  });

  test('changes lines that are there', () => {
    for (const file of blocksOf('README.md', 'diff').flatMap((diff) => diff.split('--- a/').slice(1))) {
      const [path = '', ...lines] = file.split('\n');
      const removed = lines.filter((line) => /^-[^-]/.test(line)).map((line) => line.slice(1));
      expect(read(path).split('\n')).toEqual(expect.arrayContaining(removed));
    }
  });
});

interface Table {
  /** The heading it stands under. */
  readonly heading: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function blocksOf(document: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm');
  return [...read(document).matchAll(pattern)].map(([, code = '']) => code);
}

function tablesOf(document: string): Table[] {
  let heading = '';
  const tables: Table[] = [];
  let rows: string[][] | undefined;
  for (const line of read(document).split('\n')) {
    if (line.startsWith('#')) heading = line;
    if (!line.startsWith('|')) {
      rows = undefined;
    } else if (rows === undefined) {
      rows = [];
      tables.push({ heading, header: cellsOf(line), rows });
    } else if (!/^[| :-]+$/.test(line)) {
      rows.push(cellsOf(line));
    }
  }
  return tables;
}

function tableOf(document: string, firstColumn: string): Table['rows'] {
  return tablesOf(document).find(({ header }) => header[0] === firstColumn)?.rows ?? [];
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

function plain(text: string): string {
  return text.replaceAll('`', '');
}

/** As GitHub makes them of headings. */
function anchorsOf(document: string): string[] {
  const headings = [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parseSource(path: string): ts.SourceFile {
  return ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
}

const declarations = filesIn('src/constructs', '.ts').flatMap((path) => [...parseSource(path).statements]);

/** Name, type and default of each prop of an interface. */
function propsOf(name: string): string[][] {
  const found = declarations.filter(ts.isInterfaceDeclaration).find((declaration) => declaration.name.text === name);
  const members = found === undefined ? [] : [...found.members];
  return members
    .filter(ts.isPropertySignature)
    .map((member) => [
      member.name.getText(),
      member.type?.getText() ?? '',
      member.questionToken === undefined ? 'required' : defaultOf(member),
    ]);
}

function defaultOf(member: ts.Node): string {
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  const text = ts.getTextOfJSDocComment(tag?.comment) ?? '';
  return plain(text.replace(/^- /, '').replace(/\{@link ([^}]+)\}/g, '$1'));
}

/** The public methods of a class, with their parameters. */
function methodsOf(name: string): string[] {
  const found = declarations.filter(ts.isClassDeclaration).find((declaration) => declaration.name?.text === name);
  const members = found === undefined ? [] : [...found.members];
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
  return members
    .filter(ts.isMethodDeclaration)
    .filter(({ modifiers }) => !(modifiers ?? []).some(({ kind }) => hidden.includes(kind)))
    .map(({ name, parameters }) => ({ name: name.getText(), parameters: parameters.map(parameterName) }))
    .filter(({ name }) => !name.startsWith('_'))
    .map(({ name, parameters }) => `${name}(${parameters.join(', ')})`);
}

/** A parameter that is taken apart at once is one of props. */
function parameterName({ name }: ts.ParameterDeclaration): string {
  return ts.isObjectBindingPattern(name) ? 'props' : name.getText();
}

/** The settings of the schema, `<service>` and `<store>` for those that each has. */
function settingsInSource(): string[] {
  const constants = new Map(
    parseSource('src/autonomous-op/environments.ts')
      .statements.filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .map((declaration) => [declaration.name.getText(), declaration.initializer] as const),
  );
  const keysOf = (node: ts.Node | undefined, path: string): string[] => {
    const fields = node === undefined ? undefined : fieldsOf(node);
    return fields === undefined ? [path] : fields.flatMap((field) => keysOfField(field, path));
  };
  const keysOfField = (field: ts.ObjectLiteralElementLike, path: string): string[] => {
    const value = ts.isPropertyAssignment(field) ? field.initializer : undefined;
    const called = value !== undefined && ts.isCallExpression(value) ? value.expression.getText() : '';
    const perKey = called === 'service' || called === 'store';
    const name = perKey ? `<${called}>` : (field.name?.getText() ?? '');
    return keysOf(perKey ? constants.get(called) : value, path === '' ? name : `${path}.${name}`);
  };
  return [...new Set(keysOf(constants.get('schema'), ''))];
}

/** The fields of the first `z.strictObject({…})` of an expression's chain of calls, if it has one. */
function fieldsOf(node: ts.Node): ts.ObjectLiteralElementLike[] | undefined {
  if (ts.isArrowFunction(node)) return fieldsOf(node.body);
  if (ts.isPropertyAccessExpression(node)) return fieldsOf(node.expression);
  if (!ts.isCallExpression(node)) return undefined;
  const [argument] = node.arguments;
  return /^z\s*\.strictObject$/.test(node.expression.getText()) &&
    argument !== undefined &&
    ts.isObjectLiteralExpression(argument)
    ? [...argument.properties]
    : fieldsOf(node.expression);
}

/** The values that a text can show, by the path of their setting. */
function flat(value: unknown, path = ''): Map<string, string> {
  if (['string', 'number', 'boolean'].includes(typeof value)) return new Map([[path, String(value)]]);
  if (Array.isArray(value)) return new Map([[path, value.join(', ')]]);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return new Map();
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flat(inner, path === '' ? key : `${path}.${key}`)]),
  );
}
