import { Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Alert, AlertRules, RecordingRule } from '../../../src/constructs/observability/alert-rules';
import { InvalidInputError } from '../../../src/core/errors';
import { anyObject, newChart, objectOf } from '../../synthesize';

const down: Required<Alert> = {
  name: 'OrdersDown',
  expr: 'up{app="orders"} == 0',
  for: Duration.minutes(5),
  severity: 'critical',
  summary: 'Orders is down',
  description: '{{ $labels.pod }} has not answered for 5 minutes',
  runbook: 'https://example.com/runbooks/OrdersDown',
  inhibitedBy: { alerts: ['ShopDown'], equal: ['namespace'] },
};

function rules(): AlertRules {
  return new AlertRules(newChart(), 'rules', { name: 'orders-alerts', labels: { release: 'prometheus' } });
}

describe('alert rules', () => {
  it('are a PrometheusRule that Prometheus finds by its labels', () => {
    const { metadata, apiVersion } = objectOf(rules(), 'PrometheusRule', anyObject);
    expect([apiVersion, metadata]).toEqual([
      'monitoring.coreos.com/v1',
      { name: 'orders-alerts', namespace: 'shop', labels: { release: 'prometheus' } },
    ]);
  });

  it('hold the groups in the order in which they were added, each alert with all that was said of it', () => {
    const two = rules();
    two.addGroup('first', [down, { ...down, name: 'ShopDown' }]);
    two.addGroup('second', [
      { ...down, name: 'OrdersSlow', severity: 'warning', for: Duration.seconds(90) },
      { ...down, name: 'OrdersGone', for: Duration.seconds(0) },
      { ...down, name: 'OrdersOdd', for: Duration.minutes(1.1) },
    ]);
    const rule = (alert: string, duration: string, severity: string) => ({
      alert,
      expr: 'up{app="orders"} == 0',
      for: duration,
      labels: { severity },
      annotations: { summary: down.summary, description: down.description, runbook_url: down.runbook },
    });
    expect(objectOf(two, 'PrometheusRule', anyObject).spec).toEqual({
      groups: [
        { name: 'first', rules: [rule('OrdersDown', '5m', 'critical'), rule('ShopDown', '5m', 'critical')] },
        {
          name: 'second',
          rules: [
            rule('OrdersSlow', '90s', 'warning'),
            rule('OrdersGone', '0s', 'critical'),
            rule('OrdersOdd', '66s', 'critical'),
          ],
        },
      ],
    });
  });

  it.each<[Partial<Alert>, string, string]>([
    [{ name: '' }, 'the name is used twice or is none', 'Use letters and digits, each name once'],
    [{ name: 'Orders down' }, 'the name is used twice or is none', 'Use letters and digits, each name once'],
    [{ expr: 'up ==' }, 'PromQL syntax error at position 6 of "up =="', 'Correct the query from its end on'],
    [{ for: Duration.millis(10) }, 'for is 0.01 seconds', 'Set for to a whole number of seconds, at least 0'],
    [{ summary: ' ' }, 'summary is empty', 'Give summary a value'],
    [{ description: '' }, 'description is empty', 'Give description a value'],
    [{ runbook: 'wiki/down' }, 'runbook is "wiki/down"', 'Write a URL, from "https://" on'],
    [{ inhibitedBy: { alerts: [], equal: ['app'] } }, 'inhibitedBy names no alert', 'Name one at least'],
    [
      { inhibitedBy: { alerts: ['ShopDown'], equal: [] } },
      'inhibitedBy.equal is empty',
      'Name labels such as "alertname"',
    ],
    [
      { inhibitedBy: { alerts: ['ShopDown'], equal: ['the app'] } },
      'inhibitedBy.equal has "the app", which is no label',
      'Name labels such as "alertname"',
    ],
  ])('are refused with a wrong alert, and then none of its group is there: case %#', (wrong, problem, remedy) => {
    const alert = { ...down, name: 'Wrong', ...wrong };
    const none = rules();
    expect(() => {
      none.addGroup('group', [down, alert]);
    }).toThrow(new InvalidInputError(`test/rules: alert ${alert.name}`, problem, remedy));
    none.addGroup('group', [down]);
    expect(objectOf(none, 'PrometheusRule', anyObject).spec).toMatchObject({ groups: [{ name: 'group' }] });
  });

  it('are refused, once all are there, if one is held back by an alert that is not', () => {
    const two = rules();
    two.addGroup('first', [down]);
    const problem =
      'test/rules: alert OrdersDown: inhibitedBy has "ShopDown", which is no alert of these rules.\n' +
      '  Correct the name, or add that alert too.';
    expect(two.node.validate()).toEqual([problem]);
    two.addGroup('second', [{ ...down, name: 'ShopDown', inhibitedBy: { alerts: ['OrdersDown'], equal: ['app'] } }]);
    expect(two.node.validate()).toEqual([]);
  });

  it('are refused with one name twice, in a group or in two', () => {
    const error = new InvalidInputError(
      'test/rules: alert OrdersDown',
      'the name is used twice or is none',
      'Use letters and digits, each name once',
    );
    expect(() => {
      rules().addGroup('group', [down, down]);
    }).toThrow(error);
    const two = rules();
    two.addGroup('first', [down]);
    expect(() => {
      two.addGroup('second', [down]);
    }).toThrow(error);
  });

  it('are refused with a group without a name, or two groups of one', () => {
    const two = rules();
    two.addGroup('group', [down]);
    expect(() => {
      two.addGroup('group', []);
    }).toThrow(new InvalidInputError('test/rules', 'there are two groups "group"', 'Give each a name of its own'));
    expect(() => {
      two.addGroup('', []);
    }).toThrow(
      new InvalidInputError('test/rules', 'the name of the group is empty', 'Give the name of the group a value'),
    );
  });

  it('may do without a runbook', () => {
    const one = rules();
    const { name, expr, severity, summary, description } = down;
    one.addGroup('group', [{ name, expr, for: down.for, severity, summary, description }]);
    expect(JSON.stringify(objectOf(one, 'PrometheusRule', anyObject).spec)).not.toContain('runbook');
  });
});

describe('recording rules', () => {
  const ratio: RecordingRule = {
    record: 'app:errors:ratio',
    expr: 'sum by (app) (errors) / sum by (app) (all)',
    labels: { team: 'shop' },
  };

  it('stand beside the alerts, and may have labels', () => {
    const one = rules();
    one.addGroup('group', [ratio, { record: 'app:up:count', expr: 'count by (app) (up)' }, down]);
    expect(objectOf(one, 'PrometheusRule', anyObject).spec).toMatchObject({
      groups: [{ rules: [ratio, { record: 'app:up:count', expr: 'count by (app) (up)' }, { alert: 'OrdersDown' }] }],
    });
  });

  it('may record one name with several labels, but not twice the same', () => {
    const one = rules();
    one.addGroup('group', [ratio, { ...ratio, labels: { team: 'toys' } }]);
    const twice = (record: string) =>
      new InvalidInputError(
        `test/rules: record ${record}`,
        'the name is used twice or is none',
        'Use letters, digits and at least one ":", each name once',
      );
    expect(() => {
      one.addGroup('more', [ratio]);
    }).toThrow(twice(ratio.record));
    expect(() => {
      one.addGroup('more', [{ ...ratio, record: 'errors_ratio' }]);
    }).toThrow(twice('errors_ratio'));
  });
});

describe('rules with a vocabulary', () => {
  const checked = () =>
    new AlertRules(newChart(), 'rules', {
      name: 'orders-alerts',
      labels: {},
      vocabulary: new Map([['up', ['app']]]),
    });

  it('know a recorded metric once it is recorded, whatever its labels', () => {
    const one = checked();
    const alert = { ...down, expr: 'app:up:sum{app="orders", tier="1"} == 0' };
    const error = new InvalidInputError(
      'test/rules: alert OrdersDown',
      `metric "app:up:sum" at position 1 of "${alert.expr}" is not in the vocabulary`,
      'Write "up", or add it to the vocabulary',
    );
    expect(() => {
      one.addGroup('group', [alert, { record: 'app:up:sum', expr: 'sum by (app) (up)' }]);
    }).toThrow(error);
    one.addGroup('first', [{ record: 'app:up:sum', expr: 'sum by (app) (up)' }]);
    one.addGroup('second', [alert]);
    expect(objectOf(one, 'PrometheusRule', anyObject).spec).toMatchObject({
      groups: [{ name: 'first' }, { name: 'second' }],
    });
  });
});
