/* Elasticsearch 7.17, run by ECK. */

import { Size, Yaml } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Elasticsearch,
  ElasticsearchSpecNodeSets,
  ElasticsearchSpecNodeSetsPodTemplateSpec,
  ElasticsearchSpecNodeSetsPodTemplateSpecContainersResourcesLimits,
  ElasticsearchSpecNodeSetsPodTemplateSpecContainersResourcesRequests,
  ElasticsearchSpecNodeSetsVolumeClaimTemplatesSpecResourcesRequests,
  ElasticsearchSpecVolumeClaimDeletePolicy,
} from '../../../imports/elasticsearch.k8s.elastic.co';
import { InvalidInputError } from '../../core/errors';
import { ZONE_LABEL } from '../../core/names';
import { customResourceRequirements, size } from '../../core/quantities';
import { requireDnsSubdomain, requireInteger } from '../../core/validation';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { Endpoint, Peer } from '../network/peer';
import { ResourceProps, sizeOf, claimSpec } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { restrictedPod, spreadStateful, ZoneSpread } from '../workload/pod-security';

/**
 * Properties of {@link ElasticsearchCluster}. A node asks for 1 CPU and 4 GiB by default, and may use 2 CPUs and no more memory than it
 * asked for: the heap is half of it, and used from the start.
 */
export interface ElasticsearchClusterProps extends ResourceProps {
  /** Name of the Elasticsearch object and of the clients' Service, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Release of Elasticsearch, 7.17 or a later 7. @default '7.17.22' (Jaeger 1.48 speaks 7) */
  readonly version?: string;
  /** Nodes, each of which holds data and may be elected. @default 3 */
  readonly nodes?: number;
  /**
   * Secret with the client's `username`, `password` and `roles`, the last naming {@link ElasticsearchCluster.role}. The name
   * `elastic` is taken: it is the operator's own superuser.
   */
  readonly userSecret: string;
  /** Begins the names of the indices that the client may make, write, read and delete. */
  readonly indexPrefix: string;
  /** Volume of a node. @default Size.gibibytes(50) */
  readonly storageSize?: Size;
  /** Class of the volumes. @default - the cluster's default class */
  readonly storageClass?: string;
  /**
   * Whether zones are a hard rule (`DoNotSchedule`) or a wish (`ScheduleAnyway`, for clusters without zone labels). With the
   * rule, copies of an index are kept in different zones too. @default 'DoNotSchedule'
   */
  readonly zoneSpread?: ZoneSpread;
  /** Where ECK's operator runs. @default - as its own manifests install it, in the namespace elastic-system */
  readonly operator?: Peer;
}

const ELASTICSEARCH_SIZE = size('1', '2', '4Gi', '4Gi');

/** The user of Elasticsearch's image. */
const ELASTICSEARCH_ID = 1000;

/**
 * Elasticsearch 7.17 in three nodes over the zones, run by ECK (2.11).
 *
 * Clients use `http://<name>:9200` with the user of a Secret, who may do what one role allows. TLS is off:
 * the namespace's policies let nobody but the declared clients reach the port.
 *
 * **Deleting the chart does not delete the data**: `volumeClaimDeletePolicy: DeleteOnScaledownOnly` leaves the claims, and a
 * cluster of the same name takes them up again. (A node that is scaled away gives its data to the others first, and then its
 * claim goes.) Deleting the namespace deletes every claim in it, which only a storage class with `reclaimPolicy: Retain` survives.
 *
 * There is no PodDisruptionBudget here because ECK makes a better one: it lets one node go while the indices are
 * whole, and none otherwise.
 *
 * @example
 * const traces = new ElasticsearchCluster(chart, 'elasticsearch', { userSecret: 'orders-elasticsearch-user', indexPrefix: 'jaeger-orders' });
 */
export class ElasticsearchCluster extends Construct implements Peer, NetworkedWorkload {
  /** Name of the Elasticsearch object, of the clients' Service, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `http`, for the clients. */
  readonly ports: Readonly<Record<'http', number>> = { http: 9200 };
  /** Name of the role that the key `roles` of the user's Secret has to name. */
  readonly role: string;
  /** The nodes. */
  readonly pods: readonly Peer[];
  /** What the nodes need of each other, and the operator of them. */
  readonly connections: readonly Connection[];

  /** @throws InvalidInputError if a prop is out of its range or empty, or a name is not valid */
  constructor(scope: Construct, id: string, props: ElasticsearchClusterProps) {
    super(scope, id);
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.role = `${this.name}-client`;
    const nodes = Endpoint.inCluster(`${this.name}-nodes`, {
      labels: { ...this.podLabels, 'elasticsearch.k8s.elastic.co/cluster-name': this.name },
      ports: { http: 9200, transport: 9300 },
    });
    this.pods = [nodes];
    const operator =
      props.operator ??
      Endpoint.inCluster('elastic-operator', {
        namespace: 'elastic-system',
        labels: { 'control-plane': 'elastic-operator' },
      });
    this.connections = [
      connection(nodes, nodes, 'transport'),
      // A node that is stopped says so by the Service, which may lead to any of them.
      connection(nodes, nodes, 'http'),
      connection(operator, nodes, 'http'),
    ];
    this.createCluster(props, this.createRole(props));
    // ECK's own Service is `<name>-es-http`.
    createService(this, this.ports);
  }

  private createCluster(props: ElasticsearchClusterProps, roleSecret: string): void {
    const where = this.node.path;
    const version = props.version ?? '7.17.22';
    if (!/^7\.(1[7-9]|[2-9]\d)\.\d+$/.test(version)) {
      throw new InvalidInputError(
        where,
        `version is "${version}"`,
        'Set a release of Elasticsearch 7.17, such as "7.17.22"',
      );
    }
    new Elasticsearch(this, 'elasticsearch', {
      metadata: {
        name: this.name,
        labels: { ...this.podLabels },
        // The operator copies the node's label onto the pod, which its init container waits for.
        ...(this.zonesAreKnown(props)
          ? { annotations: { 'eck.k8s.elastic.co/downward-node-labels': ZONE_LABEL } }
          : {}),
      },
      spec: {
        version,
        http: { tls: { selfSignedCertificate: { disabled: true } } },
        auth: {
          fileRealm: [{ secretName: requireDnsSubdomain(where, props.userSecret) }],
          roles: [{ secretName: roleSecret }],
        },
        volumeClaimDeletePolicy: ElasticsearchSpecVolumeClaimDeletePolicy.DELETE_ON_SCALEDOWN_ONLY,
        nodeSets: [this.nodeSet(props)],
      },
    });
  }

  private zonesAreKnown({ zoneSpread = 'DoNotSchedule' }: ElasticsearchClusterProps): boolean {
    return zoneSpread === 'DoNotSchedule';
  }

  private nodeSet(props: ElasticsearchClusterProps): ElasticsearchSpecNodeSets {
    const zones = this.zonesAreKnown(props)
      ? { 'node.attr.zone': '${ZONE}', 'cluster.routing.allocation.awareness.attributes': 'k8s_node_name,zone' }
      : {};
    const { storageSize = Size.gibibytes(50) } = props;
    const quantity = ElasticsearchSpecNodeSetsVolumeClaimTemplatesSpecResourcesRequests.fromString;
    return {
      name: 'default',
      count: requireInteger(this.node.path, 'nodes', props.nodes ?? 3, 1),
      config: {
        // Mapped files would need a kernel setting that only a privileged container can change.
        'node.store.allow_mmap': false,
        ...zones,
      },
      podTemplate: { metadata: { labels: { ...this.podLabels } }, spec: this.podSpec(props) },
      volumeClaimTemplates: [
        {
          // The name by which the operator knows the data.
          metadata: { name: 'elasticsearch-data' },
          spec: claimSpec(this.node.path, storageSize, props.storageClass, quantity),
        },
      ],
    };
  }

  private podSpec(props: ElasticsearchClusterProps): ElasticsearchSpecNodeSetsPodTemplateSpec {
    const { securityContext } = restrictedPod();
    const { runAsNonRoot, seccompProfile } = securityContext;
    const container = { securityContext: restrictedNode() };
    return {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // No group: the image's own has the rights on its files.
      securityContext: { runAsNonRoot, seccompProfile, runAsUser: ELASTICSEARCH_ID, fsGroup: ELASTICSEARCH_ID },
      topologySpreadConstraints: spreadStateful(this.podLabels, props.zoneSpread ?? 'DoNotSchedule'),
      // The operator merges its own containers into these, by name. It writes `resources` back if there are none, which an apply
      // would take out again.
      initContainers: [
        { name: 'elastic-internal-init-filesystem', ...container, resources: {} },
        { name: 'elastic-internal-suspend', ...container, resources: {} },
      ],
      containers: [{ name: 'elasticsearch', ...container, ...this.resources(props) }],
    };
  }

  private resources(props: ElasticsearchClusterProps) {
    const { memoryRequest = ELASTICSEARCH_SIZE.memoryRequest } = props;
    const asked = sizeOf(this.node.path, props, { ...ELASTICSEARCH_SIZE, memoryLimit: memoryRequest });
    // The other half caches files, outside the heap.
    const heap = Math.floor(memoryRequest.toKibibytes() / 2048);
    const zone = { name: 'ZONE', valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${ZONE_LABEL}']` } } };
    return {
      resources: customResourceRequirements(
        asked,
        ElasticsearchSpecNodeSetsPodTemplateSpecContainersResourcesLimits.fromString,
        ElasticsearchSpecNodeSetsPodTemplateSpecContainersResourcesRequests.fromString,
      ),
      env: [{ name: 'ES_JAVA_OPTS', value: `-Xms${heap}m -Xmx${heap}m` }, ...(this.zonesAreKnown(props) ? [zone] : [])],
    };
  }

  /** The operator takes roles from a Secret only. It holds no secret value, so that its file can be committed. */
  private createRole({ indexPrefix }: ElasticsearchClusterProps): string {
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(indexPrefix)) {
      throw new InvalidInputError(
        this.node.path,
        `indexPrefix is "${indexPrefix}"`,
        'Use lower-case letters, digits, "-" and "_"',
      );
    }
    const name = `${this.name}-roles`;
    const roles = Yaml.stringify({
      [this.role]: {
        // The release, which a client asks for first, and the templates of its indices.
        cluster: ['monitor', 'manage_index_templates'],
        indices: [
          {
            names: [`${indexPrefix}-*`],
            privileges: ['create_index', 'write', 'read', 'view_index_metadata', 'monitor', 'delete_index'],
          },
        ],
      },
    });
    new k8s.KubeSecret(this, 'roles', {
      metadata: { name, labels: { ...this.podLabels } },
      type: 'Opaque',
      data: { 'roles.yml': Buffer.from(roles).toString('base64') },
    });
    return name;
  }
}

/** Restricted, but for the root file system: Elasticsearch 7 writes its temporary files there. */
function restrictedNode() {
  return { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: false };
}
