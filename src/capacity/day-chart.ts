import type { TopLevelSpec } from 'vega-lite';
import { Axis, boundsLayer, Colour, colours, frame, Layer, Panel, podsAxis } from './chart-style';
import { LoadCurve } from './load-file';
import { PlaybackResult, Step, Interval } from './playback';
import { perPodText } from './report';
import { ScaledService } from './scaled-service';

const WIDTH = 860;

/** A load that changes, and the pods that follow it: a panel for each service with a load. */
export function dayChart(plays: readonly PlaybackResult[], curve: LoadCurve): TopLevelSpec {
  return {
    ...frame,
    description: 'Pods that the load needs, pods asked for and pods ready, over time, for each service',
    vconcat: plays
      .filter((played) => played.needed.some((pods) => !Number.isNaN(pods)))
      .map((played) => panel(played, curve)),
  };
}

function panel(
  { service, needed, desired, ready, underprovisioned }: PlaybackResult,
  { start, seconds, loads }: LoadCurve,
): Panel {
  const time = new Time(start, seconds);
  const samples = sampled(needed, seconds);
  const y = podsAxis(Math.ceil(Math.max(service.maxReplicas, ...samples.map(({ pods }) => pods ?? 0)) + 0.5));
  const driven = service.triggers.filter(({ load }) => loads.has(load.name));
  return {
    width: WIDTH,
    height: 190,
    title: {
      text: service.name,
      subtitle: driven.map((trigger) => `${trigger.load.name}: ${perPodText(trigger)}`).join('   ·   '),
    },
    layer: [
      {
        data: { values: time.intervals(underprovisioned) },
        mark: { type: 'rect', opacity: 0.35 },
        encoding: { x: time.axis, x2: { field: 'to' }, color: colour(series.underprovisioned) },
      },
      {
        data: { values: time.steps(ready) },
        mark: { type: 'area', interpolate: 'step-after', opacity: 0.45 },
        encoding: { x: time.axis, y, color: colour(series.ready) },
      },
      {
        data: { values: time.steps(desired) },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
        encoding: { x: time.axis, y, color: colour(series.desired) },
      },
      ...boundsLayers(service, y),
      {
        data: { values: samples.map(({ at, pods }) => ({ at: time.at(at), pods })) },
        mark: { type: 'line', strokeWidth: 2, invalid: 'break-paths-show-domains' },
        encoding: { x: time.axis, y, color: colour(series.load) },
      },
    ],
  };
}

/** Names in the legend, in its order. */
const series = {
  load: 'pods the load needs',
  desired: 'pods asked for',
  ready: 'pods ready',
  underprovisioned: 'under capacity',
} as const;

function colour(name: string): Colour {
  const range = [colours.load, colours.desired, colours.ready, colours.underprovisioned];
  return { datum: name, type: 'nominal', scale: { domain: Object.values(series), range } };
}

/** Seconds of the curve as moments of a clock. */
class Time {
  readonly axis: Axis;

  constructor(
    private readonly start: number,
    private readonly seconds: number,
  ) {
    const format = seconds > 2 * 86_400 ? '%-d. %H:%M' : '%H:%M';
    this.axis = {
      field: 'at',
      type: 'temporal',
      scale: { type: 'utc', nice: false },
      axis: { title: null, format, grid: false, tickCount: 12 },
    };
  }

  at(second: number): number {
    return (this.start + second) * 1000;
  }

  intervals(list: readonly Interval[]): object[] {
    return list.map(({ from, to }) => ({ at: this.at(from), to: this.at(to) }));
  }

  /** The last of the steps goes on to the end. */
  steps(list: readonly Step[]): object[] {
    const end = { from: this.seconds, pods: list.at(-1)?.pods ?? 0 };
    return [...list, end].map(({ from, pods }) => ({ at: this.at(from), pods }));
  }
}

/** Lines at the fewest and the most pods of a service, named at their right end. */
function boundsLayers({ minReplicas, maxReplicas }: ScaledService, y: Axis): Layer[] {
  const maximum = { pods: maxReplicas, label: `maximum ${maxReplicas}` };
  const minimum = { pods: minReplicas, label: `minimum ${minReplicas}` };
  return [
    boundsLayer(y, minReplicas, maxReplicas),
    {
      data: { values: minReplicas === maxReplicas ? [maximum] : [minimum, maximum] },
      mark: { type: 'text', align: 'left', dx: 6, color: colours.bounds, fontSize: 11 },
      encoding: { y, x: { value: 'width' }, text: { field: 'label' } },
    },
  ];
}

/** As many samples as there are points across, the highest of each interval. A gap where nothing was measured. */
function sampled(needed: Float64Array, seconds: number): { at: number; pods: number | null }[] {
  const interval = Math.max(1, Math.ceil(seconds / WIDTH));
  const samples: { at: number; pods: number | null }[] = [];
  for (let at = 0; at <= seconds; at += interval) {
    const pods = Math.max(...needed.subarray(at, at + interval));
    samples.push({ at, pods: Number.isNaN(pods) ? null : Math.round(pods * 1000) / 1000 });
  }
  return samples;
}
