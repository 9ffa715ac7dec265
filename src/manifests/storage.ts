/* The volumes that manifests ask for. */

import { KubeObject, ManifestSet } from './read';
import { at, isList, listAt, textAt, Value, valuesOf } from './value';

/** The StorageClass of every claim: its name, or undefined for the default of the cluster. A claim without a class is left out. */
export function storageClassesOf(manifests: ManifestSet): Set<string | undefined> {
  const classes = [...manifests.objects.values()].flatMap(classesOf);
  return new Set(classes.filter((name) => name !== ''));
}

function classesOf({ group, kind, body }: KubeObject): (string | undefined)[] {
  const spec = at(body, 'spec');
  const claims = [
    ...(kind === 'PersistentVolumeClaim' ? [body] : []),
    ...valuesOf(spec, 'volumeClaimTemplate'),
    ...valuesOf(spec, 'volumeClaimTemplates').flatMap((templates) => (isList(templates) ? [...templates] : [])),
  ];
  return [
    ...claims.map((claim) => textAt(claim, 'spec', 'storageClassName')),
    ...(group === 'kafka.strimzi.io' ? strimziVolumes(spec).map((volume) => textAt(volume, 'class')) : []),
    ...(group === 'postgresql.cnpg.io' ? postgresVolumes(spec).map((volume) => textAt(volume, 'storageClass')) : []),
  ];
}

function strimziVolumes(spec: Value | undefined): Value[] {
  return valuesOf(spec, 'storage')
    .flatMap((storage) => [storage, ...listAt(storage, 'volumes')])
    .filter((volume) => textAt(volume, 'type') === 'persistent-claim');
}

function postgresVolumes(spec: Value | undefined): Value[] {
  return [at(spec, 'storage'), at(spec, 'walStorage')].filter((volume) => volume !== undefined);
}
