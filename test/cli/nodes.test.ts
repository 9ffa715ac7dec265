import { describe, expect, it } from 'vitest';
import { gpuNode, list, workers } from '../cluster/ready-cluster';
import { Answer, apiServer } from './api-server';
import { run } from './run';

const bare = { ...gpuNode(2), spec: {}, metadata: { name: 'gpu-node-02', labels: {}, resourceVersion: '7' } };
const nodes = [...workers, gpuNode(1), bare];

/** A server with the nodes; what it is asked to patch is in its requests. */
const answer: Answer = (method, path) => {
  const found = nodes.find(({ metadata }) => path === `/api/v1/nodes/${metadata.name}`);
  if (path === '/version') return [200, {}];
  if (path === '/api/v1/nodes') return [200, list(...nodes)];
  return found === undefined ? undefined : [method === 'GET' ? 200 : 200, found];
};

const patched = (requests: readonly string[]) => requests.filter((request) => !request.startsWith('GET '));

describe('aop nodes label', () => {
  it('says what it would do to every node with GPUs, with the commands of kubectl, and does nothing', async () => {
    await using server = await apiServer(answer);
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging'];
    const kubectl = `kubectl ${flags.join(' ')}`;
    expect(await run('nodes', 'label', ...flags)).toEqual({
      code: 1,
      out: [
        'gpu-node-01 is labelled and tainted already',
        'gpu-node-02 would be labelled and tainted',
        `    ${kubectl} label nodes gpu-node-02 nvidia.com/gpu.present=true --overwrite`,
        `    ${kubectl} taint nodes gpu-node-02 nvidia.com/gpu:NoSchedule`,
        '',
      ].join('\n'),
      err: '',
    });
    expect(patched(server.requests)).toEqual([]);
  });

  it('does it with --apply, to those that need it', async () => {
    await using server = await apiServer(answer);
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging'];
    expect(await run('nodes', 'label', ...flags, '--apply')).toEqual({
      code: 0,
      out: 'gpu-node-01 is labelled and tainted already\ngpu-node-02 is now labelled and tainted\n',
      err: '',
    });
    expect(patched(server.requests)).toEqual(['PATCH /api/v1/nodes/gpu-node-02 Bearer a-secret-token']);
  });

  it('takes other nodes, and has nothing to do where all is done', async () => {
    await using server = await apiServer(answer);
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging'];
    const { code, out } = await run('nodes', 'label', 'gpu-node-01', ...flags, '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([{ node: 'gpu-node-01', label: false, taint: false, applied: false, kubectl: [] }]);
  });

  it.each([
    [
      ['gpu-node-02', 'gpu-node-77'],
      'there is no node "gpu-node-77".\n  Use some of: gpu-node-01, gpu-node-02, worker-a, worker-b, worker-c.',
    ],
    [
      ['gpu-node-02', 'worker-a'],
      'worker-a offers no nvidia.com/gpu, and the taint would keep other pods away.\n  Leave it out, or say --without-gpus if its device plugin is still to come.',
    ],
  ])('refuses %j, and changes none of them', async (names, message) => {
    await using server = await apiServer(answer);
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging', '--apply'];
    expect(await run('nodes', 'label', ...names, ...flags)).toEqual({
      code: 2,
      out: '',
      err: `Error: nodes: ${message}\n`,
    });
    expect(patched(server.requests)).toEqual([]);
  });

  it('refuses a cluster without GPUs', async () => {
    await using server = await apiServer((method, path, body) =>
      path === '/api/v1/nodes' ? [200, list(...workers)] : answer(method, path, body),
    );
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging'];
    expect(await run('nodes', 'label', ...flags)).toEqual({
      code: 2,
      out: '',
      err: 'Error: nodes: none of the cluster offers nvidia.com/gpu.\n  Name the nodes, with --without-gpus if their device plugin is still to come.\n',
    });
  });

  it('takes a node without GPUs if it is told to', async () => {
    await using server = await apiServer(answer);
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging', '--apply'];
    const { code, out } = await run('nodes', 'label', 'worker-a', '--without-gpus', ...flags);
    expect({ code, out }).toEqual({ code: 0, out: 'worker-a is now labelled and tainted\n' });
  });

  it('says what it may not do', async () => {
    const message = 'nodes "gpu-node-02" is forbidden: User "viewer" cannot patch resource "nodes"';
    await using server = await apiServer((method, ...rest) =>
      method === 'PATCH' ? [403, { message }] : answer(method, ...rest),
    );
    const flags = ['--kubeconfig', server.kubeconfig, '--context', 'staging', '--apply'];
    expect(await run('nodes', 'label', ...flags)).toEqual({
      code: 2,
      out: '',
      err: `Error: nodes: ${message}.\n  Nothing has been changed.\n`,
    });
  });

  it('needs a context', async () => {
    await using server = await apiServer(answer);
    const { code, err } = await run('nodes', 'label', '--kubeconfig', server.kubeconfig, '--apply');
    expect(code).toBe(2);
    expect(err).toContain('none is named, and the current one is not assumed');
    expect(server.requests).toEqual([]);
  });
});
