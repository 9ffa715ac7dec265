/* Alerts and recording rules, each parsed when it is added. */

import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { PrometheusRule, PrometheusRuleSpecGroupsRulesExpr } from '../../../imports/monitoring.coreos.com';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { requireKnownMetrics, requirePromql, Vocabulary } from '../../core/promql';
import { requireLabels, requireSeconds, requireText, requireUrl, secondsOf } from '../../core/validation';
import { MONITOR_LABELS } from './monitors';

/**
 * How urgent an alert is: `critical` wakes somebody, `warning` waits for the morning. `none` tells nobody anything by itself: it is
 * for the watchdog, whose silence is the alarm.
 */
export type Severity = 'none' | 'warning' | 'critical';

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
  /** URL of the page that says what to do; it becomes the annotation `runbook_url`. @default - none */
  readonly runbook?: string;
  /** What holds it back: while one of these alerts fires, nobody is told of this one, which says less of the same. @default - nothing */
  readonly inhibitedBy?: AlertInhibition;
}

/** Alerts that hold back another; an Alertmanager of an ObservabilityStack is told of it. */
export interface AlertInhibition {
  /** Names of the alerts. */
  readonly alerts: readonly string[];
  /** Labels whose values must be the same on both. Each alert needs them: to Alertmanager two that lack a label are the same. */
  readonly equal: readonly string[];
}

/** A query whose result Prometheus keeps under a name of its own, for queries that are used twice or take long. */
export interface RecordingRule {
  /** Name with a colon, as `app:http_errors:ratio_rate5m`, so that nobody takes it for a scraped metric. */
  readonly record: string;
  /** PromQL of what is kept. */
  readonly expr: string;
  /** Labels that every series gets on top of those of the query. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A rule of a group. */
export type Rule = Alert | RecordingRule;

/** The alerts among rules. */
export function alertsOf(rules: readonly Rule[]): Alert[] {
  return rules.flatMap((rule) => ('record' in rule ? [] : [rule]));
}

/** Properties of {@link AlertRules}. */
export interface AlertRulesProps {
  /** Name of the PrometheusRule. */
  readonly name: string;
  /** Labels by which a Prometheus finds the rules. @default { release: 'prometheus' } */
  readonly labels?: Readonly<Record<string, string>>;
  /** The metrics that expressions may use; what the rules record is known from there on. @default - any */
  readonly vocabulary?: Vocabulary;
}

/**
 * A PrometheusRule whose groups are added one by one; every expression is parsed when it is added. An ObservabilityStack has
 * one already, behind `addAlerts`.
 *
 * @example
 * const rules = new AlertRules(chart, 'rules', { name: 'orders-alerts' });
 * rules.addGroup('orders.rules', [ordersDown]);
 */
export class AlertRules extends Construct {
  private readonly groups = new Map<string, readonly Rule[]>();
  private readonly vocabulary: Vocabulary | undefined;
  /** What there can be once only, of every rule. */
  private readonly ids = new Set<string>();
  /** What the rules record. */
  private readonly recorded = new Map<string, undefined>();

  /** @throws InvalidInputError if a label is not valid */
  constructor(scope: Construct, id: string, props: AlertRulesProps) {
    super(scope, id);
    this.vocabulary = props.vocabulary;
    new PrometheusRule(this, 'rule', {
      metadata: { name: props.name, labels: requireLabels(this.node.path, props.labels ?? MONITOR_LABELS) },
      spec: lazily(() => ({ groups: [...this.groups].map(([name, rules]) => ({ name, rules: rules.map(ruleSpec) })) })),
    });
    this.node.addValidation({ validate: () => this.strangers() });
  }

  /** What is wrong with the inhibitions: a misspelled name is no error to Alertmanager, and never holds anything back. */
  private strangers(): string[] {
    const all = alertsOf([...this.groups.values()].flat());
    const names = new Set(all.map(({ name }) => name));
    return all.flatMap(({ name, inhibitedBy: { alerts = [] } = {} }) =>
      alerts
        .filter((other) => !names.has(other))
        .map(
          (other) =>
            `${this.node.path}: alert ${name}: inhibitedBy has "${other}", which is no alert of these rules.\n` +
            '  Correct the name, or add that alert too.',
        ),
    );
  }

  /**
   * Adds a group of rules that Prometheus evaluates one after the other.
   *
   * @throws InvalidInputError if the group or a rule is there already, an expression is not valid PromQL (with the position), or it
   * uses a metric or label that is not in the vocabulary
   */
  addGroup(name: string, rules: readonly Rule[]): this {
    requireText(this.node.path, 'the name of the group', name);
    if (this.groups.has(name)) {
      throw new InvalidInputError(this.node.path, `there are two groups "${name}"`, 'Give each a name of its own');
    }
    const ids = new Set<string>();
    const recorded = new Map<string, undefined>();
    for (const rule of rules) {
      this.check(rule, ids, recorded);
      ids.add(idOf(rule));
      if ('record' in rule) recorded.set(rule.record, undefined);
    }
    ids.forEach((id) => this.ids.add(id));
    recorded.forEach((_, metric) => this.recorded.set(metric, undefined));
    this.groups.set(name, rules);
    return this;
  }

  /** Checks a rule; `ids` and `recorded` are those of the rules before it in its group. */
  private check(rule: Rule, ids: ReadonlySet<string>, recorded: Vocabulary): void {
    const recording = 'record' in rule;
    const where = `${this.node.path}: ${recording ? `record ${rule.record}` : `alert ${rule.name}`}`;
    const [pattern, letters] = recording
      ? [/^[A-Za-z_]\w*:[\w:]*$/, 'letters, digits and at least one ":"']
      : [/^[A-Za-z_]\w*$/, 'letters and digits'];
    const id = idOf(rule);
    if (!pattern.test(recording ? rule.record : rule.name) || this.ids.has(id) || ids.has(id)) {
      throw new InvalidInputError(where, 'the name is used twice or is none', `Use ${letters}, each name once`);
    }
    if (this.vocabulary === undefined) requirePromql(where, rule.expr);
    else requireKnownMetrics(where, rule.expr, recorded, this.recorded, this.vocabulary);
    if (!recording) checkAlert(where, rule);
  }
}

function checkAlert(where: string, alert: Alert): void {
  requireSeconds(where, 'for', alert.for, 0);
  requireText(where, 'summary', alert.summary);
  requireText(where, 'description', alert.description);
  if (alert.inhibitedBy !== undefined) {
    const { alerts, equal } = alert.inhibitedBy;
    if (alerts.length === 0) throw new InvalidInputError(where, 'inhibitedBy names no alert', 'Name one at least');
    requireLabelNames(where, 'inhibitedBy.equal', equal);
  }
  if (alert.runbook !== undefined) requireUrl(where, 'runbook', alert.runbook);
}

/** What there can be once only: an alert's name, or a recorded name with its labels. */
function idOf(rule: Rule): string {
  return 'record' in rule ? JSON.stringify([rule.record, rule.labels ?? {}]) : rule.name;
}

function ruleSpec(rule: Rule) {
  const expr = PrometheusRuleSpecGroupsRulesExpr.fromString(rule.expr);
  if ('record' in rule) {
    return { record: rule.record, expr, ...defined({ labels: rule.labels }) };
  }
  const { name, for: duration, severity, summary, description, runbook } = rule;
  return {
    alert: name,
    expr,
    for: promDuration(duration),
    labels: { severity },
    annotations: { summary, description, ...defined({ runbook_url: runbook }) },
  };
}

/**
 * Names of labels, one at least.
 *
 * @throws InvalidInputError if there is none, or one is not valid
 */
export function requireLabelNames(where: string, prop: string, names: readonly string[]): readonly string[] {
  const wrong = names.find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined || names.length === 0) {
    throw new InvalidInputError(
      where,
      wrong === undefined ? `${prop} is empty` : `${prop} has "${wrong}", which is no label`,
      'Name labels such as "alertname"',
    );
  }
  return names;
}

/** A duration as Prometheus writes it: `5m`, `90s`. */
function promDuration(duration: Duration): string {
  const seconds = secondsOf(duration);
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}m` : `${seconds}s`;
}
