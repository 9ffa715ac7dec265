import { ManifestChange } from '../change';
import { Effect, fieldList } from '../effect';

/** Who acts on the custom resources that stand for running pods. */
const operators: Readonly<Record<string, string>> = {
  Kafka: 'Strimzi',
  KafkaConnect: 'Strimzi',
  Cluster: 'CloudNativePG',
  Pooler: 'CloudNativePG',
  RedisCluster: 'the Redis operator',
  Elasticsearch: 'ECK',
  Prometheus: 'the Prometheus operator',
  Alertmanager: 'the Prometheus operator',
  Jaeger: 'the Jaeger operator',
};

/** What is decided in the cluster: whether an operator restarts pods for a change, the manifests can't tell. */
export function operatorEffects(change: ManifestChange): Effect[] {
  return change.ofKind(...Object.keys(operators)).flatMap(({ object, fields }): Effect[] => {
    const relevant = fields.filter(({ path }) => path.startsWith('spec.'));
    if (relevant.length === 0) return [];
    const operator = operators[object.kind] ?? '';
    const text = `${operator} acts on it, and may restart its pods: ${fieldList(relevant, 'spec.')}`;
    return [{ kind: 'left to an operator', subject: change.label(object), text }];
  });
}
