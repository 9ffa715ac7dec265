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

/** What Redis runs out of: memory. */
export function redisAlerts({ namespace, memory = 85 }: RedisAlertsProps): Alert[] {
  const inNamespace = `namespace="${namespace}"`;
  return [
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
