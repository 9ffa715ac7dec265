import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { PrometheusRule, PrometheusRuleSpecGroupsRulesExpr } from '../../imports/monitoring.coreos.com';
import { InvalidInputError } from '../core/errors';
import { lazily } from '../core/lazy';
import { requirePromql } from '../core/promql';
import { requireSeconds, requireText, secondsOf } from '../core/validation';

/** How urgent an alert is: `critical` wakes somebody, `warning` waits for the morning. */
export type Severity = 'warning' | 'critical';

/** An alert of a PrometheusRule. */
export interface Alert {
  /** Name in CamelCase, unique within the rules. */
  readonly name: string;
  /** PromQL that gives a value for as long as the alert is true. */
  readonly expr: string;
  /** How long it must be true before anybody is told. */
  readonly for: Duration;
  /** How urgent it is. */
  readonly severity: Severity;
  /** What is wrong, in a few words. */
  readonly summary: string;
  /** What is wrong, with the limit; may use Prometheus' templates, such as `{{ $value }}`. */
  readonly description: string;
}

/** Properties of {@link AlertRules}. */
export interface AlertRulesProps {
  /** Name of the PrometheusRule. */
  readonly name: string;
  /** Labels by which a Prometheus finds the rules. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A PrometheusRule whose groups are added one by one; every expression is parsed when it is added. */
export class AlertRules extends Construct {
  private readonly groups = new Map<string, readonly Alert[]>();

  constructor(scope: Construct, id: string, props: AlertRulesProps) {
    super(scope, id);
    new PrometheusRule(this, 'rule', {
      metadata: { name: props.name, labels: { ...props.labels } },
      spec: lazily(() => ({ groups: [...this.groups].map(([name, alerts]) => ({ name, rules: alerts.map(rule) })) })),
    });
  }

  /**
   * Adds a group of alerts that Prometheus evaluates one after the other.
   *
   * @throws InvalidInputError where the group or an alert is there already, or an expression is no PromQL (with the position)
   */
  addGroup(name: string, alerts: readonly Alert[]): void {
    requireText(this.node.path, 'the name of the group', name);
    if (this.groups.has(name)) {
      throw new InvalidInputError(this.node.path, `there are two groups "${name}"`, 'Give each a name of its own');
    }
    const known = new Set([...this.groups.values()].flat().map((alert) => alert.name));
    for (const alert of alerts) {
      const where = `${this.node.path}: alert ${alert.name}`;
      if (!/^[A-Za-z_]\w*$/.test(alert.name) || known.has(alert.name)) {
        throw new InvalidInputError(
          where,
          'the name is used twice or is none',
          'Use letters and digits, each name once',
        );
      }
      known.add(alert.name);
      requirePromql(where, alert.expr);
      requireSeconds(where, 'for', alert.for, 0);
      requireText(where, 'summary', alert.summary);
      requireText(where, 'description', alert.description);
    }
    this.groups.set(name, alerts);
  }
}

function rule({ name, expr, for: duration, severity, summary, description }: Alert) {
  return {
    alert: name,
    expr: PrometheusRuleSpecGroupsRulesExpr.fromString(expr),
    for: promDuration(duration),
    labels: { severity },
    annotations: { summary, description },
  };
}

/** A duration as Prometheus writes it: `5m`, `90s`. */
function promDuration(duration: Duration): string {
  const seconds = secondsOf(duration);
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}m` : `${seconds}s`;
}
