import { KubeObject } from './read';
import { at, labelsAt, listAt, numberAt, textAt, Value } from './value';

/* The pods that operators run for custom resources: one entry for each kind. */

/** Pods that are alike, as an object asks for them. */
export interface PodGroup {
  /** Which of the object's pods, if it has several sorts: `brokers`. */
  readonly part?: string;
  readonly count: number;
  /** Labels that the operator sets. Those of the template come on top. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The pod template, as far as the object has one. */
  readonly template?: Value | undefined;
  /** What has `resources`, container by container. */
  readonly containers: readonly (Value | undefined)[];
}

/** A kind of custom resource. */
interface CustomResource {
  readonly group: string;
  readonly kind: string;
  /** Who runs the pods, as people call it. */
  readonly operator: string;
  readonly pods: (spec: Value | undefined, object: KubeObject) => readonly PodGroup[];
}

const strimzi = ({ kind, name }: KubeObject, component: string) => ({
  'strimzi.io/cluster': name,
  'strimzi.io/kind': kind,
  'strimzi.io/name': `${name}-${component}`,
});

/** A part of a Strimzi object: its resources, replicas and pod template are in one map. */
function strimziPart(object: KubeObject, part: string | undefined, component: string, spec: Value | undefined) {
  const count = spec === undefined ? 0 : (numberAt(spec, 'replicas') ?? 1);
  const labels = strimzi(object, component);
  const template = at(spec, 'template', 'pod');
  return { ...(part === undefined ? {} : { part }), count, labels, template, containers: [spec] };
}

/** Pods of the Prometheus operator; `containers` adds to its own, or changes them. */
function prometheusPods(main: string, count: number, spec: Value | undefined, labels: PodGroup['labels']): PodGroup {
  const others = listAt(spec, 'containers').filter((container) => textAt(container, 'name') !== main);
  const template = new Map([['metadata', at(spec, 'podMetadata') ?? null]]);
  return { count, labels: { ...labels, 'app.kubernetes.io/name': main }, template, containers: [spec, ...others] };
}

function jaegerPart(name: string, part: string, spec: Value | undefined): PodGroup {
  const labels = { app: 'jaeger', 'app.kubernetes.io/instance': name, 'app.kubernetes.io/component': part };
  return { part, count: numberAt(spec, 'replicas') ?? 1, labels, containers: [spec] };
}

function redisPart({ name, body }: KubeObject, spec: Value | undefined, role: 'leader' | 'follower'): PodGroup {
  const count = numberAt(spec, role === 'leader' ? 'redisLeader' : 'redisFollower', 'replicas');
  return {
    part: `${role}s`,
    count: count ?? numberAt(spec, 'clusterSize') ?? 0,
    // The object's own labels replace those of the operator.
    labels: {
      ...{ app: `${name}-${role}`, redis_setup_type: 'cluster', role },
      ...Object.fromEntries(labelsAt(body, 'metadata', 'labels')),
    },
    containers: [at(spec, 'kubernetesConfig'), at(spec, 'redisExporter')],
  };
}

/** Every kind that operators run pods for. */
const customResources: readonly CustomResource[] = [
  {
    group: 'kafka.strimzi.io',
    kind: 'Kafka',
    operator: 'Strimzi',
    pods: (spec, object) => {
      const [entities, exporter] = [at(spec, 'entityOperator'), at(spec, 'kafkaExporter')];
      const operators = ['topicOperator', 'userOperator'].map((each) => at(entities, each));
      return [
        strimziPart(object, 'brokers', 'kafka', at(spec, 'kafka')),
        strimziPart(object, 'zookeeper', 'zookeeper', at(spec, 'zookeeper')),
        { ...strimziPart(object, 'entity-operator', 'entity-operator', entities), containers: operators },
        strimziPart(object, 'exporter', 'kafka-exporter', exporter),
      ];
    },
  },
  {
    group: 'kafka.strimzi.io',
    kind: 'KafkaConnect',
    operator: 'Strimzi',
    pods: (spec, object) => [strimziPart(object, undefined, 'connect', spec)],
  },
  {
    group: 'postgresql.cnpg.io',
    kind: 'Cluster',
    operator: 'CloudNativePG',
    pods: (spec, { name }) => [
      {
        count: numberAt(spec, 'instances') ?? 1,
        labels: { 'cnpg.io/cluster': name, 'cnpg.io/podRole': 'instance' },
        template: new Map([['metadata', at(spec, 'inheritedMetadata') ?? null]]),
        containers: [spec],
      },
    ],
  },
  {
    group: 'postgresql.cnpg.io',
    kind: 'Pooler',
    operator: 'CloudNativePG',
    pods: (spec, { name }) => [
      {
        part: 'pooler',
        count: numberAt(spec, 'instances') ?? 1,
        labels: { 'cnpg.io/poolerName': name, 'cnpg.io/podRole': 'pooler' },
        template: at(spec, 'template'),
        containers: listAt(spec, 'template', 'spec', 'containers'),
      },
    ],
  },
  {
    group: 'redis.redis.opstreelabs.in',
    kind: 'RedisCluster',
    operator: 'the Redis operator',
    pods: (spec, object) => [redisPart(object, spec, 'leader'), redisPart(object, spec, 'follower')],
  },
  {
    group: 'elasticsearch.k8s.elastic.co',
    kind: 'Elasticsearch',
    operator: 'ECK',
    pods: (spec, { name }) => {
      const sets = listAt(spec, 'nodeSets');
      return sets.map((set) => ({
        ...(sets.length === 1 ? {} : { part: textAt(set, 'name') ?? '' }),
        count: numberAt(set, 'count') ?? 0,
        labels: {
          'common.k8s.elastic.co/type': 'elasticsearch',
          'elasticsearch.k8s.elastic.co/cluster-name': name,
        },
        template: at(set, 'podTemplate'),
        containers: listAt(set, 'podTemplate', 'spec', 'containers'),
      }));
    },
  },
  {
    group: 'jaegertracing.io',
    kind: 'Jaeger',
    operator: 'the Jaeger operator',
    pods: (spec, { name }) =>
      /^(production|streaming)$/i.test(textAt(spec, 'strategy') ?? '')
        ? [jaegerPart(name, 'collector', at(spec, 'collector')), jaegerPart(name, 'query', at(spec, 'query'))]
        : [jaegerPart(name, 'all-in-one', at(spec, 'allInOne'))],
  },
  {
    group: 'monitoring.coreos.com',
    kind: 'Prometheus',
    operator: 'the Prometheus operator',
    pods: (spec, { name }) => {
      const count = (numberAt(spec, 'replicas') ?? 1) * (numberAt(spec, 'shards') ?? 1);
      return [prometheusPods('prometheus', count, spec, { prometheus: name, 'operator.prometheus.io/name': name })];
    },
  },
  {
    group: 'monitoring.coreos.com',
    kind: 'Alertmanager',
    operator: 'the Prometheus operator',
    pods: (spec, { name }) => [
      prometheusPods('alertmanager', numberAt(spec, 'replicas') ?? 1, spec, { alertmanager: name }),
    ],
  },
];

/** What is known of the kind of an object; undefined if no operator runs pods for it. */
export function customResourceOf({ group, kind }: KubeObject): CustomResource | undefined {
  return customResources.find((known) => known.group === group && known.kind === kind);
}
