/* The nodes with GPUs, and whether they have enough. */

import { Construct } from 'constructs';
import { describeProblem, InvalidInputError } from '../../core/errors';
import { GpuType } from '../../core/gpu-type';
import { requireDnsSubdomain, requireInteger } from '../../core/validation';

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
 * Synthesis fails if the workloads together can ask for more GPUs than there are.
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

  /** @throws InvalidInputError if there is no node, a node's name is not valid or repeated, or a node has no GPU */
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

  /** GPUs left when every workload runs its maximum of pods. Negative if there are too few. */
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
