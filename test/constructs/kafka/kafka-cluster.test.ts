import { Chart, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { KafkaCluster, KafkaClusterProps } from '../../../src/constructs/kafka/kafka-cluster';
import { Connection, connection } from '../../../src/constructs/network/connection';
import { NetworkPolicyBundle } from '../../../src/constructs/network/network-policy-bundle';
import { Endpoint } from '../../../src/constructs/network/peer';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const apiServer = Endpoint.inCluster('kubernetes', { namespace: 'default', port: 443 });

function cluster(props: Partial<KafkaClusterProps> = {}, chart: Chart = newChart()): KafkaCluster {
  return new KafkaCluster(chart, 'kafka', { version: '3.5.0', apiServer, ...props });
}

const pod = z.looseObject({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  securityContext: z.unknown(),
  topologySpreadConstraints: z
    .array(z.looseObject({ topologyKey: z.string(), whenUnsatisfiable: z.string() }))
    .optional(),
});
const template = z.looseObject({ pod, podDisruptionBudget: z.unknown().optional() });
const part = z.looseObject({ replicas: z.number(), storage: z.unknown(), resources: z.unknown(), template });
const kafkaObject = anyObject.extend({
  spec: z.object({
    kafka: part.extend({
      version: z.string(),
      rack: z.unknown().optional(),
      config: z.record(z.string(), z.unknown()),
      listeners: z.tuple([z.looseObject({ networkPolicyPeers: z.unknown().optional() })]),
      metricsConfig: z.unknown(),
    }),
    zookeeper: part,
    entityOperator: z.looseObject({ template }),
    kafkaExporter: z.looseObject({ template }),
  }),
});

function specOf(kafka: KafkaCluster) {
  return objectOf(kafka, 'Kafka', kafkaObject).spec;
}

function arrows(connections: readonly Connection[]): string[] {
  return connections.map(({ from, to, port }) => `${from.name} -> ${to.name}:${port}`);
}

describe('by default', () => {
  test('three brokers of the sizing table run on volumes that outlive the chart', () => {
    const { kafka } = specOf(cluster());
    expect(kafka).toMatchObject({
      version: '3.5.0',
      replicas: 3,
      storage: { type: 'persistent-claim', size: '100Gi', deleteClaim: false },
      resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '2', memory: '4Gi' } },
      rack: { topologyKey: 'topology.kubernetes.io/zone' },
    });
    expect(kafka.storage).not.toHaveProperty('class');
  });

  test('every record has three copies, two of which are acknowledged', () => {
    expect(specOf(cluster()).kafka.config).toEqual({
      'default.replication.factor': 3,
      'min.insync.replicas': 2,
      'offsets.topic.replication.factor': 3,
      'transaction.state.log.replication.factor': 3,
      'transaction.state.log.min.isr': 2,
      'auto.create.topics.enable': false,
      'delete.topic.enable': false,
      'unclean.leader.election.enable': false,
      'inter.broker.protocol.version': '3.5',
    });
  });

  test('3.x keeps its metadata in a ZooKeeper of three that outlives the chart too', () => {
    expect(specOf(cluster()).zookeeper).toMatchObject({
      replicas: 3,
      storage: { type: 'persistent-claim', size: '10Gi', deleteClaim: false },
    });
  });

  test('clients log in with SCRAM, at a Service of the name that the document uses', () => {
    const kafka = cluster();
    expect(specOf(kafka).kafka.listeners).toEqual([
      { name: 'plain', port: 9092, type: 'internal', tls: false, authentication: { type: 'scram-sha-512' } },
    ]);
    expect(objectOf(kafka, 'Service', anyObject)).toMatchObject({
      metadata: { name: 'kafka' },
      spec: { type: 'ClusterIP', selector: { app: 'kafka' }, ports: [{ port: 9092, targetPort: 9092 }] },
    });
  });

  test('the pods carry the labels that the peers select', () => {
    const kafka = cluster();
    const { kafka: brokers, zookeeper, entityOperator, kafkaExporter } = specOf(kafka);
    expect([brokers, zookeeper, entityOperator, kafkaExporter].map((its) => its.template.pod.metadata.labels)).toEqual(
      kafka.pods.map(({ podLabels }) => podLabels),
    );
    expect(kafka.pods.map(({ name }) => name)).toEqual([
      'kafka',
      'kafka-zookeeper',
      'kafka-entity-operator',
      'kafka-exporter',
    ]);
  });

  test('every pod and container complies with Pod Security restricted', () => {
    const spec = specOf(cluster());
    const templates = [spec.kafka, spec.zookeeper, spec.entityOperator, spec.kafkaExporter].map((its) => its.template);
    const containers = templates.flatMap((its) => Object.entries(its).filter(([name]) => /container$/i.test(name)));
    expect(containers.map(([name]) => name).sort()).toEqual([
      'container',
      'initContainer',
      'kafkaContainer',
      'tlsSidecarContainer',
      'topicOperatorContainer',
      'userOperatorContainer',
      'zookeeperContainer',
    ]);
    for (const [, container] of containers) {
      expect(container).toEqual({
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      });
    }
    for (const its of templates) {
      expect(its.pod.securityContext).toEqual({
        runAsNonRoot: true,
        runAsUser: 1001,
        fsGroup: 0,
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
  });

  test('brokers and ZooKeeper spread over zones and nodes, and are drained one at a time', () => {
    const { kafka, zookeeper } = specOf(cluster());
    for (const [{ template: its }, app] of [[kafka, 'kafka'] as const, [zookeeper, 'kafka-zookeeper'] as const]) {
      const common = { maxSkew: 1, labelSelector: { matchLabels: { app } }, nodeTaintsPolicy: 'Honor' };
      expect(its.pod.topologySpreadConstraints).toEqual([
        { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', ...common },
        { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', ...common },
      ]);
      expect(its.podDisruptionBudget).toEqual({ maxUnavailable: 1 });
    }
  });

  test('metrics are named by rules that the JMX exporter can read', () => {
    const kafka = cluster();
    const rules = z.object({
      lowercaseOutputName: z.literal(true),
      rules: z.array(
        z.strictObject({
          pattern: z.string(),
          name: z.string().regex(/^[a-z0-9_$]+$/),
          type: z.enum(['COUNTER', 'GAUGE']),
          labels: z.record(z.string(), z.string()).optional(),
        }),
      ),
    });
    const { metadata, data = {} } = objectOf(kafka, 'ConfigMap', anyObject);
    expect(specOf(kafka).kafka.metricsConfig).toEqual({
      type: 'jmxPrometheusExporter',
      valueFrom: { configMapKeyRef: { name: metadata.name, key: 'kafka.yaml' } },
    });
    expect(Object.keys(data)).toEqual(['kafka.yaml', 'zookeeper.yaml']);
    const brokers = rules.parse(parse(data['kafka.yaml'] ?? ''));
    const metricOf = (bean: string) => {
      const rule = brokers.rules.find(({ pattern }) => new RegExp(`^${pattern}$`).test(bean));
      return rule && bean.replace(new RegExp(`^${rule.pattern}$`), rule.name).toLowerCase();
    };
    expect(metricOf('kafka.server<type=BrokerTopicMetrics, name=BytesInPerSec, topic=a.b><>Count')).toBe(
      'kafka_server_brokertopicmetrics_bytesin_total',
    );
    expect(metricOf('kafka.server<type=ReplicaManager, name=PartitionCount><>Value')).toBe(
      'kafka_server_replicamanager_partitioncount',
    );
    expect(metricOf('kafka.server<type=ReplicaManager, name=IsrShrinksPerSec><>Count')).toBe(
      'kafka_server_replicamanager_isrshrinks_total',
    );
    expect(metricOf('kafka.controller<type=KafkaController, name=ActiveControllerCount><>Value')).toBe(
      'kafka_controller_kafkacontroller_activecontrollercount',
    );
    expect(metricOf('kafka.log<type=Log, name=Size, topic=a, partition=1><>Value')).toBe('kafka_log_log_size');
    rules.parse(parse(data['zookeeper.yaml'] ?? ''));
  });
});

describe('props', () => {
  test('name is the name of everything, and of the labels', () => {
    const kafka = cluster({ name: 'events' });
    expect(objectOf(kafka, 'Kafka', anyObject).metadata.name).toBe('events');
    expect(objectOf(kafka, 'Service', anyObject).metadata.name).toBe('events');
    expect(objectOf(kafka, 'ConfigMap', anyObject).metadata.name).toBe('events-metrics');
    expect(kafka.podLabels).toEqual({ app: 'events' });
  });

  test('version decides on the protocol between the brokers', () => {
    const { kafka } = specOf(cluster({ version: '3.6.1' }));
    expect(kafka.version).toBe('3.6.1');
    expect(kafka.config['inter.broker.protocol.version']).toBe('3.6');
  });

  test('one broker keeps one copy, and one ZooKeeper', () => {
    const kafka = cluster({ brokers: 1 });
    kafka.addTopic('orders', { partitions: 4 });
    const spec = specOf(kafka);
    expect(spec.kafka.replicas).toBe(1);
    expect(spec.zookeeper.replicas).toBe(1);
    expect(spec.kafka.config).toMatchObject({ 'default.replication.factor': 1, 'min.insync.replicas': 1 });
    expect(objectOf(kafka, 'KafkaTopic', anyObject).spec).toEqual({
      partitions: 4,
      replicas: 1,
      config: { 'min.insync.replicas': 1 },
    });
  });

  test('five brokers still keep three copies', () => {
    const kafka = cluster({ brokers: 5 });
    expect(specOf(kafka).kafka).toMatchObject({ replicas: 5, config: { 'default.replication.factor': 3 } });
  });

  test('size, volume and class are those asked for', () => {
    const { kafka, zookeeper } = specOf(
      cluster({
        cpuRequest: Cpu.millis(1500),
        cpuLimit: Cpu.units(3),
        memoryRequest: Size.mebibytes(4096),
        memoryLimit: Size.gibibytes(6),
        storageSize: Size.gibibytes(1024),
        storageClass: 'fast',
      }),
    );
    expect(kafka.resources).toEqual({
      requests: { cpu: '1500m', memory: '4Gi' },
      limits: { cpu: '3', memory: '6Gi' },
    });
    expect(kafka.storage).toMatchObject({ size: '1Ti', class: 'fast' });
    expect(zookeeper.storage).toMatchObject({ class: 'fast' });
  });

  test('where zones are a wish, no broker needs a node with a zone label', () => {
    const kafka = cluster({ zoneSpread: 'ScheduleAnyway' });
    const spec = specOf(kafka);
    expect(spec.kafka.rack).toBeUndefined();
    expect(spec.kafka.template.pod.topologySpreadConstraints?.[0]?.whenUnsatisfiable).toBe('ScheduleAnyway');
    expect(arrows(kafka.connections)).not.toContain('kafka -> kubernetes:443');
  });
});

describe('users and topics', () => {
  test("a user's password comes from the Secret, and is nowhere in clear", () => {
    const kafka = cluster();
    const password = secretKey('orders-secrets', 'spring.kafka.password');
    expect(kafka.addUser('orders', password)).toBe(password);
    expect(objectOf(kafka, 'KafkaUser', anyObject)).toMatchObject({
      metadata: { name: 'orders', labels: { 'strimzi.io/cluster': 'kafka' } },
      spec: {
        authentication: {
          type: 'scram-sha-512',
          password: { valueFrom: { secretKeyRef: { name: 'orders-secrets', key: 'spring.kafka.password' } } },
        },
      },
    });
  });

  test('without a Secret, Strimzi makes up the password, in a Secret of the name of the user', () => {
    const kafka = cluster();
    expect(kafka.addUser('orders')).toEqual({ secret: 'orders', key: 'password' });
    expect(objectOf(kafka, 'KafkaUser', anyObject).spec).toEqual({ authentication: { type: 'scram-sha-512' } });
  });

  test('a topic has three copies and the retention asked for', () => {
    const kafka = cluster();
    expect(kafka.addTopic('vehicle-telemetry', { partitions: 12, retention: Duration.days(7) })).toEqual({
      topic: 'vehicle-telemetry',
      partitions: 12,
    });
    expect(objectOf(kafka, 'KafkaTopic', anyObject)).toMatchObject({
      metadata: { name: 'vehicle-telemetry', labels: { 'strimzi.io/cluster': 'kafka' } },
      spec: { partitions: 12, replicas: 3, config: { 'min.insync.replicas': 2, 'retention.ms': 604800000 } },
    });
  });

  test('there can be several of each', () => {
    const kafka = cluster();
    kafka.addUser('a');
    kafka.addUser('b');
    kafka.addTopic('a', { partitions: 1 });
    kafka.addTopic('b', { partitions: 1 });
    expect(objectsOf(kafka, 'KafkaUser', anyObject)).toHaveLength(2);
    expect(objectsOf(kafka, 'KafkaTopic', anyObject)).toHaveLength(2);
  });
});

describe('network', () => {
  test("Strimzi's own policy lets in those named, also after the construction", () => {
    const kafka = cluster();
    kafka.allowFrom([
      Endpoint.inCluster('orders', { labels: { app: 'orders' } }),
      Endpoint.inCluster('here', { namespace: 'shop', labels: { app: 'here' } }),
      Endpoint.inCluster('keda-operator', { namespace: 'keda', labels: { app: 'keda-operator' } }),
    ]);
    kafka.allowFrom([
      Endpoint.inCluster('orders', { labels: { app: 'orders' } }),
      Endpoint.inCluster('team', { namespace: 'team' }),
      Endpoint.external('office.example', { port: 1, cidrs: ['10.1.0.0/16'] }),
    ]);
    const elsewhere = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
    expect(specOf(kafka).kafka.listeners[0].networkPolicyPeers).toEqual([
      { podSelector: { matchLabels: { app: 'orders' } } },
      { podSelector: { matchLabels: { app: 'here' } } },
      { podSelector: { matchLabels: { app: 'keda-operator' } }, namespaceSelector: elsewhere('keda') },
      { namespaceSelector: elsewhere('team') },
      { ipBlock: { cidr: '10.1.0.0/16' } },
    ]);
  });

  const peersOf = (kafka: KafkaCluster) => specOf(kafka).kafka.listeners[0].networkPolicyPeers;
  const client = (name: string, namespace?: string) =>
    Endpoint.inCluster(name, { labels: { app: name }, ...(namespace === undefined ? {} : { namespace }) });
  const selected = (name: string) => ({ podSelector: { matchLabels: { app: name } } });
  const inBundle = (kafka: KafkaCluster, ...connections: Connection[]) =>
    new NetworkPolicyBundle(Chart.of(kafka), 'network', {
      workloads: [kafka],
      endpoints: [...new Set(connections.map(({ from }) => from))],
      connections,
    });

  test("outside any bundle, Strimzi's own policy lets everybody in", () => {
    expect(peersOf(cluster())).toBeUndefined();
  });

  test("a bundle tells Strimzi the clients of the clients' port, not who scrapes metrics", () => {
    const kafka = cluster();
    inBundle(kafka, connection(client('orders'), kafka), connection(client('prometheus'), kafka, 'metrics'));
    expect(peersOf(kafka)).toEqual([selected('orders')]);
  });

  test('the clients of a Kafka of the same name in another namespace are not let in', () => {
    const kafka = cluster();
    const foreign = Endpoint.inCluster('kafka', { namespace: 'streams', labels: { app: 'kafka' }, port: 9092 });
    inBundle(kafka, connection(client('orders'), kafka), connection(client('audit'), foreign));
    expect(peersOf(kafka)).toEqual([selected('orders')]);
  });

  test('a client is let in once, whether or not its namespace is written out', () => {
    const kafka = cluster();
    const orders = client('orders', 'shop');
    inBundle(kafka, connection(client('orders'), kafka), connection(orders, kafka));
    kafka.allowFrom([orders]);
    expect(peersOf(kafka)).toEqual([selected('orders')]);
  });

  test('a bundle without clients lets in none but the brokers, since Strimzi takes an empty list for everybody', () => {
    const kafka = cluster();
    inBundle(kafka);
    expect(peersOf(kafka)).toEqual([selected('kafka')]);
  });

  test('the connections are those that Strimzi needs, and no others', () => {
    expect(arrows(cluster().connections)).toEqual([
      'kafka -> kafka:9090',
      'kafka -> kafka:9091',
      'kafka -> kafka-zookeeper:2181',
      'kafka -> kubernetes:443',
      'kafka-zookeeper -> kafka-zookeeper:2888',
      'kafka-zookeeper -> kafka-zookeeper:3888',
      'kafka-entity-operator -> kafka:9091',
      'kafka-entity-operator -> kubernetes:443',
      'kafka-exporter -> kafka:9091',
      'strimzi-cluster-operator -> kafka:9091',
      'strimzi-cluster-operator -> kafka:8443',
      'strimzi-cluster-operator -> kafka-zookeeper:2181',
    ]);
  });

  test('the operator is where Strimzi installs itself, or where one says', () => {
    expect(cluster().operator).toMatchObject({ namespace: 'strimzi', podLabels: { name: 'strimzi-cluster-operator' } });
    const operator = Endpoint.inCluster('my-operator', { namespace: 'operators' });
    expect(arrows(cluster({ operator }).connections)).toContain('my-operator -> kafka:8443');
  });
});

describe('bad input', () => {
  test.each<[Partial<KafkaClusterProps>, string]>([
    [
      { version: '4.0.0' },
      'version is "4.0.0", and Kafka 4 has no ZooKeeper: Strimzi runs it by KRaft on KafkaNodePool objects, which are not made here.\n  Use a 3.x version.',
    ],
    [{ version: '2.8.2' }, 'version is "2.8.2", which Strimzi no longer runs.\n  Use a 3.x version.'],
    [{ version: '3.5' }, 'version is "3.5".\n  Write it in full, such as "3.5.0".'],
    [{ brokers: 0 }, 'brokers is 0.\n  Set brokers to a whole number of at least 1.'],
    [{ storageClass: '' }, 'storageClass is empty.\n  Give storageClass a value.'],
    [{ cpuLimit: Cpu.millis(500) }, 'cpuRequest (1) is greater than cpuLimit (500m).'],
    [{ name: 'Kafka' }, '"Kafka" is not a valid name.'],
  ])('%o says what is wrong and what to do', (props, message) => {
    expect(() => cluster(props)).toThrow(`test/kafka: ${message}`);
  });

  test('a user whose Secret Strimzi would overwrite', () => {
    expect(() => cluster().addUser('orders', secretKey('orders', 'password'))).toThrow(
      'test/kafka: user "orders": the password is in Secret "orders", which Strimzi writes for the user of that name.\n  Give the user or the Secret another name.',
    );
  });

  test('a user or a topic twice', () => {
    const kafka = cluster();
    kafka.addUser('orders');
    kafka.addTopic('orders', { partitions: 1 });
    expect(() => kafka.addUser('orders')).toThrow('test/kafka: user "orders": it is added twice');
    expect(() => kafka.addTopic('orders', { partitions: 1 })).toThrow('test/kafka: topic "orders": it is added twice');
  });

  test('a topic without partitions, with no object name, or kept for no time', () => {
    const kafka = cluster();
    expect(() => kafka.addTopic('a', { partitions: 0 })).toThrow('partitions is 0');
    expect(() => kafka.addTopic('A_b', { partitions: 1 })).toThrow('"A_b" is not a valid object name');
    expect(() => kafka.addTopic('c', { partitions: 1, retention: Duration.millis(10) })).toThrow('retention is 0.01');
  });
});
