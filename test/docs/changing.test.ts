import { writeFileSync } from 'node:fs';
import { applyPatch, parsePatch, StructuredPatch } from 'diff';
import { afterAll, describe, expect, test } from 'vitest';
import { parseManifests } from '../../src/manifests/read';
import { plain } from '../../src/manifests/value';
import { listAt, textAt, valueAt } from '../autonomous-op/production';
import { Project } from '../synth/project';
import { blocksOf, read } from './pages';

// The diffs of the page are applied to a copy of the program, which then synthesizes: the first alone, the others together.

const PAGE = 'docs/changing.md';
const titles = [...read(PAGE).matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);
const recipes = blocksOf(PAGE, 'diff').map((block, index) => [titles[index] ?? '', parsePatch(block)] as const);
const [, service = []] = recipes[0] ?? [];

const project = new Project();
afterAll(() => {
  project.remove();
});

function pathOf({ newFileName = '' }: StructuredPatch): string {
  return newFileName.replace('b/', '');
}

/** What a file is after a patch. */
function patched(patch: StructuredPatch, text = read): string {
  const after = applyPatch(patch.oldFileName === '/dev/null' ? '' : text(pathOf(patch)), patch);
  if (after === false) throw new Error(`${PAGE}: the diff of ${pathOf(patch)} does not apply: write it anew`);
  return after;
}

/** Runs in the copy with the sources of some patches, and takes them back. */
async function withPatches<T>(patches: readonly StructuredPatch[], run: () => Promise<T>): Promise<T> {
  const sources = patches.filter((patch) => pathOf(patch).startsWith('src/'));
  sources.forEach((patch) => {
    writeFileSync(
      project.path(pathOf(patch)),
      patched(patch, (path) => project.read(path)),
    );
  });
  try {
    return await run();
  } finally {
    sources.forEach((patch) => {
      writeFileSync(project.path(pathOf(patch)), read(pathOf(patch)));
    });
  }
}

/** The objects in a folder of the copy. */
function objectsIn(folder: string) {
  const files = [...project.files(folder)].map(([name, yaml]) => ({ name, yaml }));
  return [...parseManifests(files).objects.values()].map(({ kind, name, body }) => ({ kind, name, body: plain(body) }));
}

describe('docs/changing.md', { timeout: 120_000 }, () => {
  test('has a diff under each title', () => {
    expect(recipes.map(([title]) => title)).toEqual(['A service', 'A topic', 'A store', 'A setting', 'An alert']);
  });

  test.each(recipes)('%s: its diff applies', (_, patches) => {
    expect(patches.map((patch) => patched(patch))).not.toContain('');
  });

  test('the program synthesizes with a topic, a store, a setting and an alert more', async () => {
    const patches = recipes.slice(1).flatMap(([, each]) => each);
    expect(await withPatches(patches, () => project.app())).toMatchObject({ code: 0 });
  });

  test('a new service has all that a service has, after `npx cdk8s synth`', async () => {
    expect(await withPatches(service, () => project.synth())).toMatchObject({ code: 0 });
    const objects = objectsIn('dist');
    const bodyOf = (kind: string, name: string) =>
      objects.find((each) => each.kind === kind && each.name === name)?.body;
    const naming = (kind: string) =>
      objects
        .filter((each) => each.kind === kind && /\bbilling\b/.test(JSON.stringify(each.body)))
        .map(({ name }) => name);
    const own = objects.filter(({ name }) => /^billing\b/.test(name));
    expect(own.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      'Deployment billing',
      'HorizontalPodAutoscaler billing-hpa',
      'NetworkPolicy billing-network-policy',
      'PodDisruptionBudget billing-pdb',
      'Service billing',
      'ServiceAccount billing-sa',
      'ServiceMonitor billing-monitor',
    ]);
    const route = 'spec template spec containers gateway env SPRING_CLOUD_GATEWAY_ROUTES_4_URI value';
    expect(valueAt(bodyOf('Deployment', 'gateway'), route)).toBe('http://billing:8080');
    const others = ['gateway', 'kafka', 'postgres', 'autonomous-op-jaeger-collector', 'prometheus'];
    expect(naming('NetworkPolicy').sort()).toEqual(
      ['billing', ...others].map((name) => `${name}-network-policy`).sort(),
    );
    expect(naming('ConfigMap').sort()).toEqual([
      'grafana-dashboard-autoscaling',
      'grafana-dashboard-platform-overview',
      'grafana-dashboard-service-red-jvm',
    ]);
    const groups = listAt(bodyOf('PrometheusRule', 'autonomous-op-alerts'), 'spec groups');
    const rules = groups.flatMap((group) => listAt(group, 'rules')).map((rule) => textAt(rule, 'expr'));
    expect(rules.filter((expr) => expr.includes('absent(up{namespace="autonomous-op", app="billing"})'))).toHaveLength(
      1,
    );
    expect(rules.filter((expr) => /http_server_requests.*\|billing\|/.test(expr))).toHaveLength(22);
  });

  test('a new service has settings of its own in each environment', async () => {
    await withPatches(service, async () => {
      const fms = 'fms: { replicas: range(2, 3) },';
      const undo = project.edit('src/autonomous-op/environments.ts', fms, `${fms} billing: { replicas: range(1, 2) },`);
      await project.app({ AOP_ENV: 'staging' });
      undo();
    });
    const hpa = objectsIn('dist-staging').find(({ name }) => name === 'billing-hpa');
    expect(valueAt(hpa?.body, 'spec')).toMatchObject({ minReplicas: 1, maxReplicas: 2 });
  });

  test('a new service that nothing connects to is refused, as the page shows', async () => {
    const [entry] = service;
    const { code, stderr } = await withPatches(entry === undefined ? [] : [entry], () => project.app());
    expect(code).toBe(1);
    expect(stderr).toContain(blocksOf(PAGE, 'text')[0]);
  });
});
