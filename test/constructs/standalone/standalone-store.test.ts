import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { StandaloneStore, StandaloneStoreProps } from '../../../src/constructs/standalone/standalone-store';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf } from '../../synthesize';

function store(props: Partial<StandaloneStoreProps> = {}) {
  const chart = newChart();
  const construct = new StandaloneStore(chart, 'cache', {
    image: 'acme/cache:1.2',
    port: 7000,
    dataPath: '/data',
    uid: 900,
    ...props,
  });
  return { construct, one: (kind: string) => objectOf(chart, kind, anyObject) };
}

describe('by default', () => {
  test('one pod without rights keeps its data as long as it lives', () => {
    expect(store().one('StatefulSet')).toMatchObject({
      metadata: { name: 'cache', namespace: 'shop', labels: { app: 'cache' } },
      spec: {
        replicas: 1,
        serviceName: 'cache',
        template: {
          metadata: { labels: { app: 'cache' } },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 900,
              runAsGroup: 900,
              fsGroup: 900,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            volumes: [{ name: 'tmp' }, { name: 'data', emptyDir: {} }],
            containers: [
              {
                name: 'cache',
                image: 'acme/cache:1.2',
                ports: [{ name: 'client', containerPort: 7000 }],
                resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMounts: [
                  { name: 'tmp', mountPath: '/tmp' },
                  { name: 'data', mountPath: '/data' },
                ],
                readinessProbe: { tcpSocket: { port: 'client' } },
              },
            ],
          },
        },
      },
    });
    expect(store().one('StatefulSet').spec).not.toHaveProperty('volumeClaimTemplates');
  });

  test('its Service leads to the pod', () => {
    expect(store().one('Service')).toMatchObject({
      metadata: { name: 'cache' },
      spec: { selector: { app: 'cache' }, ports: [{ name: 'client', port: 7000, targetPort: 7000 }] },
    });
  });

  test('it connects to nothing', () => {
    const { construct } = store();
    expect(construct.connections).toEqual([]);
    expect(construct.pods).toEqual([construct]);
    expect(construct.ports).toEqual({ client: 7000 });
  });
});

test('with a size it has a volume that outlives it, written as the API server writes it', () => {
  expect(store({ storageSize: Size.gibibytes(2), storageClass: 'standard' }).one('StatefulSet').spec).toMatchObject({
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', creationTimestamp: null },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'standard',
          volumeMode: 'Filesystem',
          resources: { requests: { storage: '2Gi' } },
        },
        status: { phase: 'Pending' },
      },
    ],
    template: { spec: { volumes: [{ name: 'tmp' }] } },
  });
});

test('every other prop has its effect', () => {
  const { construct, one } = store({
    name: 'other',
    extraPorts: { metrics: 7001 },
    env: { MODE: 'single', PASSWORD: secretKey('orders-secrets', 'cache.password') },
    command: ['cached'],
    args: ['--verbose'],
    scratchPaths: ['/run/cache'],
    readinessCommand: ['cachectl', 'ping'],
    cpuRequest: Cpu.millis(10),
    cpuLimit: Cpu.millis(20),
    memoryRequest: Size.mebibytes(10),
    memoryLimit: Size.mebibytes(20),
  });
  expect(construct.ports).toEqual({ client: 7000, metrics: 7001 });
  expect(one('Service')).toMatchObject({
    metadata: { name: 'other' },
    spec: { ports: [{}, { name: 'metrics', port: 7001 }] },
  });
  expect(one('StatefulSet').spec).toMatchObject({
    template: {
      spec: {
        volumes: [{ name: 'tmp' }, { name: 'scratch-0', emptyDir: {} }, { name: 'data' }],
        containers: [
          {
            name: 'other',
            command: ['cached'],
            args: ['--verbose'],
            env: [
              { name: 'MODE', value: 'single' },
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'orders-secrets', key: 'cache.password' } } },
            ],
            resources: { requests: { cpu: '10m', memory: '10Mi' }, limits: { cpu: '20m', memory: '20Mi' } },
            volumeMounts: [{}, { name: 'scratch-0', mountPath: '/run/cache' }, {}],
            readinessProbe: { exec: { command: ['cachectl', 'ping'] } },
          },
        ],
      },
    },
  });
});

test.each<[string, Partial<StandaloneStoreProps>]>([
  ['names no version', { image: 'cache' }],
  ['"Cache" is not a valid name', { name: 'Cache' }],
  ['port "client" is 0', { port: 0 }],
  ['port "metrics" is 70000', { extraPorts: { metrics: 70000 } }],
  ['uid is 0', { uid: 0 }],
  ['dataPath has "data"', { dataPath: 'data' }],
  ['scratchPaths has "run"', { scratchPaths: ['run'] }],
  ['"A B" is not a valid name of an environment variable', { env: { 'A B': '' } }],
  ['storageSize is 0 KiB', { storageSize: Size.gibibytes(0) }],
  ['storageClass is "standard", but there is no volume', { storageClass: 'standard' }],
  ['"GP3" is not a valid object name', { storageSize: Size.gibibytes(1), storageClass: 'GP3' }],
  ['cpuRequest (2) is greater than cpuLimit (1)', { cpuRequest: Cpu.units(2) }],
])('says what is wrong: %s', (message, props) => {
  expect(() => store(props)).toThrow(message);
});
