import { describe, expect, it } from 'vitest';
import { selects } from '../../src/manifests/network/places';
import { times } from '../../src/manifests/quantities';
import { ManifestSet, parseManifests } from '../../src/manifests/read';
import { at, entriesAt, plain } from '../../src/manifests/value';
import { Workload, workloadsOf } from '../../src/manifests/workloads';
import { renderedFor } from '../cluster/ready-cluster';

const production = parseManifests(renderedFor('production'));

const setOf = (yaml: string) => parseManifests([{ name: 'all.yaml', yaml }]);

const shown = (manifests: ManifestSet) =>
  workloadsOf(manifests).map(({ name, pods, requests: { cpu = 0, memory = 0 }, gpus }) => {
    const count = pods === 'every node' ? pods : `${pods.min}-${pods.max}`;
    return `${name} ${count}: ${cpu} ${memory / 2 ** 20}Mi${gpus === 0 ? '' : ` ${gpus} GPU`}`;
  });

const only = (yaml: string): Workload => {
  const [workload, ...others] = workloadsOf(setOf(yaml));
  if (workload === undefined || others.length > 0) throw new Error(`${others.length + 1} workloads`);
  return workload;
};

describe('the workloads of production', () => {
  it('are those of Kubernetes, and those that operators run for the stores', () => {
    expect(shown(production).sort()).toMatchInlineSnapshot(`
      [
        "alertmanager 1-1: 0.05 128Mi",
        "autonomous-op 3-10: 1 2048Mi",
        "autonomous-op-jaeger collector 2-2: 0.5 1024Mi",
        "autonomous-op-jaeger query 2-2: 0.5 1024Mi",
        "elasticsearch 3-3: 1 4096Mi",
        "elasticsearch-exporter 1-1: 0.05 64Mi",
        "fms 2-5: 0.5 1024Mi",
        "gateway 2-5: 0.5 1024Mi",
        "grafana 1-1: 0.5 1024Mi",
        "kafka brokers 3-3: 1 2048Mi",
        "kafka entity-operator 1-1: 0.2 512Mi",
        "kafka exporter 1-1: 0.1 128Mi",
        "kafka zookeeper 3-3: 0.25 512Mi",
        "kafka-s3-sink 2-2: 0.5 1024Mi",
        "loki 1-1: 0.25 512Mi",
        "ml-service 2-6: 2 4096Mi 1 GPU",
        "postgres pooler 2-2: 0.1 64Mi",
        "postgres-cluster 3-3: 1 4096Mi",
        "prometheus 1-1: 1 4096Mi",
        "promtail every node: 0.05 64Mi",
        "redis followers 3-3: 0.55 1056Mi",
        "redis leaders 3-3: 0.55 1056Mi",
        "scm 2-5: 0.5 1024Mi",
        "tms 2-5: 0.5 1024Mi",
      ]
    `);
  });

  it('are found for every object that requests CPU or memory', () => {
    const known = new Set(workloadsOf(production).map(({ object }) => object));
    const asking = [...production.objects.values()].filter(({ body }) =>
      /"(requests|limits)":\{"(cpu|memory)/.test(JSON.stringify(plain(body))),
    );
    expect(asking.filter((object) => !known.has(object)).map(({ name }) => name)).toEqual([]);
    expect(asking.length).toBeGreaterThan(15);
  });

  it('can take all the GPUs that the specification gives them', () => {
    const gpus = workloadsOf(production).map(({ pods, requests }) =>
      pods === 'every node' ? 0 : (times(pods.max, requests)['nvidia.com/gpu'] ?? 0),
    );
    expect(gpus.reduce((sum, each) => sum + each)).toBe(6);
  });
});

const containers = (spec: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec: { replicas: 3, template: { metadata: { labels: { app: cart } }, spec: ${spec} } }
`;
const scaler = (kind: string, namespace: string, bounds: string) => `
---
apiVersion: example.com/v1
kind: ${kind}
metadata: { name: cart, namespace: ${namespace} }
spec: { scaleTargetRef: { name: cart }, ${bounds} }
`;

describe('a workload', () => {
  it('requests what its containers request together', () => {
    const {
      requests,
      containers: each,
      labels,
    } = only(
      containers(
        '{ containers: [{ resources: { requests: { cpu: 500m } } }, { resources: { requests: { cpu: 1 } } }] }',
      ),
    );
    expect(requests).toEqual({ cpu: 1.5 });
    expect(each).toHaveLength(2);
    expect([...labels]).toEqual([['app', 'cart']]);
  });

  it('requests up to its limit what it limits and does not request', () => {
    const { requests } = only(
      containers('{ containers: [{ resources: { limits: { cpu: 2, nvidia.com/gpu: 1 }, requests: { cpu: 1 } } }] }'),
    );
    expect(requests).toEqual({ cpu: 1, 'nvidia.com/gpu': 1 });
  });

  it('has room for the greatest of the containers that only begin it, and for those that stay', () => {
    const asking = (cpu: number, policy = '') => `{ ${policy} resources: { requests: { cpu: ${cpu} } } }`;
    const started = (...beginning: string[]) =>
      only(containers(`{ initContainers: [${beginning.join(', ')}], containers: [${asking(1)}] }`)).requests;
    expect(started(asking(3), asking(2))).toEqual({ cpu: 3 });
    expect(started(asking(3, 'restartPolicy: Always,'))).toEqual({ cpu: 4 });
  });

  it('has the pods that it names, or that its autoscaler may set', () => {
    const cart = containers('{ containers: [{}] }');
    const podsWith = (...scalers: string[]) => only([cart, ...scalers].join('')).pods;
    const hpa = scaler('HorizontalPodAutoscaler', 'shop', 'minReplicas: 2, maxReplicas: 5');
    const scaledPods = (yaml: string) => workloadsOf(setOf(yaml))[0]?.pods;
    expect(podsWith()).toEqual({ min: 3, max: 3 });
    expect(scaledPods(cart + hpa)).toEqual({ min: 2, max: 5 });
    expect(scaledPods(cart + scaler('ScaledObject', 'shop', 'maxReplicaCount: 7'))).toEqual({ min: 0, max: 7 });
  });

  it('is not scaled by an autoscaler of another namespace, or of another kind', () => {
    const cart = containers('{ containers: [{}] }');
    const elsewhere = scaler('HorizontalPodAutoscaler', 'orders', 'maxReplicas: 5');
    expect(only(cart + elsewhere).pods).toEqual({ min: 3, max: 3 });
    const set = cart.replace('Deployment', 'StatefulSet');
    expect(only(set + scaler('HorizontalPodAutoscaler', 'shop', 'maxReplicas: 5')).pods).toEqual({ min: 3, max: 3 });
  });

  it('of a DaemonSet has a pod on every node, of a CronJob one at times', () => {
    const cart = containers('{ containers: [{}] }');
    expect(only(cart.replace('Deployment', 'DaemonSet')).pods).toBe('every node');
    const job = `{ spec: { template: { spec: { containers: [{}] } } } }`;
    const cron = `{ apiVersion: batch/v1, kind: CronJob, metadata: { name: a }, spec: { jobTemplate: ${job} } }`;
    expect(only(cron).pods).toEqual({ min: 0, max: 1 });
  });

  it('of another group is not taken for that of an operator', () => {
    const cluster =
      '{ apiVersion: cluster.x-k8s.io/v1beta1, kind: Cluster, metadata: { name: a }, spec: { instances: 3 } }';
    expect(workloadsOf(setOf(cluster))).toEqual([]);
  });
});

describe('the pods of an operator', () => {
  it('have the labels that the operator gives them, and those of the object', () => {
    const labels = new Map(workloadsOf(production).map((each) => [each.name, Object.fromEntries(each.labels)]));
    expect(labels.get('kafka brokers')).toEqual({
      app: 'kafka',
      'strimzi.io/cluster': 'kafka',
      'strimzi.io/kind': 'Kafka',
      'strimzi.io/name': 'kafka-kafka',
    });
    expect(labels.get('redis leaders')).toEqual({ app: 'redis', redis_setup_type: 'cluster', role: 'leader' });
    expect(labels.get('postgres pooler')).toMatchObject({ app: 'postgres', 'cnpg.io/podRole': 'pooler' });
    expect(labels.get('autonomous-op-jaeger query')).toMatchObject({ 'app.kubernetes.io/component': 'query' });
    expect(labels.get('prometheus')).toMatchObject({ app: 'prometheus', prometheus: 'prometheus' });
  });

  it('are selected by the policies, which close everything else', () => {
    const policies = production.ofKind('NetworkPolicy').map(({ body }) => at(body, 'spec', 'podSelector'));
    const named = policies.filter((selector) => entriesAt(selector, 'matchLabels').length > 0);
    const open = workloadsOf(production).filter(({ labels }) => !named.some((selector) => selects(selector, labels)));
    expect(open.map(({ name }) => name)).toEqual([]);
  });
});
