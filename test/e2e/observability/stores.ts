/* The stores: what follows for them of the pods that are left. */

import { topics } from '../../../src/autonomous-op/scaling';
import { Pod } from './pod';
import { Cluster } from './cluster';

/** The stores of the cluster. */
export class Stores {
  readonly kafka: Kafka;
  readonly postgres: Postgres;
  readonly redis: Redis;
  readonly elasticsearch: { color: 'green' | 'yellow' | 'red' } = { color: 'green' };

  constructor(cluster: Cluster) {
    this.kafka = new Kafka(cluster);
    this.postgres = new Postgres(cluster);
    this.redis = new Redis(cluster);
  }

  happen(seconds: number): void {
    this.postgres.happen(seconds);
  }
}

/** Copies of a partition that must be in sync for a write, of the three that there are: `min.insync.replicas`. */
const MIN_IN_SYNC = 2;

/** Kafka with its ZooKeeper: every broker has a copy of every partition. */
export class Kafka {
  /** Messages that the consumers of each topic are behind. */
  lag = 40;
  /** Partitions of which no copy that is in sync is left. */
  offline = 0;
  readonly topics = Object.values(topics);
  readonly partitions = this.topics.reduce((sum, { partitions }) => sum + partitions, 0);

  constructor(private readonly cluster: Cluster) {}

  get brokers(): Pod[] {
    return this.cluster.working('kafka brokers');
  }

  get takesWrites(): boolean {
    return this.brokers.length >= MIN_IN_SYNC;
  }

  /** The broker that is the controller, which needs ZooKeeper's majority. */
  get controller(): Pod | undefined {
    return this.cluster.working('kafka zookeeper').length >= 2 ? this.brokers[0] : undefined;
  }

  /** Partitions that a broker leads. */
  get led(): number {
    return Math.ceil(this.partitions / Math.max(1, this.brokers.length));
  }

  /** Those of the led of which a copy is missing. */
  get underReplicated(): number {
    return this.brokers.length < this.cluster.podsOf('kafka brokers').length ? this.led : 0;
  }

  /** Those of the led that take no write. */
  get underMinIsr(): number {
    return this.takesWrites ? 0 : this.led;
  }
}

/** Seconds until CloudNativePG has made another instance the primary. */
const FAILOVER = 40;

const HOUR = 3600;

/** PostgreSQL with its replicas, its archive and its backups. */
export class Postgres {
  /** Seconds that the replicas are behind. */
  lag = 0.2;
  /** Share of a pool's server connections that are in use. */
  pool = 0.3;
  /** Whether WAL files can be archived. */
  archives = true;
  archived = 1000;
  failed = 0;
  /** When the last backup was made. */
  backup = -5 * HOUR;

  private primaryPod: Pod | undefined;
  private withoutPrimary = 0;

  constructor(private readonly cluster: Cluster) {}

  get primary(): Pod | undefined {
    this.primaryPod ??= this.cluster.podsOf('postgres-cluster')[0];
    return this.primaryPod;
  }

  get works(): boolean {
    return this.primary?.works === true;
  }

  happen(seconds: number): void {
    this.withoutPrimary = this.works ? 0 : this.withoutPrimary + seconds;
    if (this.withoutPrimary >= FAILOVER)
      this.primaryPod = this.cluster.working('postgres-cluster')[0] ?? this.primaryPod;
    // A segment of the log every five minutes, `archive_timeout`; what fails is tried again every minute.
    if (this.archives) this.archived += seconds / 300;
    else this.failed += seconds / 60;
  }
}

/** The Redis cluster: a leader and its follower have a third of the slots. */
export class Redis {
  /** Share of maxmemory that is used. */
  memory = 0.5;

  constructor(private readonly cluster: Cluster) {}

  /** Slots that nobody serves. */
  get slotsLost(): number {
    const served = ['redis leaders', 'redis followers'].flatMap((part) =>
      this.cluster.working(part).map(({ spec }) => spec.index),
    );
    return [5461, 5462, 5461].filter((_, shard) => !served.includes(shard)).reduce((sum, slots) => sum + slots, 0);
  }

  /** Without all of its slots the cluster takes no command: `cluster-require-full-coverage`. */
  get works(): boolean {
    return this.slotsLost === 0;
  }
}
