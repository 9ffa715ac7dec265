import { ApiObject, Testing } from 'cdk8s';
import { expect, test } from 'vitest';
import { ParcelTracker } from './chart';

const app = Testing.app();
const chart = new ParcelTracker(app, 'parcel-tracker');

/** The manifest of the object with this kind and name. */
function manifest(kind: string, name: string): unknown {
  const objects = chart.node.findAll().filter(ApiObject.isApiObject);
  return objects.find((object) => object.kind === kind && object.name === name)?.toJson();
}

test('a pod is added for every 500 scans that its group has not read, and never more than the topic has partitions', () => {
  const lag = { topic: 'parcel-scans', consumerGroup: 'parcel-tracker', lagThreshold: '500' };
  expect(manifest('ScaledObject', 'tracker-keda')).toMatchObject({
    spec: { maxReplicaCount: 24, triggers: [{ type: 'cpu' }, { type: 'kafka', metadata: lag }] },
  });
});

test('two pods run at night, and a drain takes one of them at a time', () => {
  expect(manifest('HorizontalPodAutoscaler', 'tracker-hpa')).toMatchObject({ spec: { minReplicas: 2 } });
  expect(manifest('PodDisruptionBudget', 'tracker-pdb')).toMatchObject({ spec: { maxUnavailable: 1 } });
});

test('the gateway may ask, Prometheus may scrape, Kafka may be read, and nothing else is open', () => {
  expect(chart.network.connections.map(({ from, to, port }) => `${from.name} > ${to.name}:${port}`)).toEqual([
    'tracker > kafka:9092',
    'prometheus-operated > tracker:8081',
    'gateway > tracker:8080',
  ]);
});

test('the manifests are those of dist/', async () => {
  await expect(app.synthYaml()).toMatchFileSnapshot('dist/parcel-tracker.k8s.yaml');
});
