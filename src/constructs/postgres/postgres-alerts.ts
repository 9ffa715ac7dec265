/* Alerts on PostgreSQL and its backups. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';
import { DEFAULT_POOL_SIZE } from './postgres-cluster';

/** Properties of {@link postgresAlerts}. */
export interface PostgresAlertsProps {
  /** Namespace of the clusters. */
  readonly namespace: string;
  /** Server connections that one PgBouncer pod may have, which PgBouncer doesn't expose: {@link PostgresCluster.poolSize}. @default 90 (a PostgresCluster's own default) */
  readonly poolSize?: number;
  /** Percent of a pool beyond which clients will soon wait. @default 90 */
  readonly connections?: number;
}

/** What PostgreSQL runs out of: connections. Of each pool alone, since a client can't use the free ones of another PgBouncer pod. */
export function postgresAlerts({
  namespace,
  poolSize = DEFAULT_POOL_SIZE,
  connections = 90,
}: PostgresAlertsProps): Alert[] {
  return [
    {
      name: 'PostgresConnectionPoolNearlyFull',
      expr:
        `max by (pod, database, user) (cnpg_pgbouncer_pools_sv_active{namespace="${namespace}", database!="pgbouncer"})` +
        ` / ${poolSize} * 100 > ${connections}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'PostgreSQL connection pool nearly full',
      description:
        '{{ $labels.pod }} uses {{ $value | printf "%.0f" }}% of its connections to {{ $labels.database }}' +
        ` (> ${connections}%): clients will wait`,
    },
  ];
}

/** Properties of {@link postgresServerAlerts}. */
export interface PostgresServerAlertsProps {
  /** Namespace of the clusters. */
  readonly namespace: string;
  /** Replicas that a cluster has beside its primary; 0 leaves the alerts on them out. @default 2 (a PostgresCluster has three servers) */
  readonly replicas?: number;
  /** How far a replica may be behind. @default Duration.minutes(5) */
  readonly lag?: Duration;
}

/** Whether PostgreSQL's servers run, and the replicas follow. */
export function postgresServerAlerts({
  namespace,
  replicas = 2,
  lag = Duration.minutes(5),
}: PostgresServerAlertsProps): Alert[] {
  const inNamespace = `{namespace="${namespace}"}`;
  const down: Alert = {
    name: 'PostgresDown',
    expr: `max by (namespace, cluster) (cnpg_collector_up${inNamespace}) == 0`,
    for: Duration.minutes(2),
    severity: 'critical',
    summary: 'PostgreSQL is down',
    description: 'No server of {{ $labels.cluster }} has run for 2 minutes',
  };
  const missing: Alert = {
    name: 'PostgresReplicaMissing',
    // The primary alone counts them; the replicas say 0.
    expr: `max by (namespace) (cnpg_pg_replication_streaming_replicas${inNamespace}) < ${replicas}`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'A replica of PostgreSQL is missing',
    description: `{{ $value | printf "%.0f" }} of ${replicas} replicas follow the primary`,
    inhibitedBy: { alerts: ['PostgresDown'], equal: ['namespace'] },
  };
  const behind: Alert = {
    name: 'PostgresReplicationLag',
    expr: `max by (namespace, pod) (cnpg_pg_replication_lag${inNamespace}) > ${lag.toSeconds()}`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'A replica of PostgreSQL is behind',
    description: `{{ $labels.pod }} is {{ $value | humanizeDuration }} behind (> ${lag.toSeconds()}s)`,
  };
  return replicas === 0 ? [down] : [down, missing, behind];
}

/** Properties of {@link postgresBackupAlerts}. */
export interface PostgresBackupAlertsProps {
  /** Namespace of the clusters. */
  readonly namespace: string;
  /** Age of the last backup, in whole hours, beyond which something is wrong. @default Duration.hours(30) (a base backup is daily; this leaves it six hours to be late) */
  readonly oldest?: Duration;
}

/** Whether PostgreSQL's backups are made, and its log archived; for a PostgresCluster with a `backupDestination`. */
export function postgresBackupAlerts({ namespace, oldest = Duration.hours(30) }: PostgresBackupAlertsProps): Alert[] {
  const hours = oldest.toHours();
  return [
    {
      name: 'BackupTooOld',
      expr:
        `time() - max by (namespace) (cnpg_collector_last_available_backup_timestamp{namespace="${namespace}"})` +
        ` > ${hours} * 3600`,
      for: Duration.minutes(15),
      severity: 'critical',
      summary: 'The last backup of PostgreSQL is too old',
      // The time is 0 as long as there is none.
      description:
        '{{ if gt $value 1e9 }}There is no backup of PostgreSQL{{ else }}The last backup of PostgreSQL is ' +
        `{{ $value | humanizeDuration }} old (> ${hours}h){{ end }}`,
    },
    {
      name: 'PostgresArchivingFailing',
      expr:
        `increase(cnpg_pg_stat_archiver_failed_count{namespace="${namespace}"}[15m]) > 0` +
        ` unless increase(cnpg_pg_stat_archiver_archived_count{namespace="${namespace}"}[15m]) > 0`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'PostgreSQL can not archive its log',
      description:
        '{{ $labels.pod }} archives nothing: what is written since then can not be restored, and fills the volume',
    },
  ];
}
