import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Endpoint } from '../../../src/constructs/network/peer';
import { PostgresCluster, PostgresClusterProps } from '../../../src/constructs/postgres/postgres-cluster';
import { size } from '../../../src/core/quantities';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const apiServer = Endpoint.external('kubernetes.default', { port: 443 });
const minio = Endpoint.inCluster('minio', { namespace: 'storage', labels: { app: 'minio' }, port: 9000 });
const required = { database: 'orders', owner: 'orders_owner', credentialsSecret: 'orders-database', apiServer };
const backup = {
  objectStore: minio,
  backupDestination: 's3://backups/postgres',
  accessKey: secretKey('orders-s3', 'access-key'),
  secretKey: secretKey('orders-s3', 'secret-key'),
};

function postgres(props: Partial<PostgresClusterProps> = {}) {
  const chart = newChart();
  const construct = new PostgresCluster(chart, 'postgres', { ...required, ...props });
  return {
    construct,
    cluster: () => objectOf(chart, 'Cluster', anyObject),
    pooler: () => objectOf(chart, 'Pooler', anyObject),
    all: (kind: string) => objectsOf(chart, kind, anyObject),
  };
}

describe('by default', () => {
  test('three servers with the document’s size stand apart in zones', () => {
    expect(postgres().cluster()).toMatchObject({
      metadata: { name: 'postgres-cluster', namespace: 'shop', labels: { app: 'postgres' } },
      spec: {
        instances: 3,
        imageName: 'ghcr.io/cloudnative-pg/postgresql:15.7',
        resources: { requests: { cpu: '1', memory: '4Gi' }, limits: { cpu: '2', memory: '8Gi' } },
        storage: { size: '50Gi' },
        walStorage: { size: '10Gi' },
        inheritedMetadata: { labels: { app: 'postgres' } },
        bootstrap: {
          initdb: {
            database: 'orders',
            owner: 'orders_owner',
            secret: { name: 'orders-database' },
            dataChecksums: true,
          },
        },
        affinity: {
          enablePodAntiAffinity: true,
          podAntiAffinityType: 'preferred',
          topologyKey: 'kubernetes.io/hostname',
        },
        topologySpreadConstraints: [
          { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 },
          { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 1 },
        ],
      },
    });
  });

  test('the jobs that make a server’s data are spread with the servers, and roll-outs are not told apart', () => {
    const spec = JSON.stringify(postgres().cluster().spec);
    expect(spec).toContain('"matchExpressions":[{"key":"cnpg.io/instanceName","operator":"Exists"}]');
    expect(spec).not.toContain('matchLabelKeys');
  });

  test('a commit waits for one replica', () => {
    expect(postgres().cluster().spec).toMatchObject({ minSyncReplicas: 1, maxSyncReplicas: 1 });
    expect(postgres({ instances: 2 }).cluster().spec).not.toHaveProperty('minSyncReplicas');
  });

  test('the caches are sized to the memory that is reserved', () => {
    expect(postgres().cluster().spec).toMatchObject({
      postgresql: {
        parameters: {
          max_connections: '200',
          shared_buffers: '1024MB',
          effective_cache_size: '3072MB',
          maintenance_work_mem: '256MB',
          work_mem: '5MB',
          max_slot_wal_keep_size: '5120MB',
        },
      },
    });
  });

  test('clients reach two PgBouncers by the Service that has the construct’s name', () => {
    const { pooler, all } = postgres();
    expect(pooler()).toMatchObject({
      metadata: { name: 'postgres' },
      spec: {
        cluster: { name: 'postgres-cluster' },
        type: 'rw',
        instances: 2,
        pgbouncer: { poolMode: 'transaction', parameters: { max_client_conn: '1000', default_pool_size: '90' } },
        template: {
          metadata: { labels: { app: 'postgres' } },
          spec: {
            containers: [
              {
                name: 'pgbouncer',
                resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
              },
            ],
          },
        },
      },
    });
    expect(all('PodDisruptionBudget')).toMatchObject([
      { metadata: { name: 'postgres-pdb' }, spec: { selector: { matchLabels: { 'cnpg.io/poolerName': 'postgres' } } } },
    ]);
  });

  test('the JDBC client keeps no statement prepared', () => {
    const { construct } = postgres();
    expect(construct.jdbcUrl()).toBe('jdbc:postgresql://postgres:5432/orders?prepareThreshold=0');
    expect(construct.jdbcUrl('audit')).toBe('jdbc:postgresql://postgres:5432/audit?prepareThreshold=0');
  });

  test('nothing is backed up', () => {
    const { cluster, all } = postgres();
    expect(cluster().spec).not.toHaveProperty('backup');
    expect(all('ScheduledBackup')).toEqual([]);
  });
});

test('a deleted Cluster waits, with its volumes, until somebody says what becomes of them', () => {
  const finalizers = (props: Partial<PostgresClusterProps>) =>
    objectsOf(
      postgres(props).construct,
      'Cluster',
      z.object({ metadata: z.object({ finalizers: z.unknown().optional() }) }),
    ).map(({ metadata }) => metadata.finalizers);
  expect(finalizers({})).toEqual([['autonomous-op.nodeorb.com/retain-volumes']]);
  expect(finalizers({ retainVolumes: false })).toEqual([undefined]);
});

test('every prop has its effect', () => {
  const { construct, cluster, pooler } = postgres({
    name: 'store',
    image: 'registry/postgresql:15.8',
    instances: 5,
    maxConnections: 100,
    cpuRequest: Cpu.millis(500),
    cpuLimit: Cpu.millis(1500),
    memoryRequest: Size.gibibytes(1),
    memoryLimit: Size.gibibytes(2),
    storageSize: Size.gibibytes(5),
    walStorageSize: Size.gibibytes(2),
    storageClass: 'gp3',
    poolerInstances: 4,
    poolerSize: size('200m', '1', '128Mi', '256Mi'),
    poolerClients: 50,
    zoneSpread: 'ScheduleAnyway',
  });
  expect(construct.name).toBe('store');
  expect(cluster()).toMatchObject({
    metadata: { name: 'store-cluster' },
    spec: {
      imageName: 'registry/postgresql:15.8',
      instances: 5,
      resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1500m', memory: '2Gi' } },
      storage: { size: '5Gi', storageClass: 'gp3' },
      walStorage: { size: '2Gi', storageClass: 'gp3' },
      postgresql: { parameters: { max_connections: '100', shared_buffers: '256MB' } },
      topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }, { whenUnsatisfiable: 'ScheduleAnyway' }],
    },
  });
  expect(pooler()).toMatchObject({
    metadata: { name: 'store' },
    spec: {
      instances: 4,
      pgbouncer: { parameters: { max_client_conn: '50', default_pool_size: '20' } },
      template: { spec: { containers: [{ resources: { requests: { cpu: '200m', memory: '128Mi' } } }] } },
    },
  });
});

describe('with an object store', () => {
  test('the log and a daily base backup go there for thirty days', () => {
    const { cluster, all } = postgres(backup);
    expect(cluster().spec).toMatchObject({
      backup: {
        retentionPolicy: '30d',
        barmanObjectStore: {
          destinationPath: 's3://backups/postgres',
          endpointURL: 'http://minio.storage.svc:9000',
          s3Credentials: {
            accessKeyId: { name: 'orders-s3', key: 'access-key' },
            secretAccessKey: { name: 'orders-s3', key: 'secret-key' },
          },
        },
      },
    });
    expect(all('ScheduledBackup')).toMatchObject([
      {
        metadata: { name: 'postgres-cluster-daily' },
        spec: { cluster: { name: 'postgres-cluster' }, schedule: '0 0 2 * * *', immediate: true },
      },
    ]);
  });

  test('its URL, the retention and the schedule can be set', () => {
    const { cluster, all } = postgres({
      ...backup,
      objectStoreUrl: 'https://s3.example.org',
      backupRetention: Duration.days(7),
      backupSchedule: '0 30 4 * * 0',
    });
    expect(cluster().spec).toMatchObject({
      backup: { retentionPolicy: '7d', barmanObjectStore: { endpointURL: 'https://s3.example.org' } },
    });
    expect(all('ScheduledBackup')).toMatchObject([{ spec: { schedule: '0 30 4 * * 0' } }]);
  });

  test('S3 itself is spoken to by TLS', () => {
    const objectStore = Endpoint.external('s3.eu-central-1.amazonaws.com', { port: 443 });
    expect(postgres({ ...backup, objectStore }).cluster().spec).toMatchObject({
      backup: { barmanObjectStore: { endpointURL: 'https://s3.eu-central-1.amazonaws.com' } },
    });
  });
});

test('its connections are PgBouncer’s, the servers’, the jobs’ and the operator’s', () => {
  const arrows = postgres(backup).construct.connections.map(
    ({ from, to, port }) => `${from.name} > ${to.name}:${port}`,
  );
  expect(arrows).toEqual([
    'postgres-pooler > postgres-cluster:5432',
    'postgres-cluster > postgres-cluster:5432',
    'postgres-initdb > postgres-cluster:5432',
    'postgres-join > postgres-cluster:5432',
    'cloudnative-pg > postgres-cluster:8000',
    'cloudnative-pg > postgres-cluster:5432',
    'postgres-cluster > kubernetes.default:443',
    'postgres-pooler > kubernetes.default:443',
    'postgres-initdb > kubernetes.default:443',
    'postgres-join > kubernetes.default:443',
    'postgres-cluster > minio:9000',
  ]);
});

test('the operator can be another', () => {
  const operator = Endpoint.inCluster('postgres-operator', { namespace: 'operators', labels: { app: 'pg' } });
  const names = postgres({ operator }).construct.connections.map(({ from }) => from.name);
  expect(names).toContain('postgres-operator');
  expect(names).not.toContain('cloudnative-pg');
});

test.each<[string, Partial<PostgresClusterProps>]>([
  ['instances is 0', { instances: 0 }],
  ['poolerInstances is 0', { poolerInstances: 0 }],
  ['poolerClients is 0', { poolerClients: 0 }],
  ['maxConnections is 20', { maxConnections: 20 }],
  ['names no version', { image: 'postgresql' }],
  ['database is "Orders"', { database: 'Orders' }],
  ['database is empty', { database: ' ' }],
  ['owner is "a b"', { owner: 'a b' }],
  ['"My Secret" is not a valid object name', { credentialsSecret: 'My Secret' }],
  ['"GP3" is not a valid object name', { storageClass: 'GP3' }],
  ['storageSize is 0 KiB', { storageSize: Size.gibibytes(0) }],
  ['cpuRequest (3) is greater than cpuLimit (2)', { cpuRequest: Cpu.units(3) }],
  ['objectStore ask for a backup, but there is no backupDestination, accessKey, secretKey', { objectStore: minio }],
  ['backupSchedule ask for a backup', { backupSchedule: '0 0 2 * * *' }],
  ['backupDestination is "backups"', { ...backup, backupDestination: 'backups' }],
  ['backupRetention in days is 0.5', { ...backup, backupRetention: Duration.hours(12) }],
  ...['0 2 * * *', 'a b c d e f', '0 0 25 * * *', '0 0 2 L * *', '0 0 2 * * 7', '@daily', '0 0 2 31 2 *'].map(
    (backupSchedule): [string, Partial<PostgresClusterProps>] => [
      `backupSchedule is "${backupSchedule}"`,
      { ...backup, backupSchedule },
    ],
  ),
])('says what is wrong: %s', (message, props) => {
  expect(() => postgres(props)).toThrow(message);
});
