/* The dashboard of a Redis cluster. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard, PanelProps, perSecond, StoreDashboardProps } from '../observability/panels';

/** What {@link redisDashboard} shows. */
export interface RedisDashboardProps extends StoreDashboardProps {
  /** Nodes that should be up, leaders and followers. @default 6 (as a RedisCluster has by default) */
  readonly nodes?: number;
}

/** A Redis cluster: its slots, its memory, its load. */
export function redisDashboard({ namespace, name, nodes: count = 6 }: RedisDashboardProps): Dashboard {
  const nodes = `namespace="${namespace}", app="${name}"`;
  return createDashboard({
    uid: `redis-${name}`,
    title: `Redis: ${name}`,
    tags: ['store'],
    rows: { Health: health(nodes, count), Memory: memory(nodes), Load: load(nodes) },
  });
}

function health(nodes: string, count: number): PanelProps[] {
  return [
    {
      title: 'Nodes up',
      description: `Red below ${count}.`,
      unit: units.Short,
      latest: true,
      atLeast: count,
      curves: [[`sum(redis_up{${nodes}})`, 'nodes']],
    },
    {
      title: 'Nodes that see the cluster failing',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`sum(redis_cluster_state{${nodes}} == bool 0)`, 'nodes']],
    },
    {
      title: 'Slots without a node',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`max(redis_cluster_slots_fail{${nodes}})`, 'slots']],
    },
    {
      title: 'Connections refused in an hour',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`sum(increase(redis_rejected_connections_total{${nodes}}[1h]))`, 'connections']],
    },
  ];
}

function memory(nodes: string): PanelProps[] {
  const used = `redis_memory_used_bytes{${nodes}}`;
  return [
    {
      title: 'Memory, of the maximum',
      unit: units.PercentUnit,
      max: 1,
      curves: [[`${used} / (redis_memory_max_bytes{${nodes}} > 0)`, '{{pod}}']],
    },
    { title: 'Keys', unit: units.Short, curves: [[`sum by (pod) (redis_db_keys{${nodes}})`, '{{pod}}']] },
    {
      title: 'Keys evicted for want of memory',
      unit: units.EventsPerSecond,
      curves: [[`sum by (pod) (${perSecond(`redis_evicted_keys_total{${nodes}}`)})`, '{{pod}}']],
    },
  ];
}

function load(nodes: string): PanelProps[] {
  const hits = `sum(${perSecond(`redis_keyspace_hits_total{${nodes}}`)})`;
  const misses = `sum(${perSecond(`redis_keyspace_misses_total{${nodes}}`)})`;
  return [
    {
      title: 'Commands',
      unit: units.OpsPerSecond,
      curves: [[`sum by (pod) (${perSecond(`redis_commands_processed_total{${nodes}}`)})`, '{{pod}}']],
    },
    {
      title: 'Reads that found their key',
      unit: units.PercentUnit,
      max: 1,
      empty: 'No reads',
      curves: [[`${hits} / (${hits} + ${misses} > 0)`, 'found']],
    },
    { title: 'Clients', unit: units.Short, curves: [[`redis_connected_clients{${nodes}}`, '{{pod}}']] },
  ];
}
