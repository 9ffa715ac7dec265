/* The dashboard of all services at a glance. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard, NO_REQUESTS, notActuator, ofRunning, oneOf, PanelProps, perSecond, quantile } from './panels';

/** What {@link platformOverviewDashboard} shows. */
export interface PlatformOverviewProps {
  /** Namespace of the services. */
  readonly namespace: string;
  /** Names of the services. */
  readonly services: readonly string[];
}

/** All services at a glance: what fails, what is slow, what runs out of room. */
export function platformOverviewDashboard({ namespace, services }: PlatformOverviewProps): Dashboard {
  const inNamespace = `namespace="${namespace}"`;
  return createDashboard({
    uid: 'platform-overview',
    title: 'Platform overview',
    tags: ['platform'],
    rows: {
      Health: health(inNamespace, services),
      Requests: requests(`${inNamespace}, ${oneOf('app', services)}, ${notActuator}`),
      Resources: resources(inNamespace, oneOf('container', services)),
    },
  });
}

function health(inNamespace: string, services: readonly string[]): PanelProps[] {
  const available = `kube_deployment_status_replicas_available{${inNamespace}, ${oneOf('deployment', services)}}`;
  const restarts = `increase(kube_pod_container_status_restarts_total{${inNamespace}}[1h])`;
  // A pod that has ended, as a Job's or one that was evicted, is not to be ready; one that waits for a node has no such condition.
  const alive = `max by (namespace, pod) (kube_pod_status_phase{${inNamespace}, phase!~"Succeeded|Failed"}) == 1`;
  const ready = `max by (namespace, pod) (kube_pod_status_ready{${inNamespace}, condition="true"}) == 1`;
  return [
    {
      title: 'Alerts firing',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)`, 'alerts']],
    },
    {
      title: 'Services without an available pod',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`sum(max by (deployment) (${available}) == bool 0)`, 'services']],
    },
    {
      title: 'Pods that are not ready',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`count((${alive}) unless (${ready})) or count(${alive}) * 0`, 'pods']],
    },
    {
      title: 'Restarts in an hour',
      unit: units.Short,
      latest: true,
      limits: [1],
      curves: [[`sum(max by (namespace, pod, container) (${restarts}))`, 'restarts']],
    },
  ];
}

function requests(selection: string): PanelProps[] {
  const all = `sum by (app) (${perSecond(`http_server_requests_seconds_count{${selection}}`)})`;
  const failed = `sum by (app) (${perSecond(`http_server_requests_seconds_count{${selection}, status=~"5.."}`)})`;
  const buckets = `http_server_requests_seconds_bucket{${selection}}`;
  return [
    { title: 'Requests', unit: units.RequestsPerSecond, curves: [[all, '{{app}}']] },
    // A service without a failure has no series of status 5xx, and is no gap but 0.
    {
      title: 'Share of failed requests',
      unit: units.PercentUnit,
      empty: NO_REQUESTS,
      curves: [[`(${failed} or ${all} * 0) / (${all} > 0)`, '{{app}}']],
    },
    {
      title: 'Latency of 99 % of the requests',
      unit: units.Seconds,
      empty: NO_REQUESTS,
      curves: [[quantile(0.99, buckets, 'app'), '{{app}}']],
    },
  ];
}

function resources(inNamespace: string, containers: string): PanelProps[] {
  const selection = `${inNamespace}, ${containers}`;
  const total = (series: string) => `sum by (container) (${ofRunning(series, inNamespace)})`;
  const limit = (resource: string) => total(`kube_pod_container_resource_limits{${selection}, resource="${resource}"}`);
  const cpu = total(perSecond(`container_cpu_usage_seconds_total{${selection}}`));
  const memory = total(`container_memory_working_set_bytes{${selection}}`);
  const volume = (measure: string) =>
    `max by (persistentvolumeclaim) (kubelet_volume_stats_${measure}_bytes{${inNamespace}})`;
  return [
    {
      title: 'CPU, of the limit',
      unit: units.PercentUnit,
      max: 1,
      curves: [[`${cpu} / ${limit('cpu')}`, '{{container}}']],
    },
    {
      title: 'Memory, of the limit',
      unit: units.PercentUnit,
      max: 1,
      curves: [[`${memory} / ${limit('memory')}`, '{{container}}']],
    },
    {
      title: 'Volumes, of their size',
      unit: units.PercentUnit,
      max: 1,
      curves: [[`${volume('used')} / ${volume('capacity')}`, '{{persistentvolumeclaim}}']],
    },
  ];
}
