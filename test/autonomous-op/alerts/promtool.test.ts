import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Alert } from '../../../src/constructs/observability/alert-rules';
import { vocabulary } from '../../../src/constructs/vocabulary';
import { requireKnownMetrics } from '../../../src/core/promql';
import { hasPromtool, promtool } from '../../promtool';
import { temporaryFolder } from '../../temporary-folder';
import { cases } from './cases';
import { alerts, ruleFile } from './rule-file';

const folder = temporaryFolder();

/** The situations of an alert as tests of promtool, each with what fires in it: one, or none. */
function testsOf(alert: Alert) {
  const { fires, silent } = cases[alert.name] ?? { fires: [], silent: [] };
  const test = (
    when: string,
    minute: number,
    series: Readonly<Record<string, string>>,
    expected: readonly object[],
  ) => ({
    name: `${alert.name}: ${when}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${minute}m`, alertname: alert.name, exp_alerts: expected }],
  });
  return [
    ...fires.map(({ when, minute, series, labels, says }) =>
      test(when, minute, series, [
        {
          exp_labels: { severity: alert.severity, ...labels },
          exp_annotations: {
            summary: alert.summary,
            description: says ?? alert.description,
            runbook_url: alert.runbook,
          },
        },
      ]),
    ),
    ...silent.map(({ when, minute, series }) => test(when, minute, series, [])),
  ];
}

describe('the table of situations', () => {
  test('has every alert and no other, with a silence for each but the watchdog', () => {
    expect(Object.keys(cases)).toEqual(alerts.map(({ name }) => name));
    const restless = Object.entries(cases).filter(([, { silent }]) => silent.length === 0);
    expect(restless.map(([name]) => name)).toEqual(['Watchdog']);
  });

  test('uses series that the exporters have', () => {
    const situations = Object.values(cases).flatMap(({ fires, silent }) => [...fires, ...silent]);
    const names = situations.flatMap(({ series }) => Object.keys(series));
    expect(() => {
      names.forEach((name) => {
        requireKnownMetrics('case', name, vocabulary);
      });
    }).not.toThrow();
  });
});

describe.skipIf(!hasPromtool)('promtool', () => {
  test('accepts the rules', () => {
    writeFileSync(folder('rules.yaml'), stringify(ruleFile()));
    expect(promtool('check', 'rules', folder('rules.yaml'))).toBe('SUCCESS');
  });

  test(
    'sees every alert fire where it shall, say what it shall, and keep silent where it shall',
    // Some ten seconds; a busy machine takes its time.
    { timeout: 300_000 },
    () => {
      // A file a group: promtool evaluates all rules of a file in each of its tests.
      const files = ruleFile().groups.map((group) => {
        const [rules, file] = [`rules-${group.name}.yaml`, folder(`tests-${group.name}.yaml`)];
        const names = new Set(group.rules.flatMap((rule) => ('alert' in rule ? [rule.alert] : [])));
        const tests = alerts.filter(({ name }) => names.has(name)).flatMap(testsOf);
        writeFileSync(folder(rules), stringify({ groups: [group] }));
        writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval: '1m', tests }, { lineWidth: 0 }));
        return file;
      });
      expect(promtool('test', 'rules', ...files)).toBe('SUCCESS');
    },
  );
});
