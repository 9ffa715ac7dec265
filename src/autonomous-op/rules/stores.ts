import { Duration } from 'cdk8s';
import { Alert } from '../../constructs/observability/alert-rules';
import { namespace } from '../names';
import { consumerGroup, topics } from '../scaling';

/** The document's infrastructure triggers, in percent; nothing scales a store, so they are alerts. */
export const storeThresholds = { kafkaPartitions: 80, postgresConnections: 90, redisMemory: 85 } as const;

/** Server connections that one PgBouncer pod may have: the Pooler's `default_pool_size`, which PgBouncer doesn't expose. */
export const poolSize = 90;

/** Percent of a volume beyond which there is work to do, and beyond which a store is about to stop. */
const volumes = { filling: 80, full: 95 } as const;

/** PostgreSQL's base backup is daily; this leaves it six hours to be late. */
const oldestBackupHours = 30;

const inNamespace = `namespace="${namespace}"`;
const topicNames = Object.values(topics).map(({ name }) => name);
const used = `kubelet_volume_stats_used_bytes{${inNamespace}} / kubelet_volume_stats_capacity_bytes{${inNamespace}} * 100`;

/** What the stores run out of. */
export const storeAlerts: readonly Alert[] = [
  {
    // "Partition utilization" as consumers over partitions: what limits the scaling out of a consumer. The bytes of a topic have no
    // limit to be compared with (records go by age, not by size); those of a broker's volume are VolumeFillingUp's.
    name: 'KafkaPartitionsNearlyUsedUp',
    expr:
      `max(kafka_consumergroup_members{consumergroup="${consumerGroup}"})` +
      ` / min(kafka_topic_partitions{topic=~"${topicNames.join('|')}"}) * 100 > ${storeThresholds.kafkaPartitions}`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'Kafka partitions nearly used up',
    description:
      `The consumers of ${consumerGroup} use {{ $value | printf "%.0f" }}% of a topic's partitions` +
      ` (> ${storeThresholds.kafkaPartitions}%): further pods would soon idle`,
  },
  {
    // Of each pool alone, since a client can't use the free connections of another PgBouncer pod.
    name: 'PostgresConnectionPoolNearlyFull',
    expr:
      `max by (pod, database, user) (cnpg_pgbouncer_pools_sv_active{${inNamespace}, database!="pgbouncer"})` +
      ` / ${poolSize} * 100 > ${storeThresholds.postgresConnections}`,
    for: Duration.minutes(5),
    severity: 'critical',
    summary: 'PostgreSQL connection pool nearly full',
    description:
      '{{ $labels.pod }} uses {{ $value | printf "%.0f" }}% of its connections to {{ $labels.database }}' +
      ` (> ${storeThresholds.postgresConnections}%): clients will wait`,
  },
  {
    name: 'RedisMemoryNearlyFull',
    expr:
      `max by (pod) (redis_memory_used_bytes{${inNamespace}} / (redis_memory_max_bytes{${inNamespace}} > 0)) * 100` +
      ` > ${storeThresholds.redisMemory}`,
    for: Duration.minutes(5),
    severity: 'critical',
    summary: 'Redis memory nearly full',
    description:
      `{{ $labels.pod }} uses {{ $value | printf "%.0f" }}% of its memory (> ${storeThresholds.redisMemory}%):` +
      ' when it is full, Redis refuses writes',
  },
  {
    name: 'VolumeFillingUp',
    expr: `${used} > ${volumes.filling}`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'A volume is filling up',
    description: `{{ $labels.persistentvolumeclaim }} is {{ $value | printf "%.0f" }}% full (> ${volumes.filling}%)`,
  },
  {
    name: 'VolumeNearlyFull',
    expr: `${used} > ${volumes.full}`,
    for: Duration.minutes(5),
    severity: 'critical',
    summary: 'A volume is nearly full',
    description: `{{ $labels.persistentvolumeclaim }} is {{ $value | printf "%.0f" }}% full (> ${volumes.full}%)`,
  },
  {
    name: 'BackupTooOld',
    expr:
      `time() - max by (namespace) (cnpg_collector_last_available_backup_timestamp{${inNamespace}})` +
      ` > ${oldestBackupHours} * 3600`,
    for: Duration.minutes(15),
    severity: 'critical',
    summary: 'The last backup of PostgreSQL is too old',
    description: `The last backup of PostgreSQL is {{ $value | humanizeDuration }} old (> ${oldestBackupHours}h)`,
  },
];
