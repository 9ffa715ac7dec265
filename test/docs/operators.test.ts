import { describe, expect, it } from 'vitest';
import { madeObjectsOf } from '../../src/manifests/operators/objects';
import { operatedPods } from '../../src/manifests/operators/pods';
import { Source } from '../../src/manifests/operators/source';
import { parseManifests } from '../../src/manifests/read';
import { renderedFor } from '../cluster/ready-cluster';
import { tableOf } from './pages';

const PAGE = 'docs/operators.md';

function shown(source: Source): string {
  if ('fields' in source) return source.fields.map((field) => `\`${field}\``).join(' or ');
  if ('manifests' in source) return `a ${source.manifests} of ours`;
  return 'operator' in source ? `the operator: ${source.operator}` : `none: ${source.none}`;
}

describe(PAGE, () => {
  it('has every pod that an operator makes, and by what its settings come', () => {
    const pods = operatedPods.map(({ kind, part, context, token, spread, budget }) => [
      `${kind}: ${part}`,
      ...[context, token, spread, budget].map(shown),
    ]);
    expect(tableOf(PAGE, 'Pods')).toEqual(pods);
  });

  it('has every container of them', () => {
    const containers = operatedPods.flatMap(({ kind, part, containers }) =>
      containers.map(({ name, context, resources }) => [
        `${kind}: ${part}`,
        `\`${name}\``,
        shown(context),
        shown(resources),
      ]),
    );
    expect(tableOf(PAGE, 'Pods of')).toEqual(containers);
  });

  it('has every object that operators make for production', () => {
    const objects = [...parseManifests(renderedFor('production')).objects.values()].flatMap((object) =>
      madeObjectsOf(object).map(({ kind, name, opens = '' }) => [
        `${object.kind} ${object.name}`,
        kind,
        `\`${name}\``,
        opens,
      ]),
    );
    expect(tableOf(PAGE, 'For')).toEqual(objects);
  });
});
