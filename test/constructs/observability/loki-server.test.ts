import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  LogStorage,
  LokiServer,
  LokiServerProps,
  S3LogStorageProps,
} from '../../../src/constructs/observability/loki-server';
import { Endpoint } from '../../../src/constructs/network/peer';
import { InvalidInputError } from '../../../src/core/errors';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf } from '../../synthesize';

const minio = Endpoint.external('minio.example.com', { port: 9000, cidrs: ['10.1.0.0/16'] });

const allS3Props: Required<S3LogStorageProps> = {
  objectStore: minio,
  bucket: 'shop-logs',
  region: 'eu-central-1',
  accessKey: secretKey('shop-logs', 'id'),
  secretKey: secretKey('shop-logs', 'secret'),
  volumeSize: Size.gibibytes(5),
};

const allProps: Required<LokiServerProps> = {
  name: 'logs',
  image: 'acme/loki:1.0.0',
  storage: LogStorage.s3(allS3Props),
  storageClass: 'fast',
  retention: Duration.days(30),
  ingestionRate: Size.mebibytes(16),
  maxLineSize: Size.mebibytes(1),
  maxLineAge: Duration.hours(12),
  cpuRequest: Cpu.millis(500),
  cpuLimit: Cpu.units(2),
  memoryRequest: Size.gibibytes(1),
  memoryLimit: Size.gibibytes(3),
};

function loki(props: Partial<LokiServerProps> = {}) {
  const construct = new LokiServer(newChart(), 'loki', { storage: LogStorage.volume(Size.gibibytes(50)), ...props });
  const one = (kind: string) => objectOf(construct, kind, anyObject);
  const config: unknown = parse(one('ConfigMap').data?.['loki.yaml'] ?? '');
  return { construct, one, config };
}

describe('by default', () => {
  test('is a peer on port 3100', () => {
    const { construct, one } = loki();
    expect(construct).toMatchObject({ name: 'loki', namespace: 'shop', podLabels: { app: 'loki' }, connections: [] });
    expect(construct.ports).toEqual({ http: 3100 });
    expect(construct.pods).toEqual([construct]);
    expect(one('Service')).toMatchObject({
      metadata: { name: 'loki', labels: { app: 'loki' } },
      spec: { type: 'ClusterIP', selector: { app: 'loki' }, ports: [{ name: 'http', port: 3100, targetPort: 'http' }] },
    });
  });

  test('one pod without rights keeps its logs on a volume that outlives it', () => {
    expect(loki().one('StatefulSet')).toMatchObject({
      metadata: { name: 'loki', labels: { app: 'loki' } },
      spec: {
        replicas: 1,
        serviceName: 'loki',
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                image: 'grafana/loki:2.9.17',
                args: ['-config.file=/etc/loki/loki.yaml'],
                resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '2Gi' } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMounts: [{ mountPath: '/tmp' }, { mountPath: '/etc/loki' }, { mountPath: '/loki' }],
                readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
              },
            ],
          },
        },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '50Gi' } } } }],
      },
    });
  });

  test('its configuration is that of one process with a TSDB index', () => {
    expect(loki().config).toEqual({
      auth_enabled: false,
      server: {
        http_listen_port: 3100,
        grpc_server_max_recv_msg_size: 67108864,
        grpc_server_max_send_msg_size: 67108864,
      },
      ingester_client: { grpc_client_config: { max_recv_msg_size: 67108864, max_send_msg_size: 67108864 } },
      frontend_worker: { grpc_client_config: { max_recv_msg_size: 67108864, max_send_msg_size: 67108864 } },
      common: {
        path_prefix: '/loki',
        instance_addr: '127.0.0.1',
        replication_factor: 1,
        ring: { kvstore: { store: 'inmemory' } },
        storage: { filesystem: { chunks_directory: '/loki/chunks', rules_directory: '/loki/rules' } },
      },
      schema_config: {
        configs: [
          {
            from: '2024-01-01',
            store: 'tsdb',
            object_store: 'filesystem',
            schema: 'v13',
            index: { prefix: 'index_', period: '24h' },
          },
        ],
      },
      storage_config: {
        tsdb_shipper: {
          active_index_directory: '/loki/index',
          cache_location: '/loki/index-cache',
          shared_store: 'filesystem',
        },
      },
      ingester: { wal: { dir: '/loki/wal', replay_memory_ceiling: '1048576KB' } },
      compactor: { working_directory: '/loki/compactor', shared_store: 'filesystem', retention_enabled: true },
      limits_config: {
        retention_period: '336h',
        ingestion_rate_mb: 8,
        ingestion_burst_size_mb: 16,
        per_stream_rate_limit: '8192KB',
        per_stream_rate_limit_burst: '16384KB',
        max_line_size: '256KB',
        max_line_size_truncate: true,
        reject_old_samples: true,
        reject_old_samples_max_age: '168h',
      },
      analytics: { reporting_enabled: false },
    });
  });
});

test('every prop has its place', () => {
  const { construct, one, config } = loki(allProps);
  expect(one('StatefulSet')).toMatchObject({
    metadata: { name: 'logs' },
    spec: {
      template: {
        spec: {
          containers: [
            {
              image: 'acme/loki:1.0.0',
              env: [
                { name: 'AWS_ACCESS_KEY_ID', valueFrom: { secretKeyRef: { name: 'shop-logs', key: 'id' } } },
                { name: 'AWS_SECRET_ACCESS_KEY', valueFrom: { secretKeyRef: { name: 'shop-logs', key: 'secret' } } },
              ],
              resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '3Gi' } },
            },
          ],
        },
      },
      volumeClaimTemplates: [{ spec: { storageClassName: 'fast', resources: { requests: { storage: '5Gi' } } } }],
    },
  });
  expect(config).toMatchObject({
    common: {
      storage: {
        s3: {
          endpoint: 'minio.example.com:9000',
          insecure: true,
          region: 'eu-central-1',
          bucketnames: 'shop-logs',
          s3forcepathstyle: true,
        },
      },
    },
    schema_config: { configs: [{ object_store: 's3' }] },
    storage_config: { tsdb_shipper: { shared_store: 's3' } },
    compactor: { shared_store: 's3' },
    ingester: { wal: { replay_memory_ceiling: '1572864KB' } },
    limits_config: {
      retention_period: '720h',
      ingestion_rate_mb: 16,
      ingestion_burst_size_mb: 32,
      per_stream_rate_limit: '16384KB',
      per_stream_rate_limit_burst: '32768KB',
      max_line_size: '1024KB',
      reject_old_samples_max_age: '12h',
    },
  });
  expect(construct.connections).toEqual([{ from: construct, to: minio, port: 9000, protocol: 'TCP' }]);
});

test('a message has room for the 128 longest lines that the ingester sends in one', () => {
  const sizes = z.object({
    server: z.object({ grpc_server_max_recv_msg_size: z.int(), grpc_server_max_send_msg_size: z.int() }),
    ingester_client: z.object({ grpc_client_config: z.object({ max_recv_msg_size: z.int() }) }),
    frontend_worker: z.object({ grpc_client_config: z.object({ max_send_msg_size: z.int() }) }),
  });
  for (const maxLineSize of [Size.kibibytes(256), Size.mebibytes(1)]) {
    const { server, ingester_client: ingester, frontend_worker: worker } = sizes.parse(loki({ maxLineSize }).config);
    const limits = [
      server.grpc_server_max_recv_msg_size,
      server.grpc_server_max_send_msg_size,
      ingester.grpc_client_config.max_recv_msg_size,
      worker.grpc_client_config.max_send_msg_size,
    ];
    expect(Math.min(...limits)).toBeGreaterThan(128 * maxLineSize.toKibibytes() * 1024);
  }
});

test('S3 is spoken to by TLS on port 443, with a region and a volume unless there are others', () => {
  const storage = LogStorage.s3({
    objectStore: Endpoint.external('s3.example.com', { port: 443 }),
    bucket: 'shop-logs',
    accessKey: allS3Props.accessKey,
    secretKey: allS3Props.secretKey,
  });
  const { one, config } = loki({ storage });
  expect(config).toMatchObject({
    common: { storage: { s3: { endpoint: 's3.example.com:443', insecure: false, region: 'us-east-1' } } },
  });
  expect(one('StatefulSet').spec).toMatchObject({
    volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '10Gi' } } } }],
  });
});

test('another configuration is another pod', () => {
  const spec = z.object({
    template: z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) }),
  });
  const annotations = (props: Partial<LokiServerProps>) =>
    spec.parse(loki(props).one('StatefulSet').spec).template.metadata.annotations;
  expect(annotations({})['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
  expect(annotations({})).toEqual(annotations({ cpuLimit: Cpu.units(4) }));
  expect(annotations({})).not.toEqual(annotations({ retention: Duration.days(7) }));
});

test.each<[string, Partial<LokiServerProps>, string, string]>([
  [
    'a retention of less than a day',
    { retention: Duration.hours(12) },
    'retention is 12 hours',
    'Set retention to a whole number of hours, at least 24',
  ],
  [
    'an age in parts of an hour',
    { maxLineAge: Duration.minutes(90) },
    'maxLineAge is 1.5 hours',
    'Set maxLineAge to a whole number of hours, at least 1',
  ],
  [
    'no ingestion',
    { ingestionRate: Size.kibibytes(0) },
    'ingestionRate is 0 MiB',
    'Set ingestionRate to more than nothing',
  ],
  [
    'an empty volume',
    { storage: LogStorage.volume(Size.gibibytes(0)) },
    'the volume of storage is 0 KiB',
    'Set the volume of storage to a whole number of KiB, at least 1',
  ],
  [
    'an image without a version',
    { image: 'grafana/loki' },
    'image "grafana/loki" names no version',
    'Give it a tag other than "latest", or a digest (name@sha256:…)',
  ],
])('%s is refused', (_, props, problem, remedy) => {
  expect(() => loki(props)).toThrow(new InvalidInputError('test/loki', problem, remedy));
});
