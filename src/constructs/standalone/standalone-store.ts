/* A store of one pod, for a laptop. */

import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { resourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireEnvName, requireImage, requireInteger, requirePort } from '../../core/validation';
import { Connection, NetworkedWorkload } from '../network/connection';
import { Peer } from '../network/peer';
import { envVar } from '../workload/env';
import { ResourceProps, sizeOf } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';
import { dataClaim, retainedStatefulSet } from '../workload/retained-stateful-set';

/** What every store on a laptop has in common. It asks for 100m CPU and 256 MiB by default, and may use 1 CPU and 1 GiB. */
export interface StandaloneSizeProps extends ResourceProps {
  /** Size of its volume, which outlives the store. @default - none: the data goes with the pod */
  readonly storageSize?: Size;
  /** Class of the volume. @default - the cluster's default class */
  readonly storageClass?: string;
}

const STORE_SIZE = size('100m', '1', '256Mi', '1Gi');

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
 * A store of one pod for a laptop: StatefulSet, Service and, if it has a size, a volume. It needs no operator.
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
  readonly namespace: string | undefined;
  /** Labels that select the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The clients' port first. */
  readonly ports: Readonly<Record<string, number>>;
  /** The one pod. */
  readonly pods: readonly Peer[];
  /** It opens no connection. */
  readonly connections: readonly Connection[] = [];

  /** @throws InvalidInputError if a prop is out of its range or empty, or a name is not valid */
  constructor(scope: Construct, id: string, props: StandaloneStoreProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
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
    createService(this, this.ports);
    this.createStatefulSet(props);
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
    return {
      name: this.name,
      image: requireImage(where, props.image),
      imagePullPolicy: 'IfNotPresent',
      ...defined({ command: props.command?.slice(), args: props.args?.slice() }),
      ports: Object.entries(this.ports).map(([name, containerPort]) => ({ name, containerPort })),
      env: Object.entries(props.env ?? {}).map(([name, value]) => envVar(requireEnvName(where, name), value)),
      resources: resourceRequirements(sizeOf(where, props, STORE_SIZE)),
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

function requireAbsolutePath(where: string, name: string, path: string): void {
  if (!path.startsWith('/') || path.length < 2) {
    throw new InvalidInputError(where, `${name} has "${path}"`, 'Write an absolute path, such as "/var/lib/store"');
  }
}
