import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { kubectl, noCluster, pods, remove, synthesize, tryKubectl } from '../kubernetes/kubectl';

describe.skipIf(noCluster)('the strict validation of the API server', () => {
  // Those of production and local are applied in other tests.
  it('accepts everything of staging, on the definitions of the operators', async () => {
    const folder = await synthesize('staging');
    try {
      await kubectl('apply', '-f', join(folder, '00-foundation.k8s.yaml'));
      const { code, stderr } = await tryKubectl(['apply', '--dry-run=server', '--validate=strict', '-f', folder]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    } finally {
      await remove(folder);
    }
  });
});

// Their charts are in a namespace each, which they expect to be there.
describe.skipIf(noCluster)('the strict validation of the API server, for the projects in examples/', () => {
  const examples = join(__dirname, '../../../examples');
  const projects = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'dist')));

  it.each(projects)('accepts everything of %s', async (project) => {
    const dist = join(examples, project, 'dist');
    const manifests = readdirSync(dist).flatMap((file) => parseAllDocuments(readFileSync(join(dist, file), 'utf8')));
    const [namespace = '', ...others] = new Set(manifests.flatMap((manifest) => namespaceOf.parse(manifest.toJS())));
    expect(others).toEqual([]);
    await kubectl('create', 'namespace', namespace);
    try {
      const { code, stderr } = await tryKubectl(['apply', '--dry-run=server', '--validate=strict', '-f', dist]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    } finally {
      await kubectl('delete', 'namespace', namespace, '--timeout=120s');
    }
  });
});

const namespaceOf = z
  .object({ metadata: z.object({ namespace: z.string().optional() }) })
  .transform(({ metadata }) => metadata.namespace ?? []);

// The document's manifests to the letter, as far as they show on a cluster without operators why they are corrected.
describe.skipIf(noCluster)('the document to the letter', () => {
  const scratch = 'autonomous-op-document';
  const apply = (manifest: string, ...flags: string[]) =>
    tryKubectl(['apply', '--namespace', scratch, ...flags, '-f', '-'], manifest);
  const dryRun = (manifest: string) => apply(manifest, '--dry-run=server', '--validate=strict');

  beforeAll(() => kubectl('create', 'namespace', scratch));
  afterAll(() => kubectl('delete', 'namespace', scratch, '--timeout=120s'));

  it('is rejected for tolerations beside the pod template (D4)', async () => {
    const { code, stderr } = await dryRun(mlService({ tolerations: 'spec' }));
    expect(stderr).toContain('unknown field "spec.tolerations"');
    expect(code).toBe(1);
    expect(await dryRun(mlService({ tolerations: 'template' }))).toMatchObject({ code: 0, stderr: '' });
  });

  it('leaves the ML pods pending where that is not rejected (D4)', async () => {
    expect(await apply(mlService({ tolerations: 'spec' }), '--validate=ignore')).toMatchObject({ code: 0 });
    await vi.waitFor(
      async () => {
        const [pod] = await pods(scratch, '--selector=app=ml-service');
        expect(pod?.status.phase).toBe('Pending');
        expect(pod?.status.conditions[0]?.message).toContain('untolerated taint {nvidia.com/gpu');
      },
      { timeout: 30_000, interval: 250 },
    );
  });

  it("is rejected for Jaeger's sampler (D5)", async () => {
    const { code, stderr } = await dryRun(jaeger('sampler: { type: probabilistic, param: 0.1 }'));
    expect(stderr).toContain('unknown field "spec.sampler"');
    expect(code).toBe(1);
    const sampling = 'sampling: { options: { default_strategy: { type: probabilistic, param: 0.1 } } }';
    expect(await dryRun(jaeger(sampling))).toMatchObject({ code: 0, stderr: '' });
  });

  it('is rejected for secrets that are not base64 (D12)', async () => {
    const { code, stderr } = await dryRun(secret('<base64 encoded>'));
    expect(stderr).toContain('illegal base64 data');
    expect(code).toBe(1);
    expect(await dryRun(secret('YXV0b25vbW91cw=='))).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes a scaled Deployment back to the replicas it names (D18)', async () => {
    const named = deployment('replicas: 3');
    await apply(named);
    await kubectl('scale', 'deployment/autonomous-op', '--namespace', scratch, '--replicas=7');
    await apply(named);
    expect(
      await kubectl('get', 'deployment/autonomous-op', '--namespace', scratch, '--output=jsonpath={.spec.replicas}'),
    ).toBe('3');
  });
});

const deployment = (replicas: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: autonomous-op }
spec:
  ${replicas}
  selector: { matchLabels: { app: autonomous-op } }
  template:
    metadata: { labels: { app: autonomous-op } }
    spec:
      containers: [{ name: autonomous-op, image: 'nodeorb/autonomous-op:1.0.0' }]
`;

const tolerations = 'tolerations: [{ key: nvidia.com/gpu, operator: Exists, effect: NoSchedule }]';

const mlService = (at: { tolerations: 'spec' | 'template' }) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ml-service }
spec:
  selector: { matchLabels: { app: ml-service } }
  template:
    metadata: { labels: { app: ml-service } }
    spec:
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions: [{ key: nvidia.com/gpu.present, operator: In, values: ['true'] }]
      containers: [{ name: ml-service, image: 'nodeorb/ml-service:1.0.0' }]
      ${at.tolerations === 'template' ? tolerations : ''}
  ${at.tolerations === 'spec' ? tolerations : ''}
`;

const jaeger = (sampling: string) => `
apiVersion: jaegertracing.io/v1
kind: Jaeger
metadata: { name: autonomous-op-jaeger }
spec:
  strategy: production
  ${sampling}
`;

const secret = (value: string) => `
apiVersion: v1
kind: Secret
metadata: { name: autonomous-op-secrets }
type: Opaque
data:
  spring.datasource.url: ${value}
`;
