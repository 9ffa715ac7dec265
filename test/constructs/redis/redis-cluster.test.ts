import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Endpoint } from '../../../src/constructs/network/peer';
import { RedisCluster, RedisClusterProps } from '../../../src/constructs/redis/redis-cluster';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf } from '../../synthesize';

const account = anyObject.extend({ automountServiceAccountToken: z.boolean() });

function redis(props: Partial<RedisClusterProps> = {}) {
  const chart = newChart();
  const construct = new RedisCluster(chart, 'redis', {
    password: secretKey('orders-secrets', 'redis.password'),
    ...props,
  });
  return { construct, one: (kind: string) => objectOf(chart, kind, anyObject) };
}

describe('by default', () => {
  test('three shards have a replica, a password, persistence and the document’s size', () => {
    expect(redis().one('RedisCluster')).toMatchObject({
      apiVersion: 'redis.redis.opstreelabs.in/v1beta2',
      metadata: { name: 'redis', namespace: 'shop', labels: { app: 'redis' } },
      spec: {
        clusterSize: 3,
        clusterVersion: 'v7',
        persistenceEnabled: true,
        kubernetesConfig: {
          image: 'quay.io/opstree/redis:v7.0.15',
          redisSecret: { name: 'orders-secrets', key: 'redis.password' },
          resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
        },
        redisExporter: { enabled: true, image: 'quay.io/opstree/redis-exporter:v1.44.0', port: 9121 },
        storage: {
          volumeClaimTemplate: { spec: { resources: { requests: { storage: '10Gi' } } } },
          nodeConfVolume: true,
          nodeConfVolumeClaimTemplate: { spec: { resources: { requests: { storage: '1Gi' } } } },
        },
      },
    });
  });

  test('the claims outlive the cluster', () => {
    expect(redis().one('RedisCluster').spec).toMatchObject({ storage: { keepAfterDelete: true } });
  });

  test('no pod has a token of the Kubernetes API', () => {
    expect(redis().one('RedisCluster').spec).toMatchObject({ serviceAccountName: 'redis' });
    expect(objectOf(redis().construct, 'ServiceAccount', account)).toMatchObject({
      metadata: { name: 'redis', labels: { app: 'redis' } },
      automountServiceAccountToken: false,
    });
  });

  test('no pod has a right it does not need', () => {
    const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(redis().one('RedisCluster').spec).toMatchObject({
      podSecurityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      redisLeader: { securityContext: restricted },
      redisFollower: { securityContext: restricted },
      redisExporter: { securityContext: { ...restricted, readOnlyRootFilesystem: true } },
    });
  });

  test('leaders, and followers, are in zones of their own', () => {
    const zone = (role: string) => ({
      topologyKey: 'topology.kubernetes.io/zone',
      labelSelector: { matchLabels: { app: 'redis', redis_setup_type: 'cluster', role } },
    });
    expect(redis().one('RedisCluster').spec).toMatchObject({
      redisLeader: {
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [zone('leader')] } },
      },
      redisFollower: {
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [zone('follower')] } },
      },
    });
  });

  test('a full memory refuses writes and leaves room for the copy of a rewrite', () => {
    expect(redis().one('ConfigMap')).toMatchObject({
      metadata: { name: 'redis-config' },
      data: { 'redis-additional.conf': 'maxmemory 1572864kb\nmaxmemory-policy noeviction\nappendfsync everysec\n' },
    });
    const redisConfig = { additionalRedisConfig: 'redis-config' };
    expect(redis().one('RedisCluster').spec).toMatchObject({
      redisLeader: { redisConfig },
      redisFollower: { redisConfig },
    });
  });

  test('one Service leads to every node, and one budget keeps all but one of them', () => {
    const selector = { app: 'redis', redis_setup_type: 'cluster' };
    expect(redis().one('Service')).toMatchObject({
      metadata: { name: 'redis' },
      spec: { selector, ports: [{ name: 'redis', port: 6379, targetPort: 6379 }] },
    });
    expect(redis().one('PodDisruptionBudget')).toMatchObject({
      metadata: { name: 'redis-pdb' },
      spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
    });
    expect(redis().one('RedisCluster').spec).not.toHaveProperty('redisLeader.pdb');
  });
});

test('every prop has its effect', () => {
  const { one } = redis({
    name: 'cache',
    image: 'registry/redis:v7.0.12',
    exporterImage: 'registry/exporter:v1.45.0',
    shards: 4,
    evictionPolicy: 'allkeys-lru',
    cpuRequest: Cpu.millis(100),
    cpuLimit: Cpu.millis(200),
    memoryRequest: Size.mebibytes(512),
    memoryLimit: Size.gibibytes(1),
    storageSize: Size.gibibytes(3),
    storageClass: 'gp3',
    zoneSpread: 'ScheduleAnyway',
  });
  const antiAffinity = {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100 }, { weight: 50 }] },
  };
  expect(one('RedisCluster')).toMatchObject({
    metadata: { name: 'cache', labels: { app: 'cache' } },
    spec: {
      clusterSize: 4,
      kubernetesConfig: {
        image: 'registry/redis:v7.0.12',
        resources: { requests: { cpu: '100m', memory: '512Mi' }, limits: { cpu: '200m', memory: '1Gi' } },
      },
      redisExporter: { image: 'registry/exporter:v1.45.0' },
      redisLeader: { affinity: antiAffinity },
      storage: {
        volumeClaimTemplate: { spec: { storageClassName: 'gp3', resources: { requests: { storage: '3Gi' } } } },
        nodeConfVolumeClaimTemplate: { spec: { storageClassName: 'gp3' } },
      },
    },
  });
  expect(one('RedisCluster').spec).not.toHaveProperty(
    'redisLeader.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution',
  );
  expect(one('ConfigMap').data?.['redis-additional.conf']).toContain(
    'maxmemory 786432kb\nmaxmemory-policy allkeys-lru\n',
  );
});

test('the nodes reach each other, and the operator reaches them', () => {
  const arrows = (props: Partial<RedisClusterProps>) =>
    redis(props).construct.connections.map(({ from, to, port }) => `${from.name} > ${to.name}:${port}`);
  expect(arrows({})).toEqual([
    'redis-nodes > redis-nodes:6379',
    'redis-nodes > redis-nodes:16379',
    'redis-operator > redis-nodes:6379',
  ]);
  const operator = Endpoint.inCluster('other', { namespace: 'operators', labels: { app: 'other' } });
  expect(arrows({ operator })).toContain('other > redis-nodes:6379');
});

test.each<[string, Partial<RedisClusterProps>]>([
  ['shards is 2', { shards: 2 }],
  ['names no version', { image: 'redis:latest' }],
  ['names no version', { exporterImage: 'exporter' }],
  ['"Redis" is not a valid name', { name: 'Redis' }],
  ['"GP3" is not a valid object name', { storageClass: 'GP3' }],
  ['storageSize is 0 KiB', { storageSize: Size.gibibytes(0) }],
  ['memoryRequest (4Gi) is greater than memoryLimit (2Gi)', { memoryRequest: Size.gibibytes(4) }],
])('says what is wrong: %s', (message, props) => {
  expect(() => redis(props)).toThrow(message);
});
