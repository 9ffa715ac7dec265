/* The Jobs of the namespaces that can't make a pod, as those of a CronJob that is refused each night: nothing else tells of them. */

import { z } from 'zod';
import { Cluster, condition, metadata } from '../cluster';
import { Event, eventsIn } from '../events';
import { Finding, ok, problem } from '../finding';
import { Needs } from '../needs';

/** Time after which a Job that has no pod is taken for one that can't have any. */
const PATIENCE_SECONDS = 60;

const job = z.object({
  metadata: metadata.extend({
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
  }),
  spec: z.object({ suspend: z.boolean().default(false) }),
  status: z.object({
    startTime: z.string().optional(),
    active: z.number().default(0),
    succeeded: z.number().default(0),
    failed: z.number().default(0),
    conditions: z.array(condition).default([]),
  }),
});

type Job = z.output<typeof job>;

/** Whether the Jobs of every namespace that is there have pods. */
export async function jobs(cluster: Cluster, { namespaces }: Needs): Promise<Finding[]> {
  return (await Promise.all(namespaces.map((namespace) => jobsIn(cluster, namespace)))).flat();
}

async function jobsIn(cluster: Cluster, namespace: string): Promise<Finding[]> {
  if ((await cluster.find(`/api/v1/namespaces/${namespace}`, z.unknown())) === undefined) return [];
  const all = await cluster.list(`/apis/batch/v1/namespaces/${namespace}/jobs`, job);
  if (all.length === 0) return [];
  const stuck = all.filter(hasNoPod);
  if (stuck.length === 0) return [ok(`Jobs in ${namespace}`, `${all.length}, none without a pod`)];
  const events = await eventsIn(cluster, namespace);
  return [...groupsOf(stuck)].map(([maker, [first]]) => {
    const name = first?.metadata.name ?? '';
    const describe = cluster.commands.kubectl('describe', 'job', name, '--namespace', namespace);
    return problem(maker, `its Job ${name} has no pod: ${reasonOf(events, name)}`, describe);
  });
}

function hasNoPod({ spec, status }: Job): boolean {
  const started = status.startTime === undefined ? Number.NaN : Date.parse(status.startTime);
  return (
    !spec.suspend &&
    status.conditions.length === 0 &&
    status.active + status.succeeded + status.failed === 0 &&
    Date.now() - started > PATIENCE_SECONDS * 1000
  );
}

/** The Jobs of each CronJob; a Job that none has made is on its own. */
function groupsOf(stuck: readonly Job[]): Map<string, Job[]> {
  const groups = new Map<string, Job[]>();
  for (const each of stuck) {
    const owner = each.metadata.ownerReferences.find(({ kind }) => kind === 'CronJob');
    const maker = owner === undefined ? `Job ${each.metadata.name}` : `CronJob ${owner.name}`;
    groups.set(maker, [...(groups.get(maker) ?? []), each]);
  }
  return groups;
}

/** Events are kept for an hour, and the Job stays. */
function reasonOf(events: readonly Event[], name: string): string {
  const failed = events.find(
    ({ reason, involvedObject }) =>
      reason === 'FailedCreate' && involvedObject.kind === 'Job' && involvedObject.name === name,
  );
  return failed?.message ?? 'the event that says why is gone; make a Job of it again';
}
