import { customResourceOf } from '../../manifests/custom-resources';
import { ManifestChange } from '../change';
import { Effect, fieldList } from '../effect';

/** What is decided in the cluster: whether an operator restarts pods for a change, the manifests can't tell. */
export function operatorEffects(change: ManifestChange): Effect[] {
  return change.objects.flatMap(({ object, fields }): Effect[] => {
    const operator = customResourceOf(object)?.operator;
    const relevant = fields.filter(({ path }) => path.startsWith('spec.'));
    if (operator === undefined || relevant.length === 0) return [];
    const text = `${operator} acts on it, and may restart its pods: ${fieldList(relevant, 'spec.')}`;
    return [{ kind: 'left to an operator', subject: change.label(object), text }];
  });
}
