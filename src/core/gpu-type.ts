/* The GPU products that the library knows, and how Kubernetes names GPUs and their nodes. */

import { Size } from 'cdk8s';

/** The extended resource that NVIDIA's device plugin offers, and the key of the taint that keeps other pods away. */
export const GPU_RESOURCE = 'nvidia.com/gpu';

/** The node label that says `true` of a node with GPUs. */
export const GPU_PRESENT_LABEL = `${GPU_RESOURCE}.present`;

/** The node label that names the product of its GPUs. */
export const GPU_PRODUCT_LABEL = `${GPU_RESOURCE}.product`;

/**
 * A GPU product: its memory, speed and price as Autonomous-OP's sizing table has them, and the label that finds it.
 *
 * `product` is what NVIDIA's GPU feature discovery writes into the node label `nvidia.com/gpu.product`.
 */
export class GpuType {
  /** Tesla V100, 16 GB. */
  static readonly V100 = new GpuType('Tesla V100', 'Tesla-V100-SXM2-16GB', Size.gibibytes(16), 1000, 2000, 0.7);
  /** Tesla T4, 16 GB. */
  static readonly T4 = new GpuType('Tesla T4', 'Tesla-T4', Size.gibibytes(16), 800, 1600, 0.5);
  /** Tesla A100, 40 GB. */
  static readonly A100 = new GpuType('Tesla A100', 'NVIDIA-A100-SXM4-40GB', Size.gibibytes(40), 1500, 3000, 1.2);
  /** Every product that is known. */
  static readonly all: readonly GpuType[] = [GpuType.V100, GpuType.T4, GpuType.A100];

  private constructor(
    /** Name, as people call it. */
    readonly name: string,
    /** Value of the node label `nvidia.com/gpu.product`. */
    readonly product: string,
    /** Memory of one GPU. */
    readonly memory: Size,
    /** Inference requests per second that one GPU serves at its usual speed. */
    readonly inferenceSpeed: number,
    /** Inference requests per second beyond which one GPU serves no more. */
    readonly maxThroughput: number,
    /** Price of one GPU in US dollars per hour. */
    readonly pricePerHour: number,
  ) {}
}
