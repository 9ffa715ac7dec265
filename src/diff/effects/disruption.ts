import { ManifestChange, ObjectChange } from '../change';
import { Effect, fieldList } from '../effect';
import { textAt } from '../../manifests/value';

/** What may stop an answer for a moment, or send it elsewhere. */
export function disruptionEffects(change: ManifestChange): Effect[] {
  return [
    ...change.ofKind('PodDisruptionBudget').flatMap((changed) => ofBudget(change, changed)),
    ...change.ofKind('Service', 'Ingress').flatMap((changed) => ofRoute(change, changed)),
  ];
}

function ofBudget(change: ManifestChange, { change: how, object, fields }: ObjectChange): Effect[] {
  const effect = (text: string): Effect[] => [{ kind: 'may interrupt', subject: change.label(object), text }];
  if (how === 'removed') return effect('is removed: drains may take all of the pods at once');
  const relevant = fields.filter(({ path }) => path.startsWith('spec.'));
  return relevant.length === 0 ? [] : effect(`drains may take other numbers of pods: ${fieldList(relevant, 'spec.')}`);
}

function ofRoute(change: ManifestChange, { change: how, object, fields }: ObjectChange): Effect[] {
  const effect = (text: string): Effect[] => [{ kind: 'routes differently', subject: change.label(object), text }];
  if (how === 'removed') return effect('is removed: nothing answers there once it is deleted or pruned');
  if (how === 'added')
    return object.kind === 'Ingress'
      ? effect(`takes requests from outside by class ${textAt(object.body, 'spec', 'ingressClassName') ?? '?'}`)
      : [];
  const relevant = fields.filter(({ path }) => path.startsWith('spec.'));
  return relevant.length === 0 ? [] : effect(fieldList(relevant, 'spec.'));
}
