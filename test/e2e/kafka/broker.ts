/* A broker as Strimzi runs the emitted Kafka, KafkaTopics and KafkaUser, with SCRAM-SHA-512 for clients; without ZooKeeper. */

import { entriesAt, valueAt } from '../../autonomous-op/production';

/** Port of the clients, who log in. */
export const PORT = 9092;

/** Port of the brokers and of Kafka's own programs, without a password. */
const INTERNAL = 9091;

const CONTROLLER = 9093;
const CLUSTER_ID = 'YW9wLXNlcnZpY2VzLXRlcw';

/** What a broker that is alone does without. */
const oneCopy = Object.fromEntries(
  [
    ...['default.replication.factor', 'min.insync.replicas', 'offsets.topic.replication.factor'],
    ...['transaction.state.log.min.isr', 'transaction.state.log.replication.factor'],
  ].map((key) => [key, 1]),
);

/** What a broker is told. */
export interface BrokerProps {
  readonly id: number;
  /** The ids of all brokers. */
  readonly ids: readonly number[];
  /** Address that it listens at. @default - every address */
  readonly address?: string;
  /** Folder of its data. */
  readonly data: string;
  /** What the emitted Kafka says; a broker that is alone keeps one copy of all. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The name that Strimzi gives a broker. */
export function brokerHost(id: number): string {
  return `kafka-kafka-${id}.kafka-kafka-brokers.autonomous-op.svc`;
}

/** The file of a broker's settings. */
export function brokerSettings({ id, ids, address = '', data, config }: BrokerProps): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': ids.map((each) => `${each}@${brokerHost(each)}:${CONTROLLER}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `CLIENT://${address}:${PORT},INTERNAL://${address}:${INTERNAL},CONTROLLER://${address}:${CONTROLLER}`,
    'advertised.listeners': `CLIENT://${brokerHost(id)}:${PORT},INTERNAL://${brokerHost(id)}:${INTERNAL}`,
    'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'log.dirs': data,
    ...config,
    ...(ids.length > 1 ? {} : oneCopy),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join('\n');
}

/** A program of Kafka and its arguments: it makes a broker's volume, in which the user of the services is known. */
export function formatting(settings: string, { name, password }: { name: string; password: string }): string[] {
  const scram = `SCRAM-SHA-512=[name=${name},password=${password}]`;
  return ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', settings, '-S', scram];
}

/** The same for one that asks the brokers. */
export function asking(main: string, ...args: readonly string[]): string[] {
  return [main, '--bootstrap-server', `${brokerHost(0)}:${INTERNAL}`, ...args];
}

/** The same for one that makes an emitted topic. */
export function creating(topic: unknown, { alone = false } = {}): string[] {
  const [name = '', partitions = '', replicas = ''] = ['metadata name', 'spec partitions', 'spec replicas'].map(
    (path) => String(valueAt(topic, path)),
  );
  const config = { ...entriesAt(topic, 'spec config'), ...(alone ? { 'min.insync.replicas': 1 } : {}) };
  return asking(
    'kafka.admin.TopicCommand',
    ...['--create', '--topic', name, '--partitions', partitions],
    ...['--replication-factor', alone ? '1' : replicas],
    ...Object.entries(config).flatMap(([key, value]) => ['--config', `${key}=${String(value)}`]),
  );
}
