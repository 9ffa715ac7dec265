/* What people call pods: by their workload, their Service, their policy, or their labels. */

import { homeNamespace, ManifestSet } from '../read';
import { at, labelsAt, listAt } from '../value';
import { describeLabels, includes, isAnyPod, namespaceOf, PodPlace, textOf } from './places';

/** How this library names the policy of some pods. */
const POLICY = /-network-policy$/;

/**
 * Names places.
 *
 * @returns the name of a place; of pods without labels it says whether all of the namespace are meant, or those without a name
 */
export function placeNames(
  manifests: ManifestSet,
  pods: readonly PodPlace[],
): (place: PodPlace, all: boolean) => string {
  const home = homeNamespace(manifests);
  const within = (namespace: string, name: string) => (namespace === home ? name : `${namespace}/${name}`);
  return (place, all) => {
    const { namespace, namespaceLabels, labels, workload } = place;
    const somewhere = namespaceLabels.size > 0 ? `namespaces ${textOf(namespaceLabels)}` : 'any namespace';
    const where = namespace === '' ? somewhere : namespace;
    if (isAnyPod(place)) return `${all || namespaceLabels.size > 0 ? 'any pod' : 'other pods'} in ${where}`;
    const name =
      workload?.name ?? serviceOf(manifests, place, pods) ?? policyOf(manifests, place) ?? describeLabels(labels);
    return namespace === '' ? `${name} in ${where}` : within(namespace, name);
  };
}

/** The Service that leads to these pods and to no others. */
function serviceOf(manifests: ManifestSet, place: PodPlace, pods: readonly PodPlace[]): string | undefined {
  const [service] = manifests.ofKind('Service').filter((each) => {
    const selector = labelsAt(each.body, 'spec', 'selector');
    const selected = pods.filter(
      ({ namespace, labels }) => selector.size > 0 && namespace === namespaceOf(each) && includes(labels, selector),
    );
    return selected.length === 1 && selected[0] === place;
  });
  return service?.name;
}

/** The policy that is named after these pods. */
function policyOf(manifests: ManifestSet, { namespace, labels }: PodPlace): string | undefined {
  const [policy] = manifests.ofKind('NetworkPolicy').filter((each) => {
    const selector = at(each.body, 'spec', 'podSelector');
    const isExact = listAt(selector, 'matchExpressions').length === 0;
    return (
      POLICY.test(each.name) &&
      namespaceOf(each) === namespace &&
      isExact &&
      textOf(labelsAt(selector, 'matchLabels')) === textOf(labels)
    );
  });
  return policy?.name.replace(POLICY, '');
}
