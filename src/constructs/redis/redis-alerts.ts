/* Alerts on a Redis cluster. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';

/** Properties of {@link redisAlerts}. */
export interface RedisAlertsProps {
  /** Namespace of the clusters. */
  readonly namespace: string;
  /** Percent of `maxmemory` beyond which writes will soon be refused. @default 85 */
  readonly memory?: number;
}

/** Whether a Redis cluster serves, and what it runs out of: memory. */
export function redisAlerts({ namespace, memory = 85 }: RedisAlertsProps): Alert[] {
  const inNamespace = `namespace="${namespace}"`;
  const of = (aggregation: string, gauge: string) => `${aggregation} by (namespace) (${gauge}{${inNamespace}})`;
  return [
    {
      name: 'RedisClusterDown',
      // A node that is alone says so too, and the others serve: more than half of them have to.
      expr: `${of('avg', 'redis_cluster_state')} < 0.5 or ${of('max', 'redis_up')} == 0`,
      for: Duration.minutes(1),
      severity: 'critical',
      summary: 'Redis is down',
      description:
        'The nodes of the cluster in {{ $labels.namespace }} have refused requests for 1 minute ({{ $value | humanizePercentage }} serve)',
    },
    {
      name: 'RedisSlotsLost',
      expr: `${of('max', 'redis_cluster_slots_fail')} > 0`,
      for: Duration.minutes(2),
      severity: 'critical',
      summary: 'Redis has lost a part of its keys',
      description: '{{ $value | printf "%.0f" }} of 16384 slots have neither a master nor a replica',
      inhibitedBy: { alerts: ['RedisClusterDown'], equal: ['namespace'] },
    },
    {
      name: 'RedisMemoryNearlyFull',
      expr:
        `max by (pod) (redis_memory_used_bytes{${inNamespace}} / (redis_memory_max_bytes{${inNamespace}} > 0)) * 100` +
        ` > ${memory}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Redis memory nearly full',
      description:
        `{{ $labels.pod }} uses {{ $value | printf "%.0f" }}% of its memory (> ${memory}%):` +
        ' when it is full, Redis refuses writes',
    },
  ];
}
