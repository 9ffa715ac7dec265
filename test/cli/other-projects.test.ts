/* The commands know no deployment: in a project of another team they tell about that project's manifests. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseManifests } from '../../src/manifests/read';
import { gpuNode, list, podOf, ready, servedFor, workers } from '../cluster/ready-cluster';
import { temporaryFolder } from '../temporary-folder';
import { apiServer } from './api-server';
import { run } from './run';

const inFolder = temporaryFolder();

const filesOf = (folder: string) =>
  readdirSync(folder).map((name) => ({ name, yaml: readFileSync(join(folder, name), 'utf8') }));

/** Runs doctor for an example, on a cluster that serves what it needs, and has a namespace and some pods. */
async function doctor(example: string, namespace: string, ...pods: readonly ReturnType<typeof podOf>[]) {
  const folder = join('examples', example, 'dist');
  const answers: Readonly<Record<string, unknown>> = {
    ...ready,
    ...servedFor([...parseManifests(filesOf(folder)).objects.values()]),
    '/api/v1/nodes': list(...workers, gpuNode(1)),
    '/api/v1/pods': list(...pods),
    [`/api/v1/namespaces/${namespace}`]: { metadata: { name: namespace } },
    [`/api/v1/namespaces/${namespace}/resourcequotas`]: list(),
    [`/api/v1/namespaces/${namespace}/limitranges`]: list(),
  };
  await using server = await apiServer((_, path) => (answers[path] === undefined ? undefined : [200, answers[path]]));
  const flags = ['--context', 'staging', '--kubeconfig', server.kubeconfig];
  const { code, out } = await run('doctor', '--manifests', folder, ...flags);
  expect(out).not.toContain('autonomous-op');
  const lines = out.replaceAll(` --kubeconfig ${server.kubeconfig}`, '').split('\n');
  return { code, lines: lines.map((line) => line.replace(/(?<=\S) {2,}/, ': ')) };
}

const podIn = (namespace: string, app: string, image = app) =>
  podOf({ namespace, name: `${app}-0`, labels: { app }, image });

it('doctor checks what a consumer of Kafka needs', async () => {
  const keda = podIn('keda', 'keda-operator', 'ghcr.io/kedacore/keda:2.11.2');
  const { code, lines } = await doctor('kafka-lag-service', 'parcels', keda, podIn('messaging', 'kafka'));
  expect(code).toBe(1);
  expect(lines).toEqual(
    expect.arrayContaining([
      '✓ KEDA: 2.11.2 in keda',
      '✓ kafka: app=kafka in messaging',
      '! gateway: no pod app=gateway in the namespace edge; the policies name it',
      '✓ room: cpu 1 to 12 of 96, memory 2Gi to 24Gi of 384Gi',
      '✓ namespace parcels: is there',
      '✗ Secret tracker-kafka: is not in parcels, and no file here makes it',
      '    kubectl --context staging create secret generic tracker-kafka --namespace parcels --from-file=password --from-file=sasl.jaas.config --from-file=username',
    ]),
  );
});

it('doctor checks what a model on GPUs needs, and that the nodes have these GPUs', async () => {
  const { code, lines } = await doctor('gpu-model', 'vision');
  expect(code).toBe(1);
  expect(lines).toEqual(
    expect.arrayContaining([
      '✗ KEDA: no pod app=keda-operator',
      '! gpu-node-01: it has Tesla-V100-SXM2-16GB, and the pods ask for NVIDIA-A100-SXM4-40GB',
      expect.stringMatching(/^! room on GPU nodes: enough for the fewest pods, .* nvidia.com\/gpu 4 to 14 of 4$/),
      '✓ namespace vision: is there',
    ]),
  );
});

it('diff tells what a change of another chart means', async () => {
  const folder = join('examples', 'gpu-model', 'dist');
  mkdirSync(inFolder('changed'));
  for (const { name, yaml } of filesOf(folder)) {
    const changed = yaml.replace('acme/pallet-detector:2.1.0', 'acme/pallet-detector:2.2.0');
    writeFileSync(inFolder('changed', name), changed.replace(/max(Replicas|ReplicaCount): \d+/g, 'max$1: 5'));
  }
  const { code, out } = await run('diff', folder, '--head', inFolder('changed'));
  expect(code).toBe(1);
  expect(out.replaceAll(inFolder('changed'), 'changed')).toMatchInlineSnapshot(`
    "examples/gpu-model/dist → changed: 3 changed

    restarts pods            Deployment detector                   a rolling update, no pods fewer and 1 more at a time: spec.containers[detector].image acme/pallet-detector:2.1.0 → acme/pallet-detector:2.2.0
    scales differently       HorizontalPodAutoscaler detector-hpa  maxReplicas 7 → 5
    scales differently       ScaledObject detector-keda            maxReplicaCount 7 → 5
    lowers the monthly cost  GPUs                                  by $0 to $3,504: GPUs $3,504 to $12,264 → $3,504 to $8,760, fewest to most pods, 730 hours
    asks for less            all workloads                         CPU 16 to 56 → 16 to 40, memory 64Gi to 224Gi → 64Gi to 160Gi, GPUs 4 to 14 → 4 to 10

    Deployment detector changed
      spec.template.spec.containers[detector].image
        - acme/pallet-detector:2.1.0
        + acme/pallet-detector:2.2.0

    HorizontalPodAutoscaler detector-hpa changed
      spec.maxReplicas
        - 7
        + 5

    ScaledObject detector-keda changed
      spec.maxReplicaCount
        - 7
        + 5
    "
  `);
});
