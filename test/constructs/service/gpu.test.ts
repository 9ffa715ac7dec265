import { describe, expect, it } from 'vitest';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { GpuType } from '../../../src/core/gpu-type';
import { GpuNodePool, GpuNodePoolProps } from '../../../src/constructs/service/gpu';
import { GpuInferenceService } from '../../../src/constructs/service/gpu-inference-service';
import { KedaScaler } from '../../../src/constructs/scaling/keda-scaler';
import { Trigger } from '../../../src/constructs/scaling/trigger';
import { InvalidInputError } from '../../../src/core/errors';
import { newChart, validationOf } from '../../synthesize';

const allProps: Required<GpuNodePoolProps> = {
  nodes: ['gpu-node-01', 'gpu-node-02.example.com'],
  gpu: GpuType.T4,
  gpusPerNode: 4,
};

function pool(props: Partial<GpuNodePoolProps> = {}): GpuNodePool {
  return new GpuNodePool(newChart(), 'gpu', { ...allProps, ...props });
}

function model(from: GpuNodePool, name: string, replicas: number, gpuCount: number): AutonomousOpService {
  return new GpuInferenceService(from, name, { image: 'acme/model:1', pool: from, replicas, gpuCount });
}

describe('the GPU catalogue', () => {
  it("is the document's table, with the labels that GPU feature discovery writes", () => {
    expect(
      GpuType.all.map(({ name, product, memory, inferenceSpeed, maxThroughput, pricePerHour }) => [
        name,
        product,
        memory.toGibibytes(),
        inferenceSpeed,
        maxThroughput,
        pricePerHour,
      ]),
    ).toEqual([
      ['Tesla V100', 'Tesla-V100-SXM2-16GB', 16, 1000, 2000, 0.7],
      ['Tesla T4', 'Tesla-T4', 16, 800, 1600, 0.5],
      ['Tesla A100', 'NVIDIA-A100-SXM4-40GB', 40, 1500, 3000, 1.2],
    ]);
    expect(GpuType.all).toEqual([GpuType.V100, GpuType.T4, GpuType.A100]);
  });
});

describe('a GPU node pool', () => {
  it('is what was declared, makes no object, and is all free at first', () => {
    const declared = pool();
    expect([declared.nodes, declared.gpu, declared.gpus, declared.spareGpus]).toEqual([
      ['gpu-node-01', 'gpu-node-02.example.com'],
      GpuType.T4,
      8,
      8,
    ]);
    expect(declared.node.children).toEqual([]);
  });

  it('counts the GPUs of every workload at its maximum', () => {
    const shared = pool();
    model(shared, 'small', 3, 1);
    model(shared, 'large', 1, 4);
    expect(shared.spareGpus).toBe(1);
    expect(validationOf(shared)).toBe('');
  });

  it('may be used to its last GPU', () => {
    const full = pool();
    model(full, 'model', 8, 1);
    expect(full.spareGpus).toBe(0);
    expect(validationOf(full)).toBe('');
  });

  it('that is asked for too much says by whom, when the tree is validated', () => {
    const small = pool();
    model(small, 'small', 3, 1);
    model(small, 'large', 3, 2);
    expect(small.spareGpus).toBe(-1);
    expect(validationOf(small)).toBe(
      new InvalidInputError(
        'test/gpu',
        'the pool has 8 GPUs, and at their maximum its workloads ask for 9 (small 3 × 1, large 3 × 2)',
        'Lower maxReplicas, or add nodes to the pool',
      ).message,
    );
  });

  it('has no room for a pod whose GPUs no single node has left', () => {
    const fragmented = pool();
    model(fragmented, 'large', 2, 3);
    expect([fragmented.spareGpus, fragmented.hasRoomFor(1), fragmented.hasRoomFor(2)]).toEqual([2, true, false]);
    expect(validationOf(fragmented)).toBe('');
    model(fragmented, 'middle', 1, 2);
    expect(fragmented.spareGpus).toBe(0);
    expect(validationOf(fragmented)).toBe(
      new InvalidInputError(
        'test/gpu',
        'at their maximum its workloads ask for 8 of 8 GPUs (large 2 × 3, middle 1 × 2), but not for whole pods in nodes of 4',
        'Lower maxReplicas, or add nodes to the pool',
      ).message,
    );
  });

  it('knows how many pods fit when a scaler has raised a maximum since it was last asked', () => {
    const chart = newChart();
    const asked = new GpuNodePool(chart, 'gpu', allProps);
    const target = new GpuInferenceService(chart, 'model', { image: 'acme/model:1', pool: asked, replicas: 1 });
    expect(asked.hasRoomFor(4)).toBe(true);
    new KedaScaler(chart, 'scaling', { target, minReplicas: 1, maxReplicas: 8, triggers: [Trigger.cpu(70)] });
    expect([asked.hasRoomFor(4), asked.hasRoomFor(), asked.hasRoomFor(1)]).toEqual([false, true, false]);
  });

  it.each<[Partial<GpuNodePoolProps>, string, string]>([
    [{ nodes: [] }, 'nodes is empty', 'Name at least one GPU node'],
    [{ nodes: ['a', 'b', 'a'] }, 'node "a" is named twice', 'Name each node once'],
    [
      { nodes: ['a', 'GPU_1'] },
      '"GPU_1" is not a valid object name',
      'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
    ],
    [{ gpusPerNode: 0 }, 'gpusPerNode is 0', 'Set gpusPerNode to a whole number of at least 1'],
    [{ gpusPerNode: 2.5 }, 'gpusPerNode is 2.5', 'Set gpusPerNode to a whole number of at least 1'],
  ])('is refused with wrong props: case %#', (props, problem, remedy) => {
    expect(() => pool(props)).toThrow(new InvalidInputError('test/gpu', problem, remedy));
  });
});
