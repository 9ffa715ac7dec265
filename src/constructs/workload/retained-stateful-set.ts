/* StatefulSets whose volumes outlive them. */

import { ApiObject, JsonPatch, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { defined } from '../../core/defined';
import { requireStorageSize } from '../../core/quantities';
import { storageClassOf } from './resources';

/**
 * The claim `data` of a StatefulSet's pods, with all that the API server adds to it: it compares a list of claims as a whole, so that
 * whatever is missing here would be a change on every `kubectl apply`.
 *
 * @param sizeName what an error calls the size
 */
export function dataClaim(where: string, sizeName: string, size: Size, storageClass: string | undefined) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      ...defined({ storageClassName: storageClassOf(where, storageClass) }),
      resources: { requests: { storage: requireStorageSize(where, sizeName, size) } },
    },
    status: { phase: 'Pending' },
  };
}

/** A StatefulSet whose claim, if it has one, outlives it. */
export function retainedStatefulSet(
  scope: Construct,
  name: string,
  labels: Readonly<Record<string, string>>,
  spec: k8s.StatefulSetSpec,
  claim: ReturnType<typeof dataClaim> | undefined,
): void {
  // Not KubeStatefulSet, which leaves out what its type of a claim does not know, and dataClaim() has to say.
  const made = new ApiObject(scope, 'stateful-set', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, labels: { ...labels } },
    spec: {
      ...k8s.toJson_StatefulSetSpec({
        ...spec,
        // The defaults, written down: the data outlives its server.
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      }),
      ...defined({ volumeClaimTemplates: claim && [claim] }),
    },
  });
  if (claim !== undefined) {
    // A part of what the API server adds to a claim that only a patch can say, since cdk8s leaves nulls out.
    made.addJsonPatch(JsonPatch.add('/spec/volumeClaimTemplates/0/metadata/creationTimestamp', null));
  }
}
