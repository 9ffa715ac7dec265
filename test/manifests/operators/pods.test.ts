import { describe, expect, it } from 'vitest';
import { selects } from '../../../src/manifests/network/places';
import { OperatedPod, operatedPods, operatedPodsOf } from '../../../src/manifests/operators/pods';
import { Source, valuesOfSource } from '../../../src/manifests/operators/source';
import { KubeObject, ManifestSet, parseManifests } from '../../../src/manifests/read';
import { at, entriesAt, numberAt, textAt, textsAt, Value } from '../../../src/manifests/value';
import { Workload, workloadsOf } from '../../../src/manifests/workloads';
import { renderedFor } from '../../cluster/ready-cluster';

/** Kinds that operators act on, and make no pods for. */
const podless = [
  ...['KafkaTopic', 'KafkaUser', 'KafkaConnector'],
  ...['PodMonitor', 'ServiceMonitor', 'PrometheusRule'],
  ...['ScaledObject', 'TriggerAuthentication', 'ClusterTriggerAuthentication'],
  // A backup is made by the server itself.
  ...['ScheduledBackup', 'ExternalSecret'],
];

/** What is wrong with the pods that operators make of some manifests: one line a setting. */
function faultsIn(manifests: ManifestSet): string[] {
  return [...manifests.objects.values()].flatMap((object) =>
    operatedPodsOf(object).flatMap((pod) =>
      faultsOf(manifests, object, pod).map((fault) => `${object.name} ${pod.part}: ${fault}`),
    ),
  );
}

function faultsOf(manifests: ManifestSet, object: KubeObject, pod: OperatedPod): string[] {
  const spec = at(object.body, 'spec');
  const values = (source: Source) => ('fields' in source ? valuesOfSource(spec, source.fields) : undefined);
  const workload = workloadsOf(manifests).find(
    (each) => each.object === object && [object.name, `${object.name} ${pod.part}`].includes(each.name),
  );
  const several = pod.job !== true && workload !== undefined && workload.pods !== 'every node' && workload.pods.max > 1;
  return [
    ...wrong('context', pod.context, values(pod.context)?.every(isRestrictedPod)),
    ...pod.containers.flatMap(({ name, context, resources }) => [
      ...wrong(`context of ${name}`, context, values(context)?.every(isRestrictedContainer)),
      ...('none' in resources ? [] : wrong(`resources of ${name}`, resources, values(resources)?.every(isSized))),
    ]),
    ...('none' in pod.token
      ? []
      : wrong(
          'token',
          pod.token,
          values(pod.token)?.every((value) => refuses(manifests, object, value)),
        )),
    ...(several ? wrong('spread', pod.spread, values(pod.spread)?.every(isSet)) : []),
    ...(several ? wrong('budget', pod.budget, values(pod.budget)?.every(isSet) ?? hasBudget(manifests, workload)) : []),
  ];
}

/** A setting that no field makes right: `none` is wrong, and what the operator does is as it should be. */
function wrong(setting: string, source: Source, right: boolean | undefined): string[] {
  if ('none' in source) return [`${setting}: ${source.none}`];
  if ('operator' in source || right === true) return [];
  return [`${setting} by ${'fields' in source ? source.fields.join(' or ') : source.manifests}`];
}

const isSet = (value: Value | undefined) => value !== undefined;

function isRestrictedPod(context: Value | undefined): boolean {
  return at(context, 'runAsNonRoot') === true && textAt(context, 'seccompProfile', 'type') === 'RuntimeDefault';
}

function isRestrictedContainer(context: Value | undefined): boolean {
  return (
    at(context, 'allowPrivilegeEscalation') === false && textsAt(context, 'capabilities', 'drop').join(',') === 'ALL'
  );
}

function isSized(resources: Value | undefined): boolean {
  return ['requests', 'limits'].every((each) => entriesAt(resources, each).length >= 2);
}

/** Whether a pod gets no token: told so, or by a ServiceAccount of the manifests that gives none. */
function refuses(manifests: ManifestSet, { namespace }: KubeObject, value: Value | undefined): boolean {
  const account = typeof value === 'string' ? manifests.find('ServiceAccount', namespace, value) : undefined;
  return value === false || at(account?.body, 'automountServiceAccountToken') === false;
}

function hasBudget(manifests: ManifestSet, { labels, namespace }: Workload): boolean {
  const budgets = manifests
    .ofKind('PodDisruptionBudget')
    .filter((budget) => budget.namespace === namespace && selects(at(budget.body, 'spec', 'selector'), labels));
  return budgets.length === 1 && numberAt(budgets[0]?.body, 'spec', 'maxUnavailable') === 1;
}

const environments = ['production', 'staging', 'local'];

describe.each(environments)('the custom resources of %s', (environment) => {
  const manifests = parseManifests(renderedFor(environment));
  const custom = [...manifests.objects.values()].filter(({ group }) => /\./.test(group) && !group.endsWith('k8s.io'));

  it('are of kinds whose pods are known, or that have none', () => {
    const unknown = custom.filter((object) => operatedPodsOf(object).length === 0 && !podless.includes(object.kind));
    expect(unknown.map(({ kind, name }) => `${kind} ${name}`)).toEqual([]);
    expect(custom.length).toBeGreaterThan(5);
  });

  it('give every pod of an operator what Pod Security restricted asks, resources, no token, a spread and a budget', () => {
    expect(faultsIn(manifests)).toEqual([]);
  });
});

describe('a fault is told', () => {
  const production = renderedFor('production');
  const without = (text: string | RegExp, instead = '') =>
    faultsIn(parseManifests(production.map(({ name, yaml }) => ({ name, yaml: yaml.replace(text, instead) }))));

  it.each<[string, RegExp, string, string[]]>([
    [
      'a Job whose container has no context',
      /esIndexCleaner:\n {6}containerSecurityContext:/,
      'esIndexCleaner:\n      somethingElse:',
      [
        'autonomous-op-jaeger es-index-cleaner: context of es-index-cleaner by storage.esIndexCleaner.containerSecurityContext',
      ],
    ],
    [
      'a Job whose container can have no context',
      /dependencies:\n {6}enabled: false/,
      'dependencies:\n      enabled: true',
      [
        'autonomous-op-jaeger spark-dependencies: context of spark-dependencies: the Jaeger operator 1.48 has no field for it, so `restricted` refuses it',
        'autonomous-op-jaeger spark-dependencies: resources of spark-dependencies by storage.dependencies.resources or resources',
      ],
    ],
    [
      'a token by an account that is not ours',
      /serviceAccountName: redis$/m,
      'serviceAccountName: default',
      ['redis leaders: token by serviceAccountName', 'redis followers: token by serviceAccountName'],
    ],
    [
      'a budget that is gone',
      /kind: PodDisruptionBudget(?=\nmetadata:\n(?:.*\n){1,3} {2}name: autonomous-op-jaeger-query-pdb)/,
      'kind: SomethingElse',
      ['autonomous-op-jaeger query: budget by PodDisruptionBudget'],
    ],
  ])('%s', (_, text, instead, faults) => {
    expect(without(text, instead)).toEqual(faults);
  });
});

it('no pod is in the table twice', () => {
  const names = operatedPods.map(({ group, kind, part }) => `${group}/${kind} ${part}`);
  expect(names).toEqual([...new Set(names)]);
});
