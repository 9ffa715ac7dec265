import { z } from 'zod';
import { get, kubectl, namespace, tryKubectl } from '../kubernetes/kubectl';

type Labels = Readonly<Record<string, string>>;
type Ports = Readonly<Record<string, number>>;

/** A pod in the place of one that an operator would make. */
export interface StandIn {
  readonly name: string;
  readonly labels: Labels;
  /** The ports that its containers name. */
  readonly ports?: Ports;
  /** The construct's name for the pods of this kind. */
  readonly peer: string;
}

const labels = z.record(z.string(), z.string());
const labelled = z.object({ metadata: z.object({ labels }) });
const template = z.object({ template: z.object({ pod: labelled }), metricsConfig: z.unknown().optional() });

const kafka = z.object({
  spec: z.object({ kafka: template, zookeeper: template, entityOperator: template, kafkaExporter: template }),
});
const kafkaConnect = z.object({ spec: template });
const postgres = z.object({ spec: z.object({ inheritedMetadata: z.object({ labels }) }) });
const pooler = z.object({ spec: z.object({ template: labelled }) });
const redisCluster = labelled.extend({
  spec: z.object({ redisExporter: z.object({ enabled: z.boolean() }).optional() }),
});
const elasticsearch = z.object({ spec: z.object({ nodeSets: z.tuple([z.object({ podTemplate: labelled })]) }) });

/**
 * The pods that the operators make of the objects in the cluster: the labels of Strimzi 0.39, CloudNativePG 1.22, OT-CONTAINER-KIT's
 * Redis operator 0.18 and ECK 2.11, and those that each takes from the object. So are the names of the ports with metrics.
 */
export async function standIns(): Promise<StandIn[]> {
  const { spec: brokers } = await get(kafka, 'kafkas.kafka.strimzi.io/kafka');
  const connect = await get(kafkaConnect, 'kafkaconnects.kafka.strimzi.io/kafka-s3-sink');
  const servers = await get(postgres, 'clusters.postgresql.cnpg.io/postgres-cluster');
  const poolers = await get(pooler, 'poolers.postgresql.cnpg.io/postgres');
  const redis = await get(redisCluster, 'redisclusters.redis.redis.opstreelabs.in/redis');
  const nodes = await get(elasticsearch, 'elasticsearches.elasticsearch.k8s.elastic.co/elasticsearch');
  const { podTemplate } = nodes.spec.nodeSets[0];
  const { inheritedMetadata } = servers.spec;
  return [
    ...numbered(3, 'kafka-kafka', 'kafka', strimzi('Kafka', 'kafka', 'kafka', brokers.kafka), metricsOf(brokers.kafka)),
    ...numbered(
      3,
      'kafka-zookeeper',
      'kafka-zookeeper',
      strimzi('Kafka', 'kafka', 'zookeeper', brokers.zookeeper),
      metricsOf(brokers.zookeeper),
    ),
    ...numbered(
      1,
      'kafka-entity-operator',
      'kafka-entity-operator',
      strimzi('Kafka', 'kafka', 'entity-operator', brokers.entityOperator),
    ),
    ...numbered(
      1,
      'kafka-kafka-exporter',
      'kafka-exporter',
      strimzi('Kafka', 'kafka', 'kafka-exporter', brokers.kafkaExporter),
      strimziMetrics,
    ),
    ...numbered(
      2,
      'kafka-s3-sink-connect',
      'kafka-s3-sink',
      strimzi('KafkaConnect', 'kafka-s3-sink', 'kafka-connect', connect.spec),
      metricsOf(connect.spec),
    ),
    ...numbered(
      3,
      'postgres-cluster',
      'postgres-cluster',
      (name) => ({
        'cnpg.io/cluster': 'postgres-cluster',
        'cnpg.io/instanceName': name,
        'cnpg.io/podRole': 'instance',
        ...inheritedMetadata.labels,
      }),
      { postgresql: 5432, metrics: 9187, status: 8000 },
    ),
    ...['initdb', 'join'].flatMap((role) =>
      numbered(1, `postgres-cluster-${role}`, `postgres-${role}`, () => ({
        'cnpg.io/cluster': 'postgres-cluster',
        'cnpg.io/instanceName': 'postgres-cluster-1',
        'cnpg.io/jobRole': role,
      })),
    ),
    ...numbered(
      2,
      'postgres',
      'postgres-pooler',
      () => ({
        'cnpg.io/poolerName': 'postgres',
        'cnpg.io/podRole': 'pooler',
        ...poolers.spec.template.metadata.labels,
      }),
      { pgbouncer: 5432, metrics: 9127 },
    ),
    ...['leader', 'follower'].flatMap((role) =>
      numbered(
        3,
        `redis-${role}`,
        'redis-nodes',
        () => ({
          app: `redis-${role}`,
          redis_setup_type: 'cluster',
          role,
          ...redis.metadata.labels,
        }),
        redis.spec.redisExporter?.enabled === true ? { 'redis-exporter': 9121 } : {},
      ),
    ),
    ...numbered(3, 'elasticsearch-es-default', 'elasticsearch-nodes', () => ({
      ...podTemplate.metadata.labels,
      'common.k8s.elastic.co/type': 'elasticsearch',
      'elasticsearch.k8s.elastic.co/cluster-name': 'elasticsearch',
      'elasticsearch.k8s.elastic.co/statefulset-name': 'elasticsearch-es-default',
      'elasticsearch.k8s.elastic.co/http-scheme': 'http',
    })),
  ];
}

const monitoring = z.object({ spec: z.object({ podMetadata: labelled.shape.metadata }) });

/** The pods that the Prometheus operator 0.71 makes of the objects in the cluster; its own labels come last. */
export async function monitoringStandIns(): Promise<StandIn[]> {
  const prometheus = await get(monitoring, 'prometheuses.monitoring.coreos.com/prometheus');
  const alertmanager = await get(monitoring, 'alertmanagers.monitoring.coreos.com/alertmanager');
  const common = (kind: string): Labels => ({
    'app.kubernetes.io/instance': kind,
    'app.kubernetes.io/managed-by': 'prometheus-operator',
    'app.kubernetes.io/name': kind,
    [kind]: kind,
  });
  return [
    ...numbered(
      1,
      'prometheus-prometheus',
      'prometheus',
      () => ({
        ...prometheus.spec.podMetadata.labels,
        ...common('prometheus'),
        'operator.prometheus.io/name': 'prometheus',
        'operator.prometheus.io/shard': '0',
      }),
      { web: 9090, 'reloader-web': 8080 },
    ),
    ...numbered(
      1,
      'alertmanager-alertmanager',
      'alertmanager',
      () => ({ ...alertmanager.spec.podMetadata.labels, ...common('alertmanager') }),
      { web: 9093, 'mesh-tcp': 9094, 'reloader-web': 8080 },
    ),
  ];
}

function numbered(
  count: number,
  prefix: string,
  peer: string,
  labelsOf: (name: string) => Labels,
  ports: Ports = {},
): StandIn[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${index}`;
    return { name, peer, labels: labelsOf(name), ports };
  });
}

/** The exporter in a pod of Strimzi's. */
const strimziMetrics: Ports = { 'tcp-prometheus': 9404 };

/** Of pods that have it only where the object says how metrics are named. */
function metricsOf({ metricsConfig }: z.output<typeof template>): Ports {
  return metricsConfig === undefined ? {} : strimziMetrics;
}

/** Strimzi's own labels come last. */
function strimzi(kind: string, cluster: string, component: string, { template: { pod } }: z.output<typeof template>) {
  return (name: string): Labels => ({
    ...pod.metadata.labels,
    'strimzi.io/cluster': cluster,
    'strimzi.io/kind': kind,
    'strimzi.io/component-type': component,
    'strimzi.io/pod-name': name,
    'app.kubernetes.io/name': component,
    'app.kubernetes.io/instance': cluster,
    'app.kubernetes.io/managed-by': 'strimzi-cluster-operator',
  });
}

/** Runs pods with these labels and ports, and waits for all pods of the namespace. */
export async function runPods(pods: readonly Omit<StandIn, 'peer'>[]): Promise<void> {
  await create(
    pods.map(({ name, labels, ports = {} }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsNonRoot: true, runAsUser: 65535, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'pause',
            image: 'registry.k8s.io/pause:3.9',
            ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    })),
  );
  await kubectl('wait', 'pods', '--all', '--for=condition=Ready', '--namespace', namespace, '--timeout=60s');
}

const owner = z.object({ metadata: z.object({ uid: z.string() }) });

/** Makes the claims of the PostgreSQL servers as CloudNativePG does: owned by the Cluster. */
export async function createClaims(names: readonly string[]): Promise<void> {
  const { metadata } = await get(owner, 'clusters.postgresql.cnpg.io/postgres-cluster');
  const ownerReference = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', name: 'postgres-cluster' };
  await create(
    names.map((name) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, ownerReferences: [{ ...ownerReference, uid: metadata.uid, controller: true }] },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    })),
  );
}

/** Creates objects in the namespace. */
export async function create(items: readonly unknown[]): Promise<void> {
  const { code, stderr } = await tryKubectl(
    ['create', '--namespace', namespace, '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );
  if (code !== 0) {
    throw new Error(`kubectl create failed: ${stderr}`);
  }
}
