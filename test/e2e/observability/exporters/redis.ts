/* redis_exporter 1.44, beside each Redis. */

import { family, gauges } from '../exposition';
import { Pod } from '../pod';
import type { World } from '../world';

export function redis({ stores }: World, pod: Pod): string {
  const up = gauges({ redis_up: Number(pod.works) });
  // Of a Redis that does not answer it knows nothing else.
  if (!pod.works) return up;
  const { slotsLost, works, memory } = stores.redis;
  const max = 2 ** 30;
  const more = gauges({
    redis_cluster_state: Number(works),
    redis_cluster_slots_assigned: 16_384,
    redis_cluster_slots_ok: 16_384 - slotsLost,
    redis_cluster_slots_fail: slotsLost,
    redis_cluster_slots_pfail: 0,
    redis_memory_used_bytes: memory * max,
    redis_memory_max_bytes: max,
    redis_connected_clients: 12,
  });
  const role = pod.spec.workload === 'redis leaders' ? 'master' : 'slave';
  const info = family('redis_instance_info', 'gauge', [[{ role, redis_version: '7.0.12', redis_mode: 'cluster' }, 1]]);
  return up + info + more;
}
