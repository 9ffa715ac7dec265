import { App, Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { KafkaCluster } from '../../../src/constructs/kafka/kafka-cluster';
import { KafkaS3Sink, KafkaS3SinkProps } from '../../../src/constructs/kafka/kafka-s3-sink';
import { Connection } from '../../../src/constructs/network/connection';
import { NetworkPolicyBundle } from '../../../src/constructs/network/network-policy-bundle';
import { Endpoint } from '../../../src/constructs/network/peer';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf } from '../../synthesize';

const apiServer = Endpoint.inCluster('kubernetes', { namespace: 'default', port: 443 });
const minio = Endpoint.inCluster('minio', { labels: { app: 'minio' }, port: 9000 });
const collector = Endpoint.inCluster('jaeger-collector', { labels: { app: 'jaeger' }, ports: { 'otlp-http': 4318 } });
const plugin = { group: 'com.acme', artifact: 's3-sink', version: '3.0.0' };
const registry = Endpoint.external('registry.example', { port: 443 });

function sink(props: Partial<KafkaS3SinkProps> = {}, chart: Chart = newChart()): KafkaS3Sink {
  const kafka = new KafkaCluster(chart, 'kafka', { version: '3.5.0', apiServer });
  return new KafkaS3Sink(chart, 'archive', {
    kafka,
    topics: ['vehicle-telemetry', 'route-updates'],
    bucket: 'telemetry',
    region: 'eu-central-1',
    objectStore: minio,
    accessKey: secretKey('s3', 'access.key'),
    secretKey: secretKey('s3', 'secret.key'),
    image: 'registry.example/archive:1.0.0',
    ...props,
  });
}

const connect = anyObject.extend({
  spec: z.looseObject({
    replicas: z.number(),
    image: z.string().optional(),
    build: z.unknown().optional(),
    tracing: z.unknown().optional(),
    config: z.record(z.string(), z.unknown()),
    template: z.looseObject({
      connectContainer: z.looseObject({ env: z.array(z.object({ name: z.string(), value: z.string() })).optional() }),
    }),
  }),
});
const connector = anyObject.extend({
  spec: z.looseObject({ tasksMax: z.number(), config: z.record(z.string(), z.unknown()) }),
});

const connectOf = (its: KafkaS3Sink) => objectOf(its, 'KafkaConnect', connect);
const connectorOf = (its: KafkaS3Sink) => objectOf(its, 'KafkaConnector', connector);

function arrows(connections: readonly Connection[]): string[] {
  return connections.map(({ from, to, port }) => `${from.name} -> ${to.name}:${port}`);
}

describe('by default', () => {
  test('two workers of the version of Kafka log in as a user of their own', () => {
    const its = sink();
    const { metadata, spec } = connectOf(its);
    expect(metadata).toMatchObject({ name: 'archive', annotations: { 'strimzi.io/use-connector-resources': 'true' } });
    expect(spec).toMatchObject({
      version: '3.5.0',
      replicas: 2,
      bootstrapServers: 'kafka:9092',
      image: 'registry.example/archive:1.0.0',
      authentication: {
        type: 'scram-sha-512',
        username: 'archive',
        passwordSecret: { secretName: 'archive', password: 'password' },
      },
      resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
    });
    expect(objectOf(its.node.root, 'KafkaUser', anyObject).metadata).toMatchObject({
      name: 'archive',
      labels: { 'strimzi.io/cluster': 'kafka' },
    });
  });

  test("the workers' own topics are kept as often as any other", () => {
    expect(connectOf(sink()).spec.config).toMatchObject({
      'group.id': 'archive',
      'config.storage.topic': 'archive-configs',
      'offset.storage.topic': 'archive-offsets',
      'status.storage.topic': 'archive-status',
      'config.storage.replication.factor': 3,
      'offset.storage.replication.factor': 3,
      'status.storage.replication.factor': 3,
    });
  });

  test('the connector copies the topics into the bucket', () => {
    const { metadata, spec } = connectorOf(sink());
    expect(metadata).toMatchObject({ name: 'archive', labels: { 'strimzi.io/cluster': 'archive' } });
    expect(spec).toMatchObject({
      class: 'io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector',
      tasksMax: 2,
      autoRestart: { enabled: true },
    });
    expect(spec.config).toMatchObject({
      topics: 'vehicle-telemetry,route-updates',
      'aws.s3.bucket.name': 'telemetry',
      'aws.s3.region': 'eu-central-1',
      'aws.s3.endpoint': 'http://minio:9000',
    });
  });

  test('the credentials are read from mounted files, of which there are only those two', () => {
    const its = sink();
    expect(connectorOf(its).spec.config).toMatchObject({
      'aws.access.key.id': '${directory:/opt/kafka/external-configuration/access-key:access.key}',
      'aws.secret.access.key': '${directory:/opt/kafka/external-configuration/secret-key:secret.key}',
    });
    expect(connectOf(its).spec).toMatchObject({
      config: {
        'config.providers': 'directory',
        'config.providers.directory.class': 'org.apache.kafka.common.config.provider.DirectoryConfigProvider',
      },
      externalConfiguration: {
        volumes: [
          { name: 'access-key', secret: { secretName: 's3', items: [{ key: 'access.key', path: 'access.key' }] } },
          { name: 'secret-key', secret: { secretName: 's3', items: [{ key: 'secret.key', path: 'secret.key' }] } },
        ],
      },
    });
  });

  test('the workers comply with Pod Security restricted, spread, and are drained one at a time', () => {
    const container = { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } };
    expect(connectOf(sink()).spec.template).toMatchObject({
      pod: {
        metadata: { labels: { app: 'archive' } },
        securityContext: { runAsNonRoot: true, runAsUser: 1001, seccompProfile: { type: 'RuntimeDefault' } },
        topologySpreadConstraints: [
          { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
          { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
        ],
      },
      connectContainer: container,
      initContainer: container,
      podDisruptionBudget: { maxUnavailable: 1 },
    });
  });

  test('metrics are named by rules of the JMX exporter', () => {
    const its = sink();
    const { metadata, data = {} } = objectOf(its, 'ConfigMap', anyObject);
    expect(connectOf(its).spec).toMatchObject({
      metricsConfig: { valueFrom: { configMapKeyRef: { name: metadata.name, key: 'connect.yaml' } } },
    });
    expect(parse(data['connect.yaml'] ?? '')).toMatchObject({ lowercaseOutputName: true });
  });

  test('nothing is built and nothing is traced', () => {
    const { spec } = connectOf(sink());
    expect(spec.build).toBeUndefined();
    expect(spec.tracing).toBeUndefined();
    expect(spec.template.connectContainer.env).toBeUndefined();
  });
});

describe('props', () => {
  test('replicas, tasks, size and zones are those asked for', () => {
    const its = sink({
      replicas: 3,
      tasks: 12,
      cpuRequest: Cpu.units(1),
      cpuLimit: Cpu.units(2),
      memoryRequest: Size.gibibytes(2),
      memoryLimit: Size.gibibytes(3),
      zoneSpread: 'ScheduleAnyway',
    });
    expect(connectOf(its).spec).toMatchObject({
      replicas: 3,
      resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '2', memory: '3Gi' } },
      template: { pod: { topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }, {}] } },
    });
    expect(connectorOf(its).spec.tasksMax).toBe(12);
  });

  test('name is the name of everything', () => {
    const its = sink({ name: 'kafka-s3' });
    expect(connectOf(its).metadata.name).toBe('kafka-s3');
    expect(connectorOf(its).metadata).toMatchObject({ name: 'kafka-s3', labels: { 'strimzi.io/cluster': 'kafka-s3' } });
    expect(its.podLabels).toEqual({ app: 'kafka-s3' });
  });

  test('port 443 means TLS, unless told otherwise', () => {
    const s3 = Endpoint.external('s3.eu-central-1.amazonaws.com', { port: 443 });
    const endpoint = (its: KafkaS3Sink) => connectorOf(its).spec.config['aws.s3.endpoint'];
    expect(endpoint(sink({ objectStore: s3 }))).toBe('https://s3.eu-central-1.amazonaws.com:443');
    expect(endpoint(sink({ objectStoreTls: true }))).toBe('https://minio:9000');
  });

  test('traces go to the collector by HTTP', () => {
    const { spec } = connectOf(sink({ traceCollector: collector, samplingRatio: 0.5 }));
    expect(spec.tracing).toEqual({ type: 'opentelemetry' });
    expect(
      Object.fromEntries((spec.template.connectContainer.env ?? []).map(({ name, value }) => [name, value])),
    ).toEqual({
      OTEL_SERVICE_NAME: 'archive',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger-collector:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
      OTEL_METRICS_EXPORTER: 'none',
    });
  });

  test('with a push secret, Strimzi builds the image from the Maven coordinates', () => {
    const { spec } = connectOf(sink({ imagePushSecret: 'push', imageRegistry: registry, plugin }));
    expect(spec.image).toBeUndefined();
    expect(spec.build).toMatchObject({
      output: { type: 'docker', image: 'registry.example/archive:1.0.0', pushSecret: 'push' },
      plugins: [
        {
          name: 'archive',
          artifacts: [{ type: 'maven', ...plugin }],
        },
      ],
    });
    expect(spec.template).toMatchObject({
      pod: { imagePullSecrets: [{ name: 'push' }] },
      buildPod: { metadata: { labels: { app: 'archive-build' } } },
    });
  });
});

describe('network', () => {
  test('workers reach Kafka, the store and the collector; the operator reaches the workers', () => {
    expect(arrows(sink({ traceCollector: collector }).connections)).toEqual([
      'archive -> kafka:9092',
      'archive -> minio:9000',
      'archive -> jaeger-collector:4318',
      'archive -> archive:8083',
      'strimzi-cluster-operator -> archive:8083',
    ]);
  });

  test('the build reaches the registry and Maven, and is a pod of its own', () => {
    const mavenRepository = Endpoint.external('maven.example', { port: 443 });
    const its = sink({ imagePushSecret: 'push', imageRegistry: registry, plugin, mavenRepository });
    expect(its.pods.map(({ podLabels }) => podLabels)).toEqual([{ app: 'archive' }, { app: 'archive-build' }]);
    expect(arrows(its.connections).slice(-2)).toEqual([
      'archive-build -> registry.example:443',
      'archive-build -> maven.example:443',
    ]);
  });

  test('without a bundle, Kafka stays as open to its other clients as it was', () => {
    expect(JSON.stringify(objectOf(sink().node.root, 'Kafka', anyObject).spec)).not.toContain('networkPolicyPeers');
  });

  test("in a bundle, Kafka's own policy lets the workers in", () => {
    const chart = newChart();
    const archive = sink({}, chart);
    const clusters = chart.node.children.filter((child) => child instanceof KafkaCluster);
    new NetworkPolicyBundle(chart, 'network', { workloads: [...clusters, archive], endpoints: [minio] });
    expect(objectOf(chart, 'Kafka', anyObject).spec).toMatchObject({
      kafka: { listeners: [{ networkPolicyPeers: [{ podSelector: { matchLabels: { app: 'archive' } } }] }] },
    });
  });
});

describe('bad input', () => {
  const build = { imagePushSecret: 'push', imageRegistry: registry };
  test.each<[Partial<KafkaS3SinkProps>, string]>([
    [{ topics: [] }, 'topics is empty, so there is nothing to copy.\n  Name at least one topic.'],
    [{ topics: ['a', 'a'] }, 'topics names one twice: a, a.\n  Name each topic once.'],
    [{ topics: ['a,b'] }, '"a,b" is not the name of a topic.'],
    [{ bucket: 'B' }, 'bucket is "B".'],
    [{ region: '' }, 'region is "".\n  Write it as the store does, such as "eu-central-1".'],
    [{ image: 'acme/archive' }, 'image "acme/archive" names no version.'],
    [{ replicas: 0 }, 'replicas is 0.'],
    [{ tasks: 0 }, 'tasks is 0.'],
    [{ samplingRatio: 2 }, 'samplingRatio is 2.\n  Set samplingRatio to a number from 0 to 1.'],
    [{ memoryRequest: Size.gibibytes(3) }, 'memoryRequest (3Gi) is greater than memoryLimit (2Gi).'],
    [
      { imagePushSecret: 'push' },
      'imagePushSecret is set without imageRegistry, so the build could reach no registry.',
    ],
    [build, 'imagePushSecret is set, and plugin is not.\n  Say what is to be built into the image.'],
    [{ imageRegistry: registry }, 'imageRegistry is set, but without imagePushSecret no image is built.'],
    [
      { ...build, plugin: { group: 'a', artifact: 'b', version: 'LATEST' } },
      'version of plugin is "LATEST".\n  Write Maven coordinates of one version',
    ],
    [{ ...build, plugin: { group: 'a; rm', artifact: 'b', version: '1' } }, 'group of plugin is "a; rm".'],
  ])('%o says what is wrong and what to do', (props, message) => {
    expect(() => sink(props)).toThrow(`test/archive: ${message}`);
  });

  test('a collector that takes no OTLP by HTTP', () => {
    const grpc = Endpoint.inCluster('tempo', { labels: { app: 'tempo' }, ports: { 'otlp-grpc': 4317 } });
    expect(() => sink({ traceCollector: grpc })).toThrow('"tempo" has no port "otlp-http".\n  Use one of its ports');
  });

  test('a cluster of another namespace, whose Secrets the workers could not read', () => {
    const elsewhere = new Chart(new App(), 'data', { namespace: 'data' });
    const kafka = new KafkaCluster(elsewhere, 'kafka', { version: '3.5.0', apiServer });
    expect(() => sink({ kafka })).toThrow(
      'test/archive: it is in namespace "shop" and "kafka" in "data", so the workers could not read their password.\n  Put both into one namespace.',
    );
  });
});
