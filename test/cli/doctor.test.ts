import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aop } from '../../src/cli/aop';
import { connect } from '../../src/cluster/kube-api';
import { Answers, gpuNode, list, podOf, ready, renderedFor, workers } from '../cluster/ready-cluster';
import { standIns } from '../cluster/stand-ins';
import { Answer, apiServer, kubeconfigOf } from './api-server';
import { temporaryFolder } from '../temporary-folder';
import { run } from './run';

const answering =
  (answers: Answers): Answer =>
  (_, path) =>
    answers[path] === undefined ? undefined : [200, answers[path]];

const untainted: Answers = { ...ready, '/api/v1/nodes': list(...workers, gpuNode(1), { ...gpuNode(2), spec: {} }) };

const inProject = temporaryFolder();
const elsewhere = process.cwd();

/** In a folder whose dist/ has production's manifests. */
beforeEach(() => {
  mkdirSync(inProject('dist'));
  for (const { name, yaml } of renderedFor('production')) writeFileSync(inProject('dist', name), yaml);
  process.chdir(inProject());
});
afterEach(() => {
  process.chdir(elsewhere);
});

describe('aop doctor', () => {
  it('ends with 0 if the cluster is ready, a line for each thing that it has looked at', async () => {
    await using server = await apiServer(answering(ready));
    const { code, out, err } = await run('doctor', '--context', 'staging', '--kubeconfig', server.kubeconfig);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines.slice(0, -1).filter((line) => !line.startsWith('✓ '))).toEqual([]);
    expect(lines.at(-1)).toBe(`${lines.length - 1} ok, 0 problems, 0 warnings`);
  });

  it('ends with 1 if there is a problem, with the command that fixes it below', async () => {
    await using server = await apiServer(answering(untainted));
    const { kubeconfig } = server;
    const { code, out } = await run('doctor', '--context', 'staging', '--kubeconfig', kubeconfig);
    expect(code).toBe(1);
    const lines = out.split('\n');
    const at = lines.findIndex((line) => line.startsWith('✗'));
    expect(lines[at]).toMatch(/^✗ gpu-node-02 +it is not tainted nvidia\.com\/gpu:NoSchedule$/);
    expect(lines[at + 1]).toBe(`    aop nodes label --kubeconfig ${kubeconfig} --context staging --apply gpu-node-02`);
  });

  it('only reads, as the user of the context', async () => {
    await using server = await apiServer(answering(ready));
    await run('doctor', '--context', 'staging', '--kubeconfig', server.kubeconfig);
    expect(server.requests.length).toBeGreaterThan(20);
    expect(server.requests.filter((request) => !/^GET .* Bearer a-secret-token$/.test(request))).toEqual([]);
  });

  it('asks a server under a path, as a proxy of several clusters has it', async () => {
    const prefix = '/k8s/clusters/a';
    await using server = await apiServer((method, path, body) =>
      path.startsWith(prefix) ? answering(ready)(method, path.slice(prefix.length), body) : undefined,
    );
    const kubeconfig = readFileSync(server.kubeconfig, 'utf8').replace(/(?<="server":"[^"]*)(?=")/, prefix);
    writeFileSync(inProject('config'), kubeconfig);
    const { code, err } = await run('doctor', '--context', 'staging', '--kubeconfig', inProject('config'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('gives the same as JSON', async () => {
    await using server = await apiServer(answering(untainted));
    const { code, out } = await run('doctor', '--context', 'staging', '--kubeconfig', server.kubeconfig, '-o', 'json');
    expect(code).toBe(1);
    const written: unknown = JSON.parse(out);
    expect(written).toMatchObject({ context: 'staging', manifests: 'dist' });
    expect(written).toHaveProperty(
      'findings',
      expect.arrayContaining([
        {
          verdict: 'problem',
          subject: 'gpu-node-02',
          value: 'it is not tainted nvidia.com/gpu:NoSchedule',
          remedy: [expect.stringMatching(/^aop nodes label .* gpu-node-02$/)],
        },
      ]),
    );
  });

  it('writes what its page shows', async () => {
    const keda = standIns.map((pod) => ({ ...pod, image: pod.image.replace('keda:2.11.2', 'keda:2.14.0') }));
    await using server = await apiServer(answering({ ...untainted, '/api/v1/pods': list(...keda.map(podOf)) }));
    vi.stubEnv('KUBECONFIG', server.kubeconfig);
    const { out } = await run('doctor', '--context', 'staging');
    vi.unstubAllEnvs();
    const [shown] =
      /(?<=\$ aop doctor --context staging\n)[^]*?(?=```)/.exec(
        readFileSync(join(elsewhere, 'docs/commands/doctor.md'), 'utf8'),
      ) ?? [];
    expect(shown).toBe(out);
  });

  it('names the right that it lacks', async () => {
    const message =
      'nodes is forbidden: User "viewer" cannot list resource "nodes" in API group "" at the cluster scope';
    await using server = await apiServer((method, path, body) =>
      path === '/api/v1/nodes' ? [403, { kind: 'Status', message }] : answering(ready)(method, path, body),
    );
    const { code, out } = await run('doctor', '--context', 'staging', '--kubeconfig', server.kubeconfig);
    expect(code).toBe(0);
    expect(out).toMatch(/^! zones +nodes is forbidden: User "viewer" cannot list resource "nodes"/m);
  });

  it('shows how far it is where somebody looks on, and takes that away', async () => {
    await using server = await apiServer(answering(ready));
    let err = '';
    await aop(['doctor', '--context', 'staging', '--kubeconfig', server.kubeconfig], {
      out: () => undefined,
      err: (text) => (err += text),
      colour: false,
      interactive: true,
      exitCode: 0,
    });
    expect(err).toMatch(/^\r\u001b\[K1 of (\d+) checks[^]*\r\u001b\[K\1 of \1 checks\r\u001b\[K$/);
  });
});

describe('a cluster that can not be used', () => {
  let folder = '';
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'aop-doctor-'))));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const kubeconfig = (content: string) => {
    const path = join(folder, 'config');
    writeFileSync(path, content);
    return path;
  };

  it.each<[string, readonly string[], string]>([
    [
      'no context is named',
      [],
      'Error: --context: none is named, and the current one is not assumed.\n  Use one of: staging, production.\n',
    ],
    [
      'the context is not there',
      ['--context', 'nowhere'],
      'Error: --context: there is no context "nowhere".\n  Use one of: staging, production.\n',
    ],
    [
      'nothing answers',
      ['--context', 'staging'],
      `Error: context "staging": http://127.0.0.1:1 can't be used (GET /version: connect ECONNREFUSED 127.0.0.1:1).
  Check the address in the kubeconfig, and the way there.
`,
    ],
  ])('is an error where %s', async (_, flags, message) => {
    const path = kubeconfig(kubeconfigOf('http://127.0.0.1:1'));
    expect(await run('doctor', '--kubeconfig', path, ...flags)).toEqual({ code: 2, out: '', err: message });
  });

  it('is an error where there is no kubeconfig, or none that can be read', async () => {
    const path = join(folder, 'nowhere');
    const { code, err } = await run('doctor', '--context', 'staging', '--kubeconfig', path);
    expect(code).toBe(2);
    expect(err).toBe(
      `Error: --kubeconfig: ENOENT: no such file or directory, open '${path}'.\n  Name the file of a kubeconfig with --kubeconfig.\n`,
    );
  });

  it('is an error where the server does not know the user', async () => {
    await using server = await apiServer(() => [401, { message: 'Unauthorized' }]);
    const { code, err } = await run('doctor', '--context', 'staging', '--kubeconfig', server.kubeconfig);
    expect(code).toBe(2);
    expect(err).toMatch(/^Error: context "staging": http:\/\/.* does not know who you are \(Unauthorized\)\.\n/);
    expect(err).not.toContain('a-secret-token');
  });

  it('is an error where the credentials come from a program that is not there', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'no-such-program',
      interactiveMode: 'Never',
    };
    const config = kubeconfigOf('http://127.0.0.1:1').replace(
      '"token":"a-secret-token"',
      `"exec":${JSON.stringify(exec)}`,
    );
    const { code, err } = await run('doctor', '--context', 'staging', '--kubeconfig', kubeconfig(config));
    expect(code).toBe(2);
    expect(err).toMatch(/^Error: context "staging": its credentials can't be read: .*no-such-program/);
  });

  it('is an error where the client library is not installed, with what installs it', async () => {
    const missing = () =>
      Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));
    await expect(connect({ context: 'staging' }, missing)).rejects.toThrow(
      '@kubernetes/client-node: it is not installed, and this command needs it.\n  Run npm install --save-dev @kubernetes/client-node@1.',
    );
  });
});
