import { writeFileSync } from 'node:fs';
import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { kafkaDashboard } from '../../../src/constructs/kafka/kafka-dashboard';
import { platformOverviewDashboard } from '../../../src/constructs/observability/platform-overview-dashboard';
import { postgresDashboard } from '../../../src/constructs/postgres/postgres-dashboard';
import { redisDashboard } from '../../../src/constructs/redis/redis-dashboard';
import { autoscalingDashboard } from '../../../src/constructs/scaling/autoscaling-dashboard';
import { serviceDashboard } from '../../../src/constructs/service/service-dashboard';
import { hasPromtool, promtool } from '../../promtool';
import { temporaryFolder } from '../../temporary-folder';

// What the panels say in situations in which it is easy to be wrong, by the real engine of Prometheus.

const folder = temporaryFolder();
const namespace = 'shop';
const overview = platformOverviewDashboard({ namespace, services: ['cart', 'orders'] });
const kafka = kafkaDashboard({ namespace, name: 'kafka' });

const model = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

/** The queries of a panel, over five minutes and for all that can be chosen. */
function queriesOf(dashboard: Dashboard, title: string): string[] {
  const { panels } = model.parse(JSON.parse(JSON.stringify(dashboard)));
  const queries = panels.filter((panel) => panel.title === title).flatMap(({ targets }) => targets);
  expect(queries.length).toBeGreaterThan(0);
  return queries.map(({ expr }) =>
    expr
      .replaceAll('$__rate_interval', '5m')
      .replaceAll(/\$(topic|pod)/g, '.*')
      .replaceAll('$service', 'cart'),
  );
}

/** Series of promtool, with a value a minute. */
type Series = Readonly<Record<string, string>>;

const constant = (value: number) => `${value}x60`;
const growing = (perMinute: number) => `0+${perMinute}x60`;

/** What one kube-state-metrics says of a pod in a phase, and of its container with a limit of 1. */
function pod(name: string, phase: string, ready: '0' | '1' | 'no condition', instance = 'ksm-0'): Series {
  const of = `namespace="${namespace}", pod="${name}", instance="${instance}"`;
  const phases = ['Pending', 'Running', 'Succeeded', 'Failed'].map((each): [string, string] => [
    `kube_pod_status_phase{${of}, phase="${each}"}`,
    constant(each === phase ? 1 : 0),
  ]);
  const condition = { [`kube_pod_status_ready{${of}, condition="true"}`]: constant(Number(ready)) };
  const limit = (resource: string) =>
    `kube_pod_container_resource_limits{${of}, container="cart", resource="${resource}"}`;
  return {
    ...Object.fromEntries(phases),
    ...(ready === 'no condition' ? {} : condition),
    [limit('cpu')]: constant(1),
    [limit('memory')]: constant(1e9),
  };
}

/** What a kubelet says of the container of a pod that uses 70 % of its limits. */
function used(name: string): Series {
  const of = `namespace="${namespace}", pod="${name}", container="cart"`;
  return {
    [`container_cpu_usage_seconds_total{${of}}`]: growing(60 * 0.7),
    [`container_memory_working_set_bytes{${of}}`]: constant(0.7e9),
  };
}

const usual = {
  ...pod('cart-1', 'Running', '1'),
  ...pod('cart-2', 'Running', '1'),
  ...used('cart-1'),
  ...used('cart-2'),
};
const told = 'namespace="shop", app="kafka", request="JoinGroup"';
const answered = { [`kafka_network_requestmetrics_errors_total{${told}, error="NONE"}`]: growing(600) };
const reads = (datname: string, hit: number, read: number): Series => ({
  [`cnpg_pg_stat_database_blks_hit{namespace="shop", app="postgres", datname="${datname}"}`]: growing(hit),
  [`cnpg_pg_stat_database_blks_read{namespace="shop", app="postgres", datname="${datname}"}`]: growing(read),
});
const requests = (perMinute: number): Series =>
  Object.fromEntries(
    ['count{', 'sum{', 'bucket{le="0.5", ', 'bucket{le="+Inf", '].map((part) => [
      `http_server_requests_seconds_${part}namespace="shop", app="cart", pod="a", uri="/", status="200"}`,
      growing(perMinute),
    ]),
  );

/** A situation, and what the queries of a panel say in it, one after the other; nothing if there is no sample. */
type Case = readonly [
  when: string,
  Dashboard,
  panel: string,
  Series,
  expected: readonly Readonly<Record<string, number>>[],
];

const shares = (value: number) => [{ '{container="cart"}': value }];

const notReady = 'Pods that are not ready';
const cases: readonly Case[] = [
  ['all pods are ready', overview, notReady, usual, [{ '{}': 0 }]],
  [
    'a pod is not ready, another waits for a node',
    overview,
    notReady,
    { ...usual, ...pod('cart-3', 'Running', '0'), ...pod('cart-4', 'Pending', 'no condition') },
    [{ '{}': 2 }],
  ],
  [
    'a Job is done, and a pod was evicted',
    overview,
    notReady,
    { ...usual, ...pod('cleaner-1', 'Succeeded', '0'), ...pod('cart-5', 'Failed', '0') },
    [{ '{}': 0 }],
  ],
  [
    'two kube-state-metrics tell of a pod that is not ready',
    overview,
    notReady,
    { ...usual, ...pod('cart-3', 'Running', '0'), ...pod('cart-3', 'Running', '0', 'ksm-1') },
    [{ '{}': 1 }],
  ],
  ['kube-state-metrics is away', overview, notReady, used('cart-1'), [{}]],
  ...['CPU, of the limit', 'Memory, of the limit'].flatMap((panel): Case[] => [
    ['pods use 70 %', overview, panel, usual, shares(0.7)],
    [
      'as many pods were evicted as run',
      overview,
      panel,
      { ...usual, ...pod('cart-5', 'Failed', '0'), ...pod('cart-6', 'Failed', '0') },
      shares(0.7),
    ],
    [
      'two kube-state-metrics tell the same',
      overview,
      panel,
      { ...usual, ...pod('cart-1', 'Running', '1', 'ksm-1'), ...pod('cart-2', 'Running', '1', 'ksm-1') },
      shares(0.7),
    ],
    [
      'kubelets still tell of replaced pods',
      overview,
      panel,
      { ...usual, ...used('cart-7'), ...used('cart-8') },
      shares(0.7),
    ],
  ]),
  [
    'two kube-state-metrics tell of a service without a pod',
    overview,
    'Services without an available pod',
    Object.fromEntries(
      ['ksm-0', 'ksm-1'].flatMap((instance) => [
        [
          `kube_deployment_status_replicas_available{namespace="shop", deployment="cart", instance="${instance}"}`,
          constant(0),
        ],
        [
          `kube_deployment_status_replicas_available{namespace="shop", deployment="orders", instance="${instance}"}`,
          constant(2),
        ],
      ]),
    ),
    [{ '{}': 1 }],
  ],
  ['clients join, and nothing fails', kafka, 'Failed requests', answered, [{ '{}': 0 }, {}]],
  [
    'clients join by the usual answers',
    kafka,
    'Failed requests',
    { ...answered, [`kafka_network_requestmetrics_errors_total{${told}, error="MEMBER_ID_REQUIRED"}`]: growing(60) },
    [{ '{}': 0 }, {}],
  ],
  [
    'requests fail',
    kafka,
    'Failed requests',
    {
      ...answered,
      [`kafka_network_requestmetrics_errors_total{${told}, error="NOT_LEADER_OR_FOLLOWER"}`]: growing(60),
    },
    [{ '{}': 1 }, { '{error="NOT_LEADER_OR_FOLLOWER"}': 1 }],
  ],
  ['brokers are not scraped', kafka, 'Failed requests', {}, [{}, {}]],
  [
    'nobody reads a template database',
    postgresDashboard({ namespace, name: 'postgres' }),
    'Reads served from memory',
    { ...reads('app', 90, 10), ...reads('template1', 0, 0) },
    [{ '{datname="app"}': 0.9 }],
  ],
  [
    'nobody reads a key',
    redisDashboard({ namespace, name: 'redis' }),
    'Reads that found their key',
    Object.fromEntries(
      ['hits', 'misses'].map((what) => [`redis_keyspace_${what}_total{namespace="shop", app="redis"}`, constant(3)]),
    ),
    [{}],
  ],
  ...[
    'Share of failed requests',
    'Mean duration by address or route',
    'Duration of 50, 95 and 99 % of the requests',
  ].map((panel): Case => {
    const dashboard = serviceDashboard({ namespace, services: ['cart'] });
    return ['nobody asks a service', dashboard, panel, requests(0), queriesOf(dashboard, panel).map(() => ({}))];
  }),
  ['a service is asked and never fails', overview, 'Share of failed requests', requests(60), [{ '{app="cart"}': 0 }]],
  [
    'another namespace has triggers that KEDA can not measure',
    autoscalingDashboard({ namespace, scalers: [] }),
    'Triggers that KEDA could not measure',
    { 'keda_scaler_errors{namespace="others", scaledObject="a", scaler="kafka"}': growing(60) },
    [{}],
  ],
];

/** A situation, as a test of promtool. */
function testOf([when, dashboard, panel, series, expected]: Case) {
  const queries = queriesOf(dashboard, panel);
  expect(expected).toHaveLength(queries.length);
  return {
    name: `${panel}: ${when}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: queries.map((expr, index) => ({
      ...{ expr, eval_time: '30m' },
      exp_samples: Object.entries(expected[index] ?? {}).map(([labels, value]) => ({ labels, value })),
    })),
  };
}

test.skipIf(!hasPromtool)('panels say what is the case, and nothing if they know nothing', { timeout: 120_000 }, () => {
  // Shares are compared with the last digit of a double.
  const rounded = (each: Case) => {
    const { promql_expr_test: asked, ...rest } = testOf(each);
    const round = (expr: string) => `round(${expr}, 0.001)`;
    return { ...rest, promql_expr_test: asked.map(({ expr, ...more }) => ({ expr: round(expr), ...more })) };
  };
  writeFileSync(
    folder('tests.yaml'),
    stringify({ evaluation_interval: '1m', tests: cases.map(rounded) }, { lineWidth: 0 }),
  );
  expect(promtool('test', 'rules', folder('tests.yaml'))).toBe('SUCCESS');
});
