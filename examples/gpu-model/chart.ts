import {
  connection,
  Endpoint,
  ExistingPrometheus,
  GpuInferenceService,
  GpuNodePool,
  GpuType,
  KedaScaler,
  NetworkPolicyBundle,
  Trigger,
} from 'autonomous-op-cdk8s';
import { Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

// What other teams run.
const cameras = Endpoint.inCluster('cameras', { namespace: 'cameras', labels: { app: 'camera-gateway' } });

/** Finds pallets in pictures, on two nodes of eight A100 each. */
export class PalletDetector extends Chart {
  readonly network: NetworkPolicyBundle;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'vision' });
    const prometheus = new ExistingPrometheus(this, 'prometheus', { namespace: 'monitoring' });

    const pool = new GpuNodePool(this, 'a100', {
      nodes: ['gpu-node-21', 'gpu-node-22'],
      gpu: GpuType.A100,
      gpusPerNode: 8,
    });
    const detector = new GpuInferenceService(this, 'detector', {
      image: 'acme/pallet-detector:2.1.0',
      pool,
      gpuCount: 2,
      cpuRequest: Cpu.units(8),
      memoryRequest: Size.gibibytes(32),
    });

    // Seven pods of two GPUs: with an eighth the pool would be full, and a roll-out would have to stop a pod first.
    new KedaScaler(this, 'scaling', {
      target: detector,
      minReplicas: 2,
      maxReplicas: 7,
      triggers: [
        Trigger.cpu(70),
        Trigger.prometheus({
          server: prometheus,
          metricName: 'pictures_per_second',
          query: 'sum(rate(inference_requests_total{namespace="vision", app="detector"}[2m]))',
          threshold: 120,
        }),
      ],
    });

    prometheus.scrape(detector);
    this.network = new NetworkPolicyBundle(this, 'network', {
      workloads: [detector, prometheus],
      connections: [connection(cameras, detector, 'http')],
    });
  }
}
