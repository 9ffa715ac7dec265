/* Whether the images of services do what the manifests take for granted: what their pods' states and events say of it. */

import { z } from 'zod';
import { at, listAt, textAt } from '../../manifests/value';
import { Workload } from '../../manifests/workloads';
import { Cluster, condition, hasLabels, holds, metadata } from '../cluster';
import { Event, eventsIn } from '../events';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';

const ended = z.object({ reason: z.string().default(''), exitCode: z.int().default(0) });

const containerStatus = z.object({
  restartCount: z.int().default(0),
  state: z.object({ waiting: z.object({ reason: z.string().default('') }).optional() }).default({}),
  lastState: z.object({ terminated: ended.optional() }).default({}),
});

const pod = z.object({
  metadata,
  status: z.object({
    phase: z.string().default(''),
    conditions: z.array(condition).default([]),
    containerStatuses: z.array(containerStatus).default([]),
  }),
});

type PodState = z.output<typeof pod>;

/** What an image misses, and the section of docs/what-your-image-must-do.md on it. */
interface Missed {
  readonly seen: string;
  readonly remedy: string;
  readonly section: string;
  /** A pod that starts looks the same for a while. */
  readonly mayBeStarting?: boolean;
}

/** What an answer to a probe means. */
const answers: Readonly<Record<string, Omit<Missed, 'seen'>>> = {
  '401': { remedy: 'permit /actuator/** to everybody', section: 'an-open-actuator' },
  '403': { remedy: 'permit /actuator/** to everybody', section: 'an-open-actuator' },
  '404': { remedy: "add Spring Boot's actuator to the image", section: 'an-actuator' },
  '503': { remedy: 'look whether its stores run, and let it in', section: 'its-stores', mayBeStarting: true },
};

/** The services whose pods are there: which of them is not ready because of its image. */
export async function images(cluster: Cluster, { workloads }: Needs): Promise<Finding[]> {
  const all = await cluster.list('/api/v1/pods', pod);
  const services = workloads
    .filter(asksActuator)
    .map((workload) => ({ workload, pods: all.filter((each) => isOf(workload, each)) }))
    .filter(({ pods }) => pods.length > 0);
  const findings = services.map(async ({ workload, pods }) => {
    const events = await eventsIn(cluster, workload.namespace);
    const missed = [...pods.flatMap((each) => missedBy(each, events)), ...hooks(workload, events)];
    const [first] = missed;
    if (first === undefined) return [];
    const { seen, remedy, section, mayBeStarting } = first;
    const verdict = mayBeStarting === true && pods.every(isYoung) ? warning : problem;
    return [verdict(`image of ${workload.name}`, seen, `# ${remedy}: docs/what-your-image-must-do.md#${section}`)];
  });
  const broken = (await Promise.all(findings)).flat();
  const fine = services.length - broken.length;
  return [...(fine === 0 ? [] : [ok('images', `nothing is known against ${fine} of ${services.length}`)]), ...broken];
}

/** Whether it is a service of Spring Boot: its probes ask the actuator. */
function asksActuator({ kind, template }: Workload): boolean {
  return (
    kind === 'Deployment' &&
    listAt(template, 'spec', 'containers').some((container) =>
      (textAt(at(container, 'readinessProbe'), 'httpGet', 'path') ?? '').startsWith('/actuator/'),
    )
  );
}

function isOf({ namespace, labels }: Workload, { metadata: found }: PodState): boolean {
  return (
    found.namespace === namespace &&
    found.deletionTimestamp === undefined &&
    hasLabels(found.labels, Object.fromEntries(labels))
  );
}

function isYoung({ status }: PodState): boolean {
  return status.containerStatuses.every(({ restartCount }) => restartCount === 0);
}

/** Why a pod is not ready, as far as its image is the reason. */
function missedBy(found: PodState, events: readonly Event[]): Missed[] {
  if (holds(found.status, 'Ready')) return [];
  const name = found.metadata.name;
  for (const { state, lastState } of found.status.containerStatuses) {
    const waiting = state.waiting?.reason ?? '';
    if (/^(ErrImage|ImagePull|InvalidImageName)/.test(waiting)) {
      return [{ seen: `${name}: ${waiting}`, remedy: 'give the nodes the image', section: 'an-image' }];
    }
    if (lastState.terminated?.reason === 'OOMKilled') {
      const seen = `${name}: it took more memory than its limit`;
      return [{ seen, remedy: 'let the heap be a share of the limit', section: 'memory' }];
    }
  }
  const probe = probeOf(name, events);
  if (probe !== undefined) return [probe];
  const crashed = found.status.containerStatuses.find(({ state }) => state.waiting?.reason === 'CrashLoopBackOff');
  if (crashed === undefined) return [];
  const seen = `${name}: it ends with exit code ${crashed.lastState.terminated?.exitCode ?? 0}`;
  return [{ seen, remedy: `read kubectl logs --previous ${name}`, section: 'user-and-files' }];
}

/** What the pod's latest failed probe says. */
function probeOf(podName: string, events: readonly Event[]): Missed | undefined {
  const failed = events
    .filter(
      ({ reason, involvedObject: { kind, name } }) => reason === 'Unhealthy' && kind === 'Pod' && name === podName,
    )
    .sort((one, other) => (other.lastTimestamp ?? '').localeCompare(one.lastTimestamp ?? ''))[0];
  const code = /statuscode: (\d+)/.exec(failed?.message ?? '')?.[1] ?? '';
  const answer = Object.hasOwn(answers, code) ? answers[code] : undefined;
  if (answer !== undefined) return { seen: `${podName}: its probe is answered with ${code}`, ...answer };
  if (!/connection refused/.test(failed?.message ?? '')) return undefined;
  const seen = `${podName}: nothing listens on the port that its probe asks`;
  return { seen, remedy: 'listen on MANAGEMENT_SERVER_PORT', section: 'its-ports', mayBeStarting: true };
}

/** Pods that left without their drain; they are gone, so that only events know them. */
function hooks({ name }: Workload, events: readonly Event[]): Missed[] {
  const ofService = new RegExp(`^${name}-[a-z0-9]+-[a-z0-9]+$`);
  const failed = events.find(
    ({ reason, involvedObject }) => reason === 'FailedPreStopHook' && ofService.test(involvedObject.name),
  );
  if (failed === undefined) return [];
  const seen = `${failed.involvedObject.name} stopped at once, as its preStop hook failed`;
  return [{ seen, remedy: 'put the program sleep into the image', section: 'sleep' }];
}
