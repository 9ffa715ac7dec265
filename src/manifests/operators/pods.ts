/* Every pod that an operator makes of a custom resource, and by what it gets each of its settings. */

import { KubeObject } from '../read';
import { at } from '../value';
import { Source, valuesAtField } from './source';

/** A container, and where its security context and its resources come from. */
interface OperatedContainer {
  readonly name: string;
  readonly context: Source;
  readonly resources: Source;
}

/** Pods of one sort. */
export interface OperatedPod {
  readonly group: string;
  readonly kind: string;
  /** Which of the object's pods: `brokers`. */
  readonly part: string;
  /** The field without which there is no such pod. @default - there always is */
  readonly madeBy?: string;
  /** Whether a Job makes them, so that there is one at a time, and it ends by itself. */
  readonly job?: true;
  /** The pod's security context. */
  readonly context: Source;
  readonly containers: readonly OperatedContainer[];
  /** What gives or refuses the pod a token of the Kubernetes API. */
  readonly token: Source;
  /** What keeps pods of this sort apart. It matters if there are several. */
  readonly spread: Source;
  /** What says how many a drain may take. It matters if there are several. */
  readonly budget: Source;
}

const fields = (...paths: readonly string[]): Source => ({ fields: paths });
const none = (why: string): Source => ({ none: why });
const operator = (how: string): Source => ({ operator: how });

const ALONE = none('one pod');
const IN_JOB = none('a Job, now and then');
const BUDGET: Source = { manifests: 'PodDisruptionBudget' };
const NO_FIELD = none('Strimzi 0.39 has no field for it');

/** A part of a Strimzi object, whose settings are in a map of its own. */
function strimzi(
  kind: string,
  part: string,
  at: string,
  containers: readonly string[],
  own: Partial<OperatedPod> = {},
) {
  const under = at === '' ? '' : `${at}.`;
  return {
    group: 'kafka.strimzi.io',
    kind,
    part,
    ...(at === '' ? {} : { madeBy: at }),
    context: fields(`${under}template.pod.securityContext`),
    containers: containers.map((name) => ({
      name,
      context: fields(`${under}template.${name}.securityContext`),
      resources: fields(`${under}resources`),
    })),
    token: NO_FIELD,
    spread: fields(`${under}template.pod.topologySpreadConstraints`, `${under}template.pod.affinity`),
    budget: fields(`${under}template.podDisruptionBudget`),
    ...own,
  } satisfies OperatedPod;
}

/** CloudNativePG's own context: user 26, no privilege escalation, no capability, a read-only root, seccomp RuntimeDefault. */
const POSTGRES = operator('as `restricted` asks, user 26');

function postgres(part: string, containers: readonly string[], own: Partial<OperatedPod>): OperatedPod {
  return {
    group: 'postgresql.cnpg.io',
    kind: 'Cluster',
    part,
    context: POSTGRES,
    containers: containers.map((name) => ({ name, context: POSTGRES, resources: fields('resources') })),
    token: none('it asks the Kubernetes API for its part in the cluster'),
    spread: fields('topologySpreadConstraints'),
    budget: operator('one replica at a time, and the primary after a switchover'),
    ...own,
  };
}

function redis(part: string, role: string): OperatedPod {
  return {
    group: 'redis.redis.opstreelabs.in',
    kind: 'RedisCluster',
    part,
    context: fields('podSecurityContext'),
    containers: [
      { name: role, context: fields(`${role}.securityContext`), resources: fields('kubernetesConfig.resources') },
      {
        name: 'redis-exporter',
        context: fields('redisExporter.securityContext'),
        resources: fields('redisExporter.resources'),
      },
    ],
    token: fields('serviceAccountName'),
    spread: fields(`${role}.affinity`),
    budget: BUDGET,
  };
}

const NO_CONTEXT = none('the Jaeger operator 1.48 has no field for it, so `restricted` refuses it');

/** A part of a Jaeger; what is not set for it is the whole Jaeger's. */
function jaeger(part: string, at: string, own: Partial<OperatedPod> = {}): OperatedPod {
  const common = (field: string) => fields(`${at}.${field}`, field);
  return {
    group: 'jaegertracing.io',
    kind: 'Jaeger',
    part,
    madeBy: at,
    context: common('securityContext'),
    containers: [{ name: part, context: common('containerSecurityContext'), resources: common('resources') }],
    token: common('serviceAccount'),
    spread: common('affinity'),
    budget: BUDGET,
    ...own,
  };
}

/** A Job of Jaeger's. Of the container's context it takes none, but for the cleaner's own, and never the whole Jaeger's. */
function jaegerJob(part: string, at: string, madeBy: string, context: Source): OperatedPod {
  const resources = fields(`${at}.resources`, 'resources');
  return jaeger(part, at, {
    madeBy,
    containers: [{ name: part, context, resources }],
    job: true,
    spread: IN_JOB,
    budget: IN_JOB,
  });
}

/** A server of the Prometheus operator, with the container that loads its configuration anew. */
function server(kind: string, name: string, own: Partial<OperatedPod>): OperatedPod {
  const context = (container: string) => fields(`containers[${container}].securityContext`);
  const reloader = operator('10m CPU and 50 MiB, of its flags');
  return {
    group: 'monitoring.coreos.com',
    kind,
    part: name,
    context: fields('securityContext'),
    containers: [
      { name, context: context(name), resources: fields('resources') },
      { name: 'config-reloader', context: context('config-reloader'), resources: reloader },
      { name: 'init-config-reloader', context: operator('as `restricted` asks'), resources: reloader },
    ],
    token: fields('automountServiceAccountToken'),
    spread: fields('topologySpreadConstraints', 'affinity'),
    budget: BUDGET,
    ...own,
  };
}

const nodes = 'nodeSets[].podTemplate.spec';
const elasticsearch = (
  list: string,
  name: string,
  resources: Source = fields(`${nodes}.${list}[${name}].resources`),
) => ({
  name,
  context: fields(`${nodes}.${list}[${name}].securityContext`),
  resources,
});

/** Every pod of the operators that the constructs know, in the releases of docs/operating.md. */
export const operatedPods: readonly OperatedPod[] = [
  strimzi('Kafka', 'brokers', 'kafka', ['kafkaContainer', 'initContainer'], {
    token: none('it asks the Kubernetes API for the zone of its node'),
  }),
  strimzi('Kafka', 'zookeeper', 'zookeeper', ['zookeeperContainer']),
  strimzi('Kafka', 'entity-operator', 'entityOperator', [], {
    containers: ['topicOperator', 'userOperator'].map((name) => ({
      name,
      context: fields(`entityOperator.template.${name}Container.securityContext`),
      resources: fields(`entityOperator.${name}.resources`),
    })),
    token: none('it reads topics and users from the Kubernetes API'),
    spread: ALONE,
    budget: ALONE,
  }),
  strimzi('Kafka', 'exporter', 'kafkaExporter', ['container'], { spread: ALONE, budget: ALONE }),
  strimzi('KafkaConnect', 'workers', '', ['connectContainer']),
  strimzi('KafkaConnect', 'build', '', [], {
    madeBy: 'build',
    // Kaniko runs as root, which `restricted` forbids whatever is set.
    containers: [{ name: 'build', context: none('it builds as root'), resources: fields('build.resources') }],
    context: none('it builds as root'),
    spread: ALONE,
    budget: ALONE,
  }),
  postgres('servers', ['postgres', 'bootstrap-controller'], {}),
  postgres('jobs', ['initdb', 'join', 'bootstrap-controller'], { job: true, budget: IN_JOB }),
  {
    group: 'postgresql.cnpg.io',
    kind: 'Pooler',
    part: 'pooler',
    context: operator('as `restricted` asks'),
    containers: [
      {
        name: 'pgbouncer',
        context: operator('as `restricted` asks'),
        resources: fields('template.spec.containers[pgbouncer].resources'),
      },
      {
        name: 'bootstrap-controller',
        context: operator('as `restricted` asks'),
        resources: none('the operator gives it none; it ends before PgBouncer starts'),
      },
    ],
    token: none('it asks the Kubernetes API for its part in the cluster'),
    spread: fields('template.spec.topologySpreadConstraints'),
    budget: BUDGET,
  },
  redis('leaders', 'redisLeader'),
  redis('followers', 'redisFollower'),
  {
    group: 'elasticsearch.k8s.elastic.co',
    kind: 'Elasticsearch',
    part: 'nodes',
    context: fields(`${nodes}.securityContext`),
    containers: [
      elasticsearch('containers', 'elasticsearch'),
      ...['elastic-internal-init-filesystem', 'elastic-internal-suspend'].map((name) =>
        elasticsearch('initContainers', name, operator('100m CPU and 50 MiB')),
      ),
    ],
    token: fields(`${nodes}.automountServiceAccountToken`),
    spread: fields(`${nodes}.topologySpreadConstraints`),
    budget: operator('one node at a time, while every index has its copies'),
  },
  jaeger('collector', 'collector'),
  jaeger('query', 'query'),
  jaeger('all-in-one', 'allInOne', { spread: ALONE, budget: ALONE }),
  jaegerJob(
    'es-index-cleaner',
    'storage.esIndexCleaner',
    'storage.esIndexCleaner.enabled',
    fields('storage.esIndexCleaner.containerSecurityContext'),
  ),
  jaegerJob('spark-dependencies', 'storage.dependencies', 'storage.dependencies.enabled', NO_CONTEXT),
  jaegerJob('es-rollover', 'storage.esRollover', 'storage.options.es.use-aliases', NO_CONTEXT),
  server('Prometheus', 'prometheus', { token: none('it asks the Kubernetes API what there is to scrape') }),
  server('Alertmanager', 'alertmanager', {}),
];

/** The pods that its operator makes of an object. */
export function operatedPodsOf({ group, kind, body }: KubeObject): readonly OperatedPod[] {
  const known = operatedPods.filter((pod) => pod.group === group && pod.kind === kind);
  return known.filter(({ madeBy }) => {
    const [made] = madeBy === undefined ? [true] : valuesAtField(at(body, 'spec'), madeBy);
    return made !== undefined && made !== false && made !== 'false';
  });
}
