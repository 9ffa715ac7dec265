import { ManifestChange, ObjectChange } from '../change';
import { Effect, fieldList } from '../effect';
import { boundsOf, targetOf } from '../../manifests/autoscaling';

/** Which autoscalers, or numbers of pods, differ. */
export function scalingEffects(change: ManifestChange): Effect[] {
  const scalers = change
    .ofKind('HorizontalPodAutoscaler', 'ScaledObject')
    .flatMap((changed) => ofScaler(change, changed));
  const replicas = change.ofKind('Deployment', 'StatefulSet').flatMap((changed) => ofReplicas(change, changed));
  return [...scalers, ...replicas];
}

function ofScaler(change: ManifestChange, { change: how, object, fields }: ObjectChange): Effect[] {
  const effect = (text: string): Effect[] => [{ kind: 'scales differently', subject: change.label(object), text }];
  const { kind, name } = targetOf(object);
  const target = `${kind} ${name}`;
  const { min, max } = boundsOf(object);
  if (how === 'added') return effect(`scales ${target} from ${min} to ${max} pods`);
  if (how === 'removed') return effect(`no longer scales ${target}, which keeps the pods it has`);
  const relevant = fields.filter(({ path }) => path.startsWith('spec.'));
  return relevant.length === 0 ? [] : effect(fieldList(relevant, 'spec.'));
}

function ofReplicas(change: ManifestChange, { object, fields }: ObjectChange): Effect[] {
  const replicas = fields.filter(({ path }) => path === 'spec.replicas');
  return replicas.length === 0
    ? []
    : [{ kind: 'scales differently', subject: change.label(object), text: fieldList(replicas, 'spec.') }];
}
