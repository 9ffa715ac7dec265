/* What manifests ask of a cluster. */

import { ManifestSet } from '../manifests/read';
import { placesOf, PodPlace } from '../manifests/network/places';
import { Workload, workloadsOf } from '../manifests/workloads';

export interface Needs {
  readonly manifests: ManifestSet;
  /** The folder that they are in. */
  readonly folder: string;
  readonly workloads: readonly Workload[];
  /** Every namespace that an object is in, or that the manifests make. */
  readonly namespaces: readonly string[];
  /** Pods of other namespaces that the policies name. */
  readonly foreignPods: readonly PodPlace[];
}

export function needsOf(manifests: ManifestSet, folder: string): Needs {
  const objects = [...manifests.objects.values()];
  const made = manifests.ofKind('Namespace').map(({ name }) => name);
  const namespaces = [
    ...new Set([...made, ...objects.flatMap(({ namespace }) => (namespace === '' ? [] : [namespace]))]),
  ];
  const foreignPods = placesOf(manifests)
    .filter((place) => place.type === 'pods')
    .filter(({ workload, namespace, labels }) => {
      return workload === undefined && labels.size > 0 && namespace !== '' && !namespaces.includes(namespace);
    });
  return { manifests, folder, workloads: workloadsOf(manifests), namespaces, foreignPods };
}

/** The arguments of `kubectl` that apply files of the manifests, those with the namespaces first. */
export function applying({ manifests, folder }: Needs, ...files: readonly string[]): string[] {
  const first = manifests.ofKind('Namespace').map(({ file }) => file);
  return ['apply', ...[...new Set([...first, ...files])].flatMap((file) => ['-f', `${folder}/${file}`])];
}
