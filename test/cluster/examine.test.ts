import { describe, expect, it } from 'vitest';
import { Cluster } from '../../src/cluster/cluster';
import { Commands } from '../../src/cluster/commands';
import { Needs, needsOf } from '../../src/cluster/needs';
import { KubeObject, ManifestSet, parseManifests } from '../../src/manifests/read';
import { secretsOf } from '../../src/manifests/secrets';
import {
  Answers,
  apiService,
  findings,
  FORBIDDEN,
  gpuNode,
  list,
  needs,
  needsOfEnvironment,
  podOf,
  podsWithout,
  problems,
  renderedFor,
  servedFor,
  storageClass,
  workers,
} from './ready-cluster';
import { standIns } from './stand-ins';

const METRICS = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';
const EXTERNAL = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io';
const NAMESPACE = '/api/v1/namespaces/autonomous-op';

const problem = (subject: string, value: unknown, ...remedy: readonly unknown[]) => ({
  verdict: 'problem',
  subject,
  value,
  remedy,
});
const warning = (subject: string, value: unknown, ...remedy: readonly unknown[]) => ({
  verdict: 'warning',
  subject,
  value,
  remedy,
});

const nodesWith = (...other: readonly unknown[]): Answers => ({ '/api/v1/nodes': list(...other) });

const podsWith = (name: string, change: (pod: ReturnType<typeof podOf>) => unknown): Answers => {
  const [changed] = standIns.filter((standIn) => standIn.name === name).map(podOf);
  return { '/api/v1/pods': list(...podsWithout(name), ...(changed === undefined ? [] : [change(changed)])) };
};

const image = (text: string) => (pod: ReturnType<typeof podOf>) => ({
  ...pod,
  spec: { ...pod.spec, containers: [{ image: text }] },
});

/** The namespace is there, with these quotas and limits. */
const applied = (different: Answers = {}): Answers => ({
  [NAMESPACE]: { metadata: { name: 'autonomous-op', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
  [`${NAMESPACE}/resourcequotas`]: list(),
  [`${NAMESPACE}/limitranges`]: list(),
  '/apis/batch/v1/namespaces/autonomous-op/jobs': list(),
  ...Object.fromEntries(
    secretsOf(needs.manifests).map(({ name, keys }) => [
      `${NAMESPACE}/secrets/${name}`,
      { data: Object.fromEntries(keys.map((key) => [key, ''])) },
    ]),
  ),
  ...different,
});

/** Production's manifests and another one. */
const withManifest = (yaml: string): Needs =>
  needsOf(parseManifests([...renderedFor('production'), { name: 'more.yaml', yaml }]), 'dist');

/** Production's manifests without some objects. */
const withoutObjects = (left: (object: KubeObject) => boolean): Needs =>
  needsOf(new ManifestSet([...needs.manifests.objects.values()].filter((object) => !left(object))), 'dist');

describe('a cluster that is ready', () => {
  it('has no problem', async () => {
    expect(await problems()).toEqual([]);
  });

  it('has none when the manifests are applied', async () => {
    expect(await problems(applied())).toEqual([]);
  });

  it('is looked at in each of these', async () => {
    expect((await findings()).map(({ subject, value }) => `${subject}: ${value}`)).toMatchInlineSnapshot(`
      [
        "Kubernetes: 1.27.16",
        "APIs of Kubernetes: apps/v1, autoscaling/v2, networking.k8s.io/v1, policy/v1, rbac.authorization.k8s.io/v1, v1",
        "KEDA: 2.11.2 in keda",
        "prometheus-operator: 0.71.2 in monitoring",
        "kube-state-metrics: 2.10.1 in kube-system",
        "Jaeger operator: 1.48.0 in observability",
        "Strimzi: 0.39.0 in strimzi",
        "CloudNativePG: 1.22.5 in cnpg-system",
        "redis-operator: 0.18.0 in ot-operators",
        "ECK: 2.11.1 in elastic-system",
        "ingress-nginx: 1.9.5 in ingress-nginx",
        "cert-manager: 1.13.3 in cert-manager",
        "DCGM exporter: 3.3.0 in gpu-operator",
        "kube-dns: k8s-app=kube-dns in kube-system",
        "metrics API: served by kube-system/metrics-server",
        "external metrics API: served by keda/keda-operator-metrics-apiserver",
        "IngressClass: nginx",
        "ClusterIssuer: letsencrypt",
        "StorageClass: gp3 (ebs.csi.aws.com, WaitForFirstConsumer)",
        "zones: 3 (zone-a, zone-b, zone-c) on 3 nodes",
        "gpu-node-01: 4 × Tesla-V100-SXM2-16GB, labelled and tainted",
        "gpu-node-02: 4 × Tesla-V100-SXM2-16GB, labelled and tainted",
        "room: cpu 25.4 to 38.4 of 95.9, memory 64.1Gi to 90.1Gi of 383.8Gi",
        "room on GPU nodes: cpu 4 to 12 of 63.9, memory 8Gi to 24Gi of 255.9Gi, nvidia.com/gpu 2 to 6 of 8",
        "namespace autonomous-op: not there yet; the manifests make it",
        "namespace autonomous-op-logging: not there yet; the manifests make it",
        "Secret autonomous-op-secrets: comes with 01-secrets.k8s.yaml",
        "Secret autonomous-op-jaeger-elasticsearch: comes with 01-secrets.k8s.yaml",
        "Secret autonomous-op-grafana: comes with 01-secrets.k8s.yaml",
        "Secret autonomous-op-object-storage: comes with 01-secrets.k8s.yaml",
        "Secret autonomous-op-postgres: comes with 01-secrets.k8s.yaml",
        "Secret autonomous-op-elasticsearch: comes with 01-secrets.k8s.yaml",
        "Secret alertmanager-config: comes with 04-observability.k8s.yaml",
        "Secret elasticsearch-roles: comes with 02-stores.k8s.yaml",
      ]
    `);
  });

  it('is looked at for other environments too', async () => {
    const subjects = (await findings({}, needsOfEnvironment('local'))).map(({ subject }) => subject);
    expect(subjects).toContain('KEDA');
    expect(subjects).not.toContain('Strimzi');
    expect(subjects).not.toContain('ECK');
  });
});

describe('a problem, and the command that fixes it', () => {
  it.each<[string, Answers, readonly unknown[]]>([
    [
      'an old Kubernetes',
      { '/version': { gitVersion: 'v1.26.9-eks-1234' } },
      [problem('Kubernetes', expect.stringContaining('1.26.9-eks-1234'), '# upgrade the cluster to 1.27 or later')],
    ],
    [
      'an API that is gone',
      { '/apis/autoscaling/v2': undefined, '/apis/autoscaling': { versions: [{ version: 'v1' }] } },
      [problem('APIs of Kubernetes', 'autoscaling/v2 is not served, only v1', 'kubectl --context test api-resources')],
    ],
    [
      'a missing definition',
      { '/apis/keda.sh/v1alpha1': { resources: [{ kind: 'ScaledObject', name: 'scaledobjects' }] } },
      [
        problem(
          'KEDA',
          'keda.sh/v1alpha1 has no TriggerAuthentication',
          expect.stringMatching(/^kubectl --context test apply --server-side -f .*keda-2\.11\.2\.yaml$/),
        ),
      ],
    ],
    [
      'an operator that is not there',
      { '/api/v1/pods': list(...podsWithout('elastic-operator-0')) },
      [
        problem(
          'ECK',
          'no pod control-plane=elastic-operator in the namespace elastic-system',
          expect.stringContaining('crds.yaml'),
          expect.stringContaining('operator.yaml'),
        ),
      ],
    ],
    [
      'an operator where the policies do not expect it',
      podsWith('redis-operator-0', (pod) => ({ ...pod, metadata: { ...pod.metadata, namespace: 'redis' } })),
      [
        problem(
          'redis-operator',
          'no pod name=redis-operator in the namespace ot-operators, where the policies expect it, but in redis',
          '# move it to ot-operators, or name redis where the manifests name ot-operators',
        ),
      ],
    ],
    [
      'an operator that is not ready',
      podsWith('jaeger-operator-0', (pod) => ({ ...pod, status: { phase: 'Pending' } })),
      [
        problem(
          'Jaeger operator',
          'observability/jaeger-operator-0 (name=jaeger-operator) is not ready',
          'kubectl --context test describe pods --namespace observability --selector name=jaeger-operator',
        ),
      ],
    ],
    [
      'a Strimzi that does not watch the namespace',
      podsWith('strimzi-cluster-operator-0', (pod) => ({
        ...pod,
        spec: {
          ...pod.spec,
          containers: [
            { image: 'strimzi/operator:0.39.0', env: [{ name: 'STRIMZI_NAMESPACE', value: 'shop,orders' }] },
          ],
        },
      })),
      [
        problem(
          'Strimzi',
          'it does not watch autonomous-op',
          'kubectl --context test apply -f dist/00-foundation.k8s.yaml',
          expect.stringMatching(/^helm upgrade .*'watchNamespaces=\{autonomous-op\}' --kube-context test$/),
        ),
      ],
    ],
    [
      'a KEDA whose metrics have other names',
      podsWith('keda-operator-0', image('registry.acme.com/mirror/keda:2.14.1')),
      [
        problem(
          'KEDA',
          '2.14.1 in keda, and the manifests use the metric names of 2.11',
          '# synthesize the manifests for KEDA 2.14.1 (kedaRelease), or install KEDA 2.11',
        ),
      ],
    ],
    [
      'a DNS without its label',
      { '/api/v1/pods': list(...podsWithout('coredns-0')) },
      [
        problem(
          'kube-dns',
          'no pod k8s-app=kube-dns in the namespace kube-system',
          '# label its pods k8s-app=kube-dns; there are:',
          'kubectl --context test get pods --namespace kube-system --show-labels',
        ),
      ],
    ],
    [
      'no metrics of CPU and memory',
      { [METRICS]: undefined },
      [
        problem(
          'metrics API',
          'there is no APIService v1beta1.metrics.k8s.io',
          expect.stringContaining('metrics-server'),
        ),
      ],
    ],
    [
      'a metrics-server that does not answer',
      { [METRICS]: apiService('kube-system', 'metrics-server', 'False', 'no endpoints') },
      [problem('metrics API', 'kube-system/metrics-server is not available: no endpoints', expect.any(String))],
    ],
    [
      'external metrics of somebody else',
      { [EXTERNAL]: apiService('datadog', 'cluster-agent') },
      [
        problem(
          'external metrics API',
          'served by datadog/cluster-agent, not from the namespace keda',
          expect.stringContaining('keda-2.11.2.yaml'),
        ),
      ],
    ],
    [
      'no ingress class',
      { '/apis/networking.k8s.io/v1/ingressclasses/nginx': undefined },
      [problem('IngressClass', 'there is no nginx', expect.stringContaining('ingress-nginx'))],
    ],
    [
      'no issuer',
      { '/apis/cert-manager.io/v1/clusterissuers/letsencrypt': undefined },
      [problem('ClusterIssuer', 'there is no letsencrypt', expect.stringMatching(/^echo '.*' \| kubectl/))],
    ],
    [
      'an issuer that is not ready',
      {
        '/apis/cert-manager.io/v1/clusterissuers/letsencrypt': {
          status: { conditions: [{ type: 'Ready', status: 'False', message: 'no account' }] },
        },
      },
      [
        problem(
          'ClusterIssuer',
          'letsencrypt is not ready: no account',
          'kubectl --context test describe clusterissuer letsencrypt',
        ),
      ],
    ],
    [
      'no default class of volumes',
      { '/apis/storage.k8s.io/v1/storageclasses': list(storageClass('gp2'), storageClass('gp3')) },
      [
        problem(
          'StorageClass',
          'no StorageClass is the default one of gp2, gp3',
          `kubectl --context test patch storageclass gp2 '--patch={"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}'`,
        ),
      ],
    ],
    [
      'a node without its zone',
      nodesWith(
        { ...workers[0], metadata: { name: 'worker-a', labels: {} } },
        ...workers.slice(1),
        gpuNode(1),
        gpuNode(2),
      ),
      [
        problem(
          'zones',
          'worker-a has no label topology.kubernetes.io/zone; pods that are spread over zones avoid it',
          'kubectl --context test label nodes worker-a topology.kubernetes.io/zone=ZONE',
        ),
      ],
    ],
    [
      'too few zones for Redis, whose leaders may not share one',
      nodesWith(workers[0], workers[1], gpuNode(1), gpuNode(2)),
      [
        problem(
          'zones',
          '2 (zone-a, zone-b) on 2 nodes, and RedisCluster redis needs 3',
          '# add nodes in 1 more zones',
        ),
      ],
    ],
    [
      'a GPU node too few',
      nodesWith(...workers, gpuNode(1)),
      [warning('room on GPU nodes', expect.stringContaining('nvidia.com/gpu 2 to 6 of 4'))],
    ],
    [
      'a GPU node without its taint',
      nodesWith(...workers, gpuNode(1), { ...gpuNode(2), spec: {} }),
      [
        problem(
          'gpu-node-02',
          'it is not tainted nvidia.com/gpu:NoSchedule',
          'aop nodes label --context test --apply gpu-node-02',
        ),
      ],
    ],
    [
      'a GPU node without its labels',
      nodesWith(...workers, gpuNode(1), { ...gpuNode(2), metadata: { name: 'gpu-node-02' } }),
      [
        problem(
          'gpu-node-02',
          'it is not labelled nvidia.com/gpu.present=true',
          'aop nodes label --context test --apply gpu-node-02',
        ),
        problem(
          'gpu-node-02',
          "it has no label nvidia.com/gpu.product, which NVIDIA's GPU feature discovery writes",
          'kubectl --context test label nodes gpu-node-02 nvidia.com/gpu.product=Tesla-V100-SXM2-16GB',
        ),
      ],
    ],
    [
      'no GPU node',
      nodesWith(...workers),
      [
        problem(
          'GPU nodes',
          'no node offers nvidia.com/gpu, which ml-service asks for',
          expect.stringMatching(/^# add GPU nodes/),
        ),
        problem(
          'room on GPU nodes',
          expect.stringContaining('no node has room for a pod of ml-service'),
          expect.anything(),
        ),
      ],
    ],
    [
      'a GPU node of another product',
      nodesWith(...workers, gpuNode(1), {
        ...gpuNode(2),
        metadata: {
          name: 'gpu-node-02',
          labels: { 'nvidia.com/gpu.present': 'true', 'nvidia.com/gpu.product': 'Tesla-K80' },
        },
      }),
      [warning('gpu-node-02', 'it has Tesla-K80, and the pods ask for Tesla-V100-SXM2-16GB or Tesla-T4')],
    ],
    [
      'a GPU node that offers none',
      nodesWith(...workers, gpuNode(1), {
        ...gpuNode(2),
        status: { ...gpuNode(2).status, allocatable: { cpu: '32', memory: '128Gi' } },
      }),
      [
        problem(
          'gpu-node-02',
          'it offers no nvidia.com/gpu',
          expect.stringMatching(/^# /),
          expect.stringMatching(/get pods/),
        ),
        warning('room on GPU nodes', expect.stringContaining('nvidia.com/gpu 2 to 6 of 4')),
      ],
    ],
    [
      'a GPU node that is cordoned',
      nodesWith(...workers, gpuNode(1), { ...gpuNode(2), spec: { ...gpuNode(2).spec, unschedulable: true } }),
      [
        problem('gpu-node-02', 'it is cordoned', 'kubectl --context test uncordon gpu-node-02'),
        warning('room on GPU nodes', expect.stringContaining('nvidia.com/gpu 2 to 6 of 4')),
      ],
    ],
    [
      'a namespace that is stricter than its pods',
      {
        '/api/v1/namespaces/autonomous-op-logging': {
          metadata: { name: 'autonomous-op-logging', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
        },
        '/api/v1/namespaces/autonomous-op-logging/resourcequotas': list(),
        '/api/v1/namespaces/autonomous-op-logging/limitranges': list(),
        '/apis/batch/v1/namespaces/autonomous-op-logging/jobs': list(),
      },
      [
        problem(
          'namespace autonomous-op-logging',
          'Pod Security is baseline, and the pods need privileged',
          'kubectl --context test label namespace autonomous-op-logging pod-security.kubernetes.io/enforce=privileged --overwrite',
        ),
      ],
    ],
    [
      'a namespace that is being deleted',
      applied({ [NAMESPACE]: { metadata: { name: 'autonomous-op', deletionTimestamp: '2026-11-24T00:00:00Z' } } }),
      [problem('namespace autonomous-op', expect.stringContaining('being deleted'), expect.any(String))],
    ],
    [
      'a quota below the most pods',
      applied({
        [`${NAMESPACE}/resourcequotas`]: list({
          metadata: { name: 'compute' },
          spec: { hard: { 'requests.nvidia.com/gpu': '4', 'requests.cpu': '100', pods: '200' } },
        }),
      }),
      [
        problem(
          'ResourceQuota compute',
          'too little for the most pods: requests.nvidia.com/gpu 6 of 4',
          `kubectl --context test patch resourcequota compute --namespace autonomous-op '--patch={"spec":{"hard":{"requests.nvidia.com/gpu":"6"}}}'`,
        ),
      ],
    ],
    [
      'a limit below that of a container',
      applied({
        [`${NAMESPACE}/limitranges`]: list({
          metadata: { name: 'bounds' },
          spec: { limits: [{ type: 'Pod' }, { type: 'Container', max: { memory: '6Gi' } }] },
        }),
      }),
      [
        problem(
          'LimitRange bounds',
          expect.stringMatching(/ has memory 8Gi in a Container, and its max is 6Gi$/),
          `kubectl --context test patch limitrange bounds --namespace autonomous-op --type=json '--patch=[{"op":"replace","path":"/spec/limits/1/max/memory","value":"8Gi"}]'`,
        ),
      ],
    ],
    [
      'a Secret without one of its keys',
      applied({ [`${NAMESPACE}/secrets/autonomous-op-grafana`]: { data: { 'admin-user': '' } } }),
      [
        problem(
          'Secret autonomous-op-grafana',
          'lacks admin-password',
          'kubectl --context test apply -f dist/00-foundation.k8s.yaml -f dist/01-secrets.k8s.yaml',
        ),
      ],
    ],
    [
      'a Secret that is not there',
      applied({ [`${NAMESPACE}/secrets/autonomous-op-object-storage`]: undefined }),
      [
        problem(
          'Secret autonomous-op-object-storage',
          'is not in autonomous-op',
          'kubectl --context test apply -f dist/00-foundation.k8s.yaml -f dist/01-secrets.k8s.yaml',
        ),
      ],
    ],
    [
      'scalers that can not scale',
      applied({
        '/apis/keda.sh/v1alpha1/namespaces/autonomous-op/scaledobjects/autonomous-op-keda': {
          status: { conditions: [{ type: 'Ready', status: 'False', message: 'no key spring.kafka.password' }] },
        },
        '/apis/autoscaling/v2/namespaces/autonomous-op/horizontalpodautoscalers/fms-hpa': {
          status: { conditions: [{ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' }] },
        },
      }),
      [
        problem(
          'ScaledObject',
          'autonomous-op-keda: no key spring.kafka.password',
          'kubectl --context test describe scaledobjects autonomous-op-keda --namespace autonomous-op',
        ),
        problem(
          'HorizontalPodAutoscaler',
          'fms-hpa: FailedGetResourceMetric',
          'kubectl --context test describe horizontalpodautoscalers fms-hpa --namespace autonomous-op',
        ),
      ],
    ],
  ])('%s', async (_, different, expected) => {
    expect(await problems(different)).toEqual(expected);
  });

  it('is a named class of volumes that is not there', async () => {
    const claim = 'spec: { storageClassName: fast }';
    const more = withManifest(
      `{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: data, namespace: autonomous-op }, ${claim} }`,
    );
    expect(await problems(servedFor([...more.manifests.objects.values()]), more)).toEqual([
      problem('StorageClass', 'there is no StorageClass fast', expect.stringContaining('gp3')),
    ]);
  });

  it('is a store of secrets that is not there, and an operator that would fetch them', async () => {
    const external = needsOfEnvironment('production', { clusterSecretStore: 'vault' });
    expect(await problems({}, external)).toEqual([
      problem('External Secrets', 'external-secrets.io/v1 is not served', expect.stringMatching(/^helm upgrade /)),
      problem('ClusterSecretStore', 'there is no vault', expect.stringMatching(/^# create the store/)),
    ]);
  });

  it('is a Secret that nobody makes, whose command holds no value', async () => {
    const without = withoutObjects(({ name }) => name === 'autonomous-op-grafana');
    expect(await problems({}, without)).toEqual([
      problem(
        'Secret autonomous-op-grafana',
        'is not in autonomous-op, and no file here makes it',
        '# synthesize the manifests again if a file that git ignores makes it, or else create it:',
        'kubectl --context test create secret generic autonomous-op-grafana --namespace autonomous-op --from-file=admin-password --from-file=admin-user',
      ),
    ]);
  });

  it('is a namespace that nobody makes', async () => {
    const without = withoutObjects(({ kind, name }) => kind === 'Namespace' && name === 'autonomous-op-logging');
    expect(await problems({}, without)).toEqual([
      problem(
        'namespace autonomous-op-logging',
        'is not there, and no file here makes it',
        'kubectl --context test create namespace autonomous-op-logging',
      ),
    ]);
  });
});

describe('the room', () => {
  const small = (cpu: string) =>
    workers.map((worker) => ({ ...worker, status: { ...worker.status, allocatable: { cpu, memory: '128Gi' } } }));

  it('is a problem if the fewest pods have none', async () => {
    expect(await problems(nodesWith(...small('8'), gpuNode(1), gpuNode(2)))).toEqual([
      problem(
        'room',
        expect.stringMatching(/^too little for the fewest pods: cpu 25\.4 to 38\.4 of 23\.\d/),
        expect.stringMatching(/^# add nodes with cpu \d/),
      ),
    ]);
  });

  it('is a warning if the most pods have none', async () => {
    expect(await problems(nodesWith(...small('10'), gpuNode(1), gpuNode(2)))).toEqual([
      warning('room', expect.stringMatching(/^enough for the fewest pods, too little for the most/)),
    ]);
  });

  it('is a problem if no node takes a pod, whatever they have together', async () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      const [worker] = small('900m').slice(index % 3);
      return { ...worker, metadata: { ...worker?.metadata, name: `small-${index}` } };
    });
    expect(await problems(nodesWith(...many, gpuNode(1), gpuNode(2)))).toEqual([
      problem(
        'room',
        expect.stringMatching(/^no node has room for a pod of /),
        expect.stringMatching(/^# add a node with cpu /),
      ),
    ]);
  });

  it('is what other pods leave, and those of the manifests do not count', async () => {
    const hungry = (namespace: string) => ({
      ...podOf({ namespace, name: 'hungry', labels: {}, image: 'acme/hungry:1' }),
      spec: { nodeName: 'worker-a', containers: [{ resources: { requests: { cpu: '30' } } }] },
    });
    const seen = async (pod: unknown) =>
      (await findings({ '/api/v1/pods': list(...podsWithout(), pod) })).find(({ subject }) => subject === 'room')
        ?.value;
    expect(await seen(hungry('shop'))).toContain('of 65.9');
    expect(await seen(hungry('autonomous-op'))).toContain('of 95.9');
  });
});

describe('a warning', () => {
  it('is said with the words of the API server, and the rest is looked at', async () => {
    const seen = await problems({ '/api/v1/nodes': FORBIDDEN });
    expect(seen).toEqual(
      ['zones', 'GPU nodes', 'room'].map((subject) => warning(subject, 'User "viewer" cannot get /api/v1/nodes')),
    );
  });

  it('is the work of a release that has not been tried', async () => {
    expect(
      await problems(podsWith('cnpg-controller-manager-0', image('cloudnative-pg/cloudnative-pg:1.25.0'))),
    ).toEqual([
      warning(
        'CloudNativePG',
        '1.25.0 in cnpg-system; the constructs are written for 1.22, and this one has not been tried',
      ),
    ]);
  });

  it('is a newer KEDA that the manifests are written for, and nobody has tried', async () => {
    const newer = podsWith('keda-operator-0', image('ghcr.io/kedacore/keda:2.14.0'));
    const renamed = renderedFor('production').map(({ name, yaml }) => ({
      name,
      yaml: yaml.replace(/name: (s\d-prometheus)-.*/g, 'name: $1'),
    }));
    expect(await problems(newer, needsOf(parseManifests(renamed), 'dist'))).toEqual([
      warning('KEDA', '2.14.0 in keda; the constructs are written for 2.11, and this one has not been tried'),
    ]);
  });

  it('is a release whose image is a digest', async () => {
    const digest = `acme/operator@sha256:${'0'.repeat(64)}`;
    expect(await problems(podsWith('strimzi-cluster-operator-0', image(digest)))).toEqual([
      warning('Strimzi', "runs in strimzi; its release can't be read from its image or labels"),
    ]);
  });

  it('is a client in another namespace that the policies name, and that is not there yet', async () => {
    const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: from-shop, namespace: autonomous-op }
spec:
  podSelector: { matchLabels: { app: gateway } }
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }, podSelector: { matchLabels: { app: web } } }] }]
`;
    expect(await problems({}, withManifest(policy))).toEqual([
      warning(
        'web',
        'no pod app=web in the namespace shop; the policies name it',
        expect.anything(),
        expect.anything(),
      ),
    ]);
  });

  it('is that volumes are made before their pods', async () => {
    const immediate = {
      ...storageClass('gp3', { 'storageclass.kubernetes.io/is-default-class': 'true' }),
      volumeBindingMode: 'Immediate',
    };
    expect(await problems({ '/apis/storage.k8s.io/v1/storageclasses': list(immediate) })).toEqual([
      warning('StorageClass', expect.stringContaining('WaitForFirstConsumer')),
    ]);
  });

  it('is an answer that Kubernetes does not give', async () => {
    expect(await problems({ '/version': { release: '1.27' } })).toEqual([
      warning('Kubernetes', expect.stringContaining('/version has an unexpected form')),
    ]);
  });
});

it('reads long collections page by page, and everything once', async () => {
  const asked: string[] = [];
  const pages: Answers = {
    '/api/v1/nodes?limit=500': { items: workers, metadata: { continue: 'a/b' } },
    '/api/v1/nodes?limit=500&continue=a%2Fb': list(gpuNode(1)),
  };
  const cluster = new Cluster(
    {
      get: (path) => {
        asked.push(path);
        return Promise.resolve(pages[path]);
      },
      patch: () => Promise.reject(new Error('nothing is changed')),
    },
    new Commands({}),
  );
  const names = (await cluster.nodes()).map(({ metadata }) => metadata.name);
  expect(names).toEqual(['worker-a', 'worker-b', 'worker-c', 'gpu-node-01']);
  await cluster.nodes();
  expect(asked).toEqual(Object.keys(pages));
});
