import { Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ContainerSize } from '../core/quantities';
import { requireDnsLabel, requireLabels } from '../core/validation';
import { Alert, AlertRules } from './alert-rules';
import { JaegerTracing, TraceStorage } from './jaeger-tracing';
import { Connection, NetworkedWorkload, Peer } from './peer';
import { PromtailLogging } from './promtail-logging';

/** Properties of {@link ObservabilityStack}; numbers without another source are the document's. */
export interface ObservabilityStackProps {
  /** Begins the names of the objects: `<name>-alerts`, `<name>-jaeger`. @default - the construct's id */
  readonly name?: string;
  /** Labels by which a Prometheus finds the rules. @default { release: 'prometheus' } */
  readonly ruleLabels?: Readonly<Record<string, string>>;
  /** Where traces are kept. @default TraceStorage.memory() */
  readonly traceStorage?: TraceStorage;
  /** Share of the traces that is kept, from 0 to 1. @default 0.1 */
  readonly samplingRatio?: number;
  /** Jaeger collectors, and as many queries. @default 2 */
  readonly jaegerReplicas?: number;
  /** What a Jaeger collector, and a query, asks of its node. @default - 500m to 1 CPU, 1 to 2 GiB */
  readonly jaegerSize?: ContainerSize;
  /** The Loki that takes the logs. @default - none: no log is collected */
  readonly loki?: Peer;
  /** Namespace of the log collection, which mounts the nodes' log folders. @default - `<name>-logging` */
  readonly logNamespace?: string;
}

/** One collector and one query together are the document's table row: requests 1000m and 2Gi, limits 2000m and 4Gi. */
const JAEGER_SIZE: ContainerSize = {
  cpuRequest: Cpu.millis(500),
  cpuLimit: Cpu.units(1),
  memoryRequest: Size.gibibytes(1),
  memoryLimit: Size.gibibytes(2),
};

/**
 * What shows how a set of services is doing: alerts, traces and logs.
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
  /** Jaeger's pods. */
  readonly pods: readonly Peer[];
  /** What the stack itself connects to. */
  readonly connections: readonly Connection[];

  private readonly ruleName: string;
  private readonly ruleLabels: Readonly<Record<string, string>>;
  private rules: AlertRules | undefined;

  /** @throws InvalidInputError where a prop is out of its range or empty */
  constructor(scope: Construct, id: string, props: ObservabilityStackProps = {}) {
    super(scope, id);
    const where = this.node.path;
    const name = requireDnsLabel(where, props.name ?? id);
    this.samplingRatio = props.samplingRatio ?? 0.1;
    this.ruleName = `${name}-alerts`;
    this.ruleLabels = requireLabels(where, props.ruleLabels ?? { release: 'prometheus' });
    const jaeger = new JaegerTracing(this, 'jaeger', {
      name: `${name}-jaeger`,
      storage: props.traceStorage ?? TraceStorage.memory(),
      samplingRatio: this.samplingRatio,
      replicas: props.jaegerReplicas ?? 2,
      size: props.jaegerSize ?? JAEGER_SIZE,
    });
    this.traceCollector = jaeger.collector;
    this.pods = jaeger.pods;
    this.connections = jaeger.connections;
    if (props.loki !== undefined) {
      new PromtailLogging(this, 'promtail', {
        configName: 'promtail-config',
        namespace: props.logNamespace ?? `${name}-logging`,
        loki: props.loki,
        lokiNamespace: Chart.of(this).namespace,
      });
    }
  }

  /**
   * Adds a group of alerts.
   *
   * @throws InvalidInputError where a name is there already, or an expression is no PromQL (with the position)
   */
  addAlerts(group: string, alerts: readonly Alert[]): void {
    this.rules ??= new AlertRules(this, 'alerts', { name: this.ruleName, labels: this.ruleLabels });
    this.rules.addGroup(group, alerts);
  }
}
