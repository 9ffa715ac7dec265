import { ManifestChange, ObjectChange } from '../change';
import { FieldChange } from '../compare';
import { Effect, fieldList } from '../effect';
import { quantityAt } from '../../manifests/quantities';
import { at, textAt } from '../../manifests/value';

const ROLLING = ['Deployment', 'StatefulSet', 'DaemonSet'];
const TEMPLATE = 'spec.template.';

/** Whose pods are replaced as their template differs, and how. */
export function podEffects(change: ManifestChange): Effect[] {
  return change.ofKind(...ROLLING).flatMap((changed) => {
    const fields = templateFields(changed);
    if (fields.length === 0) return [];
    const byHand = strategyOf(changed) === 'OnDelete';
    const list = fieldList(fields, TEMPLATE);
    return [
      {
        kind: byHand ? 'needs a restart' : 'restarts pods',
        subject: change.label(changed.object),
        text: byHand ? `each pod only once it is deleted (OnDelete): ${list}` : `${manner(changed)}: ${list}`,
      },
    ];
  });
}

/** Whether the pods of a workload are replaced by the change itself. */
export function restarts(changed: ObjectChange): boolean {
  return templateFields(changed).length > 0 && strategyOf(changed) !== 'OnDelete';
}

/** A quantity that is only written in another way makes no other pod. */
function templateFields({ fields }: ObjectChange): FieldChange[] {
  return fields
    .filter(({ path }) => path.startsWith(TEMPLATE))
    .filter(({ before, after }) => quantityAt(before) === undefined || quantityAt(before) !== quantityAt(after));
}

function strategyOf({ after }: ObjectChange): string | undefined {
  const [deployment, other] = ['strategy', 'updateStrategy'].map((field) => textAt(after?.body, 'spec', field, 'type'));
  return deployment ?? other;
}

function manner(changed: ObjectChange): string {
  const { kind, body } = changed.object;
  if (strategyOf(changed) === 'Recreate') return 'all are stopped before a new one starts';
  const strategy = at(body, 'spec', kind === 'Deployment' ? 'strategy' : 'updateStrategy', 'rollingUpdate');
  const [unavailable, surge] = ['maxUnavailable', 'maxSurge'].map((limit) => textAt(strategy, limit));
  const unit = kind === 'DaemonSet' ? 'nodes' : 'pods';
  const limits = [
    ...(unavailable === undefined ? [] : [unavailable === '0' ? `no ${unit} fewer` : `${unavailable} ${unit} fewer`]),
    ...(surge === undefined || surge === '0' ? [] : [`${surge} more`]),
  ];
  return limits.length === 0 ? 'a rolling update' : `a rolling update, ${limits.join(' and ')} at a time`;
}
