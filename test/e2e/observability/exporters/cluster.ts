/* What a cluster has of its own: KEDA 2.11, NVIDIA's DCGM exporter, cert-manager. */

import { family, Sample } from '../exposition';
import { Pod } from '../pod';
import { realTimeOf, type World } from '../world';

const namespace = 'autonomous-op';

export function keda(world: World): string {
  const scaled = world.autoscaling.scalers.flatMap(({ scaledObject, errors, active }) =>
    scaledObject === undefined ? [] : [{ scaledObject, errors, active }],
  );
  const scaler = { metric: 's0-kafka', scaler: 'kafkaScaler', scalerIndex: '0' };
  return [
    family(
      'keda_scaled_object_errors',
      'counter',
      scaled.map(({ scaledObject, errors }): Sample => [{ namespace, scaledObject }, errors]),
    ),
    family(
      'keda_scaler_errors',
      'counter',
      scaled.map(({ scaledObject, errors }): Sample => [{ namespace, scaledObject, ...scaler }, errors]),
    ),
    family(
      'keda_scaler_active',
      'gauge',
      scaled.map(({ scaledObject, active }): Sample => [{ namespace, scaledObject, ...scaler }, Number(active)]),
    ),
  ].join('');
}

/** The GPUs of a node; pod and container are those that have one. */
export function dcgm(world: World, { spec }: Pod): string {
  const using = world.working('ml-service').filter((pod) => pod.spec.node === spec.node);
  const samples = using.map((pod, index): Sample => [
    {
      gpu: String(index),
      UUID: `GPU-${pod.spec.ip}`,
      device: `nvidia${index}`,
      modelName: 'Tesla V100-SXM2-16GB',
      Hostname: spec.node,
      container: pod.spec.containers[0]?.name,
      namespace: pod.spec.namespace,
      pod: pod.spec.name,
    },
    world.gpuUtilization,
  ]);
  return family('DCGM_FI_DEV_GPU_UTIL', 'gauge', samples);
}

export function certManager(world: World): string {
  const issuer = { issuer_name: 'letsencrypt', issuer_kind: 'ClusterIssuer', issuer_group: 'cert-manager.io' };
  const labels = (name: string) => ({ name, namespace, ...issuer });
  return [
    family(
      'certmanager_certificate_expiration_timestamp_seconds',
      'gauge',
      world.certificates.map(({ name, ends }): Sample => [labels(name), realTimeOf(world, world.time) + ends]),
    ),
    family(
      'certmanager_certificate_ready_status',
      'gauge',
      world.certificates.flatMap(({ name, ready }) =>
        [String(ready), 'unknown', String(!ready)].map((condition): Sample => [
          { ...labels(name), condition: condition.replace(/^./, (letter) => letter.toUpperCase()) },
          Number(condition === String(ready)),
        ]),
      ),
    ),
  ].join('');
}
