/* The dashboard of the services. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import {
  choice,
  createDashboard,
  exploreLogs,
  labelValues,
  NO_REQUESTS,
  notActuator,
  PanelProps,
  perSecond,
  quantiles,
} from '../observability/panels';

/** What {@link serviceDashboard} shows. */
export interface ServiceDashboardProps {
  /** Namespace of the services. */
  readonly namespace: string;
  /** Names of the services to choose from. */
  readonly services: readonly string[];
  /** Whether points lead to the logs of their service, which takes a Loki. @default false */
  readonly logs?: boolean;
}

/** One Spring Boot service: rate, errors and duration of its requests, and the JVM they run in. */
export function serviceDashboard({ namespace, services, logs = false }: ServiceDashboardProps): Dashboard {
  const service = `namespace="${namespace}", app="$service"`;
  const links = logs ? { Logs: exploreLogs(`{namespace="${namespace}", app="\${service}"}`) } : {};
  return createDashboard({
    uid: 'service-red-jvm',
    title: 'Service',
    tags: ['service'],
    variables: [choice('service', 'Service', services), labelValues('pod', 'Pod', `jvm_memory_used_bytes{${service}}`)],
    rows: {
      Requests: requests(`${service}, pod=~"$pod"`).map((panel) => ({ ...panel, links })),
      JVM: jvm(`${service}, pod=~"$pod"`).map((panel) => ({ ...panel, links })),
    },
  });
}

function requests(pods: string): PanelProps[] {
  const selection = `${pods}, ${notActuator}`;
  const series = (part: string, more = '') => perSecond(`http_server_requests_seconds_${part}{${selection}${more}}`);
  const all = `sum(${series('count')})`;
  return [
    {
      title: 'Requests',
      unit: units.RequestsPerSecond,
      curves: [[`sum by (status) (${series('count')})`, '{{status}}']],
    },
    {
      title: 'Share of failed requests',
      unit: units.PercentUnit,
      empty: NO_REQUESTS,
      curves: [[`(sum(${series('count', ', status=~"5.."')}) or ${all} * 0) / (${all} > 0)`, '5xx']],
    },
    {
      title: 'Duration of 50, 95 and 99 % of the requests',
      unit: units.Seconds,
      empty: NO_REQUESTS,
      exemplars: true,
      curves: quantiles(`http_server_requests_seconds_bucket{${selection}}`, [0.5, 0.95, 0.99]),
    },
    // A gateway has one address for all that it passes on, UNKNOWN, and a timer for each of its routes.
    {
      title: 'Mean duration by address or route',
      unit: units.Seconds,
      empty: NO_REQUESTS,
      curves: [
        [mean('http_server_requests_seconds', selection, 'uri'), '{{uri}}'],
        [mean('spring_cloud_gateway_requests_seconds', pods, 'routeId'), 'to {{routeId}}'],
      ],
    },
  ];
}

/** The mean of what a timer has measured, for each value of a label. */
function mean(timer: string, selection: string, label: string): string {
  const sum = (part: string) => `sum by (${label}) (${perSecond(`${timer}_${part}{${selection}}`)})`;
  return `${sum('sum')} / (${sum('count')} > 0)`;
}

function jvm(selection: string): PanelProps[] {
  const heap = `${selection}, area="heap"`;
  return [
    {
      title: 'Heap',
      unit: units.BytesIEC,
      curves: [
        [`sum by (pod) (jvm_memory_used_bytes{${heap}})`, '{{pod}} used'],
        [`sum by (pod) (jvm_memory_max_bytes{${heap}})`, '{{pod}} at most'],
      ],
    },
    {
      title: 'Share of the time in garbage collection',
      unit: units.PercentUnit,
      curves: [[`sum by (pod) (${perSecond(`jvm_gc_pause_seconds_sum{${selection}}`)})`, '{{pod}}']],
    },
    {
      title: 'CPU of the process',
      unit: units.PercentUnit,
      max: 1,
      curves: [[`process_cpu_usage{${selection}}`, '{{pod}}']],
    },
    { title: 'Threads', unit: units.Short, curves: [[`jvm_threads_live_threads{${selection}}`, '{{pod}}']] },
    {
      title: 'Connections to the database',
      unit: units.Short,
      empty: 'No connections: the service has no database, or has not asked it yet',
      curves: [
        [`sum by (pod) (hikaricp_connections_active{${selection}})`, '{{pod}} in use'],
        [`sum by (pod) (hikaricp_connections_max{${selection}})`, '{{pod}} at most'],
      ],
    },
    {
      title: 'Warnings and errors in the log',
      unit: units.EventsPerSecond,
      curves: [
        [`sum by (level) (${perSecond(`logback_events_total{${selection}, level=~"warn|error"}`)})`, '{{level}}'],
      ],
    },
  ];
}
