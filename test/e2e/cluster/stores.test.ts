import { join } from 'node:path';
import { IConstruct } from 'constructs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { autonomousOp } from '../../../src/autonomous-op/deployment';
import { settingsOf } from '../../../src/autonomous-op/environments';
import { ElasticsearchExporter } from '../../../src/constructs/elasticsearch/elasticsearch-exporter';
import { NetworkedWorkload } from '../../../src/constructs/network/connection';
import { Peer } from '../../../src/constructs/network/peer';
import {
  kubectl,
  list,
  namespace,
  noCluster,
  releasePostgres,
  remove,
  RETAIN_VOLUMES,
  synthesize,
} from '../kubernetes/kubectl';
import { readyPods, resolutions } from './resolution';
import { createClaims, runPods, StandIn, standIns } from './stand-ins';

/** The Services of production's stores: the pods they lead to, by the construct's name, and the port. PostgreSQL's is the operator's. */
const services: Readonly<Record<string, { readonly peer: string; readonly ports: Readonly<Record<string, number>> }>> =
  {
    kafka: { peer: 'kafka', ports: { 'tcp-clients': 9092 } },
    redis: { peer: 'redis-nodes', ports: { redis: 6379 } },
    elasticsearch: { peer: 'elasticsearch-nodes', ports: { http: 9200 } },
  };

/** Pods that share some label with a store's, as a tool for it may, and are none of it. */
const strangers: readonly Pick<StandIn, 'name' | 'labels'>[] = [
  { name: 'stranger-kafka', labels: { app: 'kafka-ui', 'strimzi.io/cluster': 'kafka' } },
  { name: 'stranger-redis', labels: { app: 'redis', redis_setup_type: 'standalone' } },
  { name: 'stranger-elasticsearch', labels: { app: 'kibana', 'common.k8s.elastic.co/type': 'elasticsearch' } },
];

describe.skipIf(noCluster)("production's stores", () => {
  let dist = '';
  const file = (chart: string) => join(dist, `${chart}.k8s.yaml`);
  const apply = () => kubectl('apply', '-f', file('00-foundation'), '-f', file('01-secrets'), '-f', file('02-stores'));
  beforeAll(async () => {
    dist = await synthesize('production');
    await apply();
  });
  afterAll(() => remove(dist));

  describe('with pods labelled as the operators do', () => {
    let pods: readonly StandIn[] = [];
    const namesOf = (...peers: string[]) =>
      pods
        .filter(({ peer }) => peers.includes(peer))
        .map(({ name }) => name)
        .sort();
    beforeAll(async () => {
      pods = await standIns();
      await runPods([...pods, ...strangers]);
    });

    it.each(Object.entries(services))('have the Service %s, which leads to them and no others', async (name, its) => {
      await vi.waitFor(
        async () => {
          const found = (await resolutions())[name];
          expect(Object.keys(found?.pods ?? {}).sort()).toEqual(namesOf(its.peer));
          expect(found).toMatchObject({ ports: its.ports, podPorts: its.ports });
        },
        { timeout: 30_000, interval: 250 },
      );
    });

    it('have no other Service', async () => {
      expect(Object.keys(await resolutions()).sort()).toEqual(Object.keys(services).sort());
    });

    it('are found by the labels that their constructs declare, each kind of them, and no others', async () => {
      const declared = declaredPods();
      expect(declared.map(({ name }) => name).sort()).toEqual([...new Set(pods.map(({ peer }) => peer))].sort());
      for (const { name, podLabels = {} } of declared) {
        expect({ name, pods: Object.keys(await readyPods(podLabels)).sort() }).toEqual({ name, pods: namesOf(name) });
      }
    });

    it.each([
      ['PodDisruptionBudget', 'postgres-pdb', ['postgres-pooler']],
      ['PodDisruptionBudget', 'redis-pdb', ['redis-nodes']],
      ['PodMonitor', 'postgres-instances-monitor', ['postgres-cluster']],
      ['PodMonitor', 'postgres-pooler-monitor', ['postgres-pooler']],
      ['PodMonitor', 'redis-monitor', ['redis-nodes']],
    ])('are selected by %s %s', async (kind, name, peers) => {
      const found = await list(selecting, kind, '--namespace', namespace);
      const matchLabels = found.find(({ metadata }) => metadata.name === name)?.spec.selector.matchLabels ?? {};
      expect(Object.keys(await readyPods(matchLabels)).sort()).toEqual(namesOf(...peers));
    });
  });

  describe('deleted by their manifests, the volumes of PostgreSQL among them', () => {
    const claims = ['postgres-cluster-1', 'postgres-cluster-2', 'postgres-cluster-3'];
    const present = async () => (await list(claim, 'pvc', '--namespace', namespace)).map(({ metadata }) => metadata);
    const deleteStores = () => kubectl('delete', '--wait=false', '-f', file('02-stores'));
    const remaining = async () =>
      (await kubectl('get', '--ignore-not-found', '--output=name', '-f', file('02-stores'))).split('\n').slice(0, -1);
    const untilRemain = (objects: readonly string[]) =>
      vi.waitFor(
        async () => {
          expect(await remaining()).toEqual(objects);
        },
        { timeout: 30_000, interval: 250 },
      );
    const postgres = 'cluster.postgresql.cnpg.io/postgres-cluster';

    it("leave PostgreSQL's Cluster waiting for a decision, and its volumes as they are", async () => {
      await createClaims(claims);
      await deleteStores();
      await untilRemain([postgres]);
      const [cluster] = await list(terminating, 'clusters.postgresql.cnpg.io', '--namespace', namespace);
      expect(cluster?.metadata.finalizers).toEqual([RETAIN_VOLUMES]);
      expect(cluster?.metadata.deletionTimestamp).toMatch(/^\d/);
      expect(await present()).toMatchObject(claims.map((name) => ({ name, ownerReferences: [{ kind: 'Cluster' }] })));
      expect((await present()).filter(({ deletionTimestamp }) => deletionTimestamp !== undefined)).toEqual([]);
    });

    it('keep the volumes where the Cluster is orphaned before it is let go', async () => {
      await kubectl('delete', postgres, '--namespace', namespace, '--cascade=orphan', '--wait=false');
      await releasePostgres();
      await untilRemain([]);
      expect(await present()).toEqual(claims.map((name) => ({ name, ownerReferences: [] })));
    });

    it('give up the volumes where the Cluster is let go', async () => {
      await kubectl('delete', 'pvc', '--namespace', namespace, ...claims);
      await apply();
      await createClaims(claims);
      await deleteStores();
      await untilRemain([postgres]);
      await releasePostgres();
      await vi.waitFor(
        async () => {
          expect(await present()).toEqual([]);
        },
        { timeout: 30_000, interval: 250 },
      );
    });
  });
});

const selecting = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
});

const terminating = z.object({
  metadata: z.object({ finalizers: z.array(z.string()), deletionTimestamp: z.string().optional() }),
});

const claim = z.object({
  metadata: z.object({
    name: z.string(),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.object({ kind: z.string() })).default([]),
  }),
});

/** The pods that operators make of production's stores, as the constructs declare them for policies and monitors to select. */
function declaredPods(): Peer[] {
  const app = autonomousOp(settingsOf('production'), { clusterSecretStore: 'any' });
  return (
    app.node
      .findChild('02-stores')
      .node.findAll()
      .filter(isWorkload)
      // Its pod is of a Deployment, which needs no operator.
      .filter((construct) => !(construct instanceof ElasticsearchExporter))
      .flatMap(({ pods }) => pods)
  );
}

function isWorkload(construct: IConstruct): construct is IConstruct & NetworkedWorkload {
  return 'pods' in construct && 'connections' in construct;
}
