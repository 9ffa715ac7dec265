/* The dashboard of a PostgreSQL cluster. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard, PanelProps, perSecond, StoreDashboardProps } from '../observability/panels';

/** What {@link postgresDashboard} shows. */
export interface PostgresDashboardProps extends StoreDashboardProps {
  /** Instances that should be up, the primary and its replicas. @default 3 (as a PostgresCluster has by default) */
  readonly instances?: number;
}

/** A PostgreSQL cluster of CloudNativePG: instances, connections, load, replication, backups. */
export function postgresDashboard({ namespace, name, instances = 3 }: PostgresDashboardProps): Dashboard {
  const cluster = `namespace="${namespace}", app="${name}"`;
  return createDashboard({
    uid: `postgres-${name}`,
    title: `PostgreSQL: ${name}`,
    tags: ['store'],
    rows: {
      Health: health(cluster, instances),
      Connections: connections(cluster),
      Load: load(cluster),
      Data: data(cluster),
    },
  });
}

function health(cluster: string, instances: number): PanelProps[] {
  return [
    {
      title: 'Instances up',
      description: `Red below ${instances}.`,
      unit: units.Short,
      latest: true,
      atLeast: instances,
      curves: [[`sum(cnpg_collector_up{${cluster}})`, 'instances']],
    },
    {
      title: 'Replication lag',
      unit: units.Seconds,
      latest: true,
      limits: [30],
      curves: [[`max(cnpg_pg_replication_lag{${cluster}})`, 'lag']],
    },
    {
      title: 'Age of the last backup',
      description: 'Red after two days.',
      empty: 'None yet',
      unit: units.Seconds,
      latest: true,
      limits: [2 * 86400],
      curves: [[`time() - max(cnpg_collector_last_available_backup_timestamp{${cluster}} > 0)`, 'age']],
    },
    {
      title: 'Log segments waiting for the archive',
      unit: units.Short,
      latest: true,
      limits: [10],
      curves: [[`max(cnpg_collector_pg_wal_archive_status{${cluster}, value="ready"})`, 'segments']],
    },
  ];
}

function connections(cluster: string): PanelProps[] {
  const pool = (measure: string) => `sum(cnpg_pgbouncer_pools_${measure}{${cluster}})`;
  return [
    {
      title: 'Connections of the instances',
      unit: units.Short,
      curves: [
        [`sum by (pod) (cnpg_backends_total{${cluster}})`, '{{pod}}'],
        [`max(cnpg_pg_settings_setting{${cluster}, name="max_connections"})`, 'at most'],
      ],
    },
    {
      title: 'Clients of the pooler',
      unit: units.Short,
      curves: [
        [pool('cl_active'), 'served'],
        [pool('cl_waiting'), 'waiting'],
        [pool('sv_active'), 'connections in use'],
      ],
    },
  ];
}

function load(cluster: string): PanelProps[] {
  const database = (measure: string) =>
    `sum by (datname) (${perSecond(`cnpg_pg_stat_database_${measure}{${cluster}, datname!=""}`)})`;
  const hits = database('blks_hit');
  return [
    {
      title: 'Transactions',
      unit: units.OpsPerSecond,
      curves: [
        [database('xact_commit'), '{{datname}} committed'],
        [database('xact_rollback'), '{{datname}} rolled back'],
      ],
    },
    {
      title: 'Reads served from memory',
      unit: units.PercentUnit,
      max: 1,
      // A template database is never read.
      curves: [[`${hits} / (${hits} + ${database('blks_read')} > 0)`, '{{datname}}']],
    },
    { title: 'Deadlocks', unit: units.EventsPerSecond, curves: [[database('deadlocks'), '{{datname}}']] },
  ];
}

function data(cluster: string): PanelProps[] {
  return [
    {
      title: 'Size of the databases',
      unit: units.BytesIEC,
      curves: [[`max by (datname) (cnpg_pg_database_size_bytes{${cluster}})`, '{{datname}}']],
    },
    {
      title: 'Size of the write-ahead log',
      unit: units.BytesIEC,
      curves: [[`cnpg_collector_pg_wal{${cluster}, value="size"}`, '{{pod}}']],
    },
    {
      title: 'Replication lag',
      unit: units.Seconds,
      curves: [[`cnpg_pg_replication_lag{${cluster}}`, '{{pod}}']],
    },
  ];
}
