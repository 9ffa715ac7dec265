/* elasticsearch_exporter: the health of the cluster, a series for each color. */

import { family } from '../exposition';
import type { World } from '../world';

export function elasticsearch(world: World): string {
  const cluster = 'elasticsearch';
  const { color } = world.stores.elasticsearch;
  const health = ['green', 'yellow', 'red'].map((each) => [{ cluster, color: each }, Number(each === color)] as const);
  return [
    family('elasticsearch_cluster_health_status', 'gauge', health),
    family('elasticsearch_cluster_health_number_of_nodes', 'gauge', [
      [{ cluster }, world.working('elasticsearch').length],
    ]),
  ].join('');
}
