import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connect, KubeApi } from '../../../src/cluster/kube-api';
import { labelNode } from '../../../src/cluster/node-labels';
import { aop, createAll, kubeconfig, noClusterOfOurOwn } from './aop';
import { kubectl } from '../kubernetes/kubectl';
import { get } from '../kubernetes/kubectl';

const NODE = 'gpu-node-11';

const node = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  spec: z.object({ taints: z.array(z.looseObject({ key: z.string() })).default([]) }),
});

const present = { 'nvidia.com/gpu.present': 'true' };
const taint = { key: 'nvidia.com/gpu', effect: 'NoSchedule' };
const other = { key: 'dedicated', value: 'inference', effect: 'NoSchedule' };

describe.skipIf(noClusterOfOurOwn)('aop nodes label', () => {
  beforeAll(() =>
    createAll({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE, labels: { pool: 'inference' } },
      spec: { taints: [other] },
      status: { allocatable: { cpu: '8', memory: '32Gi', 'nvidia.com/gpu': '1' } },
    }),
  );
  afterAll(() => kubectl('delete', 'node', NODE));

  const state = async () => {
    const { metadata, spec } = await get(node, `node/${NODE}`);
    // kubectl puts a new taint before the others, which means the same.
    const taints = spec.taints.sort((one, other) => (one.key < other.key ? -1 : 1));
    return { labels: metadata.labels, taints };
  };
  const undo = async () => {
    await kubectl('label', 'node', NODE, 'nvidia.com/gpu.present-', 'added-');
    await kubectl('taint', 'node', NODE, 'nvidia.com/gpu:NoSchedule-');
  };

  it('finds every node with GPUs, and what it lacks', async () => {
    const { code, out } = await aop('nodes', 'label');
    expect(code).toBe(1);
    expect(out.split('\n').filter((line) => line !== '' && !line.startsWith(' '))).toEqual([
      'gpu-node-01 is labelled and tainted already',
      'gpu-node-02 is labelled and tainted already',
      `${NODE} would be labelled and tainted`,
    ]);
  });

  it('changes nothing without --apply', async () => {
    const before = await state();
    const { code, out } = await aop('nodes', 'label', NODE);
    expect(code).toBe(1);
    expect(out).toContain(`${NODE} would be labelled and tainted\n`);
    expect(await state()).toEqual(before);
    expect(before).toEqual({ labels: { pool: 'inference' }, taints: [other] });
  });

  it('does what the commands of kubectl do that it names, and keeps the rest', async () => {
    const { out } = await aop('nodes', 'label', NODE);
    const commands = out.split('\n').filter((line) => line.startsWith('    kubectl '));
    expect(commands).toHaveLength(2);
    for (const command of commands) await kubectl(...command.trim().split(' ').slice(1));
    const byKubectl = await state();
    await undo();

    const labelled = { code: 0, out: `${NODE} is now labelled and tainted\n`, err: '' };
    expect(await aop('nodes', 'label', NODE, '--apply')).toEqual(labelled);
    expect(await state()).toEqual(byKubectl);
    expect(await state()).toEqual({ labels: { pool: 'inference', ...present }, taints: [other, taint] });
  });

  it('has nothing to do the second time', async () => {
    const again = { code: 0, out: `${NODE} is labelled and tainted already\n`, err: '' };
    expect(await aop('nodes', 'label', NODE, '--apply')).toEqual(again);
    await undo();
  });

  it('does not undo what somebody else changes at the same time', async () => {
    const context = (await kubectl('config', 'current-context')).trim();
    const api = await connect({ context, kubeconfig });
    let reads = 0;
    const slow: KubeApi = {
      get: async (path) => {
        const answer = await api.get(path);
        reads += 1;
        // After it is read, and before it is written.
        if (reads === 1) await kubectl('taint', 'node', NODE, 'added:NoSchedule');
        return answer;
      },
      patch: (path, content) => api.patch(path, content),
    };
    expect(await labelNode(slow, NODE)).toEqual({ node: NODE, label: true, taint: true });
    expect(reads).toBe(2);
    expect((await state()).taints).toEqual([{ key: 'added', effect: 'NoSchedule' }, other, taint]);
  });

  it('refuses a node without GPUs, and one that is not there', async () => {
    expect(await aop('nodes', 'label', '--apply', NODE, 'worker-a')).toMatchObject({ code: 2, out: '' });
    expect(await aop('nodes', 'label', '--apply', NODE, 'gpu-node-77')).toMatchObject({ code: 2, out: '' });
  });
});
