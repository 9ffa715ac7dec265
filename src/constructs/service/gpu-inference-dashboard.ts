/* The dashboard of a model server and its GPUs. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { GpuType } from '../../core/gpu-type';
import { createDashboard, NO_REQUESTS, PanelProps, perSecond, quantiles } from '../observability/panels';
import { InferenceRuntime } from './inference-runtime';

/** What {@link gpuInferenceDashboard} shows. */
export interface GpuInferenceDashboardProps {
  /** Namespace of the service. */
  readonly namespace: string;
  /** Name of the inference service. */
  readonly service: string;
  /** The product in its nodes, whose limits are drawn. */
  readonly gpu: GpuType;
  /** GPUs per pod. */
  readonly gpuCount: number;
  /** What serves the model, with its own metrics; what it does not measure is not shown. @default InferenceRuntime.SPRING_BOOT */
  readonly runtime?: InferenceRuntime;
}

/** An inference service against what the catalogue says of its GPUs: utilisation, memory, throughput. */
export function gpuInferenceDashboard(props: GpuInferenceDashboardProps): Dashboard {
  return createDashboard({
    uid: `gpu-${props.service}`,
    title: `GPU inference: ${props.service} on ${props.gpu.name}`,
    tags: ['gpu'],
    rows: { Throughput: [...throughput(props), ...requests(props)], GPUs: gpus(props) },
  });
}

/** The exporter's labels name the pod that uses the GPU, if Prometheus honours them. */
const onGpu = (metric: string, { namespace, service }: GpuInferenceDashboardProps) =>
  `${metric}{namespace="${namespace}", container="${service}"}`;

const ofService = (metric: string, { namespace, service }: GpuInferenceDashboardProps) =>
  `${metric}{namespace="${namespace}", app="${service}"}`;

function throughput(props: GpuInferenceDashboardProps): PanelProps[] {
  const { gpu, gpuCount, runtime = InferenceRuntime.SPRING_BOOT } = props;
  const served = perSecond(ofService(runtime.metrics.requests, props));
  const inUse = `count(${onGpu('DCGM_FI_DEV_GPU_UTIL', props)})`;
  const { inferenceSpeed, maxThroughput, name } = gpu;
  return [
    {
      title: 'Requests for each GPU',
      description: `The lines are what a ${name} serves at its usual speed (${inferenceSpeed}) and at most (${maxThroughput}).`,
      unit: units.RequestsPerSecond,
      limits: [inferenceSpeed, maxThroughput],
      curves: [[`sum by (pod) (${served}) / ${gpuCount}`, '{{pod}}']],
    },
    {
      title: 'Requests against the GPUs in use',
      unit: units.RequestsPerSecond,
      curves: [
        [`sum(${served})`, 'served'],
        [`${inUse} * ${inferenceSpeed}`, 'usual speed'],
        [`${inUse} * ${maxThroughput}`, 'at most'],
      ],
    },
  ];
}

/** How long the requests take and wait, as far as the runtime says it. */
function requests(props: GpuInferenceDashboardProps): PanelProps[] {
  const { metrics, isSpringBoot } = props.runtime ?? InferenceRuntime.SPRING_BOOT;
  const { requests: counter, durationBuckets, durationMicroseconds, waiting } = metrics;
  const panels: PanelProps[] = [];
  if (durationBuckets !== undefined) {
    panels.push({
      title: 'Duration of 50, 95 and 99 % of the inferences',
      unit: units.Seconds,
      empty: NO_REQUESTS,
      ...(isSpringBoot ? { exemplars: true } : {}),
      curves: quantiles(ofService(durationBuckets, props), [0.5, 0.95, 0.99]),
    });
  } else if (durationMicroseconds !== undefined) {
    const total = (metric: string) => `sum by (pod) (${perSecond(ofService(metric, props))})`;
    panels.push({
      title: 'Mean duration of the inferences',
      unit: units.Seconds,
      empty: NO_REQUESTS,
      curves: [[`${total(durationMicroseconds)} / (${total(counter)} > 0) / 1e6`, '{{pod}}']],
    });
  }
  if (waiting !== undefined) {
    panels.push({
      title: 'Requests that wait',
      unit: units.Short,
      curves: [[`sum by (pod) (${ofService(waiting, props)})`, '{{pod}}']],
    });
  }
  return panels;
}

function gpus(props: GpuInferenceDashboardProps): PanelProps[] {
  const curve = (metric: string) => [[onGpu(metric, props), '{{pod}} GPU {{gpu}}']] as const;
  return [
    { title: 'Utilisation', unit: units.Percent, max: 100, curves: curve('DCGM_FI_DEV_GPU_UTIL') },
    {
      title: 'Memory in use',
      description: `The line is the memory of a ${props.gpu.name}.`,
      unit: units.Mebibytes,
      limits: [props.gpu.memory.toMebibytes()],
      curves: curve('DCGM_FI_DEV_FB_USED'),
    },
    { title: 'Temperature', unit: units.Celsius, curves: curve('DCGM_FI_DEV_GPU_TEMP') },
    { title: 'Power', unit: units.Watt, curves: curve('DCGM_FI_DEV_POWER_USAGE') },
  ];
}
