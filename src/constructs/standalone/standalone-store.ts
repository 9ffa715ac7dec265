import { Chart, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { InvalidInputError } from '../../core/errors';
import { requireContainerSize, resourceRequirements } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireDnsLabel, requireEnvName, requireImage, requireInteger, requirePort } from '../../core/validation';
import { Connection, NetworkedWorkload } from '../network/connection';
import { Peer } from '../network/peer';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';
import { dataClaim, retainedStatefulSet } from '../workload/retained-stateful-set';

/** What every store on a laptop has in common. */
export interface StandaloneSizeProps {
  /** CPU reserved. @default Cpu.millis(100) */
  readonly cpuRequest?: Cpu;
  /** CPU the store may use. @default Cpu.units(1) */
  readonly cpuLimit?: Cpu;
  /** Memory reserved. @default Size.mebibytes(256) */
  readonly memoryRequest?: Size;
  /** Memory the store may use. @default Size.gibibytes(1) */
  readonly memoryLimit?: Size;
  /** Size of its volume, which outlives the store. @default - none: the data goes with the pod */
  readonly storageSize?: Size;
  /** Class of the volume. @default - the cluster's default class */
  readonly storageClass?: string;
}

/** Properties of {@link StandaloneStore}. */
export interface StandaloneStoreProps extends StandaloneSizeProps {
  /** Container image with a tag other than `latest`, or with a digest. */
  readonly image: string;
  /** The clients' port. */
  readonly port: number;
  /** Further ports by name. @default - none */
  readonly extraPorts?: Readonly<Record<string, number>>;
  /** Where the store keeps its data. */
  readonly dataPath: string;
  /** User and group the container runs as; the image's own user, where it has one. */
  readonly uid: number;
  /** Name of the StatefulSet, the Service and the container, and the value of the pod's label `app`. @default - the construct's id */
  readonly name?: string;
  /** Environment variables: plain values, or keys of Secrets. @default - none */
  readonly env?: Readonly<Record<string, string | SecretKey>>;
  /** What runs in the container. @default - the image's entry point */
  readonly command?: readonly string[];
  /** Its arguments. @default - the image's own */
  readonly args?: readonly string[];
  /** Folders beside `/tmp` that the store writes to and that need not outlive the pod. @default - none */
  readonly scratchPaths?: readonly string[];
  /** A command that succeeds once clients can be served. @default - the clients' port accepts a connection */
  readonly readinessCommand?: readonly string[];
}

/**
 * A store of one pod for a laptop: StatefulSet, Service and, where it has a size, a volume. It needs no operator.
 *
 * Deleting the store leaves its volume: neither the StatefulSet's deletion nor its scaling touches the claim
 * `data-<name>-0`, and a store of the same name takes it up again.
 *
 * @example
 * const cache = new StandaloneStore(chart, 'cache', { image: 'memcached:1.6.34', port: 11211, dataPath: '/data', uid: 11211 });
 */
export class StandaloneStore extends Construct implements Peer, NetworkedWorkload {
  /** Name of the StatefulSet, the Service, the container and the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace?: string;
  /** Labels that select the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The clients' port first. */
  readonly ports: Readonly<Record<string, number>>;
  /** The one pod. */
  readonly pods: readonly Peer[];
  /** It opens no connection. */
  readonly connections: readonly Connection[] = [];

  /** @throws InvalidInputError where a prop is out of its range, empty, or no name that Kubernetes accepts */
  constructor(scope: Construct, id: string, props: StandaloneStoreProps) {
    super(scope, id);
    const where = this.node.path;
    this.name = requireDnsLabel(where, props.name ?? id);
    const namespace = Chart.of(this).namespace;
    if (namespace !== undefined) this.namespace = namespace;
    this.podLabels = { app: this.name };
    this.ports = { client: props.port, ...props.extraPorts };
    Object.entries(this.ports).forEach(([name, port]) => requirePort(where, `port "${name}"`, port));
    this.pods = [this];
    requireInteger(where, 'uid', props.uid, 1);
    for (const [name, path] of [
      ['dataPath', props.dataPath],
      ...(props.scratchPaths ?? []).map((path) => ['scratchPaths', path] as const),
    ] as const) {
      requireAbsolutePath(where, name, path);
    }
    this.createService();
    this.createStatefulSet(props);
  }

  private createService(): void {
    new k8s.KubeService(this, 'service', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      spec: {
        type: 'ClusterIP',
        selector: { ...this.podLabels },
        ports: Object.entries(this.ports).map(([name, port]) => ({
          name,
          port,
          targetPort: k8s.IntOrString.fromNumber(port),
        })),
      },
    });
  }

  private createStatefulSet(props: StandaloneStoreProps): void {
    const { securityContext, volumes } = restrictedPod();
    const scratch = (props.scratchPaths ?? []).map((mountPath, index) => ({ name: `scratch-${index}`, mountPath }));
    const claim = this.claim(props);
    const spec: k8s.StatefulSetSpec = {
      serviceName: this.name,
      replicas: 1,
      selector: { matchLabels: { ...this.podLabels } },
      template: {
        metadata: { labels: { ...this.podLabels } },
        spec: {
          securityContext: { ...securityContext, runAsUser: props.uid, runAsGroup: props.uid, fsGroup: props.uid },
          automountServiceAccountToken: false,
          // Variables such as REDIS_PORT=tcp://…, one set a Service of the namespace, would be taken for settings.
          enableServiceLinks: false,
          // Time to write everything down: a store that is killed has to repair its data first when it starts again.
          terminationGracePeriodSeconds: 60,
          volumes: [
            ...volumes,
            ...scratch.map(({ name }) => ({ name, emptyDir: {} })),
            ...(claim === undefined ? [{ name: 'data', emptyDir: {} }] : []),
          ],
          containers: [this.container(props, scratch)],
        },
      },
    };
    retainedStatefulSet(this, this.name, this.podLabels, spec, claim);
  }

  private claim({ storageSize, storageClass }: StandaloneStoreProps) {
    const where = this.node.path;
    if (storageSize === undefined) {
      if (storageClass !== undefined) {
        throw new InvalidInputError(
          where,
          `storageClass is "${storageClass}", but there is no volume`,
          'Set storageSize, or leave storageClass out',
        );
      }
      return undefined;
    }
    return dataClaim(where, 'storageSize', storageSize, storageClass);
  }

  private container(props: StandaloneStoreProps, scratch: readonly k8s.VolumeMount[]): k8s.Container {
    const where = this.node.path;
    const { securityContext, volumeMounts } = restrictedContainer();
    const size = requireContainerSize(where, {
      cpuRequest: props.cpuRequest ?? Cpu.millis(100),
      cpuLimit: props.cpuLimit ?? Cpu.units(1),
      memoryRequest: props.memoryRequest ?? Size.mebibytes(256),
      memoryLimit: props.memoryLimit ?? Size.gibibytes(1),
    });
    return {
      name: this.name,
      image: requireImage(where, props.image),
      imagePullPolicy: 'IfNotPresent',
      ...(props.command === undefined ? {} : { command: [...props.command] }),
      ...(props.args === undefined ? {} : { args: [...props.args] }),
      ports: Object.entries(this.ports).map(([name, containerPort]) => ({ name, containerPort })),
      env: Object.entries(props.env ?? {}).map(([name, value]) => variable(requireEnvName(where, name), value)),
      resources: resourceRequirements(size),
      securityContext,
      volumeMounts: [...volumeMounts, ...scratch, { name: 'data', mountPath: props.dataPath }],
      readinessProbe: {
        ...(props.readinessCommand === undefined
          ? { tcpSocket: { port: k8s.IntOrString.fromString('client') } }
          : { exec: { command: [...props.readinessCommand] } }),
        periodSeconds: 5,
        timeoutSeconds: 5,
      },
    };
  }
}

function variable(name: string, value: string | SecretKey): k8s.EnvVar {
  return typeof value === 'string'
    ? { name, value }
    : { name, valueFrom: { secretKeyRef: { name: value.secret, key: value.key } } };
}

function requireAbsolutePath(where: string, name: string, path: string): void {
  if (!path.startsWith('/') || path.length < 2) {
    throw new InvalidInputError(where, `${name} has "${path}"`, 'Write an absolute path, such as "/var/lib/store"');
  }
}
