/* The dashboard of a model server and its GPUs. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { GpuType } from '../../core/gpu-type';
import { createDashboard, PanelProps, perSecond, quantiles } from '../observability/panels';

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
}

/** An inference service against what the catalogue says of its GPUs: utilisation, memory, throughput. */
export function gpuInferenceDashboard(props: GpuInferenceDashboardProps): Dashboard {
  return createDashboard({
    uid: `gpu-${props.service}`,
    title: `GPU inference: ${props.service} on ${props.gpu.name}`,
    tags: ['gpu'],
    rows: { Throughput: throughput(props), GPUs: gpus(props) },
  });
}

/** The exporter's labels name the pod that uses the GPU, if Prometheus honours them. */
const onGpu = (metric: string, { namespace, service }: GpuInferenceDashboardProps) =>
  `${metric}{namespace="${namespace}", container="${service}"}`;

function throughput(props: GpuInferenceDashboardProps): PanelProps[] {
  const { namespace, service, gpu, gpuCount } = props;
  const selection = `{namespace="${namespace}", app="${service}"}`;
  const served = perSecond(`inference_requests_seconds_count${selection}`);
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
    {
      title: 'Duration of 50, 95 and 99 % of the inferences',
      unit: units.Seconds,
      exemplars: true,
      curves: quantiles(`inference_requests_seconds_bucket${selection}`, [0.5, 0.95, 0.99]),
    },
  ];
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
