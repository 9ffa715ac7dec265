import { Size } from 'cdk8s';
import { Construct } from 'constructs';
import { describeProblem, InvalidInputError } from '../../core/errors';
import { requireDnsSubdomain, requireInteger } from '../../core/validation';

/** The extended resource that NVIDIA's device plugin offers, and the key of the taint that keeps other pods away. */
export const GPU_RESOURCE = 'nvidia.com/gpu';

/** The node label that says `true` of a node with GPUs. */
export const GPU_PRESENT_LABEL = `${GPU_RESOURCE}.present`;

/** The node label that names the product of its GPUs. */
export const GPU_PRODUCT_LABEL = `${GPU_RESOURCE}.product`;

/**
 * A GPU product: what the document's GPU sizing table says of it, and the label that finds it.
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
  /** Every product of the document's table. */
  static readonly all: readonly GpuType[] = [GpuType.V100, GpuType.T4, GpuType.A100];

  private constructor(
    /** Name in the document's table. */
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

/** Properties of {@link GpuNodePool}. */
export interface GpuNodePoolProps {
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** The product in every node. */
  readonly gpu: GpuType;
  /** GPUs in each node. */
  readonly gpusPerNode: number;
}

/** What a pool needs to know of a workload that takes GPUs from it. */
interface GpuConsumer {
  readonly name: string;
  readonly gpuCount: number;
  readonly maxReplicas: number;
}

/**
 * The GPU nodes of the cluster, declared: they make no object, but everything that takes a GPU from them is counted.
 *
 * Synthesis fails where the workloads together can ask for more GPUs than there are.
 *
 * @example
 * const pool = new GpuNodePool(chart, 'gpu', { nodes: ['gpu-node-01', 'gpu-node-02'], gpu: GpuType.A100, gpusPerNode: 4 });
 */
export class GpuNodePool extends Construct {
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** The product in every node. */
  readonly gpu: GpuType;
  /** GPUs in each node, so the most that one pod can have. */
  readonly gpusPerNode: number;
  /** GPUs of all nodes together. */
  readonly gpus: number;

  private readonly consumers: GpuConsumer[] = [];
  /** Of {@link hasRoomFor}, as every service of the pool asks the same. */
  private readonly answers = new Map<number, boolean>();

  /** @throws InvalidInputError where there is no node, a name is not one or is there twice, or a node has no GPU */
  constructor(scope: Construct, id: string, props: GpuNodePoolProps) {
    super(scope, id);
    const where = this.node.path;
    if (props.nodes.length === 0) {
      throw new InvalidInputError(where, 'nodes is empty', 'Name at least one GPU node');
    }
    const named = new Set<string>();
    const repeated = props.nodes.find((name) => named.size === named.add(name).size);
    if (repeated !== undefined) {
      throw new InvalidInputError(where, `node "${repeated}" is named twice`, 'Name each node once');
    }
    this.nodes = props.nodes.map((name) => requireDnsSubdomain(where, name));
    this.gpu = props.gpu;
    this.gpusPerNode = requireInteger(where, 'gpusPerNode', props.gpusPerNode, 1);
    this.gpus = props.nodes.length * this.gpusPerNode;
    this.node.addValidation({ validate: () => this.validateDemand() });
  }

  /** GPUs left when every workload runs its maximum of pods. Negative where there are too few. */
  get spareGpus(): number {
    return this.consumers.reduce((left, { gpuCount, maxReplicas }) => left - gpuCount * maxReplicas, this.gpus);
  }

  /**
   * Whether every workload's maximum of pods fits the nodes, and one more pod beside them. A pod's GPUs are all in one node, so
   * that GPUs may be left over and still be of no use to it.
   *
   * @param gpuCount GPUs of the further pod @default - no further pod
   */
  hasRoomFor(gpuCount = 0): boolean {
    const known = this.answers.get(gpuCount);
    if (known !== undefined) return known;
    const pods = new Map([[gpuCount, 1]]);
    for (const consumer of this.consumers) {
      pods.set(consumer.gpuCount, (pods.get(consumer.gpuCount) ?? 0) + consumer.maxReplicas);
    }
    const answer = this.fits(pods);
    this.answers.set(gpuCount, answer);
    return answer;
  }

  /** Whether pods, numbers of them by their GPUs, fit the nodes: the largest first, each into the first node that takes it. */
  private fits(pods: ReadonlyMap<number, number>): boolean {
    const free = this.nodes.map(() => this.gpusPerNode);
    return [...pods]
      .sort(([one], [other]) => other - one)
      .every(([gpuCount, number]) => {
        let left = number;
        for (let node = 0; node < free.length && left > 0; node++) {
          const taken = gpuCount === 0 ? left : Math.min(left, Math.floor((free[node] ?? 0) / gpuCount));
          free[node] = (free[node] ?? 0) - taken * gpuCount;
          left -= taken;
        }
        return left === 0;
      });
  }

  /** @internal */
  _addConsumer(consumer: GpuConsumer): void {
    this.consumers.push(consumer);
    this._demandChanged();
  }

  /** To be called when a workload's maximum of pods is another. @internal */
  _demandChanged(): void {
    this.answers.clear();
  }

  private validateDemand(): string[] {
    if (this.hasRoomFor()) {
      return [];
    }
    const demand = this.consumers
      .map(({ name, gpuCount, maxReplicas }) => `${name} ${maxReplicas} × ${gpuCount}`)
      .join(', ');
    const asked = this.gpus - this.spareGpus;
    const problem =
      this.spareGpus < 0
        ? `the pool has ${this.gpus} GPUs, and at their maximum its workloads ask for ${asked} (${demand})`
        : `at their maximum its workloads ask for ${asked} of ${this.gpus} GPUs (${demand}), but not for whole pods in nodes of ${this.gpusPerNode}`;
    return [describeProblem(this.node.path, problem, 'Lower maxReplicas, or add nodes to the pool')];
  }
}
