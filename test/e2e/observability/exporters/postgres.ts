/* CloudNativePG 1.22: an instance with the operator's collector and its default queries, and the exporter of its PgBouncer. */

import { database, databaseOwner } from '../../../../src/autonomous-op/secrets';
import { DEFAULT_POOL_SIZE } from '../../../../src/constructs/postgres/postgres-cluster';
import { family, gauges } from '../exposition';
import { Pod } from '../pod';
import { realTimeOf, type World } from '../world';

/** The collector runs in the instance manager, so that it tells of a PostgreSQL that does not answer. */
export function instance(world: World, pod: Pod): string {
  const { postgres } = world.stores;
  const up = family('cnpg_collector_up', 'gauge', [[{ cluster: 'postgres-cluster' }, Number(pod.works)]]);
  const backup = gauges({ cnpg_collector_last_available_backup_timestamp: realTimeOf(world, postgres.backup) });
  if (!pod.works) return up + backup;
  const isPrimary = postgres.primary === pod;
  const replicas = world.working('postgres-cluster').length - 1;
  const replication = gauges({
    cnpg_collector_fencing_on: 0,
    cnpg_pg_replication_lag: isPrimary ? 0 : postgres.lag,
    cnpg_pg_replication_in_recovery: Number(!isPrimary),
    cnpg_pg_replication_streaming_replicas: isPrimary ? replicas : 0,
    cnpg_backends_waiting_total: 0,
  });
  // A replica archives nothing.
  const counters = {
    cnpg_pg_stat_archiver_archived_count: isPrimary ? Math.floor(postgres.archived) : 0,
    cnpg_pg_stat_archiver_failed_count: isPrimary ? Math.floor(postgres.failed) : 0,
  };
  return [
    up,
    backup,
    replication,
    ...Object.entries(counters).map(([name, value]) => family(name, 'counter', [[{}, value]])),
  ].join('');
}

/** Also what only grows is a gauge here. */
export function pgbouncer(world: World): string {
  const active = Math.round(world.stores.postgres.pool * DEFAULT_POOL_SIZE);
  const pools = [
    { database, user: databaseOwner, active, idle: DEFAULT_POOL_SIZE - active },
    // Its own console.
    { database: 'pgbouncer', user: 'pgbouncer', active: 0, idle: 0 },
  ];
  return [
    family(
      'cnpg_pgbouncer_pools_sv_active',
      'gauge',
      pools.map(({ database, user, active }) => [{ database, user }, active]),
    ),
    family(
      'cnpg_pgbouncer_pools_sv_idle',
      'gauge',
      pools.map(({ database, user, idle }) => [{ database, user }, idle]),
    ),
  ].join('');
}
