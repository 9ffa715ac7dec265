/* The monitor of an endpoint, by which a Prometheus of the operator finds it, and the connection that it needs. */

import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import {
  PodMonitor,
  PodMonitorSpecPodMetricsEndpointsMetricRelabelingsAction,
  ServiceMonitor,
  ServiceMonitorSpecEndpointsMetricRelabelingsAction,
} from '../../../imports/monitoring.coreos.com';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { requireDnsLabel, requireSeconds, requireText } from '../../core/validation';
import { Connection, connection } from '../network/connection';
import { Peer } from '../network/peer';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';

/** A Prometheus that scrapes: one of this library, or one that runs elsewhere. */
export interface Scraper extends Construct, Peer {
  /** Labels that a monitor needs to be taken. */
  readonly monitorLabels: Readonly<Record<string, string>>;
}

/** Something that Prometheus scrapes. */
export interface ScrapedTarget {
  /** Its label `job`. */
  readonly job: string;
  /** Whether it is an outage if it no longer answers. */
  readonly vital: boolean;
}

/** The labels by which kube-prometheus-stack, installed as `prometheus`, finds monitors and rules. */
export const MONITOR_LABELS: Readonly<Record<string, string>> = { release: 'prometheus' };

/** What a monitor is for, and the connection that it needs. */
export interface Scrape {
  readonly target: ScrapedTarget;
  readonly connection: Connection;
}

/**
 * Makes a monitor for each endpoint of a target, and returns what is scraped, with the connections that Prometheus opens.
 *
 * A monitor belongs to the construct that is scraped, in the file of its other objects. If that is in another namespace than the
 * chart of Prometheus, or is a mere description, the monitor belongs to Prometheus, which may read its own namespace only.
 *
 * @throws InvalidInputError if a target has no labels or no such port, is scraped twice, or a name or the path is not valid
 */
export function createMonitors(prometheus: Scraper, target: Scrapeable | MetricsEndpoint): Scrape[] {
  const own = Chart.of(prometheus).namespace;
  const namespace = Construct.isConstruct(target) ? Chart.of(target).namespace : own;
  const scope = Construct.isConstruct(target) && namespace === own ? target : prometheus;
  const endpoints = 'metrics' in target ? target.metrics : [target];
  return endpoints.map((endpoint) => {
    const pods = namespace === own ? endpoint.pods : placed(endpoint.pods, namespace);
    createMonitor(prometheus, scope, { ...endpoint, pods }, own);
    return {
      target: { job: jobOf(endpoint, own), vital: endpoint.vital ?? false },
      connection: connection(prometheus, pods, endpoint.port),
    };
  });
}

/** The job, as the Prometheus operator names it: by a label of the pods, by their Service, or else by the monitor itself. */
function jobOf({ name, pods, jobLabel, viaService }: MetricsEndpoint, own: string | undefined): string {
  const said = jobLabel === undefined ? undefined : pods.podLabels?.[jobLabel];
  return said ?? (viaService === true ? pods.name : `${own ?? 'default'}/${monitorOf(name)}`);
}

const monitorOf = (name: string) => `${name}-monitor`;

/** Pods without a namespace are in that of their chart, which is not the one of Prometheus. */
function placed(pods: Peer, namespace: string | undefined): Peer {
  const { name, podLabels, ports } = pods;
  return pods.namespace === undefined ? { name, ports, ...defined({ podLabels, namespace }) } : pods;
}

function createMonitor(
  prometheus: Scraper,
  scope: Construct,
  endpoint: MetricsEndpoint,
  own: string | undefined,
): void {
  const where = `${prometheus.node.path}: scrape of "${endpoint.name}"`;
  const { pods, labels = ['app'], interval = Duration.seconds(30) } = endpoint;
  const { podLabels } = pods;
  if (podLabels === undefined) {
    throw new InvalidInputError(where, `"${pods.name}" has no labels`, 'Give it the labels of its pods');
  }
  const name = monitorOf(requireDnsLabel(where, endpoint.name));
  if (scope.node.tryFindChild(name) !== undefined) {
    throw new InvalidInputError(
      where,
      `there is a monitor "${name}" already`,
      'Scrape it once, or give it another name',
    );
  }
  const props = { metadata: { name, labels: { ...prometheus.monitorLabels } } };
  const spec = defined({
    selector: { matchLabels: { ...podLabels } },
    // A monitor looks in its own namespace otherwise.
    namespaceSelector:
      pods.namespace === undefined || pods.namespace === own ? undefined : { matchNames: [pods.namespace] },
    jobLabel: endpoint.jobLabel,
  });
  const port = endpoint.containerPort ?? endpoint.port ?? Object.keys(pods.ports)[0] ?? '';
  const scrape = defined({
    port: requireText(where, 'containerPort', port),
    path: endpoint.path === undefined ? undefined : requirePath(where, endpoint.path),
    interval: `${requireSeconds(where, 'interval', interval, 1)}s`,
    honorLabels: endpoint.honorLabels === true ? true : undefined,
  });
  const kept = keptSeries(where, endpoint.keepNamespaces, own);
  if (endpoint.viaService === true) {
    const action = ServiceMonitorSpecEndpointsMetricRelabelingsAction.KEEP;
    const metricRelabelings = kept === undefined ? undefined : [{ ...kept, action }];
    const endpoints = [{ ...scrape, ...defined({ metricRelabelings }) }];
    new ServiceMonitor(scope, name, { ...props, spec: { ...spec, targetLabels: [...labels], endpoints } });
  } else {
    const action = PodMonitorSpecPodMetricsEndpointsMetricRelabelingsAction.KEEP;
    const metricRelabelings = kept === undefined ? undefined : [{ ...kept, action }];
    const podMetricsEndpoints = [{ ...scrape, ...defined({ metricRelabelings }) }];
    new PodMonitor(scope, name, { ...props, spec: { ...spec, podTargetLabels: [...labels], podMetricsEndpoints } });
  }
}

/** Nodes and volumes belong to no namespace; with the labels of the exporter their series would be lost. */
function keptSeries(where: string, keep: MetricsEndpoint['keepNamespaces'], own: string | undefined) {
  if (keep === undefined) {
    return undefined;
  }
  const namespaces = anyOf(where, keep === 'own' ? (own === undefined ? [] : [own]) : keep);
  return { sourceLabels: ['namespace', '__name__'], regex: `${namespaces};.+|[^;]*;kube_(node|persistentvolume)_.+` };
}

/** A regular expression of some namespaces. */
export function anyOf(where: string, namespaces: readonly string[]): string {
  if (namespaces.length === 0) {
    throw new InvalidInputError(where, 'no namespace is named, so that no series would be kept', 'Name one at least');
  }
  return `(${namespaces.map((name) => requireDnsLabel(where, name)).join('|')})`;
}

function requirePath(where: string, path: string): string {
  if (!path.startsWith('/')) {
    throw new InvalidInputError(where, `path is "${path}"`, 'Write it from the "/" on, such as "/actuator/prometheus"');
  }
  return path;
}
