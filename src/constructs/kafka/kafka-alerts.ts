/* Alerts on Kafka and its consumers. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';

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
