/* A kubelet of Kubernetes 1.27: its volumes at /metrics, its containers at /metrics/cadvisor. */

import { family, Sample } from '../exposition';
import { Pod } from '../pod';
import type { World } from '../world';

/** cAdvisor looks at a container every ten seconds or so, and stamps its samples with the time of that. */
const LOOKED_BEFORE_MS = 100;

const INODES = 6_553_600;

export function kubelet(world: World, { spec }: Pod, path: string): string {
  const pods = world.pods.filter((pod) => pod.runs && pod.spec.node === spec.node && pod.spec.workload !== 'kubelet');
  return path.endsWith('/cadvisor') ? containers(pods) : volumes(pods);
}

function volumes(pods: readonly Pod[]): string {
  const each = (name: string, value: (volume: NonNullable<Pod['spec']['volume']>) => number) =>
    family(
      `kubelet_volume_stats_${name}`,
      'gauge',
      pods.flatMap(({ spec: { namespace, volume } }): Sample[] =>
        volume === undefined ? [] : [[{ namespace, persistentvolumeclaim: volume.claim }, value(volume)]],
      ),
    );
  return [
    each('capacity_bytes', ({ capacity }) => capacity),
    each('used_bytes', ({ capacity, used }) => capacity * used),
    each('available_bytes', ({ capacity, used }) => capacity * (1 - used)),
    each('inodes', () => INODES),
    each('inodes_used', ({ inodes }) => INODES * inodes),
    each('inodes_free', ({ inodes }) => INODES * (1 - inodes)),
  ].join('');
}

function containers(pods: readonly Pod[]): string {
  const time = Date.now() - LOOKED_BEFORE_MS;
  const each = (value: (pod: Pod) => number, more: Readonly<Record<string, string>> = {}) =>
    pods.flatMap((pod): Sample[] => {
      const { namespace, name, containers, ip } = pod.spec;
      const id = `/kubepods.slice/pod-${ip}`;
      const container = containers[0]?.name ?? '';
      const own = { container, id: `${id}/${container}`, image: `registry/${container}`, name: `${name}-${container}` };
      // The pod's own cgroup has neither container nor image.
      const whole = { container: '', id, image: '', name: '' };
      return [own, whole].map((labels) => [{ ...labels, ...more, namespace, pod: name }, value(pod), time]);
    });
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      each(({ cpuSeconds }) => cpuSeconds, { cpu: 'total' }),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      each(({ memory, spec }) => memory * (spec.containers[0]?.limits['memory'] ?? 2 ** 28)),
    ),
  ].join('');
}
