/* The archive of Kafka's topics in a bucket: Kafka Connect with an S3 sink. */

import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import {
  KafkaConnect,
  KafkaConnector,
  KafkaConnectSpec,
  KafkaConnectSpecAuthenticationType,
  KafkaConnectSpecBuild,
  KafkaConnectSpecBuildOutputType,
  KafkaConnectSpecBuildPluginsArtifactsType,
  KafkaConnectSpecMetricsConfigType,
  KafkaConnectSpecTracingType,
} from '../../../imports/kafka.strimzi.io';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { ContainerSize, customResourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireDnsSubdomain, requireImage, requireInteger } from '../../core/validation';
import { KafkaCluster } from './kafka-cluster';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { Endpoint, hostName, Peer, portOf } from '../network/peer';
import { schemeOf, urlOf } from '../network/port';
import { envVars } from '../workload/env';
import { ResourceProps, sizeOf } from '../workload/resources';
import { identityOf } from '../workload/identity';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { restrictedPod, spreadStateful, ZoneSpread } from '../workload/pod-security';
import {
  createMetricsRules,
  JmxRule,
  metricsConfig,
  STRIMZI_METRICS_PORT,
  strimziContainer,
  strimziMetrics,
  strimziPod,
} from './strimzi';

/** A plugin of Kafka Connect, by its Maven coordinates. */
export interface ConnectPlugin {
  /** Group, such as `io.aiven`. */
  readonly group: string;
  /** Artifact, such as `s3-connector-for-apache-kafka`. */
  readonly artifact: string;
  /** Version, in full: a range or `LATEST` would make every build another one. */
  readonly version: string;
}

/** Properties of {@link KafkaS3Sink}. A worker asks for 500m CPU and 1 GiB by default, and may use 1 CPU and 2 GiB. */
export interface KafkaS3SinkProps extends ResourceProps {
  /** Name of the KafkaConnect, KafkaConnector and KafkaUser, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** The cluster whose topics are copied. The sink adds a user of its own to it. */
  readonly kafka: KafkaCluster;
  /** Topics to copy. */
  readonly topics: readonly string[];
  /** Bucket that takes them; it must exist. */
  readonly bucket: string;
  /** Region of the bucket; any, such as `us-east-1`, where the store knows none. */
  readonly region: string;
  /** The S3 or MinIO server. */
  readonly objectStore: Peer;
  /** Whether the object store speaks TLS. @default - true where its port is 443 */
  readonly objectStoreTls?: boolean;
  /** Access key id of the object store. */
  readonly accessKey: SecretKey;
  /** Secret access key of the object store. */
  readonly secretKey: SecretKey;
  /** Image with Kafka Connect and the plugin: what the build pushes, or one that is there already. */
  readonly image: string;
  /**
   * Secret of type `kubernetes.io/dockerconfigjson` with which Strimzi pushes {@link image} after building it in the cluster. The build pod
   * runs as root (Kaniko can not do without), so that a namespace which enforces Pod Security `restricted` refuses it: there, build
   * the image elsewhere. @default - none: the image is there already
   */
  readonly imagePushSecret?: string;
  /** The registry the build pulls Strimzi's image from and pushes to. Required with {@link imagePushSecret}. @default - none */
  readonly imageRegistry?: Peer;
  /** The Maven repository the build downloads the plugin from. @default - one in the address ranges of {@link imageRegistry} */
  readonly mavenRepository?: Peer;
  /**
   * The S3 sink that is built in: Aiven's, or one that takes its configuration. Required with {@link imagePushSecret}; Aiven publishes
   * archives, so give the coordinates of a Maven repository that holds it. @default - none
   */
  readonly plugin?: ConnectPlugin;
  /** Where traces go, to its port `otlp-http`. @default - nowhere */
  readonly traceCollector?: Peer;
  /** Share of the traces that is kept, from 0 to 1. @default 0.1 */
  readonly samplingRatio?: number;
  /** Workers. @default 2 */
  readonly replicas?: number;
  /** Tasks that the workers share; more than the topics have partitions would idle. @default - as many as workers */
  readonly tasks?: number;
  /** Whether zones are a hard rule (`DoNotSchedule`) or a wish (`ScheduleAnyway`). @default 'DoNotSchedule' */
  readonly zoneSpread?: ZoneSpread;
}

/** Of Aiven's S3 sink, which is under the Apache licence. */
const CONNECTOR_CLASS = 'io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector';

/** Values are copied as they are, whatever they hold. */
const BYTES = 'org.apache.kafka.connect.converters.ByteArrayConverter';

/** Where Strimzi mounts the volumes of `externalConfiguration`. */
const EXTERNAL_CONFIGURATION = '/opt/kafka/external-configuration';

const WORKER_SIZE = size('500m', '1', '1Gi', '2Gi');
const BUILD_SIZE = size('500m', '1000m', '1Gi', '2Gi');
const METRICS_KEY = 'connect.yaml';

/**
 * Copies topics of a {@link KafkaCluster} into a bucket: Kafka Connect with an S3 sink, run by the Strimzi operator.
 *
 * Each object holds some records of a partition as lines of key, value, timestamp and offset, key and value in Base64, compressed with gzip;
 * its name is `<topic>/<partition>/<offset of the first record>.gz`.
 *
 * @example
 * new KafkaS3Sink(chart, 'kafka-s3-sink', {
 *   kafka, topics: ['orders'], bucket: 'orders-archive', region: 'eu-central-1', objectStore: minio,
 *   accessKey: secretKey('minio', 'access-key'), secretKey: secretKey('minio', 'secret-key'),
 *   image: 'registry.example/kafka-s3-sink:1.0.0', traceCollector: stack.traceCollector,
 * });
 */
export class KafkaS3Sink extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the objects, and the workers' label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the workers. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `rest` is for the other workers and the operator only. */
  readonly ports: Readonly<Record<'rest' | 'metrics', number>> = { rest: 8083, metrics: STRIMZI_METRICS_PORT };
  /** What a worker asks of its node. */
  readonly size: ContainerSize;
  /** Workers. */
  readonly replicas: number;
  /** The connections of workers, operator and build. */
  readonly connections: readonly Connection[];
  /** The pod that builds the image. It has ended by the time that the workers start. Undefined: nothing is built. */
  readonly buildPod?: Peer;
  /** The KafkaConnect object; `addJsonPatch` reaches what the props leave out. */
  readonly connect: ApiObject;

  /** @throws InvalidInputError if a prop is out of its range or empty, or in conflict with another */
  constructor(scope: Construct, id: string, props: KafkaS3SinkProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    requireSameNamespace(where, this.namespace, props.kafka);
    this.replicas = requireInteger(where, 'replicas', props.replicas ?? 2, 1);
    this.size = sizeOf(where, props, WORKER_SIZE);
    requireImage(where, props.image);
    requireSource(where, props);
    const build = buildOf(where, this.name, props);
    if (build !== undefined) this.buildPod = this.createBuildPeer();
    this.connections = this.connectionsOf(props);
    this.connect = this.createConnect(props, props.kafka.addUser(this.name), build);
    this.createConnector(props);
  }

  /** What the workers tell. */
  get metrics(): readonly MetricsEndpoint[] {
    return [strimziMetrics(this)];
  }

  /** The workers, and the pod that builds their image. */
  get pods(): readonly Peer[] {
    return this.buildPod === undefined ? [this] : [this, this.buildPod];
  }

  private createBuildPeer(): Peer {
    const name = `${this.name}-build`;
    return Endpoint.inCluster(name, {
      labels: { app: name },
      ...defined({ namespace: this.namespace }),
    });
  }

  private connectionsOf(props: KafkaS3SinkProps): Connection[] {
    const { kafka, objectStore, traceCollector, imageRegistry, mavenRepository } = props;
    const registries = [imageRegistry, mavenRepository].filter((peer) => peer !== undefined);
    const { buildPod } = this;
    return [
      connection(this, kafka),
      connection(this, objectStore),
      ...(traceCollector === undefined ? [] : [connection(this, traceCollector, 'otlp-http')]),
      // A worker hands a request of the REST interface on to the worker that leads.
      connection(this, this, 'rest'),
      connection(kafka.operator, this, 'rest'),
      ...(buildPod === undefined ? [] : registries.map((registry) => connection(buildPod, registry))),
    ];
  }

  private createConnect(
    props: KafkaS3SinkProps,
    password: SecretKey,
    build: KafkaConnectSpecBuild | undefined,
  ): KafkaConnect {
    const metrics = createMetricsRules(this, `${this.name}-metrics`, { [METRICS_KEY]: CONNECT_RULES });
    return new KafkaConnect(this, 'connect', {
      // Strimzi then reads connectors from KafkaConnector objects, and undoes what is changed by the REST interface.
      metadata: { name: this.name, annotations: { 'strimzi.io/use-connector-resources': 'true' } },
      spec: {
        version: props.kafka.version,
        replicas: this.replicas,
        bootstrapServers: `${hostName(props.kafka, this.namespace)}:${props.kafka.ports.default}`,
        authentication: {
          type: KafkaConnectSpecAuthenticationType.SCRAM_HYPHEN_SHA_HYPHEN_512,
          username: this.name,
          passwordSecret: { secretName: password.secret, password: password.key },
        },
        config: this.workerConfig(props.kafka.replicationFactor),
        resources: customResourceRequirements(this.size, String, String),
        metricsConfig: metricsConfig(KafkaConnectSpecMetricsConfigType.JMX_PROMETHEUS_EXPORTER, metrics, METRICS_KEY),
        ...(build === undefined ? { image: props.image } : { build_: build }),
        ...(props.traceCollector === undefined ? {} : { tracing: { type: KafkaConnectSpecTracingType.OPENTELEMETRY } }),
        externalConfiguration: { volumes: credentialVolumes(props) },
        template: this.template(props),
      },
    });
  }

  private workerConfig(replicas: number): Record<string, string | number> {
    return {
      'group.id': this.name,
      'config.storage.topic': `${this.name}-configs`,
      'offset.storage.topic': `${this.name}-offsets`,
      'status.storage.topic': `${this.name}-status`,
      'config.storage.replication.factor': replicas,
      'offset.storage.replication.factor': replicas,
      'status.storage.replication.factor': replicas,
      'key.converter': BYTES,
      'value.converter': BYTES,
      'config.providers': 'directory',
      'config.providers.directory.class': 'org.apache.kafka.common.config.provider.DirectoryConfigProvider',
    };
  }

  private template(props: KafkaS3SinkProps): NonNullable<KafkaConnectSpec['template']> {
    const env = tracingEnv(this.node.path, this.name, this.namespace, props);
    return {
      pod: {
        ...strimziPod(this.podLabels),
        topologySpreadConstraints: spreadStateful(this.podLabels, props.zoneSpread ?? 'DoNotSchedule'),
        // The libraries of Kafka's compressions unpack themselves into /tmp, where Strimzi allows 5Mi.
        tmpDirSizeLimit: '64Mi',
        ...(props.imagePushSecret === undefined ? {} : { imagePullSecrets: [{ name: props.imagePushSecret }] }),
      },
      connectContainer: { ...strimziContainer(), ...(env.length === 0 ? {} : { env }) },
      initContainer: strimziContainer(),
      podDisruptionBudget: { maxUnavailable: 1 },
      ...(this.buildPod === undefined ? {} : { buildPod: builderPod(this.buildPod) }),
    };
  }

  private createConnector(props: KafkaS3SinkProps): void {
    const where = this.node.path;
    const tasksMax = requireInteger(where, 'tasks', props.tasks ?? this.replicas, 1);
    new KafkaConnector(this, 'connector', {
      metadata: { name: this.name, labels: { 'strimzi.io/cluster': this.name } },
      spec: {
        class: CONNECTOR_CLASS,
        tasksMax,
        // A task that has failed, since the store was away for long, is started again by the operator.
        autoRestart: { enabled: true },
        config: {
          topics: props.topics.join(','),
          'aws.access.key.id': reference('access-key', props.accessKey),
          'aws.secret.access.key': reference('secret-key', props.secretKey),
          'aws.s3.bucket.name': props.bucket,
          'aws.s3.region': props.region,
          'aws.s3.endpoint': endpointOf(props, this.namespace),
          'file.name.template': '{{topic}}/{{partition}}/{{start_offset:padding=true}}.gz',
          'file.compression.type': 'gzip',
          'format.output.type': 'csv',
          'format.output.fields': 'key,value,timestamp,offset',
          'format.output.fields.value.encoding': 'base64',
        },
      },
    });
  }
}

/** Strimzi writes the user's password into the namespace of the cluster, and pods read Secrets of their own namespace only. */
function requireSameNamespace(where: string, namespace: string | undefined, kafka: KafkaCluster): void {
  if (kafka.namespace !== namespace) {
    throw new InvalidInputError(
      where,
      `it is in namespace "${namespace ?? 'default'}" and "${kafka.name}" in "${kafka.namespace ?? 'default'}", so the workers could not read their password`,
      'Put both into one namespace',
    );
  }
}

/** Fails unless there is something to copy, and a place to copy it to. */
function requireSource(where: string, { topics, bucket, region }: KafkaS3SinkProps): void {
  if (topics.length === 0) {
    throw new InvalidInputError(where, 'topics is empty, so there is nothing to copy', 'Name at least one topic');
  }
  for (const topic of topics) {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(topic)) {
      throw new InvalidInputError(
        where,
        `"${topic}" is not the name of a topic`,
        'Use letters, digits, ".", "_" and "-"',
      );
    }
  }
  if (new Set(topics).size < topics.length) {
    throw new InvalidInputError(where, `topics names one twice: ${topics.join(', ')}`, 'Name each topic once');
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new InvalidInputError(
      where,
      `bucket is "${bucket}"`,
      'Use 3 to 63 lower-case letters, digits, "." and "-", starting and ending with a letter or a digit',
    );
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(region)) {
    throw new InvalidInputError(where, `region is "${region}"`, 'Write it as the store does, such as "eu-central-1"');
  }
}

/** The build of the image, if there is one. */
function buildOf(where: string, name: string, props: KafkaS3SinkProps): KafkaConnectSpecBuild | undefined {
  const { imagePushSecret, imageRegistry, mavenRepository } = props;
  if (imagePushSecret === undefined) {
    const unused = Object.entries({ imageRegistry, mavenRepository, plugin: props.plugin }).find(([, value]) => value);
    if (unused !== undefined) {
      throw new InvalidInputError(
        where,
        `${unused[0]} is set, but without imagePushSecret no image is built`,
        `Set imagePushSecret, or leave ${unused[0]} out`,
      );
    }
    return undefined;
  }
  requireDnsSubdomain(where, imagePushSecret);
  if (imageRegistry === undefined) {
    throw new InvalidInputError(
      where,
      'imagePushSecret is set without imageRegistry, so the build could reach no registry',
      'Set imageRegistry to the registry of the image',
    );
  }
  const { group, artifact, version } = requirePlugin(where, props.plugin);
  return {
    output: { type: KafkaConnectSpecBuildOutputType.DOCKER, image: props.image, pushSecret: imagePushSecret },
    resources: customResourceRequirements(BUILD_SIZE, String, String),
    plugins: [
      { name, artifacts: [{ type: KafkaConnectSpecBuildPluginsArtifactsType.MAVEN, group, artifact, version }] },
    ],
  };
}

/** Fails unless the coordinates name one artifact; they end up in the commands of a Dockerfile. */
function requirePlugin(where: string, plugin: ConnectPlugin | undefined): ConnectPlugin {
  if (plugin === undefined) {
    throw new InvalidInputError(
      where,
      'imagePushSecret is set, and plugin is not',
      'Say what is to be built into the image',
    );
  }
  for (const [part, value] of Object.entries({ ...plugin })) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value) || ['LATEST', 'RELEASE'].includes(value)) {
      throw new InvalidInputError(
        where,
        `${part} of plugin is "${value}"`,
        'Write Maven coordinates of one version, in letters, digits, ".", "_" and "-"',
      );
    }
  }
  return plugin;
}

/** Kaniko builds as root, with the capabilities that a container has by default; only what it can do without is taken away. */
function builderPod({ podLabels }: Peer) {
  return {
    metadata: { labels: { ...podLabels } },
    securityContext: { seccompProfile: restrictedPod().securityContext.seccompProfile },
  };
}

/** Only the two keys are mounted: the Secret may hold more, which is none of the workers' business. */
function credentialVolumes({ accessKey, secretKey }: KafkaS3SinkProps) {
  return Object.entries({ 'access-key': accessKey, 'secret-key': secretKey }).map(([name, { secret, key }]) => ({
    name,
    secret: { secretName: secret, items: [{ key, path: key }] },
  }));
}

/** What the DirectoryConfigProvider replaces by the content of a mounted file, in the worker's memory only. */
function reference(volume: string, { key }: SecretKey): string {
  return `\${directory:${EXTERNAL_CONFIGURATION}/${volume}:${key}}`;
}

function endpointOf({ objectStore, objectStoreTls }: KafkaS3SinkProps, namespace: string | undefined): string {
  const port = portOf('KafkaS3Sink', objectStore);
  const scheme = (objectStoreTls ?? schemeOf(port) === 'https') ? 'https' : 'http';
  return `${scheme}://${hostName(objectStore, namespace)}:${port.number}`;
}

/** The settings of the OpenTelemetry SDK in the worker. Its default would be gRPC, on another port. */
function tracingEnv(
  where: string,
  name: string,
  namespace: string | undefined,
  { traceCollector, samplingRatio = 0.1 }: KafkaS3SinkProps,
) {
  if (!(samplingRatio >= 0 && samplingRatio <= 1)) {
    throw new InvalidInputError(
      where,
      `samplingRatio is ${samplingRatio}`,
      'Set samplingRatio to a number from 0 to 1',
    );
  }
  if (traceCollector === undefined) {
    return [];
  }
  const variables = {
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(hostName(traceCollector, namespace), portOf(where, traceCollector, 'otlp-http')),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: `${samplingRatio}`,
    // Prometheus scrapes the metrics; a collector of traces takes none.
    OTEL_METRICS_EXPORTER: 'none',
  };
  return envVars(variables);
}

/** Whether the connectors run, how fast, and how far behind they are. */
const CONNECT_RULES: readonly JmxRule[] = [
  {
    pattern: String.raw`kafka.connect<type=connect-worker-metrics><>([a-z-]+)`,
    name: 'kafka_connect_worker_$1',
    type: 'GAUGE',
  },
  {
    pattern: String.raw`kafka.connect<type=connect-worker-metrics, connector=(.+)><>([a-z-]+)`,
    name: 'kafka_connect_worker_connector_$2',
    type: 'GAUGE',
    labels: { connector: '$1' },
  },
  {
    pattern: String.raw`kafka.connect<type=(connector|sink)-task-metrics, connector=(.+), task=(\d+)><>([a-z-]+)`,
    name: 'kafka_connect_$1_task_$4',
    type: 'GAUGE',
    labels: { connector: '$2', task: '$3' },
  },
  {
    pattern: String.raw`kafka.connect<type=task-error-metrics, connector=(.+), task=(\d+)><>([a-z-]+)`,
    name: 'kafka_connect_task_error_$3',
    type: 'GAUGE',
    labels: { connector: '$1', task: '$2' },
  },
  {
    pattern: String.raw`kafka.consumer<type=consumer-fetch-manager-metrics, client-id=(.+)><>(records-lag-max|records-consumed-total)`,
    name: 'kafka_consumer_fetch_manager_$2',
    type: 'GAUGE',
    labels: { client: '$1' },
  },
];
