import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { effectsOf, replaced } from '../../diff/reported';
import { kubectl, noCluster, tryKubectl } from '../kubernetes/kubectl';

/* What `aop diff` calls immutable is what this API server refuses, and nothing else. */

const scratch = 'autonomous-op-immutable';

const metadata = `metadata: { name: immutable, namespace: ${scratch} }`;
const clusterMetadata = 'metadata: { name: autonomous-op-immutable }';
const template =
  "{ metadata: { labels: { app: a, tier: b } }, spec: { restartPolicy: POLICY, containers: [{ name: a, image: 'a:1' }] } }";
const running = template.replace('POLICY', 'Always');
const finishing = template.replace('POLICY', 'Never');
const claim = '{ accessModes: [ReadWriteOnce], resources: { requests: { storage: 2Gi } } }';

const deployment = `{ apiVersion: apps/v1, kind: Deployment, ${metadata}, spec: { replicas: 0, selector: { matchLabels: { app: a } }, template: ${running} } }`;
const daemonSet = `{ apiVersion: apps/v1, kind: DaemonSet, ${metadata}, spec: { minReadySeconds: 1, selector: { matchLabels: { app: a } }, template: ${running} } }`;
const statefulSet = `{ apiVersion: apps/v1, kind: StatefulSet, ${metadata}, spec: { replicas: 0, minReadySeconds: 1, serviceName: a, podManagementPolicy: OrderedReady, revisionHistoryLimit: 10,
  updateStrategy: { type: RollingUpdate }, persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }, selector: { matchLabels: { app: a } },
  template: ${running}, volumeClaimTemplates: [{ metadata: { name: data }, spec: ${claim} }] } }`;
const job = `{ apiVersion: batch/v1, kind: Job, ${metadata}, spec: { parallelism: 0, completions: 2, completionMode: NonIndexed, backoffLimit: 1, template: ${finishing} } }`;
const service = `{ apiVersion: v1, kind: Service, ${metadata}, spec: { type: ClusterIP, clusterIP: None, selector: { app: a }, ports: [{ port: 80 }] } }`;
const addressed = service.replace('clusterIP: None, ', '');
const persistentVolumeClaim = `{ apiVersion: v1, kind: PersistentVolumeClaim, ${metadata}, spec: { storageClassName: a, ${claim.slice(1)} }`;
const persistentVolume = `{ apiVersion: v1, kind: PersistentVolume, ${clusterMetadata}, spec: { accessModes: [ReadWriteOnce], capacity: { storage: 1Gi }, hostPath: { path: /a }, volumeMode: Filesystem, persistentVolumeReclaimPolicy: Retain, storageClassName: a } }`;
const secret = `{ apiVersion: v1, kind: Secret, ${metadata}, type: Opaque, stringData: { a: b } }`;
const frozenSecret = `{ apiVersion: v1, kind: Secret, ${metadata}, immutable: true, data: { a: YQ== } }`;
const configMap = `{ apiVersion: v1, kind: ConfigMap, ${metadata}, data: { a: b } }`;
const frozenConfigMap = `{ apiVersion: v1, kind: ConfigMap, ${metadata}, immutable: true, data: { a: b } }`;
const role = 'apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view';
const subjects = `subjects: [{ kind: ServiceAccount, name: a, namespace: ${scratch} }]`;
const roleBinding = `{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, ${metadata}, roleRef: { ${role} }, ${subjects} }`;
const clusterRoleBinding = `{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, ${clusterMetadata}, roleRef: { ${role} }, ${subjects} }`;
const storageClass = `{ apiVersion: storage.k8s.io/v1, kind: StorageClass, ${clusterMetadata}, provisioner: example.com/a, parameters: { a: b }, reclaimPolicy: Delete, volumeBindingMode: Immediate, allowVolumeExpansion: false }`;
const priorityClass = `{ apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, ${clusterMetadata}, value: 10, preemptionPolicy: PreemptLowerPriority, description: a }`;
const ingressClass = `{ apiVersion: networking.k8s.io/v1, kind: IngressClass, ${clusterMetadata}, spec: { controller: example.com/a } }`;
const disruptionBudget = `{ apiVersion: policy/v1, kind: PodDisruptionBudget, ${metadata}, spec: { maxUnavailable: 1, selector: { matchLabels: { app: a } } } }`;

/** An object, what is replaced in it, and by what. */
type Edit = readonly [manifest: string, text: string, replacement: string];

const refused: readonly Edit[] = [
  [deployment, 'matchLabels: { app: a }', 'matchLabels: { app: a, tier: b }'],
  [daemonSet, 'matchLabels: { app: a }', 'matchLabels: { app: a, tier: b }'],
  [statefulSet, 'matchLabels: { app: a }', 'matchLabels: { app: a, tier: b }'],
  [statefulSet, 'serviceName: a', 'serviceName: b'],
  [statefulSet, 'OrderedReady', 'Parallel'],
  [statefulSet, 'revisionHistoryLimit: 10', 'revisionHistoryLimit: 5'],
  [statefulSet, '2Gi', '3Gi'],
  [job, 'a:1', 'a:2'],
  [job, 'completions: 2', 'completions: 3'],
  [job, 'NonIndexed', 'Indexed'],
  [
    job,
    'backoffLimit: 1',
    'backoffLimit: 1, podFailurePolicy: { rules: [{ action: Ignore, onPodConditions: [{ type: DisruptionTarget, status: "True" }] }] }',
  ],
  [service, 'clusterIP: None', 'clusterIP: 10.0.77.77'],
  [addressed, 'type: ClusterIP', 'type: ClusterIP, clusterIP: None'],
  [persistentVolumeClaim, 'storageClassName: a', 'storageClassName: b'],
  [persistentVolumeClaim, 'ReadWriteOnce', 'ReadWriteMany'],
  [persistentVolumeClaim, '2Gi', '1Gi'],
  [persistentVolumeClaim, 'storageClassName: a', 'storageClassName: a, volumeMode: Block'],
  [persistentVolume, 'path: /a', 'path: /b'],
  [persistentVolume, 'Filesystem', 'Block'],
  [secret, 'Opaque', 'example.com/other'],
  [frozenSecret, 'YQ==', 'Yg=='],
  [frozenSecret, 'immutable: true', 'immutable: false'],
  [frozenConfigMap, 'a: b', 'a: c'],
  [frozenConfigMap, 'a: b', 'a: b, c: d'],
  [roleBinding, 'name: view', 'name: edit'],
  [clusterRoleBinding, 'name: view', 'name: edit'],
  [storageClass, 'example.com/a', 'example.com/b'],
  [storageClass, 'a: b', 'a: c'],
  [storageClass, 'Delete', 'Retain'],
  [storageClass, 'Immediate', 'WaitForFirstConsumer'],
  [priorityClass, 'value: 10', 'value: 11'],
  [priorityClass, 'PreemptLowerPriority', 'Never'],
  [ingressClass, 'example.com/a', 'example.com/b'],
];

const accepted: readonly Edit[] = [
  [deployment, 'a:1', 'a:2'],
  [deployment, 'replicas: 0', 'replicas: 0, strategy: { type: Recreate }'],
  [daemonSet, 'minReadySeconds: 1', 'minReadySeconds: 2'],
  [statefulSet, 'a:1', 'a:2'],
  [statefulSet, 'minReadySeconds: 1', 'minReadySeconds: 2'],
  [statefulSet, 'RollingUpdate', 'OnDelete'],
  [statefulSet, 'whenDeleted: Retain', 'whenDeleted: Delete'],
  [statefulSet, 'replicas: 0', 'replicas: 0, ordinals: { start: 1 }'],
  [statefulSet, 'podManagementPolicy: OrderedReady, revisionHistoryLimit: 10,', ''],
  [job, 'backoffLimit: 1', 'backoffLimit: 2'],
  [job, 'completionMode: NonIndexed, ', ''],
  [
    job.replace('NonIndexed', 'Indexed').replace('parallelism: 0', 'parallelism: 2'),
    'parallelism: 2, completions: 2',
    'parallelism: 3, completions: 3',
  ],
  [service, 'clusterIP: None, ', ''],
  [service, 'port: 80', 'port: 81'],
  [persistentVolume, 'Retain', 'Delete'],
  [persistentVolume, '1Gi', '2Gi'],
  [secret, 'a: b', 'a: c'],
  [secret, 'type: Opaque, ', ''],
  [configMap, ', data:', ', immutable: true, data:'],
  [roleBinding, 'name: a,', 'name: b,'],
  [storageClass, 'allowVolumeExpansion: false', 'allowVolumeExpansion: true'],
  [storageClass, 'reclaimPolicy: Delete, volumeBindingMode: Immediate, ', ''],
  [priorityClass, 'description: a', 'description: b'],
  [priorityClass, 'preemptionPolicy: PreemptLowerPriority, ', ''],
  [disruptionBudget, 'app: a', 'app: b'],
];

const named = (edits: readonly Edit[]) =>
  edits.map(([manifest, text, replacement]) => ({
    kind: /kind: (\w+)/.exec(manifest)?.[1] ?? '',
    manifest,
    text,
    replacement,
  }));

describe.skipIf(noCluster)('of an object in the cluster', () => {
  beforeAll(() => kubectl('create', 'namespace', scratch));
  afterAll(() => kubectl('delete', 'namespace', scratch, '--timeout=120s'));

  /** Makes the object, tries the edit on it without keeping it, and takes the object away again. */
  async function tryEdit(before: string, after: string) {
    const [manifest, edited] = [before, after].map((yaml) => JSON.stringify(parse(yaml, { version: '1.1' })));
    expect(await tryKubectl(['apply', '-f', '-'], manifest)).toMatchObject({ code: 0, stderr: '' });
    try {
      return await tryKubectl(['apply', '--dry-run=server', '-f', '-'], edited);
    } finally {
      await tryKubectl(['delete', '--wait', '--timeout=60s', '-f', '-'], manifest);
    }
  }

  const immutable = (before: string, after: string) =>
    effectsOf(before, after).filter((effect) => effect.startsWith('replaces an immutable field'));

  it.each(named(refused))(
    '$kind, $text can not become $replacement, and aop diff says so',
    async ({ manifest, text, replacement }) => {
      const edited = replaced(manifest, text, replacement);
      expect(immutable(manifest, edited)).toHaveLength(1);
      const { code, stderr } = await tryEdit(manifest, edited);
      expect(stderr).toMatch(/is invalid|is forbidden/);
      expect(code).toBe(1);
    },
  );

  it.each(named(accepted))(
    '$kind, $text can become $replacement, and aop diff does not say otherwise',
    async ({ manifest, text, replacement }) => {
      const edited = replaced(manifest, text, replacement);
      expect(immutable(manifest, edited)).toEqual([]);
      expect(await tryEdit(manifest, edited)).toMatchObject({ code: 0 });
    },
  );
});
