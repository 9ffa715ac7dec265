import { App, Chart, Duration } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { AutonomousOpService, Endpoint, KedaScaler, Trigger } from '../../../src';
import { HorizontalAutoscaler } from '../../../src/capacity/autoscaler';
import { ScaledService, scaledServices } from '../../../src/capacity/scaled-service';
import { manifestsOf } from '../../synthesize';
import { kubectl, noCluster, tryKubectl } from '../kubernetes/kubectl';
import { noResources, serveApis } from './aggregated-api';

const namespace = 'autonomous-op-autoscaler';

/** What the two triggers measure at each sync of the HPA; a pod should have 100 of either. */
const script: readonly (readonly [http: number | undefined, jobs: number | undefined])[] = [
  [200, 100],
  [218, 100], // within the tolerance
  [182, 0],
  [1400, 0], // up by four pods
  [1400, 0], // and no more within 15 seconds
  [1400, 0],
  [1400, 0], // to the double
  [1400, 0],
  [1400, 0],
  [1500, 0],
  [1500, 0], // to the maximum
  [500, 310], // down, but not within the window
  [500, 310],
  [500, 310],
  [1050, 310],
  [500, 310],
  [500, 310],
  [500, 310], // to the highest of the window
  [500, 310],
  [500, undefined], // one that can't be read blocks the way down
  [500, undefined],
  [500, undefined],
  [500, undefined],
  [500, undefined],
  [510, 310],
  [undefined, 800], // not the way up
  [560, 100],
];

/** A sync of the HPA, as the metrics API has seen it. */
interface Sync {
  readonly at: number;
  /** Pods that the Deployment was to have when it began. */
  readonly replicas: number;
}

/** The API server of another machine could not ask this process for metrics, and may have KEDA for it. */
const elsewhere = (process.env['KUBECONFIG_E2E'] ?? '') !== '';

describe.skipIf(noCluster || elsewhere)('the simulated autoscaler', () => {
  const service = scaledService();
  let away: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });

  afterAll(async () => {
    // The API first: a namespace is not deleted while one of the APIs does not answer.
    await away?.();
    await kubectl('delete', '--ignore-not-found', '--timeout=60s', `namespace/${namespace}`);
  });

  it('decides at every sync as the one of kube-controller-manager', async () => {
    const syncs: Sync[] = [];
    away = await serveScript(syncs);
    for (const manifest of service.manifests) await create(manifest);
    await vi.waitFor(
      () => {
        expect(syncs.length).toBeGreaterThan(script.length);
      },
      { timeout: 240_000, interval: 500 },
    );
    const real = syncs.slice(0, script.length + 1).map(({ replicas }) => replicas);
    expect(simulated(service.scaled, syncs)).toEqual(real);
    // What the script is to provoke has happened: the policies, the bounds, the window, the block.
    expect(new Set(real)).toEqual(new Set([2, 6, 12, 14, 11, 6, 8]));
  });
});

/** The Deployment and the HPA of a service with two triggers, from 2 to 14 pods, down after 32 seconds. */
function scaledService(): { scaled: ScaledService; manifests: object[] } {
  const chart = new Chart(new App(), 'autoscaler', { namespace });
  const prometheus = Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 });
  const target = new AutonomousOpService(chart, 'shop', { image: 'acme/shop:1.0.0' });
  const trigger = (metricName: string) =>
    Trigger.prometheus({ server: prometheus, metricName, query: `sum(${metricName})`, threshold: 100 });
  new KedaScaler(chart, 'scaling', {
    target,
    minReplicas: 2,
    maxReplicas: 14,
    scaleDownWindow: Duration.seconds(32),
    triggers: [trigger('http'), trigger('jobs')],
  });
  const objects = z
    .array(z.looseObject({ kind: z.string(), spec: z.looseObject({}).optional() }))
    .parse(chart.toJson());
  const manifests = ['ServiceAccount', 'Deployment', 'HorizontalPodAutoscaler'].flatMap((kind) =>
    objects
      .filter((object) => object.kind === kind)
      // Without a count the API server would make one pod, and the HPA's first act were to add another.
      .map((object) => (kind === 'Deployment' ? { ...object, spec: { ...object.spec, replicas: 2 } } : object)),
  );
  const [scaled] = scaledServices(manifestsOf(chart));
  if (scaled === undefined) throw new Error('no service is scaled');
  return { scaled, manifests };
}

/** The number of pods at the beginning of each sync, and after the last. */
function simulated(service: ScaledService, syncs: readonly Sync[]): number[] {
  const autoscaler = new HorizontalAutoscaler(service);
  const counts = [2];
  script.forEach((totals, index) => {
    const replicas = counts.at(-1) ?? 0;
    const metrics = service.triggers.map((trigger, position) => ({ ...trigger, total: totals[position] }));
    counts.push(autoscaler.sync(syncs[index]?.at ?? NaN, { replicas, ready: replicas }, metrics));
  });
  return counts;
}

/** The external metrics API: it answers each sync with the next line of the script, and notes how many pods there are. */
function serveScript(syncs: Sync[]): Promise<() => Promise<void>> {
  return serveApis([{ group: 'external.metrics.k8s.io', namespace, service: 'metrics' }], async (url) => {
    const metric = /\/s[01]-prometheus-(\w+)$/.exec(url.pathname)?.[1];
    if (metric === undefined) return noResources(url);
    if (metric === 'http') {
      const replicas = await kubectl('get', 'deployment/shop', '-n', namespace, '--output=jsonpath={.spec.replicas}');
      syncs.push({ at: performance.now() / 1000, replicas: Number(replicas) });
    }
    const value = script[syncs.length - 1]?.[metric === 'http' ? 0 : 1];
    if (value === undefined) return undefined;
    const item = { metricName: metric, metricLabels: {}, timestamp: new Date().toISOString(), value: `${value}` };
    return {
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [item],
    };
  });
}

async function create(manifest: object): Promise<void> {
  const { code, stderr } = await tryKubectl(['create', '-f', '-'], JSON.stringify(manifest));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}
