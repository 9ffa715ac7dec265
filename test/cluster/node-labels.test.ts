import { describe, expect, it } from 'vitest';
import { ApiError, KubeApi } from '../../src/cluster/kube-api';
import { labelNode } from '../../src/cluster/node-labels';
import { gpuNode } from './ready-cluster';

/** A server with one node, which somebody else changes before the first patches. */
function serverOf(node: unknown, conflicts = 0): KubeApi & { readonly patches: unknown[] } {
  const patches: unknown[] = [];
  return {
    patches,
    get: () => Promise.resolve(node),
    patch: (_, patch) => {
      patches.push(patch);
      return patches.length > conflicts ? Promise.resolve({}) : Promise.reject(new ApiError(409, 'it has changed'));
    },
  };
}

const { metadata, status } = gpuNode(1);
const bare = (spec: unknown = {}) => ({ metadata: { ...metadata, labels: {}, resourceVersion: '42' }, spec, status });

describe('labelNode', () => {
  it('writes the label and the taint on the version that it has read', async () => {
    const server = serverOf(bare());
    expect(await labelNode(server, 'gpu-node-01')).toEqual({ node: 'gpu-node-01', label: true, taint: true });
    expect(server.patches).toEqual([
      {
        metadata: { resourceVersion: '42', labels: { 'nvidia.com/gpu.present': 'true' } },
        spec: { taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] },
      },
    ]);
  });

  it('keeps other taints as they are, also one of the same key', async () => {
    const taints = [
      { key: 'nvidia.com/gpu', value: 'v100', effect: 'NoExecute', timeAdded: '2026-11-24T00:00:00Z' },
      { key: 'dedicated', effect: 'NoSchedule' },
    ];
    const server = serverOf(bare({ taints }));
    await labelNode(server, 'gpu-node-01');
    expect(server.patches).toMatchObject([
      { spec: { taints: [...taints, { key: 'nvidia.com/gpu', effect: 'NoSchedule' }] } },
    ]);
  });

  it('writes only what is missing', async () => {
    const server = serverOf(bare({ taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] }));
    await labelNode(server, 'gpu-node-01');
    expect(server.patches).toEqual([
      { metadata: { resourceVersion: '42', labels: { 'nvidia.com/gpu.present': 'true' } } },
    ]);
  });

  it('writes nothing where nothing is missing', async () => {
    const server = serverOf(gpuNode(1));
    expect(await labelNode(server, 'gpu-node-01')).toEqual({ node: 'gpu-node-01', label: false, taint: false });
    expect(server.patches).toEqual([]);
  });

  it('reads the node again when somebody was faster, but not for ever', async () => {
    const server = serverOf(bare(), 2);
    await labelNode(server, 'gpu-node-01');
    expect(server.patches).toHaveLength(3);
    await expect(labelNode(serverOf(bare(), 100), 'gpu-node-01')).rejects.toThrow('it has changed');
  });
});
