import { customResourceOf } from '../../manifests/custom-resources';
import { MadeObject, madeObjectsOf } from '../../manifests/operators/objects';
import { ManifestChange, ObjectChange } from '../change';
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

/** What operators make, or make no more: it is in no manifest. */
export function madeObjectEffects(change: ManifestChange): Effect[] {
  return change.objects.flatMap((changed) => {
    const operator = customResourceOf(changed.object)?.operator ?? 'an operator';
    const [before, after] = [changed.before, changed.after].map((object) =>
      object === undefined ? [] : madeObjectsOf(object),
    );
    return [
      ...effectsOf(change, changed, `${operator} makes`, 'opens a connection', without(after, before)),
      ...effectsOf(change, changed, `${operator} makes no more`, 'closes a connection', without(before, after)),
    ];
  });
}

/** One for each object that opens something, and one for all the others, unless they go with their own object. */
function effectsOf(
  change: ManifestChange,
  { object, change: how }: ObjectChange,
  what: string,
  kind: Effect['kind'],
  made: readonly MadeObject[],
): Effect[] {
  const subject = change.label(object);
  const opening = made.filter(({ opens }) => opens !== undefined);
  const others = made.filter(({ opens }) => opens === undefined).map((each) => `${each.kind} ${each.name}`);
  return [
    ...opening.map((each) => ({
      kind,
      subject,
      text: `${what} ${each.kind} ${each.name}: ${each.opens ?? ''}`,
    })),
    ...(others.length === 0 || how === 'removed'
      ? []
      : [{ kind: 'left to an operator' as const, subject, text: `${what} ${others.join(', ')}` }]),
  ];
}

function without(made: readonly MadeObject[] = [], others: readonly MadeObject[] = []): MadeObject[] {
  return made.filter(
    (each) => !others.some(({ kind, name, opens }) => kind === each.kind && name === each.name && opens === each.opens),
  );
}
