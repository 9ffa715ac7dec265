/* What operators say of the custom resources that are applied: whether their pods do their work. */

import { z } from 'zod';
import { KubeObject } from '../../manifests/read';
import { textAt } from '../../manifests/value';
import { Cluster, condition } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';

const status = z.object({
  conditions: z.array(condition).default([]),
  phase: z.string().default(''),
  state: z.string().default(''),
  health: z.string().default(''),
  reason: z.string().default(''),
});

type Status = z.output<typeof status>;

const withStatus = z.object({ status: status.optional() });

/** Why it is not ready; undefined if it is. */
type Fault = (status: Status) => string | undefined;

const notTrue =
  (...types: readonly string[]): Fault =>
  ({ conditions }) => {
    const failed = types.map((type) => ({ type, found: conditions.find((each) => each.type === type) }));
    const [first] = failed.filter(({ found }) => found?.status !== 'True');
    if (first === undefined) return undefined;
    // Strimzi has a condition of its own for what is wrong.
    const told = first.found ?? conditions.find(({ type }) => type === `Not${first.type}`);
    return told === undefined ? `it is not ${first.type}` : told.message || told.reason || `it is not ${first.type}`;
  };

const elasticsearch: Fault = ({ health, phase }) =>
  phase === 'Ready' && health !== 'red' && health !== 'unknown'
    ? undefined
    : `phase ${phase || 'none'}, health ${health || 'unknown'}`;

const redis: Fault = ({ state, reason }) =>
  state === 'Ready' ? undefined : `${state || 'no state'}${reason && `: ${reason}`}`;

const jaeger: Fault = ({ phase }) => (phase === 'Running' ? undefined : `phase ${phase || 'none'}`);

/** By group and kind: the name in the API's paths, and what the operator writes. */
const kinds: Readonly<Record<string, { readonly plural: string; readonly fault: Fault }>> = {
  'kafka.strimzi.io/Kafka': { plural: 'kafkas', fault: notTrue('Ready') },
  'kafka.strimzi.io/KafkaConnect': { plural: 'kafkaconnects', fault: notTrue('Ready') },
  'postgresql.cnpg.io/Cluster': { plural: 'clusters', fault: notTrue('Ready') },
  'elasticsearch.k8s.elastic.co/Elasticsearch': { plural: 'elasticsearches', fault: elasticsearch },
  'redis.redis.opstreelabs.in/RedisCluster': { plural: 'redisclusters', fault: redis },
  'jaegertracing.io/Jaeger': { plural: 'jaegers', fault: jaeger },
  'monitoring.coreos.com/Prometheus': { plural: 'prometheuses', fault: notTrue('Reconciled', 'Available') },
  'monitoring.coreos.com/Alertmanager': { plural: 'alertmanagers', fault: notTrue('Reconciled', 'Available') },
};

/** The custom resources that are applied already, and whether their operators call them ready. */
export async function operated(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const findings = [...manifests.objects.values()].map((object) => findingOf(cluster, object));
  return (await Promise.all(findings)).flat();
}

async function findingOf(cluster: Cluster, { group, kind, namespace, name, body }: KubeObject): Promise<Finding[]> {
  const known = kinds[`${group}/${kind}`];
  if (known === undefined) return [];
  const path = `/apis/${textAt(body, 'apiVersion') ?? ''}/namespaces/${namespace}/${known.plural}/${name}`;
  const found = await cluster.find(path, withStatus);
  if (found === undefined) return [];
  const subject = `${kind} ${name}`;
  if (found.status === undefined) return [warning(subject, 'has no status from its operator')];
  const fault = known.fault(found.status);
  const describe = cluster.commands.kubectl('describe', `${known.plural}.${group}`, name, '--namespace', namespace);
  return [fault === undefined ? ok(subject, 'ready') : problem(subject, fault, describe)];
}
