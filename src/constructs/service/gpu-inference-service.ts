/* A model server on GPUs. */

import { Duration, Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { InvalidInputError } from '../../core/errors';
import { requireInteger } from '../../core/validation';
import { AutonomousOpService, AutonomousOpServiceProps } from './autonomous-op-service';
import { GPU_PRESENT_LABEL, GPU_PRODUCT_LABEL, GPU_RESOURCE, GpuType } from '../../core/gpu-type';
import { GpuNodePool } from './gpu';
import { InferenceRuntime } from './inference-runtime';
import { Server } from './server';

/** Properties of {@link GpuInferenceService}. A pod asks for 2 CPUs and 4 GiB by default, and may use twice what it asks for. */
export interface GpuInferenceServiceProps extends AutonomousOpServiceProps {
  /** The nodes whose GPUs it takes. */
  readonly pool: GpuNodePool;
  /**
   * What serves the model: its ports, probes and metrics. A runtime other than Spring Boot gets no variable of Spring.
   *
   * @default InferenceRuntime.SPRING_BOOT
   */
  readonly runtime?: InferenceRuntime;
  /** GPUs per pod. @default 1 */
  readonly gpuCount?: number;
  /** Products the scheduler prefers, where nodes with several are at hand. @default - the pool's product */
  readonly preferredGpus?: readonly GpuType[];
}

/**
 * A model server of the platform: an {@link AutonomousOpService} whose pods each take GPUs of a {@link GpuNodePool}.
 *
 * Its pods run on GPU nodes only, tolerate the taint that keeps everything else away, and are replaced in an order that the
 * pool has room for: with a GPU to spare a new pod comes before an old one goes, without one an old pod goes first.
 *
 * @example
 * const pool = new GpuNodePool(chart, 'gpu', { nodes: ['gpu-node-01'], gpu: GpuType.A100, gpusPerNode: 8 });
 * new GpuInferenceService(chart, 'llm', { image: 'acme/llm:1.4.0', pool, gpuCount: 2 });
 */
export class GpuInferenceService extends AutonomousOpService {
  /** What serves the model. */
  readonly runtime: InferenceRuntime;
  /** GPUs per pod. */
  readonly gpuCount: number;
  /** The nodes whose GPUs it takes. */
  readonly pool: GpuNodePool;

  private readonly preferredGpus: readonly GpuType[];

  /** @throws InvalidInputError if a prop is out of its range, empty, or in conflict with another */
  constructor(scope: Construct, id: string, props: GpuInferenceServiceProps) {
    super(scope, id, {
      cpuRequest: Cpu.units(2),
      memoryRequest: Size.gibibytes(4),
      livenessDelay: Duration.seconds(90),
      livenessPeriod: Duration.seconds(15),
      readinessPeriod: Duration.seconds(10),
      // A hard rule on zones could leave a new pod waiting for ever if the other zone's GPUs are all taken.
      zoneSpread: 'ScheduleAnyway',
      ...props,
    });
    this.runtime = runtimeOf(props);
    this.gpuCount = requireInteger(this.node.path, 'gpuCount', props.gpuCount ?? 1, 1);
    this.pool = props.pool;
    if (this.gpuCount > this.pool.gpusPerNode) {
      throw new InvalidInputError(
        this.node.path,
        `gpuCount (${this.gpuCount}) is greater than the ${this.pool.gpusPerNode} GPUs of a node of ${this.pool.node.path}, so that no node has room for a pod`,
        'Lower gpuCount, or declare nodes with more GPUs',
      );
    }
    this.preferredGpus = props.preferredGpus ?? [props.pool.gpu];
    if (this.preferredGpus.length === 0) {
      throw new InvalidInputError(
        this.node.path,
        'preferredGpus is empty',
        'Name at least one product, or leave it out',
      );
    }
    this.pool._addConsumer(this);
  }

  /** @internal */
  override _scaleWith(scaler: Parameters<AutonomousOpService['_scaleWith']>[0]): void {
    super._scaleWith(scaler);
    this.pool._demandChanged();
  }

  /** @internal */
  protected override _serverOf(props: GpuInferenceServiceProps): Server {
    return runtimeOf(props);
  }

  /** The GPUs of a pod. */
  protected override extendedResources(): Record<string, number> {
    return { [GPU_RESOURCE]: this.gpuCount };
  }

  /** On GPU nodes only, those with the preferred GPUs first. */
  protected override placement(): Pick<k8s.PodSpec, 'affinity' | 'tolerations'> {
    return {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: GPU_PRESENT_LABEL, operator: 'In', values: ['true'] }] }],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              preference: {
                matchExpressions: [
                  {
                    key: GPU_PRODUCT_LABEL,
                    operator: 'In',
                    values: this.preferredGpus.map(({ product }) => product),
                  },
                ],
              },
            },
          ],
        },
      },
      tolerations: [{ key: GPU_RESOURCE, operator: 'Exists', effect: 'NoSchedule' }],
    };
  }

  /** A new pod before an old one goes if the pool has GPUs to spare, else after it. */
  protected override rollingUpdate(): k8s.RollingUpdateDeployment {
    const surge = this.pool.hasRoomFor(this.gpuCount) ? 1 : 0;
    return { maxSurge: k8s.IntOrString.fromNumber(surge), maxUnavailable: k8s.IntOrString.fromNumber(1 - surge) };
  }
}

function runtimeOf({ runtime }: GpuInferenceServiceProps): InferenceRuntime {
  return runtime ?? InferenceRuntime.SPRING_BOOT;
}
