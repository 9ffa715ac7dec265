/* The configurations of the real Prometheus and Alertmanager: what production emits, in the time of the test. */

import { z } from 'zod';
import { alertmanagerYaml, ruleGroups } from './emitted';
import { ALERTMANAGER, MACHINE } from './network';
import { Pod } from './pod';
import { scrapeJobs } from './scrape-jobs';
import { faster, fasterExpression, INTERVAL } from './time';

/** Prometheus' configuration, which reaches everything by the network of the pods. */
export function prometheusConfiguration(pods: readonly Pod[], network: string, rules: string) {
  return {
    global: {
      scrape_interval: faster(INTERVAL),
      scrape_timeout: faster(INTERVAL),
      evaluation_interval: faster(INTERVAL),
      // As the operator sets them.
      external_labels: { prometheus: 'autonomous-op/prometheus', prometheus_replica: 'prometheus-prometheus-0' },
    },
    alerting: {
      alert_relabel_configs: [{ action: 'labeldrop', regex: 'prometheus_replica' }],
      alertmanagers: [
        {
          api_version: 'v2',
          path_prefix: `/${ALERTMANAGER}`,
          static_configs: [{ targets: [network.replace('http://', '')] }],
        },
      ],
    },
    rule_files: [rules],
    scrape_configs: [
      ...scrapeJobs(pods, network),
      { job_name: 'machine', proxy_url: network, static_configs: [{ targets: [`${MACHINE}:80`] }] },
    ],
  };
}

/** The rules as a file of Prometheus, with those of somebody else. */
export function fasterRules(others: readonly string[]) {
  const more = { name: 'others', rules: others.map((expr) => ({ alert: 'Other', expr, for: '1h' })) };
  const groups = [...ruleGroups, more].map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({
      ...rule,
      expr: fasterExpression(rule.expr),
      ...(rule.for === undefined ? {} : { for: faster(rule.for) }),
    })),
  }));
  return { groups };
}

const durations = { group_wait: z.string(), group_interval: z.string(), repeat_interval: z.string() };

const route = z.looseObject(durations).partial();

const configuration = z.looseObject({
  route: route.extend({ routes: z.array(route) }),
  receivers: z.array(
    z.looseObject({
      name: z.string(),
      webhook_configs: z.array(z.object({ url_file: z.string(), send_resolved: z.boolean() })).optional(),
    }),
  ),
});

/**
 * Alertmanager's configuration, whose receivers are the test's. A webhook's URL is in a file of a mounted Secret; the release of
 * Debian has no such setting yet, so the URL itself is here.
 */
export function alertmanagerConfiguration(network: string) {
  const emitted = configuration.parse(alertmanagerYaml);
  const { routes, ...root } = emitted.route;
  return {
    ...emitted,
    route: { ...fasterRoute(root), routes: routes.map(fasterRoute) },
    receivers: emitted.receivers.map(({ name, webhook_configs: webhooks }) =>
      webhooks === undefined
        ? { name }
        : {
            name,
            webhook_configs: webhooks.map((webhook) => ({
              send_resolved: webhook.send_resolved,
              url: `${network}/${name}`,
            })),
          },
    ),
  };
}

function fasterRoute(route: z.output<typeof configuration>['route'] | Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(route).map(([name, value]) => [
      name,
      Object.hasOwn(durations, name) ? faster(z.string().parse(value)) : value,
    ]),
  );
}
