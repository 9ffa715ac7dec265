/* Stores that are lost, and what they run out of. */

import { critical, MustBeTold, Scenario, warning } from '../scenario';
import type { World } from '../world';

const MINUTE = 60;

/** The pods of some workloads are gone: all, or those with these numbers. */
function lose(world: World, workloads: readonly string[], numbers?: readonly number[]): void {
  workloads
    .flatMap((workload) => world.podsOf(workload))
    .filter(({ spec }) => numbers?.includes(spec.index) ?? true)
    .forEach((pod) => {
      pod.fail();
    });
}

/** The services whose requests fail with a store. */
const failing = (...services: readonly string[]): MustBeTold[] =>
  services.map((app) => critical('ErrorBudgetBurningFast', 12, { app }));

/** How full the volume of Kafka's first broker is. */
function fill(world: World, used: number): void {
  const { volume } = world.podsOf('kafka brokers')[0]?.spec ?? {};
  if (volume !== undefined) volume.used = used;
}

const kafka = ['kafka brokers'];
const redis = ['redis leaders', 'redis followers'];
const claim = { persistentvolumeclaim: 'data-kafka-kafka-0' };

export const lostStores: readonly Scenario[] = [
  {
    name: 'Kafka: one broker is lost, the controller',
    minutes: 22,
    happens: (world) => {
      lose(world, kafka, [0]);
    },
    told: [warning('KafkaPartitionsUnderReplicated', 19), warning('PodNotReady', 19, { pod: 'kafka-kafka-0' })],
  },
  {
    name: 'Kafka: two of three brokers are lost',
    minutes: 22,
    happens: (world) => {
      lose(world, kafka, [0, 1]);
    },
    told: [
      critical('KafkaPartitionsUnderMinIsr', 9),
      ...failing('autonomous-op', 'fms', 'tms', 'scm', 'ml-service', 'gateway'),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'Kafka: all brokers are lost',
    minutes: 22,
    happens: (world) => {
      lose(world, kafka);
    },
    told: [
      critical('StoreDown', 6, { job: 'autonomous-op/kafka-monitor' }),
      critical('ScaledObjectNotReady', 9, { horizontalpodautoscaler: 'autonomous-op-hpa' }),
      ...failing('autonomous-op', 'fms', 'tms', 'scm', 'ml-service', 'gateway'),
      warning('KedaScalerErrors', 10),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'Kafka: ZooKeeper is lost',
    minutes: 22,
    happens: (world) => {
      lose(world, ['kafka zookeeper']);
    },
    told: [
      critical('KafkaNoController', 7),
      warning('ExporterDown', 19, { job: 'autonomous-op/kafka-zookeeper-monitor' }),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'Kafka: some partitions have no leader',
    minutes: 20,
    happens: (world) => {
      world.stores.kafka.offline = 3;
    },
    told: [critical('KafkaPartitionsOffline', 6)],
  },
  {
    name: 'Redis: a master and its replica are lost',
    minutes: 22,
    happens: (world) => {
      lose(world, redis, [1]);
    },
    told: [
      critical('RedisClusterDown', 5),
      ...failing('autonomous-op', 'ml-service', 'gateway'),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'Redis: a master is lost, its replica takes over',
    minutes: 22,
    happens: (world) => {
      lose(world, ['redis leaders'], [1]);
    },
    told: [warning('PodNotReady', 19)],
  },
  {
    name: 'Redis: no exporter and no server is left',
    minutes: 22,
    happens: (world) => {
      lose(world, redis);
    },
    told: [
      critical('StoreDown', 6, { job: 'autonomous-op/redis-monitor' }),
      ...failing('autonomous-op', 'ml-service', 'gateway'),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'PostgreSQL: the primary is lost, a replica takes over after 40 seconds',
    minutes: 22,
    happens: (world) => {
      lose(world, ['postgres-cluster'], [0]);
    },
    told: [warning('PostgresReplicaMissing', 20), warning('PodNotReady', 19)],
  },
  {
    name: 'PostgreSQL: no instance answers',
    minutes: 22,
    happens: (world) => {
      world.podsOf('postgres-cluster').forEach((pod) => {
        pod.ready = false;
      });
    },
    told: [
      critical('PostgresDown', 6),
      ...failing('autonomous-op', 'fms', 'tms', 'scm', 'gateway'),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'PostgreSQL: all instances are lost',
    minutes: 22,
    happens: (world) => {
      lose(world, ['postgres-cluster']);
    },
    told: [
      critical('StoreDown', 6, { job: 'autonomous-op/postgres-instances-monitor' }),
      ...failing('autonomous-op', 'fms', 'tms', 'scm', 'gateway'),
      warning('PodNotReady', 19),
    ],
  },
];

export const fullStores: readonly Scenario[] = [
  {
    name: 'a volume fills up, and is nearly full 25 minutes later: the warning is held back from then on',
    minutes: 40,
    happens: (world) => {
      fill(world, 0.85);
      world.after(25 * MINUTE, () => {
        fill(world, 0.97);
      });
    },
    told: [warning('VolumeFillingUp', 20, claim), critical('VolumeNearlyFull', 35, claim)],
  },
  {
    name: 'a volume is nearly full at once, another has no inodes left, and Redis no memory: only critical alerts tell',
    minutes: 24,
    happens: (world) => {
      fill(world, 0.97);
      const { volume } = world.podsOf('postgres-cluster')[0]?.spec ?? {};
      if (volume !== undefined) volume.inodes = 0.97;
      world.stores.redis.memory = 0.9;
    },
    told: [
      critical('VolumeNearlyFull', 10, claim),
      critical('VolumeInodesNearlyUsedUp', 10, { persistentvolumeclaim: 'postgres-cluster-1' }),
      critical('RedisMemoryNearlyFull', 10),
    ],
  },
  {
    name: 'PostgreSQL: replicas behind, nothing archived, no backup for 31 hours, the pool nearly full',
    minutes: 40,
    happens: ({ stores: { postgres }, time }) => {
      Object.assign(postgres, { lag: 900, archives: false, pool: 0.95, backup: time - 31 * 3600 });
    },
    told: [
      warning('PostgresReplicationLag', 10),
      warning('PostgresArchivingFailing', 38),
      critical('BackupTooOld', 19),
      critical('PostgresConnectionPoolNearlyFull', 10),
    ],
  },
];
