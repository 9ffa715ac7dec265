/* What metrics-server would say of pods that do nothing. */

import { z } from 'zod';
import { list } from '../kubernetes/kubectl';
import { noResources, serveApis } from './aggregated-api';

const group = 'metrics.k8s.io';

const pod = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ containers: z.array(z.object({ name: z.string() })) }),
});

/** Answers who asks for the CPU and memory of pods: little, whichever pod it is. Gives what ends it. */
export function serveIdlePods(): Promise<() => Promise<void>> {
  return serveApis([{ group, namespace: 'kube-system', service: 'metrics-server' }], async (url) => {
    const [, namespace] = /\/namespaces\/([^/]+)\/pods$/.exec(url.pathname) ?? [];
    if (namespace === undefined) return noResources(url);
    const selector = url.searchParams.get('labelSelector') ?? '';
    const pods = await list(pod, 'pods', '--namespace', namespace, '--selector', selector);
    const items = pods.map(({ metadata, spec }) => ({
      metadata,
      timestamp: new Date().toISOString(),
      window: '15s',
      containers: spec.containers.map(({ name }) => ({ name, usage: { cpu: '10m', memory: '100Mi' } })),
    }));
    return { kind: 'PodMetricsList', apiVersion: `${group}/v1beta1`, metadata: {}, items };
  });
}
