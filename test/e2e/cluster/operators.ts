/* Operators that act: the real programs of ../shared/tools/operators, beside the tests' cluster and only while a file of tests needs them. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../kubernetes/control-plane';
import { kubectl } from '../kubernetes/kubectl';
import { until } from '../programs/program';
import { withNames } from '../programs/command';
import { kubeconfig, noClusterOfOurOwn } from './aop';

const folderOfTool = resolve('../shared/tools/operators');
const tool = join(folderOfTool, 'operators');

/** An operator that can be started, and what its start adds to the cluster for all namespaces. */
const operators = {
  prometheus: [
    ['-f', join(folderOfTool, 'prometheus-operator.yaml')],
    ['services,endpoints', 'kubelet', '--namespace=kube-system'],
  ],
  // The APIs first: nothing of a namespace is deleted while one of them does not answer.
  keda: [
    ['apiservice/v1beta1.external.metrics.k8s.io', 'validatingwebhookconfiguration/keda-admission'],
    ['namespace/keda'],
  ],
} as const;

/** The name of an operator. */
export type Operator = keyof typeof operators;

/** Why no operator can be started here, or why these programs can't be found; nothing if all can. */
export function whyNot(...programs: readonly { readonly path: string; readonly debian: string }[]): string | undefined {
  if (noClusterOfOurOwn) return 'they need a cluster of their own';
  if (!existsSync(tool)) return `there is no ${tool}`;
  if (process.getuid?.() !== 0) return 'they need root: operators have fixed places on this machine';
  const missing = programs.filter(({ path }) => !existsSync(path)).map(({ debian }) => debian);
  return missing.length === 0 ? undefined : `programs are missing (Debian: apt-get install ${missing.join(' ')})`;
}

/**
 * Starts an operator beside the cluster.
 *
 * @param hosts path of a file that it has as /etc/hosts. @default - that of this machine
 * @returns what stops it, and takes all that it brought out of the cluster; the objects that it acts on have to be gone before
 */
export async function startOperator(operator: Operator, hosts?: string): Promise<() => Promise<void>> {
  const state = dirname(kubeconfig);
  const file = join(state, 'pids');
  const before = readFileSync(file, 'utf8');
  const command = [tool, operator, state];
  const [program = '', ...args] = hosts === undefined ? command : withNames({ names: { file: hosts } }, command);
  await run(program, args);
  const started = readFileSync(file, 'utf8').slice(before.length).trim().split('\n').map(processOf);
  // One of a kind runs on a machine: another ends at once, as the ports are taken.
  await sleep(1000);
  for (const { pid, name } of started) {
    if (!runs(pid))
      throw new Error(`${name} has ended:\n${readFileSync(join(state, `${name}.log`), 'utf8').slice(-2000)}`);
  }
  return async () => {
    for (const objects of operators[operator]) {
      await kubectl('delete', '--ignore-not-found', '--timeout=60s', ...objects);
    }
    // KEDA's adapter does not end when it is asked to, and none of them has anything to save.
    started.forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
    await until(`${operator} has ended`, () => !started.some(({ pid }) => runs(pid)));
    // Another process may get these numbers.
    writeFileSync(file, before);
  };
}

/** A process by its line in the file of the cluster's tool: `<pid> <name>`. */
function processOf(line: string): { pid: number; name: string } {
  const [pid, name = ''] = line.split(' ');
  return { pid: Number(pid), name };
}

function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
