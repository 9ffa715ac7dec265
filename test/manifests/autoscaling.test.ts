import { describe, expect, it } from 'vitest';
import { Autoscaler, autoscalersOf } from '../../src/manifests/autoscaling';
import { parseManifests } from '../../src/manifests/read';
import { workloadsOf } from '../../src/manifests/workloads';

function parse(...yaml: readonly string[]) {
  return parseManifests([{ name: 'shop.yaml', yaml: yaml.join('\n---\n') }]);
}

/** The one autoscaler of some YAML. */
function autoscaler(...yaml: readonly string[]): Autoscaler | undefined {
  const [found, ...others] = autoscalersOf(parse(...yaml));
  expect(others).toEqual([]);
  return found;
}

const hpa = (spec: string, version = 'v2') => `
apiVersion: autoscaling/${version}
kind: HorizontalPodAutoscaler
metadata: { name: cart, namespace: shop }
spec: { scaleTargetRef: { kind: Deployment, name: cart }, maxReplicas: 7${spec} }
`;
const scaledObject = (spec: string) => `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: cart, namespace: shop }
spec: { scaleTargetRef: { name: cart }, ${spec} }
`;
const trigger = (text: string) => autoscaler(scaledObject(`triggers: [${text}]`))?.metrics;
const metric = (text: string) => autoscaler(hpa(`, metrics: [${text}]`))?.metrics;

describe('an HPA', () => {
  it('has the defaults of the API server', () => {
    expect(autoscaler(hpa(''))).toMatchObject({
      target: { kind: 'Deployment', name: 'cart', namespace: 'shop' },
      min: 1,
      max: 7,
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [
            { type: 'Pods', value: 4 },
            { type: 'Percent', value: 100 },
          ],
        },
        scaleDown: {
          stabilizationWindowSeconds: 300,
          selectPolicy: 'Max',
          policies: [{ type: 'Percent', value: 100 }],
        },
      },
      metrics: [{ type: 'cpu', target: { utilization: 80 } }],
    });
    expect(autoscaler(hpa(', targetCPUUtilizationPercentage: 60', 'v1'))?.metrics).toMatchObject([
      { target: { utilization: 60 } },
    ]);
  });

  it.each([
    [
      '{ type: Resource, resource: { name: memory, target: { type: Utilization, averageUtilization: 70 } } }',
      { type: 'memory', target: { utilization: 70 } },
    ],
    [
      '{ type: Resource, resource: { name: cpu, target: { type: AverageValue, averageValue: 500m } } }',
      { type: 'cpu', target: { perPod: 0.5 } },
    ],
    [
      '{ type: ContainerResource, containerResource: { name: cpu, container: app, target: { type: Utilization, averageUtilization: 70 } } }',
      { type: 'cpu', container: 'app', target: { utilization: 70 } },
    ],
    [
      '{ type: Pods, pods: { metric: { name: jobs }, target: { type: AverageValue, averageValue: 1k } } }',
      { type: 'pods', name: 'jobs', perPod: 1000 },
    ],
    [
      '{ type: External, external: { metric: { name: queue }, target: { type: AverageValue, averageValue: "30" } } }',
      { type: 'external', name: 'queue', perPod: 30 },
    ],
    // A value for all pods together says nothing of one.
    [
      '{ type: External, external: { metric: { name: queue }, target: { type: Value, value: "30" } } }',
      { type: 'other', name: 'queue' },
    ],
    [
      '{ type: Object, object: { metric: { name: hits }, target: { type: AverageValue, averageValue: "30" } } }',
      { type: 'other', name: 'hits' },
    ],
  ])('follows %s', (text, expected) => {
    expect(metric(text)).toMatchObject([expected]);
  });

  it('is refused with a behaviour that is not valid', () => {
    expect(() => autoscaler(hpa(', behavior: { scaleUp: { selectPolicy: Most } }'))).toThrow(
      'HorizontalPodAutoscaler cart: behavior.scaleUp.selectPolicy is not valid: ',
    );
  });
});

describe('a ScaledObject', () => {
  it('has the defaults of KEDA', () => {
    expect(autoscaler(scaledObject('triggers: []'))).toMatchObject({
      ...{ target: { kind: 'Deployment', name: 'cart' }, min: 0, max: 100, metrics: [] },
      behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
    });
    expect(trigger('{ type: kafka, metadata: { consumerGroup: cart } }')).toEqual([
      { type: 'kafka', group: 'cart', topic: undefined, perPod: 10 },
    ]);
  });

  it.each([
    ['{ type: cpu, metricType: Utilization, metadata: { value: "70" } }', { type: 'cpu', target: { utilization: 70 } }],
    [
      '{ type: memory, metadata: { type: AverageValue, value: 1Gi, containerName: app } }',
      { type: 'memory', container: 'app', target: { perPod: 2 ** 30 } },
    ],
    [
      '{ type: prometheus, metadata: { serverAddress: "http://prometheus:9090", metricName: jobs, query: up, threshold: "1.5" } }',
      { type: 'prometheus', server: 'http://prometheus:9090', name: 'jobs', query: 'up', perPod: 1.5 },
    ],
    ['{ type: prometheus, metadata: { query: up } }', { type: 'other', name: 'prometheus' }],
    ['{ type: kafka, metricType: Value, metadata: { consumerGroup: cart } }', { type: 'other', name: 'kafka' }],
    ['{ type: cron, metadata: { desiredReplicas: "3" } }', { type: 'other', name: 'cron' }],
  ])('follows %s', (text, expected) => {
    expect(trigger(text)).toMatchObject([expected]);
  });

  it('stands for the HPA beside it, in whatever order they are', () => {
    const keda = scaledObject(
      'minReplicaCount: 2, maxReplicaCount: 9, advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } } }',
    );
    for (const order of [
      [keda, hpa('')],
      [hpa(''), keda],
    ]) {
      expect(autoscaler(...order)).toMatchObject({
        min: 2,
        max: 9,
        behavior: { scaleUp: { stabilizationWindowSeconds: 60 } },
      });
      const cart =
        '{ apiVersion: apps/v1, kind: Deployment, metadata: { name: cart, namespace: shop }, spec: { template: {} } }';
      expect(workloadsOf(parse(cart, ...order))[0]?.pods).toEqual({ min: 2, max: 9 });
    }
  });
});
