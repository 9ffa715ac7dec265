import { GpuInferenceService, GpuNodePool, GpuType, KedaScaler, Trigger } from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** A model server with two GPUs a pod, on a pool that has room for four pods. */
export function gpuInferenceService(app: App): Chart {
  const chart = new Chart(app, 'vision', { namespace: 'vision' });

  const pool = new GpuNodePool(chart, 'gpu-nodes', {
    nodes: ['gpu-node-11', 'gpu-node-12'],
    gpu: GpuType.A100,
    gpusPerNode: 4,
  });
  const detector = new GpuInferenceService(chart, 'detector', { image: 'acme/detector:4.2.0', pool, gpuCount: 2 });

  // One pod less than the pool has room for: a roll-out starts a new pod before an old one goes.
  new KedaScaler(chart, 'scaling', {
    target: detector,
    minReplicas: 1,
    maxReplicas: 3,
    triggers: [Trigger.cpu(70)],
  });

  return chart;
}
