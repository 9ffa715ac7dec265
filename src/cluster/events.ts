/* The events of a namespace; the API server keeps them for an hour. */

import { z } from 'zod';
import { Cluster } from './cluster';

const event = z.object({
  involvedObject: z.object({ kind: z.string().default(''), name: z.string().default('') }),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTimestamp: z.string().nullish(),
});

/** What a controller or a kubelet tells of an object. */
export type Event = z.output<typeof event>;

/** Those of a namespace, in no order. */
export function eventsIn(cluster: Cluster, namespace: string): Promise<Event[]> {
  return cluster.list(`/api/v1/namespaces/${namespace}/events`, event);
}
