/* The pods of `local` while they run: what they are, what happened to them, and commands in them. */

import { z } from 'zod';
import { kubectl, list, namespace, Outcome, tryKubectl } from '../kubernetes/kubectl';

const containerStatus = z.object({ name: z.string(), restartCount: z.int(), ready: z.boolean() });
const condition = z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string() });
const resources = z.object({ requests: z.record(z.string(), z.string()).default({}) });

const running = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(z.object({ name: z.string(), resources })),
  }),
  status: z.object({
    podIP: z.string().optional(),
    startTime: z.string().optional(),
    conditions: z.array(condition).default([]),
    containerStatuses: z.array(containerStatus).default([]),
  }),
});

/** A pod with what is known of its containers. */
export type RunningPod = z.output<typeof running>;

/** The pods of the namespace that are not about to go. */
export function runningPods(...args: readonly string[]): Promise<RunningPod[]> {
  return list(running, 'pods', '--namespace', namespace, ...args);
}

/** The label by which people call a pod; Jaeger's is the operator's. */
export function appOf({ metadata }: RunningPod): string {
  return metadata.labels['app'] ?? metadata.name;
}

/** When a pod got a condition, in milliseconds; undefined while it has not. */
export function since({ status }: RunningPod, type: string): number | undefined {
  const found = status.conditions.find((each) => each.type === type && each.status === 'True');
  return found && Date.parse(found.lastTransitionTime);
}

const event = z.object({
  involvedObject: z.object({ name: z.string().default(''), uid: z.string().default('') }),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  count: z.int().nullish(),
});

/** What happened in the namespace. */
export type PodEvent = z.output<typeof event>;

/** Events of the namespace with a reason. */
export function events(reason: string, inNamespace = namespace): Promise<PodEvent[]> {
  return list(event, 'events', '--namespace', inNamespace, `--field-selector=reason=${reason}`);
}

/** Runs a command in a pod, and tells how it ended. */
export function inPod(
  pod: string,
  command: readonly string[],
  input?: string,
  inNamespace = namespace,
): Promise<Outcome> {
  const stdin = input === undefined ? [] : ['--stdin'];
  return tryKubectl(['exec', ...stdin, '--namespace', inNamespace, pod, '--', ...command], input);
}

/** Runs a command in a pod and returns what it says; fails if it does. */
export async function inPodOrFail(pod: string, command: readonly string[], inNamespace = namespace): Promise<string> {
  const { code, stdout, stderr } = await inPod(pod, command, undefined, inNamespace);
  if (code !== 0) throw new Error(`${command.join(' ')} in ${pod} failed: ${stderr}${stdout}`);
  return stdout;
}

/** The first Ready pod of an app: an autoscaler may add others. */
export async function podOf(app: string): Promise<RunningPod> {
  const [pod] = (await podsOf(app)).filter((each) => since(each, 'Ready') !== undefined);
  if (pod === undefined) throw new Error(`${app} has no pod that is Ready`);
  return pod;
}

/** All pods of an app. */
export function podsOf(app: string): Promise<RunningPod[]> {
  return runningPods(`--selector=app=${app}`);
}

/** What a pod's program has logged. */
export function logsOf(pod: string): Promise<string> {
  return kubectl('logs', '--namespace', namespace, pod);
}
