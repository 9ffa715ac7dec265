/* Which pods wait for zones: those that may not share one, and those that must be spread over them. */

import { ZONE_LABEL } from '../core/names';
import { ManifestSet } from './read';
import { isList, textAt, Value, valuesOf } from './value';
import { Workload } from './workloads';

/** Whether a pod of the manifests waits if zones can't be told apart. */
export function needZones(manifests: ManifestSet, workloads: readonly Workload[]): boolean {
  const isStrict = (constraint: Value) =>
    isInZone(constraint) && textAt(constraint, 'whenUnsatisfiable') === 'DoNotSchedule';
  return (
    workloads.some((workload) => zonesOf(workload) > 0) ||
    [...manifests.objects.values()].some(({ body }) => elementsOf(body, 'topologySpreadConstraints').some(isStrict))
  );
}

/** Zones without which pods of a workload wait: as many as there are pods that may not share one. */
export function zonesOf({ object, pods }: Workload): number {
  const apart = valuesOf(object.body, 'podAntiAffinity')
    .flatMap((rules) => elementsOf(rules, 'requiredDuringSchedulingIgnoredDuringExecution'))
    .some(isInZone);
  return apart && pods !== 'every node' ? pods.min : 0;
}

function elementsOf(within: Value, key: string): Value[] {
  return valuesOf(within, key).flatMap((list) => (isList(list) ? [...list] : []));
}

function isInZone(term: Value): boolean {
  return textAt(term, 'topologyKey') === ZONE_LABEL;
}
