/* Loki in one process, and where it keeps logs. */

import { Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { InvalidInputError } from '../../core/errors';
import { requireStorageSize, resourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireDnsSubdomain, requireImage, requireText } from '../../core/validation';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { firstPort, hostName, Peer } from '../network/peer';
import { envVars } from '../workload/env';
import { checksum } from '../workload/checksum';
import { ResourceProps, sizeOf } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';
import { dataClaim, retainedStatefulSet } from '../workload/retained-stateful-set';

/** Release of Loki and of Promtail, the last of 2.9. */
export const LOKI_RELEASE = '2.9.17';

/** Length at which a line is cut off, by Promtail as it reads it and by Loki as it takes it. */
export const LONGEST_LINE = Size.kibibytes(256);

/** Properties of {@link LogStorage.s3}. */
export interface S3LogStorageProps {
  /** S3 or MinIO. TLS is used on port 443. */
  readonly objectStore: Peer;
  /** Bucket of the logs; nobody else's. */
  readonly bucket: string;
  /** Region of the bucket; MinIO takes any. @default 'us-east-1' */
  readonly region?: string;
  /** Access key of the bucket. */
  readonly accessKey: SecretKey;
  /** Secret key of the bucket. */
  readonly secretKey: SecretKey;
  /** Volume of what is not in the bucket yet. @default Size.gibibytes(10) */
  readonly volumeSize?: Size;
}

/** Where logs are kept. */
export abstract class LogStorage {
  /** On the pod's volume, which has to hold the logs of the whole retention. */
  static volume(size: Size): LogStorage {
    return new VolumeStorage(size);
  }

  /** In a bucket. The volume only holds the index's cache, and what was written within the last hours. */
  static s3(props: S3LogStorageProps): LogStorage {
    return new S3Storage(props);
  }

  /** Loki's name for this kind of storage. @internal */
  abstract readonly _type: 'filesystem' | 's3';
  /** @internal */
  abstract readonly _volumeSize: Size;
  /** Where Loki has to connect to keep logs. @internal */
  readonly _server?: Peer;
  /** The credentials, in the variables that the AWS SDK reads. @internal */
  readonly _credentials: Readonly<Record<string, SecretKey>> = {};
  /** @internal */
  abstract _config(where: string, namespace: string | undefined): object;
}

class VolumeStorage extends LogStorage {
  readonly _type = 'filesystem';

  constructor(readonly _volumeSize: Size) {
    super();
  }

  _config() {
    return { chunks_directory: `${DATA_PATH}/chunks`, rules_directory: `${DATA_PATH}/rules` };
  }
}

class S3Storage extends LogStorage {
  readonly _type = 's3';
  readonly _volumeSize: Size;
  override readonly _server: Peer;
  override readonly _credentials: Readonly<Record<string, SecretKey>>;

  constructor(private readonly props: S3LogStorageProps) {
    super();
    this._volumeSize = props.volumeSize ?? Size.gibibytes(10);
    this._server = props.objectStore;
    this._credentials = { AWS_ACCESS_KEY_ID: props.accessKey, AWS_SECRET_ACCESS_KEY: props.secretKey };
  }

  _config(where: string, namespace: string | undefined) {
    const { bucket, region = 'us-east-1' } = this.props;
    const port = firstPort(where, this._server);
    return {
      endpoint: `${hostName(this._server, namespace)}:${port}`,
      insecure: port !== 443,
      region: requireText(where, 'region', region),
      bucketnames: requireDnsSubdomain(where, bucket),
      // The bucket in the path, not in the host name, which MinIO's certificate and DNS don't know.
      s3forcepathstyle: true,
    };
  }
}

/** Properties of {@link LokiServer}. The pod asks for 250m CPU and 512 MiB by default, and may use 1 CPU and 2 GiB. */
export interface LokiServerProps extends ResourceProps {
  /** Name of the StatefulSet and of the Service, and the value of the pod's label `app`. @default - the construct's id */
  readonly name?: string;
  /** Image of Loki 2.9 with a tag other than `latest`, or with a digest. @default 'grafana/loki:2.9.17' */
  readonly image?: string;
  /** Where logs are kept. */
  readonly storage: LogStorage;
  /** Class of the volume. @default - the cluster's default class */
  readonly storageClass?: string;
  /** How long logs are kept, in whole hours. @default Duration.days(14) */
  readonly retention?: Duration;
  /** Logs that are taken in a second, of all containers or of one; twice as much at once. @default Size.mebibytes(8) */
  readonly ingestionRate?: Size;
  /** Length at which a line, or a stack trace, is cut off. @default Size.kibibytes(256) */
  readonly maxLineSize?: Size;
  /** How old a line may be when it comes in, in whole hours. @default Duration.days(7) */
  readonly maxLineAge?: Duration;
}

const LOKI_SIZE = size('250m', '1', '512Mi', '2Gi');

/** Lines that Loki's ingester sends in one message; a message has room for twice as many of the longest. */
const LINES_IN_A_MESSAGE = 128;

const DATA_PATH = '/loki';

/**
 * Loki 2.9 in one process, for the logs of a namespace or a few.
 *
 * It is one pod: while it is replaced, Promtail keeps what it has read and sends it again. There is no PodDisruptionBudget, since
 * one over a single pod would keep its node from ever being drained. The port is open to whom the namespace's policies let in:
 * Loki asks for no password.
 *
 * Deleting the chart leaves the volume (`data-<name>-0`), and a Loki of the same name takes it up again.
 *
 * @example
 * const loki = new LokiServer(chart, 'loki', { storage: LogStorage.volume(Size.gibibytes(50)) });
 */
export class LokiServer extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the StatefulSet, the Service, the container and the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `http`, for those who write, those who ask and Prometheus. */
  readonly ports: Readonly<Record<'http', number>> = { http: 3100 };
  /** The one pod. */
  readonly pods: readonly Peer[];
  /** To the object store, if there is one. */
  readonly connections: readonly Connection[];
  /** Its own metrics. */
  readonly metrics: readonly MetricsEndpoint[];

  /** @throws InvalidInputError if a prop is out of its range or empty, or a name is not valid */
  constructor(scope: Construct, id: string, props: LokiServerProps) {
    super(scope, id);
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.pods = [this];
    this.metrics = [{ name: this.name, pods: this, viaService: true }];
    const { _server: server } = props.storage;
    this.connections = server === undefined ? [] : [connection(this, server)];
    const config = stringify(this.configuration(props), { lineWidth: 0 });
    new k8s.KubeConfigMap(this, 'config', {
      metadata: { name: `${this.name}-config`, labels: { ...this.podLabels } },
      data: { 'loki.yaml': config },
    });
    createService(this, this.ports, { byName: true });
    this.createStatefulSet(props, config);
  }

  private configuration(props: LokiServerProps) {
    const where = this.node.path;
    const { storage, memoryLimit = LOKI_SIZE.memoryLimit, maxLineSize = LONGEST_LINE } = props;
    const message = 2 * LINES_IN_A_MESSAGE * maxLineSize.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) * 1024;
    const client = { grpc_client_config: { max_recv_msg_size: message, max_send_msg_size: message } };
    return {
      auth_enabled: false,
      // Its parts talk to each other by gRPC, which refuses a message of more than 4 MiB by default: 16 of the longest lines.
      server: {
        http_listen_port: this.ports.http,
        grpc_server_max_recv_msg_size: message,
        grpc_server_max_send_msg_size: message,
      },
      ingester_client: client,
      frontend_worker: client,
      common: {
        path_prefix: DATA_PATH,
        // One process is its own ring.
        instance_addr: '127.0.0.1',
        replication_factor: 1,
        ring: { kvstore: { store: 'inmemory' } },
        storage: { [storage._type]: storage._config(where, this.namespace) },
      },
      // Never edit a past period: a new format is one more entry, whose `from` is in the future.
      schema_config: {
        configs: [
          {
            from: '2024-01-01',
            store: 'tsdb',
            object_store: storage._type,
            schema: 'v13',
            index: { prefix: 'index_', period: '24h' },
          },
        ],
      },
      storage_config: {
        tsdb_shipper: {
          active_index_directory: `${DATA_PATH}/index`,
          cache_location: `${DATA_PATH}/index-cache`,
          shared_store: storage._type,
        },
      },
      // What is replayed after a crash must fit; Loki's own 4 GB would be killed for it again and again.
      ingester: {
        wal: { dir: `${DATA_PATH}/wal`, replay_memory_ceiling: sizeText(where, 'memoryLimit', halfOf(memoryLimit)) },
      },
      compactor: {
        working_directory: `${DATA_PATH}/compactor`,
        shared_store: storage._type,
        retention_enabled: true,
      },
      limits_config: this.limits(props),
      analytics: { reporting_enabled: false },
    };
  }

  private limits(props: LokiServerProps) {
    const where = this.node.path;
    const { ingestionRate = Size.mebibytes(8) } = props;
    const rate = ingestionRate.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) / 1024;
    if (!(rate > 0)) {
      throw new InvalidInputError(where, `ingestionRate is ${rate} MiB`, 'Set ingestionRate to more than nothing');
    }
    return {
      // Loki keeps nothing for less than a day.
      retention_period: requireHours(where, 'retention', props.retention ?? Duration.days(14), 24),
      ingestion_rate_mb: rate,
      ingestion_burst_size_mb: rate * 2,
      // What one container may write, as a stream: Loki's own 3 MB in a second would cut off a busy one below the rate of all.
      per_stream_rate_limit: sizeText(where, 'ingestionRate', ingestionRate),
      per_stream_rate_limit_burst: sizeText(where, 'ingestionRate', twice(ingestionRate)),
      max_line_size: sizeText(where, 'maxLineSize', props.maxLineSize ?? LONGEST_LINE),
      // Long lines are cut rather than dropped: the beginning of a stack trace says most.
      max_line_size_truncate: true,
      reject_old_samples: true,
      reject_old_samples_max_age: requireHours(where, 'maxLineAge', props.maxLineAge ?? Duration.days(7), 1),
    };
  }

  private createStatefulSet(props: LokiServerProps, config: string): void {
    const { securityContext, volumes } = restrictedPod();
    const spec: k8s.StatefulSetSpec = {
      serviceName: this.name,
      replicas: 1,
      selector: { matchLabels: { ...this.podLabels } },
      template: {
        // A process reads its configuration once: another text is another pod.
        metadata: { labels: { ...this.podLabels }, annotations: { 'checksum/config': checksum(config) } },
        spec: {
          securityContext: { ...securityContext, fsGroupChangePolicy: 'OnRootMismatch' },
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 60,
          volumes: [...volumes, { name: 'config', configMap: { name: `${this.name}-config` } }],
          containers: [this.container(props)],
        },
      },
    };
    const claim = dataClaim(this.node.path, 'the volume of storage', props.storage._volumeSize, props.storageClass);
    retainedStatefulSet(this, this.name, this.podLabels, spec, claim);
  }

  private container(props: LokiServerProps): k8s.Container {
    const where = this.node.path;
    const { securityContext, volumeMounts } = restrictedContainer();
    const env = envVars(props.storage._credentials);
    const ready = { httpGet: { path: '/ready', port: k8s.IntOrString.fromString('http') }, timeoutSeconds: 5 };
    return {
      name: this.name,
      image: requireImage(where, props.image ?? `grafana/loki:${LOKI_RELEASE}`),
      imagePullPolicy: 'IfNotPresent',
      args: ['-config.file=/etc/loki/loki.yaml'],
      ports: [{ name: 'http', containerPort: this.ports.http }],
      ...(env.length === 0 ? {} : { env }),
      resources: resourceRequirements(sizeOf(where, props, LOKI_SIZE)),
      securityContext,
      volumeMounts: [
        ...volumeMounts,
        { name: 'config', mountPath: '/etc/loki', readOnly: true },
        { name: 'data', mountPath: DATA_PATH },
      ],
      // No liveness probe: a Loki that is slow, or replays what it had not stored, gains nothing by a restart.
      readinessProbe: { ...ready, periodSeconds: 10 },
    };
  }
}

function halfOf(size: Size): Size {
  return Size.kibibytes(Math.floor(size.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) / 2));
}

function twice(size: Size): Size {
  return Size.kibibytes(2 * size.toKibibytes({ rounding: SizeRoundingBehavior.NONE }));
}

/** As Loki writes sizes, whose KB are 1024 bytes. */
function sizeText(where: string, name: string, size: Size): string {
  requireStorageSize(where, name, size);
  return `${size.toKibibytes()}KB`;
}

function requireHours(where: string, name: string, duration: Duration, minimum: number): string {
  const hours = duration.toMilliseconds({ integral: false }) / 3_600_000;
  if (!Number.isInteger(hours) || hours < minimum) {
    throw new InvalidInputError(
      where,
      `${name} is ${hours} hours`,
      `Set ${name} to a whole number of hours, at least ${minimum}`,
    );
  }
  return `${hours}h`;
}
