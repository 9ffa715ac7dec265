import { ManifestChange } from '../change';
import { Effect } from '../effect';
import { KubeObject } from '../../manifests/read';
import { at, listAt, textAt } from '../../manifests/value';
import { runsPods } from '../../manifests/workloads';

/** What is lost with an object that is deleted, by its kind: undefined if its data stays. */
const losses: Readonly<Record<string, (object: KubeObject) => string | undefined>> = {
  Namespace: () => 'everything in it, volumes too',
  PersistentVolumeClaim: () => 'its volume, unless the reclaim policy is Retain',
  CustomResourceDefinition: () => 'every object of its kind',
  StatefulSet: ({ body }) =>
    listAt(body, 'spec', 'volumeClaimTemplates').length > 0 &&
    textAt(body, 'spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted') === 'Delete'
      ? 'its claims, as whenDeleted is Delete'
      : undefined,
  Kafka: ({ body }) =>
    at(body, 'spec', 'kafka', 'storage', 'deleteClaim') === true
      ? 'the claims of its brokers, as deleteClaim is true'
      : undefined,
  KafkaTopic: () => 'the topic and its records, unless delete.topic.enable is false',
  Cluster: () => 'the claims of its instances, which CloudNativePG makes its own',
  RedisCluster: ({ body }) =>
    at(body, 'spec', 'storage', 'keepAfterDelete') === true
      ? undefined
      : 'the claims of its nodes, as keepAfterDelete is not true',
  Elasticsearch: ({ body }) =>
    textAt(body, 'spec', 'volumeClaimDeletePolicy') === 'DeleteOnScaledownOnly'
      ? undefined
      : 'the claims of its nodes, as volumeClaimDeletePolicy is not DeleteOnScaledownOnly',
};

/** What is lost, and what stops, when removed objects leave the cluster. */
export function removalEffects(change: ManifestChange): Effect[] {
  return change.objects
    .filter(({ change: how }) => how === 'removed')
    .flatMap(({ object }): Effect[] => {
      const subject = change.label(object);
      const loss = Object.hasOwn(losses, object.kind) ? losses[object.kind]?.(object) : undefined;
      if (loss !== undefined) return [{ kind: 'deletes data', subject, text: `${loss}, once it is deleted or pruned` }];
      const kept = Object.hasOwn(losses, object.kind) ? ', and its claims stay' : '';
      return runsPods(object)
        ? [{ kind: 'may interrupt', subject, text: `is removed: its pods stop once it is deleted or pruned${kept}` }]
        : [];
    });
}
