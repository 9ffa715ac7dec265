import { describe, expect, it } from 'vitest';
import { GpuInferenceService, GpuNodePool, GpuType, KedaScaler, Trigger } from '../../src';
import { ScaledService, scaledServices } from '../../src/capacity/scaled-service';
import { parseManifests } from '../../src/manifests/read';
import { manifestsOf, newChart } from '../synthesize';
import { production } from '../autonomous-op/production';

const ours = scaledServices(parseManifests(production.files));

/** The services of some YAML. */
function services(...yaml: readonly string[]): ScaledService[] {
  return scaledServices(parseManifests([{ name: 'shop.yaml', yaml: yaml.join('\n---\n') }]));
}

const workload = (name: string, kind = 'Deployment', namespace = 'shop') => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  template:
    spec:
      initContainers: [{ name: migrate, resources: { requests: { cpu: "4" } } }]
      containers:
        - { name: app, resources: { requests: { cpu: 500m, memory: 1Gi } }, readinessProbe: { initialDelaySeconds: 20 } }
        - { name: proxy, resources: { limits: { cpu: 500m, memory: 1Gi } } }
`;
const scaled = (name: string, triggers: string, spec = '', namespace = 'shop') => `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: ${name}, namespace: ${namespace} }
spec: { scaleTargetRef: { name: ${name}${spec} }, triggers: [${triggers}] }
`;
const kafka = (topic: string, group: string) =>
  `{ type: kafka, metadata: { topic: ${topic}, consumerGroup: ${group}, lagThreshold: "50" } }`;
const prometheus = (metric: string, query = 'sum(rate(requests[1m]))') =>
  `{ type: prometheus, metadata: { metricName: ${metric}, query: '${query}', threshold: "100" } }`;
const namesOf = (all: readonly ScaledService[]) => all.flatMap(({ triggers }) => triggers.map(({ load }) => load.name));

describe('a scaled service', () => {
  it('has of the manifests what the controller and the kubelet read there', () => {
    const [gateway, autonomousOp, mlService] = ['gateway', 'autonomous-op', 'ml-service'].map((name) =>
      ours.find((service) => service.name === name),
    );
    const upAtOnce = { stabilizationWindowSeconds: 0, selectPolicy: 'Max' };
    expect(autonomousOp?.behavior.scaleUp).toMatchObject(upAtOnce);
    expect(gateway?.behavior.scaleUp.stabilizationWindowSeconds).toBe(300);
    expect([gateway, autonomousOp, mlService].map((each) => each?.readinessDelay)).toEqual([0, 0, 0]);
    expect(mlService?.gpu).toEqual({ count: 1, name: 'Tesla V100', pricePerHour: 0.7, type: GpuType.V100 });
    expect(gateway?.gpu).toBeUndefined();
  });

  it('reads each load as the query of its trigger does', () => {
    const triggers = ours.flatMap((service) => service.triggers);
    const measured = Object.fromEntries(triggers.map((trigger) => [trigger.load.name, trigger.measured]));
    expect(measured).toMatchObject({
      http: { over: 'average', seconds: 120 },
      gpu: { over: 'minimum', seconds: 180 },
      'lag.vehicle-telemetry': { seconds: 0 },
      'fms.cpu': { seconds: 0 },
    });
  });

  it('should have as much of cpu and memory as the requests of its containers say', () => {
    const resources =
      '{ type: cpu, metricType: Utilization, metadata: { value: "70" } }, { type: memory, metricType: AverageValue, metadata: { value: 512Mi } }, { type: cpu, metadata: { type: Utilization, value: "80", containerName: app } }';
    const [cart] = services(workload('cart'), scaled('cart', resources));
    expect(cart?.triggers).toMatchObject([
      { load: { name: 'cart.cpu', unit: ' CPUs' }, perPod: 0.7, utilization: 70, readyPodsOnly: true },
      { load: { name: 'cart.memory', unit: ' GiB' }, perPod: 0.5, readyPodsOnly: false },
      { load: { name: 'cart.app.cpu' }, perPod: 0.4, utilization: 80 },
    ]);
    expect(cart?.triggers[1]).not.toHaveProperty('utilization');
    // A node needs room for the container that begins the pod.
    expect(cart?.requests).toEqual({ cpu: 4, memory: 2 });
    expect(cart?.readinessDelay).toBe(20);
  });

  it('may be a StatefulSet, whose pods a ScaledObject alone scales', () => {
    const [queue, ...others] = services(
      workload('queue'),
      workload('queue', 'StatefulSet'),
      scaled('queue', kafka('jobs', 'queue'), ', kind: StatefulSet'),
    );
    expect(others).toEqual([]);
    expect(queue).toMatchObject({ name: 'queue', minReplicas: 0, maxReplicas: 100, requests: { cpu: 4 } });
  });

  it('is without requests if its workload is elsewhere, so that a share of them says nothing', () => {
    const [cart] = services(scaled('cart', `{ type: cpu, metadata: { value: "70" } }, ${kafka('jobs', 'cart')}`));
    expect(cart).toMatchObject({ requests: { cpu: 0, memory: 0 }, uncounted: ['cpu'], readinessDelay: 0 });
    expect(cart?.triggers).toHaveLength(1);
  });

  it('lists the triggers that do not say what a pod should have', () => {
    const triggers = `{ type: cron, metadata: { desiredReplicas: "10" } }, ${kafka('jobs', 'cart').replace('type: kafka', 'type: kafka, metricType: Value')}`;
    expect(services(scaled('cart', triggers))[0]).toMatchObject({ triggers: [], uncounted: ['cron', 'kafka'] });
  });
});

describe('the name of a load', () => {
  it('is short where people have a shorter one, with a unit', () => {
    const loads = services(
      scaled(
        'cart',
        [prometheus('http_requests_per_second'), prometheus('gpu_utilization'), prometheus('jobs')].join(),
      ),
    );
    expect(loads[0]?.triggers.map(({ load }) => load)).toEqual([
      { name: 'http', unit: '/s' },
      { name: 'gpu', unit: ' %' },
      { name: 'jobs', unit: '' },
    ]);
  });

  it('is that of the trigger, or of the one metric of the query, if the metric has none', () => {
    const unnamed = (query: string, name = '') =>
      `{ type: prometheus${name}, metadata: { query: '${query}', threshold: "1" } }`;
    const triggers = [
      unnamed('sum(rate(jobs_total[1m]))'),
      unnamed('up', ', name: http_requests_per_second'),
      unnamed('a / b'),
    ];
    expect(namesOf(services(scaled('cart', triggers.join())))).toEqual(['jobs_total', 'http', 'prometheus']);
  });

  it('begins with the service, if another service calls something else the same', () => {
    const carts = (group: string, query: string) => [
      scaled('cart', `${kafka('jobs', 'cart')}, ${prometheus('http_requests_per_second')}`),
      scaled('stock', `${kafka('jobs', group)}, ${prometheus('http_requests_per_second', query)}`),
    ];
    expect(namesOf(services(...carts('cart', 'sum(rate(requests[1m]))')))).toEqual([
      'lag.jobs',
      'http',
      'lag.jobs',
      'http',
    ]);
    expect(namesOf(services(...carts('stock', 'stock')))).toEqual([
      'cart.lag.jobs',
      'cart.http',
      'stock.lag.jobs',
      'stock.http',
    ]);
  });

  it('begins with the namespace, if the service is in another one than most objects', () => {
    const cpu = '{ type: cpu, metadata: { value: "70" } }';
    const both = services(
      workload('cart'),
      scaled('cart', cpu),
      workload('cart', 'Deployment', 'test'),
      scaled('cart', cpu, '', 'test'),
      workload('stock'),
    );
    expect(namesOf(both)).toEqual(['cart.cpu', 'test/cart.cpu']);
  });
});

describe('the GPUs of a service', () => {
  const chart = newChart();
  const pool = new GpuNodePool(chart, 'gpu', { nodes: ['node-1'], gpu: GpuType.A100, gpusPerNode: 8 });
  const target = new GpuInferenceService(chart, 'model', {
    image: 'acme/model:1.0.0',
    pool,
    gpuCount: 2,
    preferredGpus: [GpuType.A100],
  });
  new KedaScaler(chart, 'scaling', { target, minReplicas: 1, maxReplicas: 3, triggers: [Trigger.cpu(70)] });

  it('have the price of the catalogue, or the one that is given', () => {
    const priceOf = (price?: number) => scaledServices(manifestsOf(chart), price)[0]?.gpu;
    expect(priceOf()).toEqual({ count: 2, name: 'Tesla A100', pricePerHour: 1.2, type: GpuType.A100 });
    expect(priceOf(2)?.pricePerHour).toBe(2);
  });

  it('have none, if the catalogue does not have the product', () => {
    const gpus = workload('model')
      .replace('cpu: 500m, memory: 1Gi', 'nvidia.com/gpu: 2')
      .replace('spec:\n      init', 'spec:\n      nodeSelector: { nvidia.com/gpu.product: NVIDIA-L4 }\n      init');
    const [model] = services(gpus, scaled('model', kafka('jobs', 'model')));
    expect(model?.gpu).toEqual({ count: 2, name: 'NVIDIA-L4', pricePerHour: undefined, type: undefined });
  });
});
