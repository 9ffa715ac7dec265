/* That a store which is killed comes back by itself, with its data. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { kubectl, namespace } from '../kubernetes/kubectl';
import { onNode } from './outside';
import { events, inPod, inPodOrFail, runningPods, since } from './pods';

const run = z.object({
  spec: z.object({ nodeName: z.string() }),
  status: z.object({ containerStatuses: z.tuple([z.object({ containerID: z.string(), restartCount: z.int() })]) }),
});

async function runOf(pod: string): Promise<z.output<typeof run>> {
  return run.parse(JSON.parse(await kubectl('get', 'pod', pod, '--namespace', namespace, '--output=json')));
}

async function isReady(pod: string): Promise<boolean> {
  const [now] = (await runningPods()).filter(({ metadata }) => metadata.name === pod);
  return now !== undefined && since(now, 'Ready') !== undefined;
}

/** Ends the program of a pod at once, as the kernel does with one that takes too much memory. */
async function kill(pod: string): Promise<void> {
  const { spec, status } = await runOf(pod);
  const id = status.containerStatuses[0].containerID.replace('containerd://', '');
  await onNode(spec.nodeName, 'ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id);
}

const sql = (text: string) => ['sh', '-c', `psql -XAtqw -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "${text}"`];
const offsets = [
  ...['java', '-cp', '/opt/kafka/libs/*', 'kafka.tools.GetOffsetShell'],
  ...['--bootstrap-server', '127.0.0.1:9094', '--topic', 'vehicle-telemetry'],
];

/** What is in a store, and how to see it. */
const stores: readonly { pod: string; fill: readonly string[]; read: readonly string[] }[] = [
  {
    pod: 'postgres-0',
    fill: sql('create table if not exists kept (id int); insert into kept values (1)'),
    read: sql('select count(*) from kept'),
  },
  { pod: 'redis-0', fill: ['redis-cli', 'set', 'kept', 'yes'], read: ['redis-cli', 'get', 'kept'] },
  { pod: 'kafka-0', fill: ['true'], read: offsets },
];

/** Tests that kill each store. */
export function itRecovers(): void {
  it.each(stores)('comes back with its data: $pod', { timeout: 240_000 }, async ({ pod, fill, read }) => {
    await inPodOrFail(pod, fill);
    const before = await inPodOrFail(pod, read);
    expect(before.trim()).not.toBe('');
    const { restartCount } = (await runOf(pod)).status.containerStatuses[0];
    const killed = Date.now();
    await kill(pod);
    await vi.waitFor(
      async () => {
        expect((await runOf(pod)).status.containerStatuses[0].restartCount).toBe(restartCount + 1);
        expect(await isReady(pod)).toBe(true);
      },
      { timeout: 180_000, interval: 500 },
    );
    process.stdout.write(`${pod} is back after ${Math.round((Date.now() - killed) / 1000)} s\n`);
    expect(await inPodOrFail(pod, read)).toBe(before);
  });

  it('is not ready without its database: PostgreSQL, killed in its first start', { timeout: 300_000 }, async () => {
    const pod = 'postgres-0';
    const replace = () => kubectl('delete', 'pod', pod, '--namespace', namespace);
    // The files of the server are there, its database is not. It is a matter of a second: again, if it was too late.
    await vi.waitFor(
      async () => {
        await replace();
        await vi.waitFor(() => inPodOrFail(pod, ['true']), { timeout: 30_000, interval: 50 });
        await inPod(pod, ['sh', '-c', 'until [ -s "$PGDATA/PG_VERSION" ]; do sleep 0.02; done; pkill -KILL initdb']);
        await vi.waitFor(async () => {
          expect((await runOf(pod)).status.containerStatuses[0].restartCount).toBe(1);
        }, 10_000);
      },
      { timeout: 150_000 },
    );
    for (let second = 0; second < 30; second++) {
      expect(await isReady(pod)).toBe(false);
      await sleep(1000);
    }
    const said = (await events('Unhealthy')).filter(({ involvedObject }) => involvedObject.name === pod);
    expect(said.map(({ message }) => message).join('\n')).toMatch(/does not exist|no pg_hba.conf entry/);
    // As the page says: what heals it.
    await replace();
    await vi.waitFor(
      async () => {
        expect(await isReady(pod)).toBe(true);
      },
      { timeout: 60_000, interval: 500 },
    );
  });
}
