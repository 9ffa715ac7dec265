/* What operators make of a custom resource beside pods, as far as it opens, permits or keeps something: no apply names it. */

import { KubeObject, ManifestSet } from '../read';
import { at, listAt, textAt, textsAt, Value } from '../value';

/** An object that an operator makes. */
export interface MadeObject {
  readonly kind: string;
  readonly name: string;
  /** To whom it opens what, which no policy or Ingress of the manifests says. */
  readonly opens?: string;
}

type Maker = (name: string, spec: Value | undefined) => readonly MadeObject[];

const each = (kind: string, ...names: readonly string[]): MadeObject[] => names.map((name) => ({ kind, name }));
const policy = (name: string, opens: string): MadeObject => ({ kind: 'NetworkPolicy', name, opens });
const rights = (name: string) => [...each('ServiceAccount', name), ...each('Role', name), ...each('RoleBinding', name)];
const isSet = (spec: Value | undefined, ...path: readonly string[]) => at(spec, ...path) !== undefined;

/** Jaeger's page: the operator makes an Ingress for it unless it is told not to. */
function jaegerIngress(name: string, spec: Value | undefined): MadeObject[] {
  if (at(spec, 'ingress', 'enabled') === false) return [];
  const hosts = textsAt(spec, 'ingress', 'hosts');
  const opens = `${hosts.length === 0 ? 'every host' : hosts.join(', ')} to its page with all traces, without a password`;
  return [{ kind: 'Ingress', name: `${name}-query`, opens }];
}

function kafkaPolicies(name: string, spec: Value | undefined): MadeObject[] {
  const [operators, exporter] = [at(spec, 'entityOperator'), at(spec, 'kafkaExporter')];
  const health = [
    ...(isSet(operators, 'topicOperator') ? ['8080'] : []),
    ...(isSet(operators, 'userOperator') ? ['8081'] : []),
  ];
  const metrics = (part: string) => (isSet(spec, part, 'metricsConfig') ? ['9404'] : []);
  const listeners = listAt(spec, 'kafka', 'listeners').filter((one) => listAt(one, 'networkPolicyPeers').length === 0);
  const brokers = [...listeners.map((one) => textAt(one, 'port') ?? ''), ...metrics('kafka')];
  const opened = (of: string, ports: readonly string[], pods = of) =>
    ports.length === 0 ? [] : [policy(of, `every pod to port ${ports.join(' and ')} of ${pods}`)];
  return [
    ...opened(`${name}-network-policy-kafka`, brokers, `${name}-kafka`),
    ...opened(`${name}-network-policy-zookeeper`, metrics('zookeeper'), `${name}-zookeeper`),
    ...opened(`${name}-entity-operator`, health),
    ...(exporter === undefined ? [] : opened(`${name}-kafka-exporter`, ['9404'])),
  ];
}

/** By group and kind. */
const makers: Readonly<Record<string, Maker>> = {
  'kafka.strimzi.io/Kafka': (name, spec) => [
    ...each(
      'Service',
      ...['kafka-bootstrap', 'kafka-brokers', 'zookeeper-client', 'zookeeper-nodes'].map((of) => `${name}-${of}`),
    ),
    ...each('ServiceAccount', `${name}-kafka`, `${name}-zookeeper`),
    ...(isSet(spec, 'entityOperator') ? rights(`${name}-entity-operator`) : []),
    ...(isSet(spec, 'kafkaExporter') ? each('ServiceAccount', `${name}-kafka-exporter`) : []),
    ...(isSet(spec, 'kafka', 'rack') ? each('ClusterRoleBinding', `strimzi-<namespace>-${name}-kafka-init`) : []),
    ...each('PodDisruptionBudget', `${name}-kafka`, `${name}-zookeeper`),
    ...kafkaPolicies(name, spec),
  ],
  'kafka.strimzi.io/KafkaConnect': (name, spec) => [
    ...each('Service', `${name}-connect-api`, `${name}-connect`),
    ...each('ServiceAccount', `${name}-connect`),
    ...each('PodDisruptionBudget', `${name}-connect`),
    ...(isSet(spec, 'metricsConfig')
      ? [policy(`${name}-connect`, `every pod to port 9404 of ${name}-connect`)]
      : each('NetworkPolicy', `${name}-connect`)),
  ],
  'postgresql.cnpg.io/Cluster': (name) => [
    ...each('Service', `${name}-rw`, `${name}-ro`, `${name}-r`),
    ...rights(name),
    ...each('PodDisruptionBudget', name, `${name}-primary`),
  ],
  'postgresql.cnpg.io/Pooler': (name) => [...each('Service', name), ...rights(name)],
  'redis.redis.opstreelabs.in/RedisCluster': (name) =>
    ['leader', 'follower'].flatMap((role) =>
      each('Service', ...['', '-headless', '-additional'].map((of) => `${name}-${role}${of}`)),
    ),
  'elasticsearch.k8s.elastic.co/Elasticsearch': (name, spec) => [
    ...each('Service', ...['http', 'internal-http', 'transport'].map((of) => `${name}-es-${of}`)),
    ...listAt(spec, 'nodeSets').flatMap((set) => each('Service', `${name}-es-${textAt(set, 'name') ?? ''}`)),
    ...each('PodDisruptionBudget', `${name}-es-default`),
  ],
  'jaegertracing.io/Jaeger': (name, spec) => [
    ...each('Service', ...['collector', 'collector-headless', 'query'].map((of) => `${name}-${of}`)),
    ...each('ServiceAccount', name),
    ...jaegerIngress(name, spec),
  ],
  'monitoring.coreos.com/Prometheus': () => each('Service', 'prometheus-operated'),
  'monitoring.coreos.com/Alertmanager': () => each('Service', 'alertmanager-operated'),
};

/** The objects that an operator makes of a custom resource, beside pods, what runs them, and what it keeps in Secrets and ConfigMaps. */
export function madeObjectsOf({ group, kind, name, body }: KubeObject): readonly MadeObject[] {
  const id = `${group}/${kind}`;
  const make = Object.hasOwn(makers, id) ? makers[id] : undefined;
  return make?.(name, at(body, 'spec')) ?? [];
}

/** What operators open, beside the policies of the manifests. */
export function openedByOperators(
  manifests: ManifestSet,
): readonly { readonly object: KubeObject; readonly made: MadeObject }[] {
  return [...manifests.objects.values()].flatMap((object) =>
    madeObjectsOf(object).flatMap((made) => (made.opens === undefined ? [] : [{ object, made }])),
  );
}
