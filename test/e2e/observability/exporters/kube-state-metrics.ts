/* kube-state-metrics 2.10: the state of pods, nodes and autoscalers. Finished and evicted pods are told of like all others. */

import { family, Labels, Sample } from '../exposition';
import { Pod } from '../pod';
import { nodes } from '../workloads';
import type { World } from '../world';

const PHASES = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'] as const;

const UNITS: Readonly<Record<string, string>> = { cpu: 'core', memory: 'byte', nvidia_com_gpu: 'integer' };

/** GPUs of a node. */
const GPUS = 2;

export function kubeStateMetrics(world: World): string {
  // The kubelet's endpoints are no pods.
  const pods = world.pods.filter(({ spec }) => spec.workload !== 'kubelet');
  return [...podMetrics(pods), ...nodeMetrics(), ...autoscalerMetrics(world)].join('');
}

function podMetrics(pods: readonly Pod[]): string[] {
  const each = (samples: (pod: Pod, labels: Labels) => Sample[]) => pods.flatMap((pod) => samples(pod, podLabels(pod)));
  return [
    family(
      'kube_pod_status_phase',
      'gauge',
      each(({ phase }, labels) => PHASES.map((each) => [{ ...labels, phase: each }, Number(each === phase)])),
    ),
    family(
      'kube_pod_status_ready',
      'gauge',
      each(({ ready }, labels) =>
        ['true', 'false', 'unknown'].map((condition) => [
          { ...labels, condition },
          Number(String(ready) === condition),
        ]),
      ),
    ),
    family(
      'kube_pod_container_resource_limits',
      'gauge',
      each((pod, labels) => resources(pod, labels, 'limits')),
    ),
    family(
      'kube_pod_container_resource_requests',
      'gauge',
      each((pod, labels) => resources(pod, labels, 'requests')),
    ),
  ];
}

function podLabels({ spec: { namespace, name, ip } }: Pod): Labels {
  return { namespace, pod: name, uid: `uid-${ip}` };
}

function resources({ spec }: Pod, labels: Labels, kind: 'limits' | 'requests'): Sample[] {
  return spec.containers.flatMap((container) =>
    Object.entries(container[kind]).map(([name, value]): Sample => {
      const resource = name.replace(/\W/g, '_');
      return [{ ...labels, container: container.name, node: spec.node, resource, unit: UNITS[resource] }, value];
    }),
  );
}

function nodeMetrics(): string[] {
  const allocatable = { cpu: 16, memory: 64 * 2 ** 30, nvidia_com_gpu: GPUS };
  const samples = nodes.flatMap((node) =>
    Object.entries(allocatable).map(([resource, value]): Sample => [{ node, resource, unit: UNITS[resource] }, value]),
  );
  const ready = nodes.map((node): Sample => [{ node, condition: 'Ready', status: 'true' }, 1]);
  return [
    family('kube_node_status_allocatable', 'gauge', samples),
    family('kube_node_status_condition', 'gauge', ready),
  ];
}

function autoscalerMetrics(world: World): string[] {
  const { scalers } = world.autoscaling;
  const each = (name: string, value: (scaler: (typeof scalers)[number]) => number) =>
    family(
      `kube_horizontalpodautoscaler_${name}`,
      'gauge',
      scalers.map((scaler): Sample => [hpaLabels(scaler.hpa), value(scaler)]),
    );
  const conditions = scalers.flatMap(({ hpa, active }) =>
    ['true', 'false', 'unknown'].map((status): Sample => [
      { ...hpaLabels(hpa), condition: 'ScalingActive', status },
      Number(String(active) === status),
    ]),
  );
  return [
    each('spec_min_replicas', ({ min }) => min),
    each('spec_max_replicas', ({ max }) => max),
    each('status_current_replicas', ({ workload }) => world.podsOf(workload).length),
    each('status_desired_replicas', ({ wanted, min }) => wanted.at(-1)?.pods ?? min),
    family('kube_horizontalpodautoscaler_status_condition', 'gauge', conditions),
  ];
}

function hpaLabels(horizontalpodautoscaler: string): Labels {
  return { namespace: 'autonomous-op', horizontalpodautoscaler };
}
