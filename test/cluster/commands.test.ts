import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { Commands } from '../../src/cluster/commands';

it('writes commands that name the cluster', () => {
  const commands = new Commands({ context: 'arn:aws:eks:eu-central-1:123456789012:cluster/staging' });
  expect(commands.kubectl('get', 'nodes')).toBe(
    'kubectl --context arn:aws:eks:eu-central-1:123456789012:cluster/staging get nodes',
  );
  expect(new Commands({ context: 'staging', kubeconfig: '/tmp/config' }).helm('list')).toBe(
    'helm list --kubeconfig /tmp/config --kube-context staging',
  );
});

it('quotes what a shell would take apart', () => {
  const strange = ["it's here", '$HOME', '`id`', '{"a":"b"}', 'a;b', ''];
  const command = new Commands({}).kubectl(...strange).replace(/^kubectl/, `printf '%s\\n'`);
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\n').slice(0, -1)).toEqual(strange);
});
