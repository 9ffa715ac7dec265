import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { environments } from '../../src/autonomous-op/environments';
import { prunedKinds, pruneLabel } from '../../src/autonomous-op/pruning';
import { KubeObject, synthesize, valueAt } from './production';

/** The kinds that hold data or a secret, or that an operator makes something of which does. */
const kept = [
  ...['Namespace', 'Secret', 'ExternalSecret', 'StatefulSet'],
  ...['Kafka', 'KafkaTopic', 'KafkaUser', 'KafkaConnect', 'KafkaConnector'],
  ...['Cluster', 'Pooler', 'ScheduledBackup', 'RedisCluster', 'Elasticsearch'],
  ...['Prometheus', 'Alertmanager', 'Jaeger'],
];

const isLabelled = ({ metadata }: KubeObject) => valueAt(metadata, `labels ${pruneLabel}`) === 'true';
const kindsOf = (objects: readonly KubeObject[]) => [...new Set(objects.map(({ kind }) => kind))].sort();

describe('the label for pruning', () => {
  const objects = [
    ...Object.keys(environments).flatMap((environment) => synthesize(environment).objects),
    ...synthesize('production', { clusterSecretStore: 'vault' }).objects,
  ];

  it('is on every object of the kinds that are pruned, in all environments', () => {
    const kinds = prunedKinds.map((kind) => kind.split('/').at(-1) ?? '').sort();
    expect(kindsOf(objects.filter(isLabelled))).toEqual(kinds);
    expect(objects.filter((object) => kinds.includes(object.kind) && !isLabelled(object))).toEqual([]);
  });

  it('is on nothing with which data would go', () => {
    expect(kindsOf(objects.filter((object) => !isLabelled(object)))).toEqual([...kept].sort());
  });

  it('is on no pod, which would be replaced for it', () => {
    expect(objects.filter((object) => JSON.stringify(object['spec'] ?? {}).includes(pruneLabel))).toEqual([]);
  });
});

test('the command of docs/operating.md has the label and the kinds', () => {
  const page = readFileSync(join(__dirname, '../../docs/operating.md'), 'utf8');
  const [command = ''] = /^printf [^]*?dry-run=server/m.exec(page) ?? [];
  expect([...command.matchAll(/^ {2}(\S+\/v\S+\/[A-Z]\w+) /gm)].map(([, kind]) => kind)).toEqual(prunedKinds);
  expect(command).toContain(`-l ${pruneLabel}=true`);
});
