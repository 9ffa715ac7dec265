import type { TopLevelSpec } from 'vega-lite';
import { Axis, boundsLayer, colours, frame, Layer, Panel, podsAxis } from './chart-style';
import { loadText, number, perPodText } from './report';
import { gpusOf, ScaledService } from './scaled-service';
import { Loads, Saturation, steadyState } from './steady';
import { shownSaturations } from './steady-report';
import { LoadTrigger, REQUESTS } from './triggers';

/** Pods, and dollars for their GPUs, over each load alone, from nothing to beyond saturation. */
export function loadChart(services: readonly ScaledService[], loads: Loads): TopLevelSpec {
  return {
    ...frame,
    description: 'Pods over each load alone, for each service',
    columns: 2,
    concat: shownSaturations(services, loads).map((saturation) =>
      panel(saturation, loads.get(saturation.trigger.load.name)),
    ),
  };
}

function panel({ service, trigger, load: saturation }: Saturation, given: number | undefined): Panel {
  const end = Math.max(saturation * 1.3, (given ?? 0) * 1.1);
  const most = service.maxReplicas * 1.2;
  const x: Axis = {
    field: 'load',
    type: 'quantitative',
    scale: { domain: [0, end], nice: false },
    axis: { title: axisTitle(trigger), format: '.12~g', grid: false, tickCount: 5 },
  };
  const y = podsAxis(most);
  const at = (load: number) => ({ load, pods: steadyState(service, new Map([[trigger.load.name, load]])).replicas });
  const saturated = `maximum ${service.maxReplicas}, saturated at ${number(saturation)}${trigger.load.unit}`;
  const side = (load: number) => (load > 0.7 * end ? 'right' : 'left');
  return {
    width: 370,
    height: 170,
    title: { text: service.name, subtitle: perPodText(trigger) },
    layer: [
      {
        layer: [
          boundsLayer(y, service.minReplicas, service.maxReplicas),
          {
            data: { values: edgesOf(trigger, end).map(at) },
            mark: { type: 'line', interpolate: 'step-before', strokeWidth: 2.5, color: colours.load },
            encoding: { x, y },
          },
          ...pointLayers(
            x,
            y,
            { ...at(saturation), label: saturated, colour: colours.underprovisioned, dy: -9 },
            side(saturation),
          ),
          ...(given === undefined
            ? []
            : pointLayers(
                x,
                y,
                { ...at(given), label: loadText(trigger.load, given), colour: colours.text, dy: 13 },
                side(given),
              )),
        ],
      },
      ...priceAxis(service, most),
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

/** A point of the curve that has a name. */
interface Point {
  readonly load: number;
  readonly pods: number;
  readonly label: string;
  readonly colour: string;
  /** How far below the point its name is. */
  readonly dy: number;
}

function pointLayers(x: Axis, y: Axis, point: Point, align: 'left' | 'right'): Layer[] {
  const data = { values: [{ load: point.load, pods: point.pods, label: point.label }] };
  const beside = { align, dx: align === 'right' ? -8 : 8, dy: point.dy };
  return [
    { data, mark: { type: 'point', filled: true, size: 70, opacity: 1, color: point.colour }, encoding: { x, y } },
    {
      data,
      mark: { type: 'text', ...beside, fontSize: 11, color: point.colour },
      encoding: { x, y, text: { field: 'label' } },
    },
  ];
}

/** The same heights in dollars per hour, at the right; nothing for a service without GPUs, or whose price is not known. */
function priceAxis(service: ScaledService, pods: number): Layer[] {
  const { dollarsPerHour } = gpusOf(service, pods);
  if (dollarsPerHour === 0) return [];
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
