import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Commands } from '../../src/cluster/commands';
import { installationOf, operators, placeOf } from '../../src/cluster/operators';
import { needs } from './ready-cluster';

/** The first two columns of the table: component and release. */
const rows = readFileSync('docs/operating.md', 'utf8')
  .split('## What the cluster needs')[1]
  ?.split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

const rowOf = (name: string) => rows?.find(([, component = '']) => component.includes(name)) ?? [];

it.each(operators.map((operator) => [operator.name, operator] as const))(
  '%s is in the table of docs/operating.md, with its release and its place',
  (name, operator) => {
    const { release } = operator;
    const [, component, documented, place] = rowOf(name);
    expect(component).toContain(name);
    if (release !== undefined) expect(documented).toMatch(new RegExp(`^${release}\\b`));
    const expected = placeOf(operator, needs);
    if (expected !== undefined) expect(place).toContain(`namespace \`${expected.namespace}\``);
  },
);

it('installs the releases that the constructs are written for, where the policies expect them', () => {
  const commands = new Commands({ context: 'staging' });
  for (const operator of operators) {
    const installation = installationOf(operator, commands, needs).join('\n');
    expect(installation).toContain('context staging');
    expect(installation).toContain(operator.release ?? '');
    if (installation.includes('helm')) {
      expect(installation).toMatch(/^helm .*--namespace \S+ --create-namespace/m);
    }
  }
});

it('knows every pod of other namespaces that the policies of production name, but for the DNS', () => {
  const known = operators.map((operator) => placeOf(operator, needs));
  const others = needs.foreignPods.filter((place) => !known.includes(place));
  expect(others.map(({ labels }) => Object.fromEntries(labels))).toEqual([{ 'k8s-app': 'kube-dns' }]);
});
