import { expect, test } from 'vitest';
import { sum, times } from '../../src/manifests/quantities';
import { parseManifests } from '../../src/manifests/read';
import { Workload, workloadsOf } from '../../src/manifests/workloads';
import { synthesize } from '../autonomous-op/production';
import { plain, tableOf } from './pages';

// The environment `local` as a laptop's one node has to take it.

const MIB = 2 ** 20;

/** The sidecar that the Prometheus operator 0.71 adds to each Prometheus and Alertmanager, by its defaults. */
const reloader = { cpu: 0.01, memory: 50 * MIB };

const workloads = workloadsOf(parseManifests(synthesize('local').files));

/** What all pods ask for together. */
function asked(count: (pods: Exclude<Workload['pods'], string>) => number): { cpu: number; memory: number } {
  const all = workloads.flatMap(({ kind, pods, requests }) => {
    const pod = ['Prometheus', 'Alertmanager'].includes(kind) ? sum([requests, reloader]) : requests;
    return [times(pods === 'every node' ? 1 : count(pods), pod)];
  });
  const { cpu = NaN, memory = NaN } = sum(all);
  return { cpu: Math.round(cpu * 1000), memory: Math.round(memory / MIB) };
}

const rows = tableOf('docs/environments.md', 'Pods').map(([pods = '', cpu = '', memory = '']) => ({
  pods: plain(pods),
  cpu: Number(/^(\d+)m$/.exec(plain(cpu))?.[1]),
  memory: Number(/^(\d+) MiB$/.exec(plain(memory))?.[1]),
}));

test('every container of local says what it asks for', () => {
  const silent = workloads.flatMap(({ name, containers }) =>
    containers.filter(({ requests: { cpu, memory } }) => cpu === undefined || memory === undefined).map(() => name),
  );
  expect(silent, 'but the sidecars of their operator').toEqual(['alertmanager', 'prometheus']);
  expect(workloads.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['gateway', 'kafka', 'prometheus', 'grafana', 'autonomous-op-jaeger all-in-one']),
  );
});

test('docs/environments.md says what the pods of local ask for', () => {
  expect(rows.slice(0, 2).map(({ cpu, memory }) => ({ cpu, memory }))).toEqual([
    asked(({ min }) => min),
    asked(({ max }) => max),
  ]);
});

test('local fits one node of 2 CPUs and 8 GiB, beside what else runs on it', () => {
  const [least, , ...others] = rows;
  const all = [least, ...others];
  expect(all).toHaveLength(3);
  const total = (resource: 'cpu' | 'memory') => all.reduce((up, row) => up + (row?.[resource] ?? NaN), 0);
  expect(total('cpu')).toBeLessThanOrEqual(2000);
  expect(total('memory')).toBeLessThanOrEqual(8 * 1024);
});
