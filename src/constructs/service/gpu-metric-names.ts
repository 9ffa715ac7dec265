import { metric, MetricNames } from '../observability/metric';

const dcgm = metric('DCGM exporter', 'gauge');
const gpu = ['gpu', 'UUID', 'device', 'modelName', 'Hostname', 'DCGM_FI_DRIVER_VERSION'];

/** What NVIDIA's DCGM exporter exposes of GPUs. */
export const gpuMetricNames: MetricNames = {
  // One series a GPU; namespace, pod and container are those of the pod that has it.
  DCGM_FI_DEV_GPU_UTIL: dcgm(...gpu),
  DCGM_FI_DEV_FB_USED: dcgm(...gpu),
  DCGM_FI_DEV_GPU_TEMP: dcgm(...gpu),
  DCGM_FI_DEV_POWER_USAGE: dcgm(...gpu),
};
