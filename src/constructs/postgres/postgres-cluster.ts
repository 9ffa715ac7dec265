/* PostgreSQL behind PgBouncer, run by CloudNativePG. */

import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { Cron } from 'croner';
import {
  Cluster,
  ClusterSpec,
  ClusterSpecBackup,
  ClusterSpecBackupBarmanObjectStoreDataCompression,
  ClusterSpecBackupBarmanObjectStoreWalCompression,
  ClusterSpecResourcesLimits,
  ClusterSpecResourcesRequests,
  Pooler,
  PoolerSpecPgbouncerPoolMode,
  PoolerSpecTemplateSpecContainersResourcesLimits,
  PoolerSpecTemplateSpecContainersResourcesRequests,
  PoolerSpecType,
  ScheduledBackup,
  ScheduledBackupSpecBackupOwnerReference,
} from '../../../imports/postgresql.cnpg.io';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { NODE_LABEL } from '../../core/names';
import {
  ContainerSize,
  customResourceRequirements,
  requireContainerSize,
  requireStorageSize,
  size,
} from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireDnsLabel, requireDnsSubdomain, requireImage, requireInteger, requireText } from '../../core/validation';
import { disruptionBudget } from '../workload/disruption-budget';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { Connection, connection, connectionsToAll, NetworkedWorkload } from '../network/connection';
import { Endpoint, hostName, Peer, portOf } from '../network/peer';
import { urlOf } from '../network/port';
import { secretKeyRef } from '../workload/env';
import { ResourceProps, sizeOf, storageClassOf } from '../workload/resources';
import { identityOf } from '../workload/identity';
import { spreadOver, spreadStateful, ZoneSpread } from '../workload/pod-security';

/**
 * Properties of {@link PostgresCluster}. A server asks for 1 CPU and 4 GiB by default, and may use 2 CPUs and 8 GiB; its caches are
 * sized to the memory that it asks for.
 */
export interface PostgresClusterProps extends ResourceProps {
  /** Name of the clients' Service, and the value of the pods' label `app`. The Cluster object is `<name>-cluster`. @default - the construct's id */
  readonly name?: string;
  /** Image of CloudNativePG with a tag other than `latest`, or with a digest. @default 'ghcr.io/cloudnative-pg/postgresql:15.7' */
  readonly image?: string;
  /** Servers: one primary, the others its replicas. @default 3 */
  readonly instances?: number;
  /** The database that is made. */
  readonly database: string;
  /** Its owner: the user name that {@link credentialsSecret} holds. */
  readonly owner: string;
  /** Secret of type `kubernetes.io/basic-auth` with the owner's `username` and `password`. */
  readonly credentialsSecret: string;
  /** Connections a server accepts; the poolers share them. @default 200 */
  readonly maxConnections?: number;
  /** Volume of a server's data. @default Size.gibibytes(50) */
  readonly storageSize?: Size;
  /** Volume of a server's write-ahead log. @default Size.gibibytes(10) */
  readonly walStorageSize?: Size;
  /** Class of the volumes. @default - the cluster's default class */
  readonly storageClass?: string;
  /** Whether the deletion of the Cluster object waits until somebody has said what happens to the volumes. @default true */
  readonly retainVolumes?: boolean;
  /** PgBouncer pods. @default 2 */
  readonly poolerInstances?: number;
  /** What a PgBouncer pod asks of its node. @default - 100m to 500m CPU, 64 to 128 MiB */
  readonly poolerSize?: ContainerSize;
  /** Clients that one PgBouncer pod serves at a time. @default 1000 */
  readonly poolerClients?: number;
  /** Whether zones are a hard rule (`DoNotSchedule`) or a wish (`ScheduleAnyway`). @default 'DoNotSchedule' */
  readonly zoneSpread?: ZoneSpread;
  /** Where CloudNativePG's operator runs. @default - as its own manifests install it, in the namespace cnpg-system */
  readonly operator?: Peer;
  /** The Kubernetes API, which every pod of the cluster asks for its part in it. */
  readonly apiServer: Peer;
  /** The S3 that takes backups and the write-ahead log. @default - none: no backup */
  readonly objectStore?: Peer;
  /** URL of the object store. @default - `https://` and its host where its first port is 443, `http://`, its host and port otherwise */
  readonly objectStoreUrl?: string;
  /** Bucket and folder of the backups, `s3://bucket/path`; nobody else's. Needed with {@link objectStore}. @default - none */
  readonly backupDestination?: string;
  /** Access key of the bucket. Needed with {@link objectStore}. @default - none */
  readonly accessKey?: SecretKey;
  /** Secret key of the bucket. Needed with {@link objectStore}. @default - none */
  readonly secretKey?: SecretKey;
  /** How far back the database can be restored. @default Duration.days(30) */
  readonly backupRetention?: Duration;
  /** When base backups are made: a cron expression of six fields, seconds first. @default '0 0 2 * * *' */
  readonly backupSchedule?: string;
}

/**
 * Keeps a deleted Cluster object, and with it its volumes, until somebody takes the mark off. CloudNativePG makes the Cluster
 * the owner of its claims and has no setting against that: without the mark, `kubectl delete` would take every claim with it.
 */
const RETAIN_VOLUMES = 'autonomous-op.nodeorb.com/retain-volumes';

const SERVER_SIZE = size('1', '2', '4Gi', '8Gi');
const POOLER_SIZE = size('100m', '500m', '64Mi', '128Mi');

/** Connections that PostgreSQL and the operator keep for themselves: superusers, replication, metrics. */
const RESERVED_CONNECTIONS = 20;

/** Server connections that one PgBouncer pod may have: all of them together stay within what the primary accepts. */
function poolSizeOf({ maxConnections = 200, poolerInstances = 2 }: Partial<PostgresClusterProps>): number {
  return Math.max(1, Math.floor((maxConnections - RESERVED_CONNECTIONS) / poolerInstances));
}

/** The pool of a cluster that sets neither `maxConnections` nor `poolerInstances`. */
export const DEFAULT_POOL_SIZE = poolSizeOf({});

/**
 * PostgreSQL 15 in three servers over the zones, behind PgBouncer, backed up to S3, run by CloudNativePG (1.22).
 *
 * Clients use the Service `<name>`, which is PgBouncer's and leads to the primary. A commit waits for one replica, so that a
 * lost primary loses nothing; if no replica is ready, the operator lets commits go on alone rather than stop.
 *
 * **Deleting the chart does not delete the data.** `kubectl delete` leaves the Cluster object terminating, and its servers and
 * volumes as they were. Somebody then decides, and takes this finalizer off, no other (docs/constructs/postgres/postgres-cluster.md has the
 * command):
 * - To keep the volumes, first `kubectl delete cluster.postgresql.cnpg.io <name>-cluster --cascade=orphan --wait=false`. A Cluster
 *   of the same name adopts them.
 * - Without that, the volumes go with the Cluster.
 *
 * Deleting the namespace deletes every claim in it, which only a storage class with `reclaimPolicy: Retain`, or the backups, survive.
 *
 * @example
 * const postgres = new PostgresCluster(chart, 'postgres', {
 *   database: 'orders', owner: 'orders', credentialsSecret: 'orders-database', apiServer,
 * });
 * postgres.jdbcUrl(); // jdbc:postgresql://postgres:5432/orders?prepareThreshold=0
 */
export class PostgresCluster extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the clients' Service, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels of the servers and of PgBouncer alike. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `postgres`, and the metrics of the servers and of PgBouncer. */
  readonly ports: Readonly<Record<'postgres' | 'instance-metrics' | 'pooler-metrics', number>> = {
    postgres: 5432,
    'instance-metrics': 9187,
    'pooler-metrics': 9127,
  };
  /** The servers. */
  readonly instances: Peer;
  /** The PgBouncer pods, which are all that clients need to reach. */
  readonly pooler: Peer;
  /** Server connections that one PgBouncer pod may have, to one database as one user. */
  readonly poolSize: number;
  /** Servers beside the primary. */
  readonly replicas: number;
  /** The servers, PgBouncer, and the jobs that make a server's data. */
  readonly pods: readonly Peer[];
  /** What the pods need among themselves, from the operator, and of the API server and the object store. */
  readonly connections: readonly Connection[];
  /** What the servers and PgBouncer tell. The operator's own monitors carry no label by which a Prometheus would find them. */
  readonly metrics: readonly MetricsEndpoint[];

  private readonly database: string;
  private readonly clusterName: string;
  private readonly zoneSpread: ZoneSpread;

  /** @throws InvalidInputError if a prop is out of its range, or a part of the backup's settings is missing */
  constructor(scope: Construct, id: string, props: PostgresClusterProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.clusterName = requireDnsLabel(where, `${this.name}-cluster`);
    this.database = requireIdentifier(where, 'database', props.database);
    this.zoneSpread = props.zoneSpread ?? 'DoNotSchedule';
    const cluster = { 'cnpg.io/cluster': this.clusterName };
    this.instances = Endpoint.inCluster(this.clusterName, {
      labels: { ...this.podLabels, ...cluster, 'cnpg.io/podRole': 'instance' },
      ports: { postgres: 5432, metrics: 9187, status: 8000 },
    });
    this.pooler = Endpoint.inCluster(`${this.name}-pooler`, {
      labels: { ...this.podLabels, 'cnpg.io/poolerName': this.name, 'cnpg.io/podRole': 'pooler' },
      ports: { postgres: 5432, metrics: 9127 },
    });
    // A job makes the first server's data, another each replica's copy; they don't carry the label `app`.
    const jobs = ['initdb', 'join'].map((role) =>
      Endpoint.inCluster(`${this.name}-${role}`, { labels: { ...cluster, 'cnpg.io/jobRole': role } }),
    );
    this.pods = [this.instances, this.pooler, ...jobs];
    this.metrics = [
      { name: `${this.name}-instances`, pods: this.instances, port: 'metrics', vital: true },
      { name: `${this.name}-pooler`, pods: this.pooler, port: 'metrics', vital: true },
    ];
    this.connections = this.connect(props, jobs);
    this.replicas = requireInteger(where, 'instances', props.instances ?? 3, 1) - 1;
    this.createCluster(props);
    this.poolSize = poolSizeOf(props);
    this.createPooler(props);
  }

  /**
   * The address for a JDBC client. PgBouncer gives a transaction whatever server connection is free, on which the statements
   * that the driver would otherwise keep prepared don't exist: hence `prepareThreshold=0`.
   *
   * @param database name of a database @default - the one that is made
   */
  jdbcUrl(database: string = this.database): string {
    const name = requireIdentifier(this.node.path, 'database', database);
    return `jdbc:postgresql://${this.name}:${this.ports.postgres}/${name}?prepareThreshold=0`;
  }

  private connect(props: PostgresClusterProps, jobs: readonly Peer[]): Connection[] {
    const operator =
      props.operator ??
      Endpoint.inCluster('cloudnative-pg', {
        namespace: 'cnpg-system',
        labels: { 'app.kubernetes.io/name': 'cloudnative-pg' },
      });
    return [
      connection(this.pooler, this.instances),
      connection(this.instances, this.instances),
      ...jobs.map((job) => connection(job, this.instances)),
      // It asks a server's manager for its state, and the server itself.
      connection(operator, this.instances, 'status'),
      connection(operator, this.instances),
      ...this.pods.flatMap((pod) => connectionsToAll(pod, props.apiServer)),
      ...(props.objectStore === undefined ? [] : [connection(this.instances, props.objectStore)]),
    ];
  }

  private createCluster(props: PostgresClusterProps): void {
    const where = this.node.path;
    const backup = this.backup(props);
    new Cluster(this, 'cluster', {
      metadata: {
        name: this.clusterName,
        labels: { ...this.podLabels },
        ...((props.retainVolumes ?? true) ? { finalizers: [RETAIN_VOLUMES] } : {}),
      },
      spec: {
        imageName: requireImage(where, props.image ?? 'ghcr.io/cloudnative-pg/postgresql:15.7'),
        instances: this.replicas + 1,
        ...synchronousReplicas(this.replicas + 1),
        bootstrap: {
          initdb: {
            database: this.database,
            owner: requireIdentifier(where, 'owner', props.owner),
            secret: { name: requireDnsSubdomain(where, props.credentialsSecret) },
            dataChecksums: true,
          },
        },
        inheritedMetadata: { labels: { ...this.podLabels } },
        ...this.resources(props),
        ...this.placement(),
        ...defined({ backup }),
      },
    });
    if (backup !== undefined) this.createSchedule(props);
  }

  private resources(
    props: PostgresClusterProps,
  ): Pick<ClusterSpec, 'resources' | 'storage' | 'walStorage' | 'postgresql'> {
    const where = this.node.path;
    const asked = sizeOf(where, props, SERVER_SIZE);
    const storageClass = defined({ storageClass: storageClassOf(where, props.storageClass) });
    const wal = props.walStorageSize ?? Size.gibibytes(10);
    const connections = requireInteger(where, 'maxConnections', props.maxConnections ?? 200, RESERVED_CONNECTIONS + 10);
    return {
      resources: customResourceRequirements(
        asked,
        ClusterSpecResourcesLimits.fromString,
        ClusterSpecResourcesRequests.fromString,
      ),
      storage: {
        size: requireStorageSize(where, 'storageSize', props.storageSize ?? Size.gibibytes(50)),
        ...storageClass,
      },
      walStorage: { size: requireStorageSize(where, 'walStorageSize', wal), ...storageClass },
      postgresql: { parameters: parameters(asked.memoryRequest, wal, connections) },
    };
  }

  private placement(): Pick<ClusterSpec, 'affinity' | 'topologySpreadConstraints'> {
    return {
      affinity: {
        enablePodAntiAffinity: true,
        podAntiAffinityType: 'preferred',
        topologyKey: NODE_LABEL,
      },
      topologySpreadConstraints: spreadStateful({ 'cnpg.io/cluster': this.clusterName }, this.zoneSpread).map(
        (constraint) => ({
          ...constraint,
          // The job that makes a server's data is counted like the server, since the volume it fills stays in its zone.
          labelSelector: {
            ...constraint.labelSelector,
            matchExpressions: [{ key: 'cnpg.io/instanceName', operator: 'Exists' }],
          },
        }),
      ),
    };
  }

  /** The backup's settings, of which there are all or none. */
  private backup(props: PostgresClusterProps): ClusterSpecBackup | undefined {
    const where = this.node.path;
    const { objectStore, backupDestination, accessKey, secretKey } = props;
    const parts = { objectStore, backupDestination, accessKey, secretKey };
    const missing = Object.entries(parts)
      .filter(([, part]) => part === undefined)
      .map(([name]) => name);
    if (
      objectStore === undefined ||
      backupDestination === undefined ||
      accessKey === undefined ||
      secretKey === undefined
    ) {
      const given = Object.entries({
        ...parts,
        objectStoreUrl: props.objectStoreUrl,
        backupRetention: props.backupRetention,
        backupSchedule: props.backupSchedule,
      }).filter(([, part]) => part !== undefined);
      if (given.length === 0) return undefined;
      throw new InvalidInputError(
        where,
        `${given.map(([name]) => name).join(', ')} ask for a backup, but there is no ${missing.join(', ')}`,
        'Set them too, or leave every setting of the backup out',
      );
    }
    if (!/^s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](\/.*)?$/.test(backupDestination)) {
      throw new InvalidInputError(
        where,
        `backupDestination is "${backupDestination}"`,
        'Write bucket and folder, such as "s3://backups/postgres"',
      );
    }
    return {
      retentionPolicy: `${this.retentionDays(props.backupRetention ?? Duration.days(30))}d`,
      barmanObjectStore: {
        destinationPath: backupDestination,
        endpointUrl: props.objectStoreUrl ?? endpointUrl(objectStore, this.namespace),
        s3Credentials: {
          accessKeyId: secretKeyRef(accessKey),
          secretAccessKey: secretKeyRef(secretKey),
        },
        wal: { compression: ClusterSpecBackupBarmanObjectStoreWalCompression.GZIP },
        data: { compression: ClusterSpecBackupBarmanObjectStoreDataCompression.GZIP },
      },
    };
  }

  private retentionDays(retention: Duration): number {
    const days = retention.toMilliseconds() / 86_400_000;
    return requireInteger(this.node.path, 'backupRetention in days', days, 1);
  }

  private createSchedule({ backupSchedule = '0 0 2 * * *' }: PostgresClusterProps): void {
    if (!isSchedule(backupSchedule)) {
      throw new InvalidInputError(
        this.node.path,
        `backupSchedule is "${backupSchedule}"`,
        'Write six fields, seconds first: "0 0 2 * * *" is every day at two',
      );
    }
    new ScheduledBackup(this, 'scheduled-backup', {
      metadata: { name: `${this.clusterName}-daily` },
      spec: {
        cluster: { name: this.clusterName },
        schedule: backupSchedule,
        // The write-ahead log is of no use before there is a base to replay it on.
        immediate: true,
        backupOwnerReference: ScheduledBackupSpecBackupOwnerReference.SELF,
      },
    });
  }

  private createPooler(props: PostgresClusterProps): void {
    const where = this.node.path;
    const instances = requireInteger(where, 'poolerInstances', props.poolerInstances ?? 2, 1);
    const clients = requireInteger(where, 'poolerClients', props.poolerClients ?? 1000, 1);
    const labels = { 'cnpg.io/poolerName': this.name };
    const asked = requireContainerSize(where, props.poolerSize ?? POOLER_SIZE);
    new Pooler(this, 'pooler', {
      // The operator names the Service as the Pooler.
      metadata: { name: this.name, labels: { ...this.podLabels } },
      spec: {
        cluster: { name: this.clusterName },
        type: PoolerSpecType.RW,
        instances,
        pgbouncer: {
          poolMode: PoolerSpecPgbouncerPoolMode.TRANSACTION,
          parameters: {
            max_client_conn: `${clients}`,
            default_pool_size: `${this.poolSize}`,
          },
        },
        template: {
          metadata: { labels: { ...this.podLabels } },
          spec: {
            containers: [
              {
                name: 'pgbouncer',
                resources: customResourceRequirements(
                  asked,
                  PoolerSpecTemplateSpecContainersResourcesLimits.fromString,
                  PoolerSpecTemplateSpecContainersResourcesRequests.fromString,
                ),
              },
            ],
            // A Deployment, so that the roll-outs are told apart as those of the services are.
            topologySpreadConstraints: spreadOver(labels, this.zoneSpread),
          },
        },
      },
    });
    // The operator makes budgets for the servers, none for PgBouncer.
    disruptionBudget(this, this.name, labels);
  }
}

/**
 * A commit waits for one replica of at least two, so that it survives the primary and one replica may be away. The operator
 * goes below the minimum if fewer are ready: it prefers a database that writes.
 */
function synchronousReplicas(instances: number): Pick<ClusterSpec, 'minSyncReplicas' | 'maxSyncReplicas'> {
  return instances > 2 ? { minSyncReplicas: 1, maxSyncReplicas: 1 } : {};
}

/** PostgreSQL's usual shares of the memory that is surely there, and of the volume of the write-ahead log. */
function parameters(memory: Size, wal: Size, connections: number): Record<string, string> {
  const total = Math.floor(memory.toKibibytes() / 1024);
  const megabytes = (share: number) => `${Math.max(1, Math.floor(share))}MB`;
  return {
    max_connections: `${connections}`,
    shared_buffers: megabytes(total / 4),
    effective_cache_size: megabytes((total * 3) / 4),
    maintenance_work_mem: megabytes(total / 16),
    work_mem: megabytes(total / 4 / connections),
    // A replica that is gone for good must not fill the primary's volume with the log that is kept for it.
    max_slot_wal_keep_size: megabytes(wal.toKibibytes() / 1024 / 2),
  };
}

function endpointUrl(objectStore: Peer, namespace: string | undefined): string {
  return urlOf(hostName(objectStore, namespace), portOf('PostgresCluster', objectStore));
}

/** Whether CloudNativePG takes the schedule: seconds first, and none of Quartz' signs, nor 7 for Sunday, which Go's cron refuses. */
function isSchedule(expression: string): boolean {
  if (!/^\S+( \S+){5}$/.test(expression) || /[#+]|(?<![A-Z])[LWH](?![A-Z])|7$/i.test(expression)) {
    return false;
  }
  try {
    return new Cron(expression, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

function requireIdentifier(where: string, name: string, identifier: string): string {
  requireText(where, name, identifier);
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(identifier)) {
    throw new InvalidInputError(
      where,
      `${name} is "${identifier}"`,
      'Use at most 63 lower-case letters, digits and "_", not starting with a digit',
    );
  }
  return identifier;
}
