/* Alerts on Kafka and its consumers. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';

/** Properties of {@link kafkaBrokerAlerts}. */
export interface KafkaBrokerAlertsProps {
  /** Namespace of the brokers. */
  readonly namespace: string;
}

/** Whether Kafka serves and keeps its copies; needs the metrics of a KafkaCluster's brokers. */
export function kafkaBrokerAlerts({ namespace }: KafkaBrokerAlertsProps): Alert[] {
  const sum = (gauge: string) => `sum by (namespace) (${gauge}{namespace="${namespace}"})`;
  const partitions = '{{ $value | printf "%.0f" }} partitions';
  return [
    {
      name: 'KafkaPartitionsOffline',
      // The controller alone counts them; the other brokers say 0.
      expr: `${sum('kafka_controller_kafkacontroller_offlinepartitionscount')} > 0`,
      for: Duration.minutes(2),
      severity: 'critical',
      summary: 'Kafka partitions are offline',
      description: `${partitions} have no leader: nothing of them is read or written`,
    },
    {
      name: 'KafkaPartitionsUnderMinIsr',
      expr: `${sum('kafka_server_replicamanager_underminisrpartitioncount')} > 0`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Kafka refuses writes',
      description: `${partitions} have fewer copies than a write with acks=all needs`,
    },
    {
      name: 'KafkaNoController',
      expr: `${sum('kafka_controller_kafkacontroller_activecontrollercount')} != 1`,
      for: Duration.minutes(3),
      severity: 'critical',
      summary: 'Kafka does not have one controller',
      description:
        '{{ $value | printf "%.0f" }} brokers say that they are the controller: no partition gets a new leader',
    },
    {
      name: 'KafkaPartitionsUnderReplicated',
      expr: `${sum('kafka_server_replicamanager_underreplicatedpartitions')} > 0`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'Kafka partitions lack a copy',
      description: `${partitions} have fewer copies than they should for 15 minutes`,
      inhibitedBy: { alerts: ['KafkaPartitionsUnderMinIsr', 'KafkaPartitionsOffline'], equal: ['namespace'] },
    },
  ];
}

/** Properties of {@link kafkaAlerts}. */
export interface KafkaAlertsProps {
  /** The group that consumes. */
  readonly consumerGroup: string;
  /** The topics that it consumes. */
  readonly topics: readonly string[];
  /** Percent of a topic's partitions that the group's consumers may use: further pods would soon idle. @default 80 */
  readonly partitions?: number;
}

/**
 * What Kafka runs out of: partitions, which limit the scaling out of a consumer. The bytes of a topic have no limit to be compared
 * with (records go by age, not by size); those of a broker's volume are for {@link volumeAlerts}.
 */
export function kafkaAlerts({ consumerGroup, topics, partitions = 80 }: KafkaAlertsProps): Alert[] {
  return [
    {
      name: 'KafkaPartitionsNearlyUsedUp',
      expr:
        `max(kafka_consumergroup_members{consumergroup="${consumerGroup}"})` +
        ` / min(kafka_topic_partitions{topic=~"${topics.join('|')}"}) * 100 > ${partitions}`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'Kafka partitions nearly used up',
      description:
        `The consumers of ${consumerGroup} use {{ $value | printf "%.0f" }}% of a topic's partitions` +
        ` (> ${partitions}%): further pods would soon idle`,
    },
  ];
}
