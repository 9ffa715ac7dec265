import { ManifestChange, ObjectChange } from '../change';
import { FieldChange } from '../compare';
import { Effect } from '../effect';
import { quantityAt } from '../../manifests/quantities';
import { at, equal, Value } from '../../manifests/value';

/** The fields that the API server refuses to change, by group and kind, as paths of changed fields. Tried in test/e2e/cluster/immutable.test.ts. */
const immutable: Readonly<Record<string, RegExp>> = {
  'apps/Deployment': /^spec\.selector\b/,
  'apps/DaemonSet': /^spec\.selector\b/,
  'apps/StatefulSet': /^spec\.(selector|serviceName|volumeClaimTemplates|podManagementPolicy|revisionHistoryLimit)\b/,
  'batch/Job': /^spec\.(selector|template|completionMode|completions|podFailurePolicy)\b/,
  '/Service': /^spec\.clusterIPs?\b/,
  '/PersistentVolumeClaim': /^spec\.(?!resources\.requests\.storage$)/,
  '/PersistentVolume': /^spec\.(csi|hostPath|local|nfs|iscsi|fc|volumeMode)\b/,
  '/Secret': /^type$/,
  'rbac.authorization.k8s.io/RoleBinding': /^roleRef\b/,
  'rbac.authorization.k8s.io/ClusterRoleBinding': /^roleRef\b/,
  'storage.k8s.io/StorageClass': /^(provisioner|parameters|reclaimPolicy|volumeBindingMode)\b/,
  'scheduling.k8s.io/PriorityClass': /^(value|preemptionPolicy)$/,
  'networking.k8s.io/IngressClass': /^spec\.controller$/,
};

/** Defaults of the API server: writing one out changes nothing. */
const defaults: Readonly<Record<string, Value>> = {
  'apps/StatefulSet spec.podManagementPolicy': 'OrderedReady',
  'apps/StatefulSet spec.revisionHistoryLimit': 10,
  'batch/Job spec.completionMode': 'NonIndexed',
  '/PersistentVolumeClaim spec.volumeMode': 'Filesystem',
  '/PersistentVolume spec.volumeMode': 'Filesystem',
  '/Secret type': 'Opaque',
  'storage.k8s.io/StorageClass reclaimPolicy': 'Delete',
  'storage.k8s.io/StorageClass volumeBindingMode': 'Immediate',
  'scheduling.k8s.io/PriorityClass preemptionPolicy': 'PreemptLowerPriority',
};

/** Which changes the API server refuses, so that the object has to be deleted first. */
export function immutableEffects(change: ManifestChange): Effect[] {
  return change.objects.flatMap((changed) => {
    const paths = refusedFields(changed).map(({ path }) => path);
    if (paths.length === 0) return [];
    const how = remedies[changed.object.kind] ?? 'needs delete';
    return [
      {
        kind: 'replaces an immutable field',
        subject: change.label(changed.object),
        text: `${paths.join(', ')}: ${how}`,
      },
    ];
  });
}

const remedies: Readonly<Record<string, string>> = {
  Deployment: 'needs delete, and its pods stop unless with --cascade=orphan',
  StatefulSet: 'needs delete, with --cascade=orphan to keep its pods',
  PersistentVolumeClaim: 'needs delete, and what is in its volume may go with it',
};

function refusedFields(changed: ObjectChange): FieldChange[] {
  const { group, kind } = changed.object;
  const key = `${group}/${kind}`;
  const pattern = Object.hasOwn(immutable, key) ? immutable[key] : undefined;
  return changed.fields.filter((field) => {
    if (equal(field.before ?? defaults[`${key} ${field.path}`], field.after ?? defaults[`${key} ${field.path}`]))
      return false;
    const fixed = pattern?.test(field.path) === true && !allowed(changed, field);
    return fixed || isShrunkClaim(key, field) || isFrozen(changed, field);
  });
}

/** A Service that no longer names its address keeps it, and the completions of an indexed Job follow its parallelism. */
function allowed({ object }: ObjectChange, { path, after }: FieldChange): boolean {
  if (object.kind === 'Service') return after === undefined;
  return path === 'spec.completions' && at(object.body, 'spec', 'completionMode') === 'Indexed';
}

/** A volume grows, and never shrinks. */
function isShrunkClaim(key: string, { path, before, after }: FieldChange): boolean {
  const isSize = key === '/PersistentVolumeClaim' && path === 'spec.resources.requests.storage';
  return isSize && (quantityAt(after) ?? 0) < (quantityAt(before) ?? 0);
}

/** A ConfigMap or Secret that is said to be immutable stays as it is. */
function isFrozen({ object, before }: ObjectChange, { path }: FieldChange): boolean {
  const frozen =
    ['ConfigMap', 'Secret'].includes(object.kind) && object.group === '' && at(before?.body, 'immutable') === true;
  return frozen && /^(immutable|data|binaryData|stringData)\b/.test(path);
}
