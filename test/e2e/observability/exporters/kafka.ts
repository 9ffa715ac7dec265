/* Kafka: kafka_exporter 1.7, and the JMX exporter in brokers and ZooKeeper with the rules of kafka-metrics.ts. */

import { consumerGroup } from '../../../../src/autonomous-op/scaling';
import { family, gauges, Sample } from '../exposition';
import { Pod } from '../pod';
import type { World } from '../world';

/** Without a broker it knows nothing but how many there were. */
export function kafkaExporter(world: World): string {
  const { topics, lag, brokers } = world.stores.kafka;
  const known = gauges({ kafka_brokers: world.podsOf('kafka brokers').length });
  if (brokers.length === 0) return known;
  const partitions = topics.flatMap(({ name: topic, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition: String(partition), share: 1 / count })),
  );
  const members = world.working('autonomous-op').length;
  return [
    known,
    family(
      'kafka_topic_partitions',
      'gauge',
      topics.map(({ name, partitions: count }): Sample => [{ topic: name }, count]),
    ),
    family(
      'kafka_consumergroup_lag',
      'gauge',
      partitions.map(({ share, ...labels }): Sample => [
        { consumergroup: consumerGroup, ...labels },
        Math.round(lag * share),
      ]),
    ),
    family('kafka_consumergroup_members', 'gauge', [[{ consumergroup: consumerGroup }, members]]),
  ].join('');
}

/** The attributes of a broker; names are in lower case, and gauges as the rules say. */
export function broker(world: World, pod: Pod): string {
  const { kafka } = world.stores;
  return gauges({
    kafka_server_replicamanager_underreplicatedpartitions: kafka.underReplicated,
    kafka_server_replicamanager_underminisrpartitioncount: kafka.underMinIsr,
    kafka_server_replicamanager_offlinereplicacount: 0,
    kafka_server_replicamanager_partitioncount: kafka.partitions,
    kafka_server_replicamanager_leadercount: kafka.led,
    kafka_controller_kafkacontroller_activecontrollercount: Number(kafka.controller === pod),
    // Only the controller counts them.
    kafka_controller_kafkacontroller_offlinepartitionscount: kafka.controller === pod ? kafka.offline : 0,
    kafka_server_kafkaserver_brokerstate: 3,
  });
}

/** A server of a quorum. */
export function zookeeper(): string {
  return gauges({ zookeeper_quorumsize: 3 });
}

/** A worker of Kafka Connect. */
export function connect(): string {
  return gauges({ kafka_connect_connect_worker_metrics_connector_count: 1 });
}
