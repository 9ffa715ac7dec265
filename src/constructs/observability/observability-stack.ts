/* Prometheus, Alertmanager, Grafana, Loki, Promtail and Jaeger, connected with each other. */

import { Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { ContainerSize } from '../../core/quantities';
import { Vocabulary } from '../../core/promql';
import { SecretKey } from '../../core/secrets';
import { requireDnsLabel, requireLabels } from '../../core/validation';
import { AlertRules, alertsOf, Rule } from './alert-rules';
import { AlertRoutingProps } from './alert-routing';
import { AlertmanagerServer } from './alertmanager-server';
import { GrafanaServer } from './grafana-server';
import { JaegerTracing, TraceStorage } from './jaeger-tracing';
import { LogStorage, LokiServer } from './loki-server';
import { Connection, NetworkedWorkload } from '../network/connection';
import { Peer } from '../network/peer';
import { PrometheusServer } from './prometheus-server';
import { MONITOR_LABELS } from './monitors';
import { PromtailLogging } from './promtail-logging';

/** Properties of {@link ObservabilityStack}. */
export interface ObservabilityStackProps extends AlertRoutingProps {
  /** Begins the names of the objects: `<name>-alerts`, `<name>-jaeger`. @default - the construct's id */
  readonly name?: string;
  /** Labels by which Prometheus finds the monitors and rules. @default { release: 'prometheus' } */
  readonly monitorLabels?: Readonly<Record<string, string>>;
  /** The metrics that rules may use. @default - any */
  readonly vocabulary?: Vocabulary;
  /** The Kubernetes API. With it the stack runs a Prometheus and an Alertmanager of its own. @default - none: they run elsewhere */
  readonly apiServer?: Peer;
  /** How long metrics are kept. @default Duration.days(15) */
  readonly metricsRetention?: Duration;
  /** Volume of Prometheus. @default Size.gibibytes(50) */
  readonly metricsStorage?: Size;
  /** Where people reach Prometheus' page from outside, for the links in notifications. @default - none: they lead to the pod, within the cluster */
  readonly prometheusUrl?: string;
  /** The same of Alertmanager's page. @default - none: they lead to the pod, within the cluster */
  readonly alertmanagerUrl?: string;
  /** What Prometheus asks of its node. @default - 1 to 2 CPUs, 4 to 8 GiB */
  readonly prometheusSize?: ContainerSize;
  /** What Alertmanager asks of its node. @default - 50m to 200m CPU, 128 to 256 MiB */
  readonly alertmanagerSize?: ContainerSize;
  /** Where logs are kept. With it the stack runs Loki and Promtail; needs {@link apiServer}. @default - none: no log is collected */
  readonly logStorage?: LogStorage;
  /** How long logs are kept. @default Duration.days(14) */
  readonly logRetention?: Duration;
  /** Namespace of Promtail, which mounts the nodes' log folders. @default - `<name>-logging` */
  readonly logNamespace?: string;
  /** Name of Grafana's administrator. With it and {@link grafanaPassword} the stack runs Grafana; needs {@link apiServer}. @default - none: no Grafana */
  readonly grafanaUser?: SecretKey;
  /** Password of Grafana's administrator. @default - none: no Grafana */
  readonly grafanaPassword?: SecretKey;
  /** What Grafana asks of its node. @default - 500m to 1 CPU, 1 to 2 GiB */
  readonly grafanaSize?: ContainerSize;
  /** Where traces are kept. @default TraceStorage.memory() */
  readonly traceStorage?: TraceStorage;
  /** How long traces are kept in Elasticsearch: whole days. @default Duration.days(7) */
  readonly traceRetention?: Duration;
  /** Share of the traces that is kept, from 0 to 1. @default 0.1 */
  readonly samplingRatio?: number;
  /** Jaeger collectors, and as many queries. @default 2 */
  readonly jaegerReplicas?: number;
  /** What a Jaeger collector, and a query, asks of its node. @default - 500m to 1 CPU, 1 to 2 GiB */
  readonly jaegerSize?: ContainerSize;
  /** Class of the volumes. @default - the cluster's default class */
  readonly storageClass?: string;
}

/**
 * What shows how a set of services is doing: metrics, alerts, dashboards, logs and traces.
 *
 * Prometheus, Alertmanager, Grafana, Loki and Jaeger run in the chart's namespace under these names, Promtail in one of its own.
 * What the props leave out is not made: with none of them the stack is the alerts, for a Prometheus that runs elsewhere, and a Jaeger.
 *
 * @example
 * const stack = new ObservabilityStack(chart, 'orders', { samplingRatio: 0.05 });
 * stack.addAlerts('orders.rules', [
 *   { name: 'OrdersDown', expr: 'up{app="orders"} == 0', for: Duration.minutes(5), severity: 'critical',
 *     summary: 'Orders is down', description: '{{ $labels.pod }} has not answered a scrape for 5 minutes' },
 * ]);
 */
export class ObservabilityStack extends Construct implements NetworkedWorkload {
  /** Jaeger's collector, for `connectTo`: services send their traces to its port `otlp-http`. */
  readonly traceCollector: Peer;
  /** Share of the traces that is kept. */
  readonly samplingRatio: number;
  /** Prometheus, if the stack runs it; call `scrape` for what it has to scrape. */
  readonly prometheus: PrometheusServer | undefined;
  /** Grafana, if the stack runs it; `addDashboard` shows more. */
  readonly grafana: GrafanaServer | undefined;

  private readonly stackName: string;
  private readonly monitorLabels: Readonly<Record<string, string>>;
  private readonly parts: NetworkedWorkload[] = [];
  private readonly vocabulary: Vocabulary | undefined;
  private rules: AlertRules | undefined;
  private alertmanager: AlertmanagerServer | undefined;

  /** @throws InvalidInputError if a prop is out of its range or empty, or needs another that is not set */
  constructor(scope: Construct, id: string, props: ObservabilityStackProps = {}) {
    super(scope, id);
    this.stackName = requireDnsLabel(this.node.path, props.name ?? id);
    this.monitorLabels = requireLabels(this.node.path, props.monitorLabels ?? MONITOR_LABELS);
    this.vocabulary = props.vocabulary;
    const jaeger = this.addJaeger(props);
    this.traceCollector = jaeger.collector;
    this.samplingRatio = jaeger.samplingRatio;
    this.prometheus = this.addPrometheus(props);
    const loki = this.addLogs(props);
    this.grafana = this.addGrafana(props, loki, jaeger.query);
  }

  /** The pods of all parts in the chart's namespace. */
  get pods(): readonly Peer[] {
    return this.parts.flatMap(({ pods }) => pods);
  }

  /** What the parts connect to, and what they need others to open to them. */
  get connections(): readonly Connection[] {
    return this.parts.flatMap(({ connections }) => connections);
  }

  /**
   * Adds a group of alerts and recording rules.
   *
   * @throws InvalidInputError if a name is there already, or an expression is not valid PromQL (with the position)
   */
  addAlerts(group: string, rules: readonly Rule[]): this {
    this.rules ??= new AlertRules(this, 'alerts', {
      name: `${this.stackName}-alerts`,
      labels: this.monitorLabels,
      ...defined({ vocabulary: this.vocabulary }),
    });
    this.rules.addGroup(group, rules);
    this.alertmanager?.inhibit(alertsOf(rules));
    return this;
  }

  private addJaeger(props: ObservabilityStackProps): JaegerTracing {
    const { traceStorage: storage, traceRetention: retention, jaegerReplicas: replicas, jaegerSize: size } = props;
    const jaeger = new JaegerTracing(this, 'jaeger', {
      name: `${this.stackName}-jaeger`,
      ...defined({ storage, retention, samplingRatio: props.samplingRatio, replicas, size }),
    });
    this.parts.push(jaeger);
    return jaeger;
  }

  private addPrometheus(props: ObservabilityStackProps): PrometheusServer | undefined {
    if (props.apiServer === undefined) {
      return undefined;
    }
    const { monitorLabels } = this;
    const volumes = defined({ storageClass: props.storageClass });
    this.alertmanager = new AlertmanagerServer(this, 'alertmanager', {
      ...props,
      ...volumes,
      name: 'alertmanager',
      ...defined({ size: props.alertmanagerSize, externalUrl: props.alertmanagerUrl }),
    });
    const prometheus = new PrometheusServer(this, 'prometheus', {
      ...volumes,
      ...props.prometheusSize,
      name: 'prometheus',
      monitorLabels,
      alertmanager: this.alertmanager,
      apiServer: props.apiServer,
      ...defined({
        retention: props.metricsRetention,
        storageSize: props.metricsStorage,
        externalUrl: props.prometheusUrl,
      }),
    });
    this.parts.push(this.alertmanager, prometheus);
    prometheus.scrape(this.alertmanager);
    return prometheus;
  }

  private addLogs(props: ObservabilityStackProps): LokiServer | undefined {
    if (props.logStorage === undefined) {
      return undefined;
    }
    const { prometheus } = this;
    const { apiServer, storageClass } = props;
    if (apiServer === undefined || prometheus === undefined) {
      throw this.missing('logStorage', { apiServer });
    }
    const namespace = props.logNamespace ?? `${this.stackName}-logging`;
    const loki = new LokiServer(this, 'loki', {
      name: 'loki',
      storage: props.logStorage,
      ...defined({ storageClass, retention: props.logRetention }),
    });
    const promtail = new PromtailLogging(this, 'promtail', { namespace, loki, apiServer, prometheus });
    this.parts.push(loki, promtail);
    prometheus.scrape(loki).scrape(promtail);
    return loki;
  }

  private addGrafana(
    props: ObservabilityStackProps,
    loki: Peer | undefined,
    jaegerQuery: Peer,
  ): GrafanaServer | undefined {
    const { grafanaUser: adminUser, grafanaPassword: adminPassword } = props;
    if (adminUser === undefined && adminPassword === undefined) {
      return undefined;
    }
    if (adminUser === undefined || adminPassword === undefined || this.prometheus === undefined) {
      const needed = { apiServer: props.apiServer, grafanaUser: adminUser, grafanaPassword: adminPassword };
      throw this.missing(adminUser === undefined ? 'grafanaPassword' : 'grafanaUser', needed);
    }
    const { prometheus } = this;
    const grafana = new GrafanaServer(this, 'grafana', {
      ...props.grafanaSize,
      name: 'grafana',
      prometheus,
      jaegerQuery,
      adminUser,
      adminPassword,
      ...defined({ loki }),
    });
    this.parts.push(grafana);
    prometheus.scrape(grafana);
    return grafana;
  }

  private missing(prop: string, needed: Readonly<Record<string, unknown>>): InvalidInputError {
    const absent = Object.keys(needed).filter((name) => needed[name] === undefined);
    const problem = `${prop} is set, and ${absent.join(' and ')} ${absent.length > 1 ? 'are' : 'is'} not`;
    return new InvalidInputError(this.node.path, problem, `Set ${absent.join(' and ')} too`);
  }
}
