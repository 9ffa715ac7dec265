/* A Redis cluster, run by the OT-CONTAINER-KIT operator. */

import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { NODE_LABEL, ZONE_LABEL } from '../../core/names';
import {
  RedisCluster as RedisClusterResource,
  RedisClusterSpecRedisExporter,
  RedisClusterSpecStorage,
  RedisClusterSpecKubernetesConfigResourcesLimits,
  RedisClusterSpecKubernetesConfigResourcesRequests,
  RedisClusterSpecRedisExporterResourcesLimits,
  RedisClusterSpecRedisExporterResourcesRequests,
  RedisClusterSpecRedisLeader,
  RedisClusterSpecStorageNodeConfVolumeClaimTemplateSpecResourcesRequests,
  RedisClusterSpecStorageVolumeClaimTemplateSpecResourcesRequests,
} from '../../../imports/redis.redis.opstreelabs.in';
import { ContainerSize, customResourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireImage, requireInteger } from '../../core/validation';
import { accountWithoutToken } from '../workload/service-account';
import { disruptionBudget } from '../workload/disruption-budget';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { Endpoint, Peer } from '../network/peer';
import { secretKeyRef } from '../workload/env';
import { ResourceProps, sizeOf, claimSpec } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { restrictedContainer, restrictedPod, ZoneSpread } from '../workload/pod-security';

/** What Redis does with a write when its memory is full. */
export type RedisEvictionPolicy = 'noeviction' | 'allkeys-lru' | 'allkeys-lfu' | 'volatile-lru' | 'volatile-ttl';

/**
 * Properties of {@link RedisCluster}. A pod asks for 500m CPU and 1 GiB by default, and may use 1 CPU and 2 GiB; the keys get three
 * quarters of the memory that it may use.
 */
export interface RedisClusterProps extends ResourceProps {
  /** Name of the RedisCluster and of the clients' Service, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Image of the operator's makers with a tag other than `latest`, or with a digest. @default 'quay.io/opstree/redis:v7.0.15' */
  readonly image?: string;
  /** Image of the exporter of metrics. @default 'quay.io/opstree/redis-exporter:v1.44.0' */
  readonly exporterImage?: string;
  /** Shards, each with a leader and a follower; a cluster has at least three. @default 3 */
  readonly shards?: number;
  /** The password that clients, and the nodes among themselves, give. */
  readonly password: SecretKey;
  /** What happens to a write when the memory is full. @default 'noeviction': the client is told, and nothing is lost silently */
  readonly evictionPolicy?: RedisEvictionPolicy;
  /** Volume of a pod's keys. @default Size.gibibytes(10) */
  readonly storageSize?: Size;
  /** Class of the volumes. @default - the cluster's default class */
  readonly storageClass?: string;
  /**
   * Whether a zone of its own for each leader, and for each follower, is a hard rule (`DoNotSchedule`: as many zones as
   * shards are needed) or a wish (`ScheduleAnyway`). @default 'DoNotSchedule'
   */
  readonly zoneSpread?: ZoneSpread;
  /** Where the operator runs. @default - as its makers install it, in the namespace ot-operators */
  readonly operator?: Peer;
}

/** The user of the operator's Redis image. */
const REDIS_ID = 1000;

/** The sidecar only asks its Redis for numbers. */
const EXPORTER_SIZE = size('50m', '100m', '32Mi', '64Mi');

const REDIS_SIZE = size('500m', '1', '1Gi', '2Gi');

/** The label of the operator's pods that are part of a cluster. */
const SETUP = { redis_setup_type: 'cluster' };

/**
 * A Redis 7.0 cluster of three shards with a replica each, run by the OT-CONTAINER-KIT operator (0.18).
 *
 * Clients use the Service `<name>` to find the nodes, and then each node by its address, as clients of a Redis cluster do.
 *
 * **Deleting the chart does not delete the data**: `keepAfterDelete` tells the operator to leave the claims, and a cluster
 * of the same name takes them up again. Deleting the namespace deletes every claim in it, which only a storage class with
 * `reclaimPolicy: Retain` survives.
 *
 * @example
 * const redis = new RedisCluster(chart, 'redis', { password: secretKey('orders-secrets', 'redis.password') });
 */
export class RedisCluster extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the RedisCluster, of the clients' Service, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `redis`, and `metrics` of the exporter beside it. */
  readonly ports: Readonly<Record<'redis' | 'metrics', number>> = { redis: 6379, metrics: 9121 };
  /** Leaders and followers, which change places when a leader is lost. */
  readonly pods: readonly Peer[];
  /** How many nodes there are, two of each shard. */
  readonly nodeCount: number;
  /** What the nodes need of each other, and the operator of them. */
  readonly connections: readonly Connection[];
  /** What the exporters beside the nodes tell. */
  readonly metrics: readonly MetricsEndpoint[];

  /** @throws InvalidInputError if a prop is out of its range or empty, or a name is not valid */
  constructor(scope: Construct, id: string, props: RedisClusterProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    // The operator copies the labels of the RedisCluster onto the pods, over its own `app`, and adds this kind.
    const nodes = Endpoint.inCluster(`${this.name}-nodes`, {
      labels: this.selector(),
      ports: { ...this.ports, bus: 16379 },
    });
    this.pods = [nodes];
    this.metrics = [{ name: this.name, pods: nodes, port: 'metrics', containerPort: 'redis-exporter', vital: true }];
    const operator =
      props.operator ??
      Endpoint.inCluster('redis-operator', { namespace: 'ot-operators', labels: { name: 'redis-operator' } });
    this.connections = [
      connection(nodes, nodes, 'redis'),
      connection(nodes, nodes, 'bus'),
      connection(operator, nodes),
    ];
    this.nodeCount = 2 * requireInteger(where, 'shards', props.shards ?? 3, 3);
    const asked = sizeOf(where, props, REDIS_SIZE);
    this.createCluster(props, asked, this.createConfig(props, asked));
    // The operator's Services are `<name>-leader` and `<name>-follower`; clients want one name.
    createService(this, { redis: this.ports.redis }, { labels: SETUP });
    // Not the operator's budgets, which select on the label `app` that it would have given, so no pod of ours. One for all the nodes
    // together, since either half of a shard may be its leader.
    disruptionBudget(this, this.name, this.selector());
  }

  private selector(): Record<string, string> {
    return { ...this.podLabels, ...SETUP };
  }

  /** Lines after the image's own, which already make a cluster with a password, and write every change to the volume. */
  private createConfig({ evictionPolicy = 'noeviction' }: RedisClusterProps, { memoryLimit }: ContainerSize): string {
    const name = `${this.name}-config`;
    // The rest is for the copy that a rewrite of the log makes, and for the buffers of clients and followers.
    const maxMemory = Math.floor((memoryLimit.toKibibytes() * 3) / 4);
    new k8s.KubeConfigMap(this, 'config', {
      metadata: { name, labels: { ...this.podLabels } },
      data: {
        'redis-additional.conf': `maxmemory ${maxMemory}kb\nmaxmemory-policy ${evictionPolicy}\nappendfsync everysec\n`,
      },
    });
    return name;
  }

  private createCluster(props: RedisClusterProps, size: ContainerSize, configName: string): void {
    const where = this.node.path;
    const { securityContext: pod } = restrictedPod();
    new RedisClusterResource(this, 'cluster', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      spec: {
        clusterSize: this.nodeCount / 2,
        clusterVersion: 'v7',
        serviceAccountName: accountWithoutToken(this, this.name, this.podLabels),
        persistenceEnabled: true,
        podSecurityContext: { ...pod, runAsUser: REDIS_ID, runAsGroup: REDIS_ID, fsGroup: REDIS_ID },
        kubernetesConfig: {
          image: requireImage(where, props.image ?? 'quay.io/opstree/redis:v7.0.15'),
          imagePullPolicy: 'IfNotPresent',
          redisSecret: secretKeyRef(props.password),
          // The operator reads these, not spec.resources.
          resources: customResourceRequirements(
            size,
            RedisClusterSpecKubernetesConfigResourcesLimits.fromString,
            RedisClusterSpecKubernetesConfigResourcesRequests.fromString,
          ),
        },
        redisLeader: this.role('leader', props.zoneSpread ?? 'DoNotSchedule', configName),
        redisFollower: this.role('follower', props.zoneSpread ?? 'DoNotSchedule', configName),
        redisExporter: this.exporter(props),
        storage: this.storage(props),
      },
    });
  }

  /** What leaders and followers each have; their types are the same. */
  private role(role: 'leader' | 'follower', zoneSpread: ZoneSpread, configName: string): RedisClusterSpecRedisLeader {
    return {
      redisConfig: { additionalRedisConfig: configName },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        // The image's entry point appends to /etc/redis/redis.conf.
        readOnlyRootFilesystem: false,
      },
      affinity: { podAntiAffinity: antiAffinity({ ...this.selector(), role }, this.selector(), zoneSpread) },
      // The operator fills in the command; its own times would restart a node that rewrites its log.
      readinessProbe: {
        initialDelaySeconds: 15,
        periodSeconds: 10,
        timeoutSeconds: 5,
        failureThreshold: 3,
        successThreshold: 1,
      },
      livenessProbe: {
        initialDelaySeconds: 15,
        periodSeconds: 15,
        timeoutSeconds: 5,
        failureThreshold: 6,
        successThreshold: 1,
      },
    };
  }

  private exporter(props: RedisClusterProps): RedisClusterSpecRedisExporter {
    const { securityContext } = restrictedContainer();
    return {
      enabled: true,
      image: requireImage(this.node.path, props.exporterImage ?? 'quay.io/opstree/redis-exporter:v1.44.0'),
      imagePullPolicy: 'IfNotPresent',
      port: this.ports.metrics,
      securityContext,
      resources: customResourceRequirements(
        EXPORTER_SIZE,
        RedisClusterSpecRedisExporterResourcesLimits.fromString,
        RedisClusterSpecRedisExporterResourcesRequests.fromString,
      ),
    };
  }

  private storage(props: RedisClusterProps): RedisClusterSpecStorage {
    const claim = <Q>(volume: Size, quantity: (text: string) => Q) => ({
      spec: claimSpec(this.node.path, volume, props.storageClass, quantity),
    });
    return {
      keepAfterDelete: true,
      volumeClaimTemplate: claim(
        props.storageSize ?? Size.gibibytes(10),
        RedisClusterSpecStorageVolumeClaimTemplateSpecResourcesRequests.fromString,
      ),
      nodeConfVolume: true,
      // Who a node is in the cluster: without it, a restarted node would come back as a stranger.
      nodeConfVolumeClaimTemplate: claim(
        Size.gibibytes(1),
        RedisClusterSpecStorageNodeConfVolumeClaimTemplateSpecResourcesRequests.fromString,
      ),
    };
  }
}

/** Pods of the same role in zones of their own; those of either role on nodes of their own, if it can be done. */
function antiAffinity(role: Record<string, string>, all: Record<string, string>, zoneSpread: ZoneSpread) {
  const zone = { topologyKey: ZONE_LABEL, labelSelector: { matchLabels: role } };
  const node = { topologyKey: NODE_LABEL, labelSelector: { matchLabels: all } };
  const preferred = [{ weight: 50, podAffinityTerm: node }];
  return zoneSpread === 'DoNotSchedule'
    ? {
        requiredDuringSchedulingIgnoredDuringExecution: [zone],
        preferredDuringSchedulingIgnoredDuringExecution: preferred,
      }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: zone }, ...preferred] };
}
