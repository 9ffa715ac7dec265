import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { autoscalingDashboard } from '../../../src/constructs/scaling/autoscaling-dashboard';
import { gpuInferenceDashboard } from '../../../src/constructs/service/gpu-inference-dashboard';
import { kafkaDashboard } from '../../../src/constructs/kafka/kafka-dashboard';
import { createDashboard, dataSources } from '../../../src/constructs/observability/panels';
import { platformOverviewDashboard } from '../../../src/constructs/observability/platform-overview-dashboard';
import { postgresDashboard } from '../../../src/constructs/postgres/postgres-dashboard';
import { redisDashboard } from '../../../src/constructs/redis/redis-dashboard';
import { serviceDashboard } from '../../../src/constructs/service/service-dashboard';
import { GpuType } from '../../../src/core/gpu-type';
import { KedaScaler } from '../../../src/constructs/scaling/keda-scaler';
import { Endpoint } from '../../../src/constructs/network/peer';
import { Trigger } from '../../../src/constructs/scaling/trigger';
import { InvalidInputError } from '../../../src/core/errors';
import { vocabulary } from '../../../src/constructs/vocabulary';
import { requireKnownMetrics } from '../../../src/core/promql';
import { newChart, objectOf } from '../../synthesize';

const namespace = 'shop';
const services = ['cart', 'orders'];
const broker = Endpoint.inCluster('kafka', { namespace: 'messaging', port: 9092 });
const server = Endpoint.inCluster('prometheus', { namespace: 'monitoring', port: 9090 });

function scaler(): KedaScaler {
  const chart = newChart();
  const target = new AutonomousOpService(chart, 'cart', { image: 'acme/cart:1.0.0' });
  const triggers = [
    Trigger.kafkaLag({ broker, topic: 'orders', consumerGroup: 'cart', lag: 500 }),
    Trigger.prometheus({ server, metricName: 'requests', query: 'sum(requests)', threshold: 200 }),
    Trigger.cpu(70),
  ];
  return new KedaScaler(chart, 'scaling', { target, minReplicas: 2, maxReplicas: 8, triggers });
}

const dashboards = [
  platformOverviewDashboard({ namespace, services }),
  serviceDashboard({ namespace, services, logs: true }),
  gpuInferenceDashboard({ namespace, service: 'detector', gpu: GpuType.A100, gpuCount: 2 }),
  autoscalingDashboard({ namespace, scalers: [scaler()] }),
  kafkaDashboard({ namespace, name: 'kafka' }),
  postgresDashboard({ namespace, name: 'postgres' }),
  redisDashboard({ namespace, name: 'redis' }),
];

const filled = z.string().min(1);
const source = z.strictObject({
  type: z.enum(['prometheus', 'loki', 'jaeger']),
  uid: z.enum(Object.values(dataSources).map(({ uid }) => uid)),
});
const gridPos = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

/** What Grafana 10.2 has to know of a panel. */
const panel = z.object({
  id: z.int().min(1),
  type: z.enum(['timeseries', 'stat']),
  title: filled,
  description: filled.optional(),
  datasource: source,
  gridPos,
  targets: z
    .array(z.object({ refId: z.string().regex(/^[A-Z]$/), datasource: source, expr: filled, legendFormat: filled }))
    .min(1),
  fieldConfig: z.object({
    defaults: z.object({
      unit: filled,
      noValue: filled.optional(),
      thresholds: z.object({
        mode: z.literal('absolute'),
        steps: z.array(z.object({ value: z.number().nullable(), color: filled })).min(1),
      }),
    }),
    overrides: z.array(z.unknown()),
  }),
  options: z.looseObject({}),
});
const row = z.object({
  id: z.int().min(1),
  type: z.literal('row'),
  title: filled,
  gridPos,
  collapsed: z.literal(false),
});

const model = z.object({
  uid: z.string().regex(/^[a-z0-9-]{8,40}$/),
  title: filled,
  editable: z.literal(false),
  schemaVersion: z.int().min(36).max(38),
  tags: z.array(filled).min(1),
  time: z.object({ from: z.literal('now-3h'), to: z.literal('now') }),
  templating: z.object({
    list: z.array(z.object({ name: filled, type: z.enum(['custom', 'query']), query: filled, current: z.unknown() })),
  }),
  annotations: z.object({ list: z.array(z.unknown()) }),
  panels: z.array(z.union([row, panel])),
});

type Panel = z.infer<typeof panel>;

/** As Grafana reads it: what JSON leaves out is left out. */
const modelOf = (dashboard: Dashboard) => model.parse(JSON.parse(JSON.stringify(dashboard)));
const panelsOf = (dashboard: Dashboard): Panel[] => modelOf(dashboard).panels.filter((found) => found.type !== 'row');
const panelOf = (dashboard: Dashboard, title: string) => panelsOf(dashboard).find((found) => found.title === title);
const linesOf = (found?: Panel) => found?.fieldConfig.defaults.thresholds.steps.map(({ value }) => value);
const queriesOf = (found?: Panel) => found?.targets.map(({ expr }) => expr);

/** What Grafana puts in the place of a variable. */
function interpolated(query: string, variables: readonly string[]): string {
  return ['__rate_interval', '__interval', ...variables].reduce(
    (text, name) => text.replaceAll(`$${name}`, name.startsWith('__') ? '2m' : 'value'),
    query,
  );
}

describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))('%s', (_, dashboard) => {
  test('is a model of Grafana 10.2, with a title, a unit and a query on every panel', () => {
    expect(() => modelOf(dashboard)).not.toThrow();
    expect(panelsOf(dashboard).length).toBeGreaterThan(3);
  });

  test('asks in PromQL, for metrics and labels of the vocabulary, with variables that it has', () => {
    const { templating } = modelOf(dashboard);
    const variables = templating.list.map(({ name }) => name);
    for (const { title, targets } of panelsOf(dashboard)) {
      for (const { expr } of targets) {
        const query = interpolated(expr, variables);
        expect(query).not.toContain('$');
        expect(() => requireKnownMetrics(title, query, vocabulary)).not.toThrow();
      }
    }
    const labelQueries = templating.list.filter(({ type }) => type === 'query').map(({ query }) => query);
    for (const query of labelQueries) {
      const [, series = ''] = /^label_values\((.+), \w+\)$/.exec(query) ?? [];
      expect(() => requireKnownMetrics(query, interpolated(series, variables), vocabulary)).not.toThrow();
    }
  });

  test('has panels that do not overlap, each with an id and queries of its own', () => {
    const { panels } = modelOf(dashboard);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (__, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { targets } of panelsOf(dashboard)) {
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      expect(new Set(targets.map(({ expr }) => expr)).size).toBe(targets.length);
    }
  });

  test('draws its lines in ascending order, as Grafana reads them', () => {
    for (const found of panelsOf(dashboard)) {
      const [base, ...lines] = linesOf(found) ?? [];
      expect(base).toBeNull();
      expect(lines).toEqual([...lines].sort((one, other) => Number(one) - Number(other)));
    }
  });

  test('looks at its own namespace', () => {
    const selectors = panelsOf(dashboard)
      .flatMap(({ targets }) => targets.flatMap(({ expr }) => [...expr.matchAll(/\w\{([^}]*)\}/g)]))
      .map(([, selector = '']) => selector);
    const elsewhere = selectors.filter((selector) => !selector.includes('namespace="shop"'));
    expect(elsewhere.filter((selector) => !selector.startsWith('alertstate='))).toEqual([]);
  });
});

test('each has a uid and a title of its own, that stay', () => {
  expect(dashboards.map(({ uid }) => uid)).toEqual([
    'platform-overview',
    'service-red-jvm',
    'gpu-detector',
    'autoscaling',
    'kafka-kafka',
    'postgres-postgres',
    'redis-redis',
  ]);
  expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
});

test('the services are those to choose from', () => {
  const { templating } = modelOf(serviceDashboard({ namespace, services }));
  expect(templating.list[0]).toMatchObject({ name: 'service', query: 'cart,orders', current: { value: 'cart' } });
});

describe('the logs of a service', () => {
  const hrefs = (logs: boolean) =>
    [...JSON.stringify(serviceDashboard({ namespace, services, logs })).matchAll(/"url":"([^"]+)"/g)].map(
      ([, href = '']) => href,
    );

  test('are one click away, at the time and of the service shown', () => {
    const [href = ''] = hrefs(true);
    const shown = href.replace('${service}', 'cart').replace('${__from}', '1').replace('${__to}', '2');
    const panes = new URL(shown, 'http://grafana').searchParams.get('panes') ?? '';
    expect(JSON.parse(panes)).toMatchObject({
      logs: {
        datasource: 'loki',
        queries: [{ expr: '{namespace="shop", app="cart"}' }],
        range: { from: '1', to: '2' },
      },
    });
  });

  test('are not offered without a Loki', () => {
    expect(hrefs(false)).toEqual([]);
  });
});

describe('a number', () => {
  const numbers = dashboards.flatMap((dashboard) =>
    panelsOf(dashboard)
      .filter(({ type }) => type === 'stat')
      .map((found): [string, Panel] => [`${dashboard.title}: ${found.title}`, found]),
  );
  const colourOf = (found: Panel | undefined, value: number) =>
    found?.fieldConfig.defaults.thresholds.steps.filter((step) => value >= (step.value ?? -Infinity)).at(-1)?.color;

  test.each(numbers)('%s is neither green nor red as long as it is not known', (_, found) => {
    expect(['green', 'red']).not.toContain(colourOf(found, -Infinity));
    expect(['green', 'red']).toContain(colourOf(found, 0));
  });

  test.each([
    ['Active controllers', { 0: 'red', 1: 'green', 2: 'red' }, kafkaDashboard({ namespace, name: 'kafka' })],
    ['Instances up', { 0: 'red', 2: 'red', 3: 'green' }, postgresDashboard({ namespace, name: 'postgres' })],
    ['Instances up', { 4: 'red', 5: 'green' }, postgresDashboard({ namespace, name: 'postgres', instances: 5 })],
    ['Nodes up', { 0: 'red', 5: 'red', 6: 'green' }, redisDashboard({ namespace, name: 'redis' })],
    ['Nodes up', { 7: 'red', 8: 'green' }, redisDashboard({ namespace, name: 'redis', nodes: 8 })],
  ] as const)('%s has the colours %o', (title, colours, dashboard) => {
    const found = panelOf(dashboard, title);
    expect(Object.keys(colours).map((value) => colourOf(found, Number(value)))).toEqual(Object.values(colours));
  });
});

test('a panel that is empty for good reason says why', () => {
  const all = dashboards.flatMap(panelsOf);
  const said = Object.fromEntries(
    all.flatMap(({ title, fieldConfig }) => {
      const { noValue } = fieldConfig.defaults;
      return noValue === undefined ? [] : [[title, noValue]];
    }),
  );
  expect(said).toEqual({
    'Share of failed requests': 'No requests',
    'Latency of 99 % of the requests': 'No requests',
    'Duration of 50, 95 and 99 % of the requests': 'No requests',
    'Duration of 50, 95 and 99 % of the inferences': 'No requests',
    'Mean duration by address or route': 'No requests',
    'Connections to the database': 'No connections: the service has no database, or has not asked it yet',
    'lag of orders, per pod': 'Not measured',
    'requests, per pod': 'Not measured',
    'cpu, of the request': 'Not measured',
    'Age of the last backup': 'None yet',
    'Reads that found their key': 'No reads',
  });
});

test('the wait of a fetch for records is explained', () => {
  const found = panelOf(kafkaDashboard({ namespace, name: 'kafka' }), 'Duration of 99 % of the requests');
  expect(found?.description).toBe(
    'A fetch waits for records: those of idle topics take 500 ms, and nobody waits for them.',
  );
});

describe('the lines are those of the declarations:', () => {
  test.each(GpuType.all.map((gpu) => [gpu.name, gpu] as const))('what the catalogue says of a %s', (_, gpu) => {
    const dashboard = gpuInferenceDashboard({ namespace, service: 'detector', gpu, gpuCount: 2 });
    expect(linesOf(panelOf(dashboard, 'Requests for each GPU'))).toEqual([null, gpu.inferenceSpeed, gpu.maxThroughput]);
    expect(queriesOf(panelOf(dashboard, 'Requests for each GPU'))?.[0]).toMatch(/ \/ 2$/);
    expect(linesOf(panelOf(dashboard, 'Memory in use'))).toEqual([null, gpu.memory.toMebibytes()]);
    const against = queriesOf(panelOf(dashboard, 'Requests against the GPUs in use')) ?? [];
    expect(against.slice(1).map((query) => Number(query.split(' * ')[1]))).toEqual([
      gpu.inferenceSpeed,
      gpu.maxThroughput,
    ]);
  });

  test("a scaler's bounds and thresholds, with the names of the HPA's metrics", () => {
    const scaling = scaler();
    const dashboard = autoscalingDashboard({ namespace, scalers: [scaling] });
    expect(linesOf(panelOf(dashboard, `Pods of ${scaling.target.name}`))).toEqual([null, 2, 8]);
    expect(linesOf(panelOf(dashboard, 'lag of orders, per pod'))).toEqual([null, 500]);
    expect(linesOf(panelOf(dashboard, 'requests, per pod'))).toEqual([null, 200]);
    expect(linesOf(panelOf(dashboard, 'cpu, of the request'))).toEqual([null, 70]);

    const metric = z.object({
      resource: z.object({ name: z.string() }).optional(),
      external: z.object({ metric: z.object({ name: z.string() }) }).optional(),
    });
    const hpa = z.object({
      apiVersion: z.string(),
      kind: z.string(),
      metadata: z.object({ name: z.string() }),
      spec: z.object({ metrics: z.array(metric) }),
    });
    const names = objectOf(scaling, 'HorizontalPodAutoscaler', hpa).spec.metrics.map(
      ({ resource, external }) => resource?.name ?? external?.metric.name ?? '',
    );
    const matchers = panelsOf(dashboard)
      .flatMap(({ targets }) => targets)
      .flatMap(({ expr }) => /metric_name=~?"([^"]+)"/.exec(expr)?.[1] ?? []);
    expect(names.map((name) => matchers.filter((matcher) => new RegExp(`^${matcher}$`).test(name)).length)).toEqual(
      names.map(() => 1),
    );
    expect(matchers).toHaveLength(names.length);
  });
});

test('a name too long for a uid is refused', () => {
  expect(() => createDashboard({ uid: 'a'.repeat(41), title: 'Long', tags: [], rows: {} })).toThrow(
    new InvalidInputError(
      'dashboard "Long"',
      `"${'a'.repeat(41)}" is not a valid uid`,
      'Use at most 40 lower-case letters, digits and "-", so a shorter name',
    ),
  );
});
