import type { TopLevelSpec } from 'vega-lite';
import { LoadCurve } from './load-file';
import { Played, Step } from './playback';
import { loadText, number, perPodText } from './report';
import { gpusOf, LoadTrigger, ScaledService } from './scaled-service';
import { Loads, REQUESTS, Saturation, steadyState } from './steady';
import { shownSaturations } from './steady-report';

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];
type Layer = Extract<Panel, { layer: unknown }>['layer'][number];
type Encoding = NonNullable<Extract<Layer, { mark: unknown }>['encoding']>;
type X = NonNullable<Encoding['x']>;
type Y = NonNullable<Encoding['y']>;
type Colour = NonNullable<Encoding['color']>;

/** Colours that people who see few of them can tell apart (Okabe and Ito), on white. */
const colours = {
  load: '#0072B2',
  ready: '#AAAAAA',
  asked: '#E69F00',
  short: '#D55E00',
  bounds: '#767676',
  text: '#222222',
} as const;

const config = {
  font: 'Helvetica, Arial, sans-serif',
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'group',
    fontSize: 15,
    subtitleFontSize: 12,
    subtitleColor: '#555555',
    offset: 10,
    subtitlePadding: 4,
  },
  axis: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    gridColor: '#e8e8e8',
    domainColor: '#999999',
    tickColor: '#999999',
  },
  axisLeft: { minExtent: 24 },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    labelFontSize: 12,
    symbolSize: 160,
    symbolStrokeWidth: 2.5,
    columnPadding: 24,
    offset: 20,
  },
  concat: { spacing: 34 },
} as const;

const WIDTH = 860;

/** A load that changes, and the pods that follow it: a panel for each service with a load. */
export function dayChart(plays: readonly Played[], curve: LoadCurve): TopLevelSpec {
  return {
    background: 'white',
    padding: 16,
    description: 'Pods that the load needs, pods asked for and pods ready, over time, for each service',
    config,
    vconcat: plays
      .filter((played) => played.needed.some((pods) => !Number.isNaN(pods)))
      .map((played) => dayPanel(played, curve)),
  };
}

/** Names in the legend, in its order. */
const series = {
  load: 'pods the load needs',
  asked: 'pods asked for',
  ready: 'pods ready',
  short: 'under capacity',
} as const;

function dayPanel({ service, needed, asked, ready, short }: Played, { start, seconds, loads }: LoadCurve): Panel {
  const moment = (second: number) => (start + second) * 1000;
  const steps = (list: readonly Step[]) =>
    [...list, { from: seconds, pods: list.at(-1)?.pods ?? 0 }].map(({ from, pods }) => ({ at: moment(from), pods }));
  const samples = sampled(needed, seconds).map(({ at, pods }) => ({ at: moment(at), pods }));
  const driven = service.triggers.filter(({ load }) => loads.has(load.name));
  const most = Math.max(service.maxReplicas, ...samples.map(({ pods }) => pods ?? 0));
  const x: X = {
    field: 'at',
    type: 'temporal',
    scale: { type: 'utc', nice: false },
    axis: { title: null, format: seconds > 2 * 86_400 ? '%-d. %H:%M' : '%H:%M', grid: false, tickCount: 12 },
  };
  const y: Y = {
    field: 'pods',
    type: 'quantitative',
    scale: { domain: [0, Math.ceil(most + 0.5)], nice: false },
    axis: { title: 'pods', tickMinStep: 1, tickCount: 6 },
  };
  const colour = (name: string): Colour => ({
    datum: name,
    type: 'nominal',
    scale: { domain: Object.values(series), range: [colours.load, colours.asked, colours.ready, colours.short] },
    legend: { title: null, labelLimit: 0, symbolType: 'square', symbolOpacity: 1, symbolStrokeWidth: 0 },
  });
  return {
    width: WIDTH,
    height: 190,
    title: {
      text: service.name,
      subtitle: driven.map((trigger) => `${trigger.load.name}: ${perPodText(trigger)}`).join('   ·   '),
    },
    layer: [
      {
        data: { values: short.map(({ from, to }) => ({ at: moment(from), to: moment(to) })) },
        mark: { type: 'rect', opacity: 0.35 },
        encoding: { x, x2: { field: 'to' }, color: colour(series.short) },
      },
      {
        data: { values: steps(ready) },
        mark: { type: 'area', interpolate: 'step-after', opacity: 0.45 },
        encoding: { x, y, color: colour(series.ready) },
      },
      {
        data: { values: steps(asked) },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
        encoding: { x, y, color: colour(series.asked) },
      },
      ...boundsLayers(service, y),
      {
        data: { values: samples },
        mark: { type: 'line', strokeWidth: 2, invalid: 'break-paths-show-domains' },
        encoding: { x, y, color: colour(series.load) },
      },
    ],
  };
}

/** Lines at the fewest and the most pods of a service, named at their right end. */
function boundsLayers({ minReplicas, maxReplicas }: ScaledService, y: Y): Layer[] {
  const bounds =
    minReplicas === maxReplicas ? { maximum: maxReplicas } : { minimum: minReplicas, maximum: maxReplicas };
  const data = { values: Object.entries(bounds).map(([name, pods]) => ({ label: `${name} ${pods}`, pods })) };
  return [
    { data, mark: { type: 'rule', color: colours.bounds, strokeDash: [4, 3] }, encoding: { y } },
    {
      data,
      mark: { type: 'text', align: 'left', dx: 6, color: colours.bounds, fontSize: 11 },
      encoding: { y, x: { value: 'width' }, text: { field: 'label' } },
    },
  ];
}

/** As many samples as there are points across, the highest of each stretch. A gap where nothing was measured. */
function sampled(needed: Float64Array, seconds: number): { at: number; pods: number | null }[] {
  const stretch = Math.max(1, Math.ceil(seconds / WIDTH));
  const samples: { at: number; pods: number | null }[] = [];
  for (let at = 0; at <= seconds; at += stretch) {
    const pods = Math.max(...needed.subarray(at, at + stretch));
    samples.push({ at, pods: Number.isNaN(pods) ? null : Math.round(pods * 1000) / 1000 });
  }
  return samples;
}

/** Pods, and dollars for their GPUs, over each load alone, from nothing to beyond saturation. */
export function loadChart(services: readonly ScaledService[], loads: Loads): TopLevelSpec {
  return {
    background: 'white',
    padding: 16,
    description: 'Pods over each load alone, for each service',
    config,
    columns: 2,
    concat: shownSaturations(services, loads).map((saturation) => loadPanel(saturation, loads)),
  };
}

function loadPanel({ service, trigger, load: saturation }: Saturation, loads: Loads): Panel {
  const { name, unit } = trigger.load;
  const given = loads.get(name);
  const end = Math.max(saturation * 1.3, (given ?? 0) * 1.1);
  const top = service.maxReplicas * 1.2;
  const x: X = {
    field: 'load',
    type: 'quantitative',
    scale: { domain: [0, end], nice: false },
    axis: { title: axisTitle(trigger), format: '.12~g', grid: false, tickCount: 5 },
  };
  const y: Y = {
    field: 'pods',
    type: 'quantitative',
    scale: { domain: [0, top], nice: false },
    axis: { title: 'pods', tickMinStep: 1, tickCount: 6 },
  };
  const podsAt = (load: number) => steadyState(service, new Map([[name, load]])).replicas;
  const saturated = `maximum ${service.maxReplicas}, saturated at ${number(saturation)}${unit}`;
  const points = [
    { ...{ load: saturation, pods: service.maxReplicas, label: saturated }, colour: colours.short },
    ...(given === undefined
      ? []
      : [{ ...{ load: given, pods: podsAt(given), label: loadText(trigger.load, given) }, colour: colours.text }]),
  ];
  return {
    width: 370,
    height: 170,
    title: { text: service.name, subtitle: perPodText(trigger) },
    layer: [
      {
        layer: [
          {
            data: { values: [{ pods: service.maxReplicas }, { pods: service.minReplicas }] },
            mark: { type: 'rule', color: colours.bounds, strokeDash: [4, 3] },
            encoding: { y },
          },
          {
            data: { values: edgesOf(trigger, end).map((load) => ({ load, pods: podsAt(load) })) },
            mark: { type: 'line', interpolate: 'step-before', strokeWidth: 2.5, color: colours.load },
            encoding: { x, y },
          },
          ...points.flatMap((point): Layer[] => {
            const align = point.load > 0.7 * end ? 'right' : 'left';
            const data = { values: [point] };
            const shift = { dx: align === 'right' ? -8 : 8, dy: point.label === saturated ? -9 : 13 };
            return [
              {
                data,
                mark: { type: 'point', filled: true, size: 70, opacity: 1, color: point.colour },
                encoding: { x, y },
              },
              {
                data,
                mark: { type: 'text', align, ...shift, fontSize: 11, color: point.colour },
                encoding: { x, y, text: { field: 'label' } },
              },
            ];
          }),
        ],
      },
      ...priceAxis(service, top),
    ],
    resolve: { scale: { y: 'independent' } },
  };
}

function axisTitle({ load: { name, unit } }: LoadTrigger): string {
  if (unit === REQUESTS) return `${name}, requests per second`;
  return unit === '' ? name : `${name}, ${unit.trim()}`;
}

/** Loads between which the number of pods does not change. */
function edgesOf({ perPod }: LoadTrigger, end: number): number[] {
  return Array.from({ length: Math.ceil(end / perPod) + 1 }, (_, pods) => Math.min(pods * perPod, end));
}

/** The same heights in dollars per hour, at the right; nothing for a service without GPUs. */
function priceAxis(service: ScaledService, pods: number): Layer[] {
  const { dollarsPerHour } = gpusOf(service, pods);
  if (service.gpu === undefined) return [];
  const axis = { title: 'US dollars per hour', orient: 'right', grid: false, format: '.2f', tickCount: 6 } as const;
  return [
    {
      data: { values: [{ dollars: 0 }] },
      mark: { type: 'point', opacity: 0 },
      encoding: {
        y: { field: 'dollars', type: 'quantitative', scale: { domain: [0, dollarsPerHour], nice: false }, axis },
      },
    },
  ];
}
