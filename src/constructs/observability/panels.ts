/* What every dashboard is made of: variables, rows and panels. */

import {
  GraphThresholdsStyleConfigBuilder,
  GraphTresholdsStyleMode,
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
  LegendDisplayMode,
  LegendPlacement,
  TooltipDisplayMode,
  SortOrder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  CustomVariableBuilder,
  Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { InvalidInputError } from '../../core/errors';

/** The uids of Grafana's data sources: fixed, so that a dashboard works in every Grafana of this library. */
export const dataSources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
  jaeger: { type: 'jaeger', uid: 'jaeger' },
} as const;

/** Grey. */
const UNKNOWN = '#8e8e8e';

/** A curve: its PromQL, and its name with labels in `{{ }}`. */
export type Curve = readonly [expr: string, legend: string];

/** A panel, as data. */
export interface PanelProps {
  readonly title: string;
  /** A unit of `@grafana/grafana-foundation-sdk/units`. */
  readonly unit: string;
  readonly curves: readonly Curve[];
  /** What is not clear from the title. @default - none */
  readonly description?: string;
  /** Values drawn as red lines: the axis shows them even if the curves are far below. @default - none */
  readonly limits?: readonly number[];
  /** Of a number: what is less is red. @default 0 */
  readonly atLeast?: number;
  /** What it says if there is no series. @default 'No data' */
  readonly empty?: string;
  /** Where the axis ends. @default - by the values */
  readonly max?: number;
  /** A number instead of curves: the latest values. @default false */
  readonly latest?: boolean;
  /** Whether points lead to the traces of single requests, if Prometheus keeps exemplars. @default false */
  readonly exemplars?: boolean;
  /** Addresses a point leads to, by their title. @default - none */
  readonly links?: Readonly<Record<string, string>>;
}

/** A dashboard, as data. */
interface DashboardProps {
  /** Part of its address, so it never changes. */
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  /** @default - none */
  readonly variables?: readonly (CustomVariableBuilder | QueryVariableBuilder)[];
  /** Panels under a heading each. */
  readonly rows: Readonly<Record<string, readonly PanelProps[]>>;
}

/** What a dashboard of a store shows. */
export interface StoreDashboardProps {
  /** Namespace of the store. */
  readonly namespace: string;
  /** Name of the store, the value of its pods' label `app`. */
  readonly name: string;
}

/** Puts the panels of each row side by side, over as many lines as it takes. */
export function createDashboard({ uid, title, tags, variables = [], rows }: DashboardProps): Dashboard {
  if (!/^[a-z0-9-]{1,40}$/.test(uid)) {
    throw new InvalidInputError(
      `dashboard "${title}"`,
      `"${uid}" is not a valid uid`,
      'Use at most 40 lower-case letters, digits and "-", so a shorter name',
    );
  }
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .tags([...tags])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .variables([...variables])
    .annotations([]);
  let id = 0;
  for (const [heading, panels] of Object.entries(rows)) {
    dashboard.withRow(new RowBuilder(heading).id(++id));
    const width = 24 / columns(panels);
    for (const panel of panels) {
      dashboard.withPanel((panel.latest ? stat(panel) : graph(panel)).id(++id).span(width));
    }
  }
  return dashboard.build();
}

/** As many panels in a line as fill it: numbers take less room than curves. */
function columns(panels: readonly PanelProps[]): number {
  const most = panels.every(({ latest = false }) => latest) ? 4 : 3;
  const fits = [most, 2].find((count) => panels.length % count === 0);
  return fits ?? Math.min(panels.length, most);
}

function graph(props: PanelProps): GraphBuilder {
  const panel = common(new GraphBuilder(), props)
    .height(8)
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .dataLinks(Object.entries(props.links ?? {}).map(([title, url]) => new DashboardLinkBuilder(title).url(url)));
  if (props.max !== undefined) panel.max(props.max);
  if (props.limits !== undefined) {
    panel
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphTresholdsStyleMode.Dashed))
      .axisSoftMax(Math.max(...props.limits));
  }
  return panel;
}

function stat(props: PanelProps): StatBuilder {
  return common(new StatBuilder(), props)
    .height(4)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false));
}

/** What all panels have. */
function common<T extends GraphBuilder | StatBuilder>(panel: T, props: PanelProps): T {
  panel
    .title(props.title)
    .unit(props.unit)
    .datasource(dataSources.prometheus)
    .targets(props.curves.map((curve, index) => query(curve, index, props)));
  if (props.description !== undefined) panel.description(props.description);
  if (props.empty !== undefined) panel.noValue(props.empty);
  panel.thresholds(
    new ThresholdsConfigBuilder().steps([
      ...bottom(props),
      ...(props.limits ?? []).map((value) => ({ value, color: 'red' })),
    ]),
  );
  return panel;
}

/** A number that is not known has the colour of the lowest step: it may not look as if all were well. */
function bottom({ latest = false, atLeast = 0 }: PanelProps) {
  if (!latest) return [{ value: null, color: 'green' }];
  return [
    { value: null, color: UNKNOWN },
    ...(atLeast > 0 ? [{ value: 0, color: 'red' }] : []),
    { value: atLeast, color: 'green' },
  ];
}

function query([expr, legend]: Curve, index: number, { latest = false, exemplars = false }: PanelProps) {
  const target = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(dataSources.prometheus)
    .expr(expr)
    .legendFormat(legend)
    .exemplar(exemplars);
  return latest ? target.instant() : target.range();
}

/** A variable with values that are known now. */
export function choice(name: string, label: string, values: readonly string[]): CustomVariableBuilder {
  const options = values.map((value, index) => ({ text: value, value, selected: index === 0 }));
  const variable = new CustomVariableBuilder(name).label(label).values(values.join(',')).options(options);
  return options[0] === undefined ? variable : variable.current(options[0]);
}

/** A variable with the values that a label has; any number of them may be chosen, at first all. */
export function labelValues(name: string, label: string, series: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(dataSources.prometheus)
    .query(`label_values(${series}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true });
}

/** A matcher of one of several values. */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label}=~"${values.join('|')}"`;
}

/** What a share or a duration of requests says if there are none. */
export const NO_REQUESTS = 'No requests';

/** The requests of users: probes and scrapes are requests too, and would make every share look better than it is. */
export const notActuator = 'uri!~"/actuator.*"';

/** The increase of a counter per second, over as long as the panel's resolution asks for. */
export function perSecond(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** Series of containers as far as their pods run, each once: two kube-state-metrics say everything twice. */
export function ofRunning(series: string, inNamespace: string): string {
  const running = `kube_pod_status_phase{${inNamespace}, phase="Running"} == 1`;
  return `max by (namespace, pod, container) (${series}) and on (namespace, pod) ${running}`;
}

/** A quantile of a histogram, for each value of a label if there is one: nothing, rather than NaN, as long as nothing is counted. */
export function quantile(level: number, buckets: string, ...labels: readonly string[]): string {
  return `histogram_quantile(${level}, sum by (${[...labels, 'le'].join(', ')}) (${perSecond(buckets)})) >= 0`;
}

/** Quantiles of a histogram, a curve each. */
export function quantiles(buckets: string, levels: readonly number[]): Curve[] {
  return levels.map((level) => [quantile(level, buckets), `${level * 100} %`]);
}

/** The address of Explore with the logs of the time shown; variables may be part of the query. */
export function exploreLogs(logql: string): string {
  const pane = {
    datasource: dataSources.loki.uid,
    queries: [{ refId: 'A', datasource: dataSources.loki, expr: logql }],
    range: { from: '${__from}', to: '${__to}' },
  };
  // Grafana fills in the variables, which it knows by their braces, before it reads the address.
  const panes = encodeURIComponent(JSON.stringify({ logs: pane })).replaceAll(/%24%7B(\w+)%7D/g, '$${$1}');
  return `/explore?schemaVersion=1&panes=${panes}`;
}
