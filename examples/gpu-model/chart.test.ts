import { ApiObject, Testing } from 'cdk8s';
import { expect, test } from 'vitest';
import { PalletDetector } from './chart';

const app = Testing.app();
const chart = new PalletDetector(app, 'pallet-detector');

/** The manifest of the object with this kind and name. */
function manifest(kind: string, name: string): unknown {
  const objects = chart.node.findAll().filter(ApiObject.isApiObject);
  return objects.find((object) => object.kind === kind && object.name === name)?.toJson();
}

/** The Deployment with something about its pods. */
const pods = (spec: object) => ({ spec: { template: { spec } } });

test('a pod has two GPUs, asked for and guaranteed', () => {
  const gpus = { 'nvidia.com/gpu': '2' };
  const resources = { requests: gpus, limits: gpus };
  expect(manifest('Deployment', 'detector')).toMatchObject(pods({ containers: [{ resources }] }));
});

test('it runs on GPU nodes only, whose taint it tolerates, and prefers the A100', () => {
  const product = { key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-A100-SXM4-40GB'] };
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'nvidia.com/gpu.present' }] }],
    },
    preferredDuringSchedulingIgnoredDuringExecution: [{ preference: { matchExpressions: [product] } }],
  };
  const tolerations = [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }];
  expect(manifest('Deployment', 'detector')).toMatchObject(pods({ affinity: { nodeAffinity }, tolerations }));
});

test('a roll-out starts the new pod first, as two GPUs of sixteen are spare at the maximum of seven pods', () => {
  expect(manifest('HorizontalPodAutoscaler', 'detector-hpa')).toMatchObject({ spec: { maxReplicas: 7 } });
  expect(manifest('Deployment', 'detector')).toMatchObject({
    spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
  });
});

test('the cameras may ask, Prometheus may scrape, and the model asks nobody', () => {
  expect(chart.network.connections.map(({ from, to, port }) => `${from.name} > ${to.name}:${port}`)).toEqual([
    'prometheus-operated > detector:8083',
    'cameras > detector:8082',
  ]);
});

test('the manifests are those of dist/', async () => {
  await expect(app.synthYaml()).toMatchFileSnapshot('dist/pallet-detector.k8s.yaml');
});
