import { describe, expect, it } from 'vitest';
import { Cluster } from '../../src/cluster/cluster';
import { Commands } from '../../src/cluster/commands';
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
  storageClass,
  workers,
} from './ready-cluster';
import { standIns } from './stand-ins';

const METRICS = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';
const EXTERNAL = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io';
const NAMESPACE = '/api/v1/namespaces/autonomous-op';

const wrong = (subject: string, value: unknown, ...remedy: readonly unknown[]) => ({
  verdict: 'wrong',
  subject,
  value,
  remedy,
});
const unknown = (subject: string, value: unknown, ...remedy: readonly unknown[]) => ({
  verdict: 'unknown',
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
  ...Object.fromEntries(
    needs.objects
      .filter(({ kind }) => kind === 'Secret')
      .map(({ metadata, data }) => [`${NAMESPACE}/secrets/${metadata.name}`, { data }]),
  ),
  ...different,
});

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
        "CloudNativePG: 1.22.1 in cnpg-system",
        "redis-operator: 0.18.0 in ot-operators",
        "ECK: 2.11.0 in elastic-system",
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
    expect(subjects).not.toContain('gpu-node-02');
  });
});

describe('what is wrong, and the command that mends it', () => {
  it.each<[string, Answers, readonly unknown[]]>([
    [
      'an old Kubernetes',
      { '/version': { gitVersion: 'v1.26.9-eks-1234' } },
      [wrong('Kubernetes', expect.stringContaining('1.26.9-eks-1234'), '# upgrade the cluster to 1.27 or later')],
    ],
    [
      'an API that is gone',
      { '/apis/autoscaling/v2': undefined, '/apis/autoscaling': { versions: [{ version: 'v1' }] } },
      [wrong('APIs of Kubernetes', 'autoscaling/v2 is not served, only v1', 'kubectl --context test api-resources')],
    ],
    [
      'a missing definition',
      { '/apis/keda.sh/v1alpha1': { resources: [{ kind: 'ScaledObject', name: 'scaledobjects' }] } },
      [
        wrong(
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
        wrong(
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
        wrong(
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
        wrong(
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
        wrong(
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
        wrong(
          'KEDA',
          '2.14.1 in keda, and the manifests use the metric names of 2.11',
          "# set kedaRelease to '2.12' in the settings, then: npx cdk8s synth",
        ),
      ],
    ],
    [
      'a DNS without its label',
      { '/api/v1/pods': list(...podsWithout('coredns-0')) },
      [
        wrong(
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
        wrong(
          'metrics API',
          'there is no APIService v1beta1.metrics.k8s.io',
          expect.stringContaining('metrics-server'),
        ),
      ],
    ],
    [
      'a metrics-server that does not answer',
      { [METRICS]: apiService('kube-system', 'metrics-server', 'False', 'no endpoints') },
      [wrong('metrics API', 'kube-system/metrics-server is not available: no endpoints', expect.any(String))],
    ],
    [
      'external metrics of somebody else',
      { [EXTERNAL]: apiService('datadog', 'cluster-agent') },
      [
        wrong(
          'external metrics API',
          'served by datadog/cluster-agent, not from the namespace keda',
          expect.stringContaining('keda-2.11.2.yaml'),
        ),
      ],
    ],
    [
      'no ingress class',
      { '/apis/networking.k8s.io/v1/ingressclasses/nginx': undefined },
      [wrong('IngressClass', 'there is none called nginx', expect.stringContaining('ingress-nginx'))],
    ],
    [
      'no issuer',
      { '/apis/cert-manager.io/v1/clusterissuers/letsencrypt': undefined },
      [wrong('ClusterIssuer', 'there is none called letsencrypt', expect.stringMatching(/^echo '.*' \| kubectl/))],
    ],
    [
      'an issuer that is not ready',
      {
        '/apis/cert-manager.io/v1/clusterissuers/letsencrypt': {
          status: { conditions: [{ type: 'Ready', status: 'False', message: 'no account' }] },
        },
      },
      [
        wrong(
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
        wrong(
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
        wrong(
          'zones',
          'worker-a has no label topology.kubernetes.io/zone; pods that are spread over zones avoid it',
          'kubectl --context test label nodes worker-a topology.kubernetes.io/zone=ZONE',
        ),
      ],
    ],
    [
      'too few zones for Redis, whose leaders may not share one',
      nodesWith(workers[0], workers[1], gpuNode(1), gpuNode(2)),
      [wrong('zones', '2 (zone-a, zone-b) on 2 nodes, and RedisCluster redis needs 3', '# add nodes in 1 more zones')],
    ],
    [
      'a GPU node that is not there',
      nodesWith(...workers, gpuNode(1)),
      [
        wrong('gpu-node-02', 'there is no such node', '# add it, or change gpuNodes in the settings'),
        unknown('room on GPU nodes', expect.stringContaining('nvidia.com/gpu 2 to 6 of 4')),
      ],
    ],
    [
      'a GPU node without its taint',
      nodesWith(...workers, gpuNode(1), { ...gpuNode(2), spec: {} }),
      [
        wrong(
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
        wrong(
          'gpu-node-02',
          'it is not labelled nvidia.com/gpu.present=true',
          'aop nodes label --context test --apply gpu-node-02',
        ),
        wrong(
          'gpu-node-02',
          "it has no label nvidia.com/gpu.product, which NVIDIA's GPU feature discovery writes",
          'kubectl --context test label nodes gpu-node-02 nvidia.com/gpu.product=Tesla-V100-SXM2-16GB',
        ),
      ],
    ],
    [
      'a GPU node of another product, and with fewer GPUs',
      nodesWith(...workers, gpuNode(1), {
        ...gpuNode(2),
        metadata: {
          name: 'gpu-node-02',
          labels: { 'nvidia.com/gpu.present': 'true', 'nvidia.com/gpu.product': 'Tesla-T4' },
        },
        status: { ...gpuNode(2).status, allocatable: { cpu: '32', memory: '128Gi', 'nvidia.com/gpu': '2' } },
      }),
      [
        wrong('gpu-node-02', 'it offers 2 of 4 GPUs', expect.stringMatching(/^# /), expect.stringMatching(/get pods/)),
        wrong(
          'gpu-node-02',
          'it has Tesla-T4, and the settings say Tesla-V100-SXM2-16GB',
          '# set gpu in the settings to what is there',
        ),
      ],
    ],
    [
      'a GPU node that is cordoned',
      nodesWith(...workers, gpuNode(1), { ...gpuNode(2), spec: { ...gpuNode(2).spec, unschedulable: true } }),
      [
        wrong('gpu-node-02', 'it is cordoned', 'kubectl --context test uncordon gpu-node-02'),
        unknown('room on GPU nodes', expect.stringContaining('nvidia.com/gpu 2 to 6 of 4')),
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
      },
      [
        wrong(
          'namespace autonomous-op-logging',
          'Pod Security is baseline, and the pods need privileged',
          'kubectl --context test label namespace autonomous-op-logging pod-security.kubernetes.io/enforce=privileged --overwrite',
        ),
      ],
    ],
    [
      'a namespace that is being deleted',
      applied({ [NAMESPACE]: { metadata: { name: 'autonomous-op', deletionTimestamp: '2026-11-24T00:00:00Z' } } }),
      [wrong('namespace autonomous-op', expect.stringContaining('being deleted'), expect.any(String))],
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
        wrong(
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
        wrong(
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
        wrong(
          'Secret autonomous-op-grafana',
          'lacks admin-password',
          'npx cdk8s synth',
          'kubectl --context test apply -f dist/00-foundation.k8s.yaml -f dist/01-secrets.k8s.yaml',
        ),
      ],
    ],
    [
      'a Secret that is not there',
      applied({ [`${NAMESPACE}/secrets/autonomous-op-object-storage`]: undefined }),
      [
        wrong(
          'Secret autonomous-op-object-storage',
          'is not in autonomous-op',
          'npx cdk8s synth',
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
        wrong(
          'ScaledObject',
          'autonomous-op-keda: no key spring.kafka.password',
          'kubectl --context test describe scaledobjects autonomous-op-keda --namespace autonomous-op',
        ),
        wrong(
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
    expect(await problems({}, { ...needs, storageClass: 'fast' })).toEqual([
      wrong('StorageClass', 'there is no StorageClass fast', expect.stringContaining('gp3')),
    ]);
  });

  it('is a store of secrets that is not there, and an operator that would fetch them', async () => {
    const external = needsOfEnvironment('production', { clusterSecretStore: 'vault' });
    expect(await problems({}, external)).toEqual([
      wrong('External Secrets', 'external-secrets.io/v1 is not served', expect.stringMatching(/^helm upgrade /)),
      wrong('ClusterSecretStore', 'there is none called vault', expect.stringMatching(/^# make the store/)),
    ]);
  });

  it('is a Secret that nobody makes, whose command holds no value', async () => {
    const objects = needs.objects.filter(({ metadata }) => metadata.name !== 'autonomous-op-grafana');
    expect(await problems({}, { ...needs, objects })).toEqual([
      wrong(
        'Secret autonomous-op-grafana',
        'is not in autonomous-op, and the manifests do not make it',
        'kubectl --context test create secret generic autonomous-op-grafana --namespace autonomous-op --from-file=admin-password --from-file=admin-user',
      ),
    ]);
  });
});

describe('the room', () => {
  const small = (cpu: string) =>
    workers.map((worker) => ({ ...worker, status: { ...worker.status, allocatable: { cpu, memory: '128Gi' } } }));

  it('is wrong where the fewest pods have none', async () => {
    expect(await problems(nodesWith(...small('8'), gpuNode(1), gpuNode(2)))).toEqual([
      wrong(
        'room',
        expect.stringMatching(/^too little for the fewest pods: cpu 25\.4 to 38\.4 of 23\.\d/),
        expect.stringMatching(/^# add nodes with cpu \d/),
      ),
    ]);
  });

  it('is to be looked at where the most pods have none', async () => {
    expect(await problems(nodesWith(...small('10'), gpuNode(1), gpuNode(2)))).toEqual([
      unknown('room', expect.stringMatching(/^enough for the fewest pods, too little for the most/)),
    ]);
  });

  it('is wrong where no node takes a pod, whatever they have together', async () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      const [worker] = small('900m').slice(index % 3);
      return { ...worker, metadata: { ...worker?.metadata, name: `small-${index}` } };
    });
    expect(await problems(nodesWith(...many, gpuNode(1), gpuNode(2)))).toEqual([
      wrong(
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

describe('what can not be told', () => {
  it('is said with the words of the API server, and the rest is looked at', async () => {
    const seen = await problems({ '/api/v1/nodes': FORBIDDEN });
    expect(seen).toEqual(
      ['zones', 'GPU nodes', 'room'].map((subject) => unknown(subject, 'User "viewer" cannot get /api/v1/nodes')),
    );
  });

  it('is the work of a release that has not been tried', async () => {
    expect(
      await problems(podsWith('cnpg-controller-manager-0', image('cloudnative-pg/cloudnative-pg:1.25.0'))),
    ).toEqual([
      unknown(
        'CloudNativePG',
        '1.25.0 in cnpg-system; the constructs are written for 1.22, and this one has not been tried',
      ),
    ]);
  });

  it('is a KEDA that the settings name and nobody has tried', async () => {
    const newer = podsWith('keda-operator-0', image('ghcr.io/kedacore/keda:2.14.0'));
    expect(await problems(newer, { ...needs, kedaRelease: '2.12' })).toEqual([
      unknown('KEDA', '2.14.0 in keda; the constructs are written for 2.11, and this one has not been tried'),
    ]);
  });

  it('is a release whose image is a digest', async () => {
    const digest = `acme/operator@sha256:${'0'.repeat(64)}`;
    expect(await problems(podsWith('strimzi-cluster-operator-0', image(digest)))).toEqual([
      unknown('Strimzi', "runs in strimzi; its release can't be told from its image or labels"),
    ]);
  });

  it('is a foreign GPU node that any pod may fill', async () => {
    const foreign = { ...gpuNode(2), metadata: { name: 'gpu-node-09' }, spec: {} };
    expect(await problems(nodesWith(...workers, gpuNode(1), gpuNode(2), foreign))).toEqual([
      unknown(
        'gpu-node-09',
        expect.stringContaining('not in the settings'),
        'aop nodes label --context test --apply gpu-node-09',
      ),
    ]);
  });

  it('is where volumes are made before their pods', async () => {
    const immediate = {
      ...storageClass('gp3', { 'storageclass.kubernetes.io/is-default-class': 'true' }),
      volumeBindingMode: 'Immediate',
    };
    expect(await problems({ '/apis/storage.k8s.io/v1/storageclasses': list(immediate) })).toEqual([
      unknown('StorageClass', expect.stringContaining('WaitForFirstConsumer')),
    ]);
  });

  it('is an answer that Kubernetes does not give', async () => {
    expect(await problems({ '/version': { release: '1.27' } })).toEqual([
      unknown('Kubernetes', expect.stringContaining('/version has an unexpected form')),
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
