import { ManifestChange, ObjectChange } from '../change';
import { compare } from '../compare';
import { Effect, fieldList } from '../effect';
import { KubeObject } from '../../manifests/read';
import { listAt, textAt, Value } from '../../manifests/value';

/** Which alerts fire in other situations, or to others: a change of an annotation only is left out. */
export function alertEffects(change: ManifestChange): Effect[] {
  return change.ofKind('PrometheusRule').flatMap(({ before, after }: ObjectChange) => {
    const [were, are] = [rulesIn(before), rulesIn(after)];
    const names = new Set([...are.keys(), ...were.keys()]);
    return [...names].flatMap((name) => ofRule(name, were.get(name), are.get(name), [...are.values()]));
  });
}

function ofRule(name: string, before: Value | undefined, after: Value | undefined, rules: readonly Value[]): Effect[] {
  const effect = (text: string): Effect[] => [{ kind: 'fires differently', subject: name, text }];
  const record = textAt(after ?? before, 'record');
  if (before === undefined) return record === undefined ? effect(`is new${severityOf(after)}`) : [];
  if (after === undefined)
    return effect(record === undefined ? 'is removed, and never fires again' : `is removed${usersOf(record, rules)}`);
  const fields = compare(before, after).filter(({ path }) => !path.startsWith('annotations'));
  if (fields.length === 0) return [];
  return effect(fieldList(fields) + (record === undefined ? '' : usersOf(record, rules)));
}

function severityOf(rule: Value | undefined): string {
  const severity = textAt(rule, 'labels', 'severity');
  return severity === undefined ? '' : `, ${severity}`;
}

/** The alerts that ask for a recorded series. */
function usersOf(record: string, rules: readonly Value[]): string {
  const asking = rules.filter((rule) => textAt(rule, 'expr')?.includes(record) === true);
  const users = new Set(asking.flatMap((rule) => textAt(rule, 'alert') ?? []));
  return users.size === 0 ? '' : `, asked for by ${[...users].join(', ')}`;
}

/** The rules by what they are called: several alerts may have one name, and then a number each. */
function rulesIn(object: KubeObject | undefined): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const rule of listAt(object?.body, 'spec', 'groups').flatMap((group) => listAt(group, 'rules'))) {
    const [alert, record] = [textAt(rule, 'alert'), textAt(rule, 'record')];
    const name = alert === undefined ? `record ${record ?? '?'}` : `alert ${alert}`;
    let unique = name;
    for (let number = 2; found.has(unique); number += 1) unique = `${name}#${number}`;
    found.set(unique, rule);
  }
  return found;
}
