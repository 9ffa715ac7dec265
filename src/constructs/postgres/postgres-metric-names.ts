import { metric, MetricNames } from '../observability/metric';

const postgresCounter = metric('CloudNativePG', 'counter');
const postgresGauge = metric('CloudNativePG', 'gauge');
const pgbouncer = metric('PgBouncer', 'gauge');

/** What CloudNativePG exposes of PostgreSQL, and of PgBouncer. */
export const postgresMetricNames: MetricNames = {
  // The operator's own collector, then its default queries.
  cnpg_collector_up: postgresGauge('cluster'),
  cnpg_collector_pg_wal: postgresGauge('value'),
  cnpg_collector_pg_wal_archive_status: postgresGauge('value'),
  cnpg_collector_last_available_backup_timestamp: postgresGauge(),
  cnpg_backends_total: postgresGauge('datname', 'usename', 'application_name', 'state'),
  cnpg_pg_database_size_bytes: postgresGauge('datname'),
  cnpg_pg_replication_lag: postgresGauge(),
  cnpg_pg_replication_streaming_replicas: postgresGauge(),
  cnpg_pg_settings_setting: postgresGauge('name'),
  cnpg_pg_stat_archiver_archived_count: postgresCounter(),
  cnpg_pg_stat_archiver_failed_count: postgresCounter(),
  cnpg_pg_stat_database_xact_commit: postgresCounter('datname'),
  cnpg_pg_stat_database_xact_rollback: postgresCounter('datname'),
  cnpg_pg_stat_database_blks_read: postgresCounter('datname'),
  cnpg_pg_stat_database_blks_hit: postgresCounter('datname'),
  cnpg_pg_stat_database_deadlocks: postgresCounter('datname'),

  // Totals too are exposed as gauges.
  cnpg_pgbouncer_pools_cl_active: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_cl_waiting: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_sv_active: pgbouncer('database', 'user'),
};
