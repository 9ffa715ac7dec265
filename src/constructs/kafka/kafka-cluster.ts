/* A Kafka cluster, run by the Strimzi operator. */

import { ApiObject, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Kafka,
  KafkaSpecEntityOperator,
  KafkaSpecKafka,
  KafkaSpecKafkaExporter,
  KafkaSpecKafkaListenersAuthenticationType,
  KafkaSpecKafkaListenersType,
  KafkaSpecKafkaMetricsConfigType,
  KafkaSpecKafkaStorageType,
  KafkaSpecZookeeper,
  KafkaSpecZookeeperMetricsConfigType,
  KafkaSpecZookeeperStorageType,
  KafkaTopic,
  KafkaUser,
  KafkaUserSpecAuthenticationType,
} from '../../../imports/kafka.strimzi.io';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { ZONE_LABEL } from '../../core/names';
import { ContainerSize, customResourceRequirements, memoryQuantity, size } from '../../core/quantities';
import { SecretKey, secretKey } from '../../core/secrets';
import { requireDnsSubdomain, requireInteger, requireSeconds } from '../../core/validation';
import { KAFKA_RULES, METRICS_KEYS, ZOOKEEPER_RULES } from './kafka-metrics';
import { Connection, connection, connectionsToAll, NetworkedWorkload } from '../network/connection';
import { Endpoint, inNamespace, Peer, peerKey } from '../network/peer';
import { identity, policyPeers } from '../network/policy';
import { secretKeyRef } from '../workload/env';
import { ResourceProps, sizeOf, storageClassOf } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { spreadStateful, ZoneSpread } from '../workload/pod-security';
import {
  createMetricsRules,
  metricsConfig,
  STRIMZI_METRICS_PORT,
  strimziContainer,
  strimziMetrics,
  strimziOperator,
  strimziPod,
} from './strimzi';

/**
 * Properties of {@link KafkaCluster}. A broker asks for 1 CPU and 2 GiB by default, and may use 2 CPUs and 4 GiB; Strimzi gives half of
 * the memory to the heap, the rest is page cache.
 */
export interface KafkaClusterProps extends ResourceProps {
  /** Name of the Kafka object and of the clients' Service, and the value of the brokers' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Version of Kafka, such as `3.5.0`; the Strimzi release must run it. */
  readonly version: string;
  /** The Kubernetes API: the entity operator watches topics and users, and the brokers ask for the zone of their node. */
  readonly apiServer: Peer;
  /** Strimzi's cluster operator. @default - `strimzi-cluster-operator` in the namespace `strimzi`, where its installation files put it */
  readonly operator?: Peer;
  /** Brokers. Topics have up to three replicas, on as many brokers. @default 3 */
  readonly brokers?: number;
  /** Volume of a broker. @default Size.gibibytes(100) */
  readonly storageSize?: Size;
  /** StorageClass of the volumes of brokers and ZooKeeper. @default - the cluster's default class */
  readonly storageClass?: string;
  /**
   * Whether zones are a hard rule (`DoNotSchedule`) or a wish (`ScheduleAnyway`, for clusters without zone labels). Only with the
   * hard rule do the brokers know their rack: Strimzi then places them on nodes with a zone label only. @default 'DoNotSchedule'
   */
  readonly zoneSpread?: ZoneSpread;
}

/** Properties of {@link KafkaCluster.addTopic}. */
export interface KafkaTopicProps {
  /** Partitions: no more consumers of one group can share the topic. */
  readonly partitions: number;
  /** Time after which a record is deleted. @default - the brokers' `log.retention.hours`, a week */
  readonly retention?: Duration;
}

/** A topic, as a Kafka lag trigger takes it. */
export interface DeclaredTopic {
  /** Name of the topic. */
  readonly topic: string;
  /** Its partitions. */
  readonly partitions: number;
}

// ZooKeeper holds the metadata only, some megabytes; the entity operator and the exporter hold a list of topics.
const ZOOKEEPER_SIZE = size('250m', '500m', '512Mi', '1Gi');
const ZOOKEEPER_STORAGE = Size.gibibytes(10);
const BROKER_SIZE = size('1', '2', '2Gi', '4Gi');
const ENTITY_OPERATOR_SIZE = size('100m', '500m', '256Mi', '512Mi');
const EXPORTER_SIZE = size('100m', '500m', '128Mi', '256Mi');

/**
 * A Kafka cluster on persistent volumes, run by the Strimzi operator: brokers, ZooKeeper, the operator of its topics and users, and
 * an exporter of consumer lag. Clients log in with SCRAM at `<name>:9092`.
 *
 * Deleting the chart stops the cluster and keeps the volumes: a cluster of the same name finds its data again.
 *
 * @example
 * const kafka = new KafkaCluster(chart, 'kafka', { version: '3.5.0', apiServer });
 * kafka.addUser('orders', secretKey('orders-secrets', 'spring.kafka.password'));
 * kafka.addTopic('orders', { partitions: 12, retention: Duration.days(7) });
 * orders.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
 * new NetworkPolicyBundle(chart, 'network', { workloads: [kafka, orders] });
 */
export class KafkaCluster extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the Kafka object, of the clients' Service, and the brokers' label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the brokers. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `default` is the clients'; the others are Strimzi's own. */
  readonly ports: Readonly<Record<'default' | 'replication' | 'control' | 'agent' | 'metrics', number>> = {
    default: 9092,
    replication: 9091,
    control: 9090,
    agent: 8443,
    metrics: STRIMZI_METRICS_PORT,
  };
  /** The version of Kafka. */
  readonly version: string;
  /** Brokers. */
  readonly brokers: number;
  /** Copies of every record. */
  readonly replicationFactor: number;
  /** What a broker asks of its node. */
  readonly size: ContainerSize;
  /** Kafka's metadata store; brokers and operators only. */
  readonly zookeeper: Peer;
  /** The pod that turns KafkaTopic and KafkaUser objects into topics and users; its ports serve health and metrics. */
  readonly entityOperator: Peer;
  /** The exporter of topics and consumer lag. */
  readonly exporter: Peer;
  /** Strimzi's cluster operator. */
  readonly operator: Peer;
  /** The Kafka object; `addJsonPatch` reaches what the props leave out. */
  readonly kafka: ApiObject;

  private readonly apiServer: Peer;
  private readonly zoneSpread: ZoneSpread;
  private readonly clients = new Map<string, Peer>();
  private readonly users = new Set<string>();
  private readonly topics = new Set<string>();

  /** @throws InvalidInputError if a prop is out of its range, or the version is one that this construct cannot run */
  constructor(scope: Construct, id: string, props: KafkaClusterProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.version = requireVersion(where, props.version);
    this.brokers = requireInteger(where, 'brokers', props.brokers ?? 3, 1);
    this.replicationFactor = Math.min(3, this.brokers);
    this.size = sizeOf(where, props, BROKER_SIZE);
    this.zoneSpread = props.zoneSpread ?? 'DoNotSchedule';
    this.apiServer = props.apiServer;
    this.operator = props.operator ?? strimziOperator();
    this.zookeeper = this.part('zookeeper', {
      client: 2181,
      quorum: 2888,
      election: 3888,
      metrics: STRIMZI_METRICS_PORT,
    });
    this.entityOperator = this.part('entity-operator', { 'topic-operator': 8080, 'user-operator': 8081 });
    this.exporter = this.part('exporter', { metrics: STRIMZI_METRICS_PORT });
    const metrics = this.createMetricsRules();
    this.kafka = this.createKafka(props, metrics);
    // The name that clients know. Strimzi's own Service is `<name>-kafka-bootstrap`, and cannot be called otherwise.
    createService(this, { 'tcp-clients': this.ports.default });
  }

  /** What the brokers, ZooKeeper and the exporter tell. */
  get metrics(): readonly MetricsEndpoint[] {
    return [{ ...strimziMetrics(this), vital: true }, strimziMetrics(this.zookeeper), strimziMetrics(this.exporter)];
  }

  /** Brokers, ZooKeeper, the entity operator and the exporter. */
  get pods(): readonly Peer[] {
    return [this, this.zookeeper, this.entityOperator, this.exporter];
  }

  /**
   * What the pods need of each other, of the operator and of the Kubernetes API. Clients declare their own.
   *
   * Since Strimzi 0.39 the entity operator speaks to the brokers only, no longer to ZooKeeper.
   */
  get connections(): readonly Connection[] {
    const { zookeeper, entityOperator, exporter, operator, apiServer } = this;
    const rackAware = this.zoneSpread === 'DoNotSchedule';
    return [
      connection(this, this, 'control'),
      connection(this, this, 'replication'),
      connection(this, zookeeper, 'client'),
      // The init container asks for the label of its node.
      ...(rackAware ? connectionsToAll(this, apiServer) : []),
      connection(zookeeper, zookeeper, 'quorum'),
      connection(zookeeper, zookeeper, 'election'),
      connection(entityOperator, this, 'replication'),
      ...connectionsToAll(entityOperator, apiServer),
      connection(exporter, this, 'replication'),
      // Before it restarts a broker, the cluster operator asks Kafka and its agent whether that is safe; likewise ZooKeeper for its leader.
      connection(operator, this, 'replication'),
      connection(operator, this, 'agent'),
      connection(operator, zookeeper, 'client'),
    ];
  }

  /**
   * Lets clients in, and nobody else. Strimzi writes a NetworkPolicy of its own, which opens the clients' port to everybody, whatever
   * other policies say, until this names somebody. A NetworkPolicyBundle does so itself.
   *
   * @returns all that are let in
   */
  allowFrom(peers: readonly Peer[]): readonly Peer[] {
    for (const peer of peers) {
      const client = inNamespace(peer, this.namespace);
      this.clients.set(identity(client), client);
    }
    return [...this.clients.values()];
  }

  /** Called by a NetworkPolicyBundle: it lets in the clients that are declared there; without any, only the brokers themselves. */
  admit(inbound: readonly Connection[]): void {
    const clients = inbound.filter(({ to, port }) => peerKey(to) === peerKey(this) && port === this.ports.default);
    this.allowFrom(clients.length === 0 ? [this] : clients.map(({ from }) => from));
  }

  /**
   * Adds a user that logs in with SCRAM-SHA-512.
   *
   * Strimzi writes the credentials into a Secret that has the user's name, with the key `password`.
   *
   * @param passwordSecret where the password is taken from @default - Strimzi makes one up
   * @returns where a client finds the password
   * @throws InvalidInputError if the name is not valid, is taken, or Strimzi would overwrite the password's Secret
   */
  addUser(name: string, passwordSecret?: SecretKey): SecretKey {
    const where = `${this.node.path}: user "${name}"`;
    this.requireNew(where, this.users, requireDnsSubdomain(where, name));
    if (passwordSecret?.secret === name) {
      throw new InvalidInputError(
        where,
        `the password is in Secret "${name}", which Strimzi writes for the user of that name`,
        'Give the user or the Secret another name',
      );
    }
    new KafkaUser(this, `user-${name}`, {
      metadata: { name, labels: this.clusterLabel() },
      spec: {
        authentication: {
          type: KafkaUserSpecAuthenticationType.SCRAM_HYPHEN_SHA_HYPHEN_512,
          ...(passwordSecret === undefined
            ? {}
            : { password: { valueFrom: { secretKeyRef: secretKeyRef(passwordSecret) } } }),
        },
      },
    });
    return passwordSecret ?? secretKey(name, 'password');
  }

  /**
   * Adds a topic, with as many copies as there are brokers, three at most. With three, it takes writes while one broker is down.
   *
   * @returns the topic, as `Trigger.kafkaLag` takes it
   * @throws InvalidInputError if the name is not valid or is taken, or a number is out of its range
   */
  addTopic(name: string, props: KafkaTopicProps): DeclaredTopic {
    const where = `${this.node.path}: topic "${name}"`;
    this.requireNew(where, this.topics, requireDnsSubdomain(where, name));
    const partitions = requireInteger(where, 'partitions', props.partitions, 1);
    const retention =
      props.retention === undefined
        ? {}
        : { 'retention.ms': requireSeconds(where, 'retention', props.retention, 1) * 1000 };
    new KafkaTopic(this, `topic-${name}`, {
      metadata: { name, labels: this.clusterLabel() },
      spec: {
        partitions,
        replicas: this.replicationFactor,
        config: { 'min.insync.replicas': this.minInSyncReplicas(), ...retention },
      },
    });
    return { topic: name, partitions };
  }

  private requireNew(where: string, taken: Set<string>, name: string): void {
    if (taken.has(name)) {
      throw new InvalidInputError(where, 'it is added twice', 'Remove one of them');
    }
    taken.add(name);
  }

  /** The label by which Strimzi's operators find the cluster of a topic or user. */
  private clusterLabel() {
    return { 'strimzi.io/cluster': this.name };
  }

  private minInSyncReplicas(): number {
    return this.replicationFactor === 3 ? 2 : 1;
  }

  private part(suffix: string, ports: Readonly<Record<string, number>>): Endpoint {
    const name = `${this.name}-${suffix}`;
    return Endpoint.inCluster(name, {
      labels: { app: name },
      ports,
      ...defined({ namespace: this.namespace }),
    });
  }

  private createMetricsRules(): string {
    return createMetricsRules(this, `${this.name}-metrics`, {
      [METRICS_KEYS.kafka]: KAFKA_RULES,
      [METRICS_KEYS.zookeeper]: ZOOKEEPER_RULES,
    });
  }

  private createKafka(props: KafkaClusterProps, metrics: string): Kafka {
    const storageClass = defined({ class: storageClassOf(this.node.path, props.storageClass) });
    return new Kafka(this, 'kafka', {
      metadata: { name: this.name },
      // Lazy, because clients are added after the construction.
      spec: lazily(() => ({
        kafka: this.brokerSpec(props.storageSize ?? Size.gibibytes(100), storageClass, metrics),
        zookeeper: this.zookeeperSpec(storageClass, metrics),
        entityOperator: this.entityOperatorSpec(),
        kafkaExporter: this.exporterSpec(),
      })),
    });
  }

  private brokerSpec(storageSize: Size, storageClass: { class?: string }, metrics: string): KafkaSpecKafka {
    return {
      version: this.version,
      replicas: this.brokers,
      listeners: [this.listener()],
      config: this.brokerConfig(),
      ...(this.zoneSpread === 'DoNotSchedule' ? { rack: { topologyKey: ZONE_LABEL } } : {}),
      storage: {
        type: KafkaSpecKafkaStorageType.PERSISTENT_HYPHEN_CLAIM,
        size: memoryQuantity(storageSize),
        ...storageClass,
        // Deleting the chart must never delete data: the claims stay, and a cluster of the same name takes them up again.
        deleteClaim: false,
      },
      resources: customResourceRequirements(this.size, String, String),
      metricsConfig: metricsConfig(
        KafkaSpecKafkaMetricsConfigType.JMX_PROMETHEUS_EXPORTER,
        metrics,
        METRICS_KEYS.kafka,
      ),
      template: {
        pod: {
          ...strimziPod(this.podLabels),
          topologySpreadConstraints: spreadStateful(this.podLabels, this.zoneSpread),
          // A broker hands its partitions over before it stops, which takes longer than Kubernetes' 30 s.
          terminationGracePeriodSeconds: 120,
        },
        kafkaContainer: strimziContainer(),
        initContainer: strimziContainer(),
        podDisruptionBudget: { maxUnavailable: 1 },
      },
    };
  }

  private listener() {
    const peers = [...this.clients.values()].flatMap((peer) => policyPeers(peer, this.namespace));
    return {
      name: 'plain',
      port: this.ports.default,
      type: KafkaSpecKafkaListenersType.INTERNAL,
      tls: false,
      authentication: { type: KafkaSpecKafkaListenersAuthenticationType.SCRAM_HYPHEN_SHA_HYPHEN_512 },
      ...(peers.length === 0 ? {} : { networkPolicyPeers: peers }),
    };
  }

  private brokerConfig(): Record<string, string | number | boolean> {
    const replicas = this.replicationFactor;
    const inSync = this.minInSyncReplicas();
    return {
      'default.replication.factor': replicas,
      'min.insync.replicas': inSync,
      'offsets.topic.replication.factor': replicas,
      'transaction.state.log.replication.factor': replicas,
      'transaction.state.log.min.isr': inSync,
      // A client with a typing error must not make a topic; the topics are KafkaTopic objects.
      'auto.create.topics.enable': false,
      // Deleting a KafkaTopic, as deleting the chart does, must not delete its records.
      'delete.topic.enable': false,
      // Rather no leader for a while than one that has lost acknowledged records.
      'unclean.leader.election.enable': false,
      'inter.broker.protocol.version': this.version.split('.').slice(0, 2).join('.'),
    };
  }

  private zookeeperSpec(storageClass: { class?: string }, metrics: string): KafkaSpecZookeeper {
    const labels = this.zookeeper.podLabels ?? {};
    return {
      replicas: this.brokers === 1 ? 1 : 3,
      storage: {
        type: KafkaSpecZookeeperStorageType.PERSISTENT_HYPHEN_CLAIM,
        size: memoryQuantity(ZOOKEEPER_STORAGE),
        ...storageClass,
        // Without its metadata the brokers' data is of no use, so it stays as long as theirs.
        deleteClaim: false,
      },
      resources: customResourceRequirements(ZOOKEEPER_SIZE, String, String),
      metricsConfig: metricsConfig(
        KafkaSpecZookeeperMetricsConfigType.JMX_PROMETHEUS_EXPORTER,
        metrics,
        METRICS_KEYS.zookeeper,
      ),
      template: {
        pod: { ...strimziPod(labels), topologySpreadConstraints: spreadStateful(labels, this.zoneSpread) },
        zookeeperContainer: strimziContainer(),
        podDisruptionBudget: { maxUnavailable: 1 },
      },
    };
  }

  private entityOperatorSpec(): KafkaSpecEntityOperator {
    const resources = customResourceRequirements(ENTITY_OPERATOR_SIZE, String, String);
    return {
      topicOperator: { resources },
      userOperator: { resources },
      template: {
        pod: strimziPod(this.entityOperator.podLabels ?? {}),
        topicOperatorContainer: strimziContainer(),
        userOperatorContainer: strimziContainer(),
        // Made only if the operator's feature gate UnidirectionalTopicOperator is off.
        tlsSidecarContainer: strimziContainer(),
      },
    };
  }

  private exporterSpec(): KafkaSpecKafkaExporter {
    return {
      topicRegex: '.*',
      groupRegex: '.*',
      resources: customResourceRequirements(EXPORTER_SIZE, String, String),
      template: { pod: strimziPod(this.exporter.podLabels ?? {}), container: strimziContainer() },
    };
  }
}

/**
 * Fails unless Kafka keeps its metadata in ZooKeeper, as 3.x does, and Strimzi 0.39 runs it so in production. Kafka 4 knows KRaft only,
 * whose controllers Strimzi declares by KafkaNodePool objects, and those this library does not make.
 */
function requireVersion(where: string, version: string): string {
  const major = /^(\d+)\.\d+\.\d+$/.exec(version)?.[1];
  if (major === undefined) {
    throw new InvalidInputError(where, `version is "${version}"`, 'Write it in full, such as "3.5.0"');
  }
  if (Number(major) > 3) {
    throw new InvalidInputError(
      where,
      `version is "${version}", and Kafka 4 has no ZooKeeper: Strimzi runs it by KRaft on KafkaNodePool objects, which are not made here`,
      'Use a 3.x version',
    );
  }
  if (Number(major) < 3) {
    throw new InvalidInputError(where, `version is "${version}", which Strimzi no longer runs`, 'Use a 3.x version');
  }
  return version;
}
