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

/** Properties of {@link postgresBackupAlerts}. */
export interface PostgresBackupAlertsProps {
  /** Namespace of the clusters. */
  readonly namespace: string;
  /** Age of the last backup, in whole hours, beyond which something is wrong. @default Duration.hours(30) (a base backup is daily; this leaves it six hours to be late) */
  readonly oldest?: Duration;
}

/** Whether PostgreSQL's backups are made; for a PostgresCluster with a `backupDestination`. */
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
      description: `The last backup of PostgreSQL is {{ $value | humanizeDuration }} old (> ${hours}h)`,
    },
  ];
}
