import type { TopLevelSpec } from 'vega-lite';

/** A chart of several panels. */
export type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];
/** One of the pictures that lie over each other in a panel. */
export type Layer = Extract<Panel, { layer: unknown }>['layer'][number];
type Encoding = NonNullable<Extract<Layer, { mark: unknown }>['encoding']>;
/** An axis, with what lies along it. */
export type Axis = NonNullable<Encoding['x']>;
/** What has which colour. */
export type Colour = NonNullable<Encoding['color']>;

/** Colours that people who see few of them can tell apart (Okabe and Ito), on white. */
export const colours = {
  load: '#0072B2',
  ready: '#AAAAAA',
  desired: '#E69F00',
  underprovisioned: '#D55E00',
  bounds: '#767676',
  text: '#222222',
} as const;

/** The frame of every chart. */
export const frame = {
  background: 'white',
  padding: 16,
  config: {
    font: 'Helvetica, Arial, sans-serif',
    view: { stroke: null },
    title: {
      anchor: 'start',
      frame: 'group',
      offset: 10,
      fontSize: 15,
      subtitleFontSize: 12,
      subtitleColor: '#555555',
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
      offset: 20,
      columnPadding: 24,
      title: null,
      labelFontSize: 12,
      labelLimit: 0,
      symbolType: 'square',
      symbolSize: 160,
      symbolOpacity: 1,
      symbolStrokeWidth: 0,
    },
    concat: { spacing: 34 },
  },
} as const;

/** The pods, from none to a number of them. */
export function podsAxis(most: number): Axis {
  return {
    field: 'pods',
    type: 'quantitative',
    scale: { domain: [0, most], nice: false },
    axis: { title: 'pods', tickMinStep: 1, tickCount: 6 },
  };
}

/** A dashed line at each of some numbers of pods. */
export function boundsLayer(y: Axis, ...bounds: readonly number[]): Layer {
  return {
    data: { values: bounds.map((pods) => ({ pods })) },
    mark: { type: 'rule', color: colours.bounds, strokeDash: [4, 3] },
    encoding: { y },
  };
}
