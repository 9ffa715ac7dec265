import { expect, it } from 'vitest';
import { parseManifests } from '../../src/manifests/read';
import { storageClassesOf } from '../../src/manifests/storage';

const classesOf = (apiVersion: string, kind: string, spec: string) => [
  ...storageClassesOf(
    parseManifests([
      { name: 'a', yaml: `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: a }, spec: ${spec} }` },
    ]),
  ),
];

it.each<[string, string, string, (string | undefined)[]]>([
  ['v1', 'PersistentVolumeClaim', '{ storageClassName: fast }', ['fast']],
  ['v1', 'PersistentVolumeClaim', '{}', [undefined]],
  ['v1', 'PersistentVolumeClaim', '{ storageClassName: "" }', []],
  [
    'apps/v1',
    'StatefulSet',
    '{ volumeClaimTemplates: [{ spec: { storageClassName: fast } }, { spec: {} }] }',
    ['fast', undefined],
  ],
  [
    'monitoring.coreos.com/v1',
    'Prometheus',
    '{ storage: { volumeClaimTemplate: { spec: { storageClassName: fast } } } }',
    ['fast'],
  ],
  [
    'kafka.strimzi.io/v1beta2',
    'Kafka',
    '{ kafka: { storage: { type: persistent-claim, class: fast } }, zookeeper: { storage: { type: ephemeral } } }',
    ['fast'],
  ],
  [
    'kafka.strimzi.io/v1beta2',
    'Kafka',
    '{ kafka: { storage: { type: jbod, volumes: [{ type: persistent-claim }] } } }',
    [undefined],
  ],
  [
    'postgresql.cnpg.io/v1',
    'Cluster',
    '{ storage: { size: 1Gi, storageClass: fast }, walStorage: { size: 1Gi } }',
    ['fast', undefined],
  ],
])('finds the classes of the claims of %s %s: %s', (apiVersion, kind, spec, expected) => {
  expect(classesOf(apiVersion, kind, spec)).toEqual(expected);
});
