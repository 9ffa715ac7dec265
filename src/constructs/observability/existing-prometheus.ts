/* A Prometheus that another chart or team runs. */

import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { requireDnsLabel, requireLabels, requirePort } from '../../core/validation';
import { Connection, NetworkedWorkload } from '../network/connection';
import { Peer } from '../network/peer';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { createMonitors, MONITOR_LABELS, ScrapedTarget, Scraper } from './monitors';

/** Properties of {@link ExistingPrometheus}. */
export interface ExistingPrometheusProps {
  /** Namespace of its pods. */
  readonly namespace: string;
  /** Labels of its pods. @default { 'app.kubernetes.io/name': 'prometheus' } (what the Prometheus operator gives them) */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Name of its Service. @default 'prometheus-operated' (the one that the operator makes) */
  readonly name?: string;
  /** Port of its web interface, for queries. @default 9090 */
  readonly port?: number;
  /** Labels of the monitors that it takes, from the namespace of this chart. @default { release: 'prometheus' } */
  readonly monitorLabels?: Readonly<Record<string, string>>;
}

/**
 * A Prometheus of the Prometheus operator that runs elsewhere, such as kube-prometheus-stack in another namespace.
 *
 * Nothing of it is made but the monitors of what it scrapes. It has to take monitors from this namespace, and a policy of its own
 * namespace, if there is one, has to let it out.
 *
 * @example
 * const prometheus = new ExistingPrometheus(chart, 'prometheus', { namespace: 'monitoring' });
 * prometheus.scrape(orders);
 * new NetworkPolicyBundle(chart, 'network', { workloads: [orders, prometheus] });
 */
export class ExistingPrometheus extends Construct implements Scraper, NetworkedWorkload {
  /** Name of its Service. */
  readonly name: string;
  /** Namespace of its pods. */
  readonly namespace: string;
  /** Labels of its pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `web`, for queries. */
  readonly ports: Readonly<Record<'web', number>>;
  /** Labels that a monitor needs. */
  readonly monitorLabels: Readonly<Record<string, string>>;
  /** None: this chart does not run it. */
  readonly pods: readonly Peer[] = [];

  private readonly declared: Connection[] = [];
  private readonly scraped: ScrapedTarget[] = [];
  private readonly own: string | undefined;

  /** @throws InvalidInputError if a name, label or port is not valid */
  constructor(scope: Construct, id: string, props: ExistingPrometheusProps) {
    super(scope, id);
    const where = this.node.path;
    this.own = Chart.of(this).namespace;
    this.name = requireDnsLabel(where, props.name ?? 'prometheus-operated');
    this.namespace = requireDnsLabel(where, props.namespace);
    this.podLabels = requireLabels(where, props.podLabels ?? { 'app.kubernetes.io/name': 'prometheus' });
    this.ports = { web: requirePort(where, 'port', props.port ?? 9090) };
    this.monitorLabels = requireLabels(where, props.monitorLabels ?? MONITOR_LABELS);
  }

  /** From Prometheus to what it scrapes in the chart's namespace. */
  get connections(): readonly Connection[] {
    return this.declared;
  }

  /** What it scrapes for this chart, for {@link scrapeAlerts}. */
  get targets(): readonly ScrapedTarget[] {
    return this.scraped;
  }

  /**
   * Has it scrape a service, a store or other pods: makes the monitors, and declares the connections that they need.
   *
   * @throws InvalidInputError if a target has no labels or no such port, or is scraped already
   */
  scrape(target: Scrapeable | MetricsEndpoint): this {
    for (const { target: scraped, connection } of createMonitors(this, target)) {
      this.scraped.push(scraped);
      // The way to pods of a third namespace is not this chart's to open.
      if ((connection.to.namespace ?? this.own) === this.own) this.declared.push(connection);
    }
    return this;
  }
}
