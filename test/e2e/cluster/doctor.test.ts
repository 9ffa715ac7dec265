import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StandIn, standIns } from '../../cluster/stand-ins';
import {
  aop,
  createAll,
  deleteAll,
  doctor,
  Finding,
  noClusterOfOurOwn,
  problems,
  shell,
  untilProblems,
  NO_OPERATOR,
} from './aop';
import { kubectl, logNamespace, namespace, remove, synthesize, tryKubectl } from '../kubernetes/kubectl';
import { MetricsServers } from './metrics-servers';

/** Arguments of kubectl, a list a command. */
type Commands = readonly (readonly string[])[];

const anyRemedy: unknown = expect.any(Array);
const problem = (subject: unknown, value: unknown) => ({ verdict: 'problem', subject, value, remedy: anyRemedy });
const warning = (subject: unknown, value: unknown) => ({ ...problem(subject, value), verdict: 'warning' });

const podOf = ({ namespace, name, labels, image }: StandIn) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'operator', image }],
  },
});

const namespaces = [...new Set(standIns.map((pod) => pod.namespace))].filter((name) => name !== 'kube-system');

const issuers = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'clusterissuers.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    scope: 'Cluster',
    names: { kind: 'ClusterIssuer', plural: 'clusterissuers', singular: 'clusterissuer' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** What an administrator installs before the manifests, as far as doctor can see it. */
const prerequisites = [
  ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  ...standIns.map(podOf),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'test', annotations: { [DEFAULT_CLASS]: 'true' } },
    provisioner: 'example.com/none',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  issuers,
];

/** As cert-manager does when it has an account at the authority. */
const readyIssuer = async () => {
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  const patch = `--patch=${JSON.stringify({ status })}`;
  await kubectl('patch', 'clusterissuer', 'letsencrypt', '--subresource=status', '--type=merge', patch);
};

/** Runs the commands of a finding, without its comments. */
async function follow({ remedy }: Finding, change = (command: string) => command): Promise<void> {
  const commands = remedy.filter((line) => !line.startsWith('#'));
  expect(commands).not.toEqual([]);
  for (const command of commands) await shell(change(command));
}

describe.skipIf(noClusterOfOurOwn)('aop doctor', () => {
  const metrics = new MetricsServers();

  let dist = '';

  beforeAll(async () => {
    dist = await synthesize('production');
    await createAll(...prerequisites);
    await kubectl('wait', '--for=condition=Established', 'crd/clusterissuers.cert-manager.io', '--timeout=30s');
    await createAll({ apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name: 'letsencrypt' } });
    await readyIssuer();
    await metrics.start();
    for (const name of [...namespaces, 'kube-system']) {
      await kubectl('wait', 'pods', '--all', '--namespace', name, '--for=condition=Ready', '--timeout=60s');
    }
  });

  afterAll(async () => {
    await remove(dist);
    await metrics.stop();
    const shared = ['ingressclass/nginx', 'storageclass/test', 'crd/clusterissuers.cert-manager.io'];
    await kubectl('delete', '--ignore-not-found', ...shared);
    const ours = [...namespaces, namespace, logNamespace].map((name) => `namespace/${name}`);
    await kubectl('delete', '--ignore-not-found', '--timeout=120s', ...ours);
    const pods = standIns.filter((pod) => pod.namespace === 'kube-system').map(({ name }) => name);
    await kubectl('delete', 'pods', '--namespace', 'kube-system', '--ignore-not-found', ...pods);
    // kubectl would go on asking for the APIs that were here.
    rmSync(process.env['KUBECACHEDIR'] ?? '', { recursive: true, force: true });
  });

  it('finds no problem in a cluster that has everything', async () => {
    await untilProblems([]);
    const { code, out } = await aop('doctor', '--manifests', dist);
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ Kubernetes +1\.27/);
  });

  it('leaves everything to be read with the ClusterRole of its page', async () => {
    const [role = ''] = /(?<=```yaml\n)[^]*?(?=```)/.exec(readFileSync('docs/commands/doctor.md', 'utf8')) ?? [];
    const account = ['--namespace', 'default'];
    await kubectl('create', 'serviceaccount', 'doctor', ...account);
    const { code, stderr } = await tryKubectl(['apply', '-f', '-'], role);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    try {
      const token = (await kubectl('create', 'token', 'doctor', ...account)).trim();
      const login = ['config', 'set-credentials', 'doctor', `--token=${token}`];
      await kubectl(...login);
      await kubectl('config', 'set-context', 'doctor', '--cluster=aop', '--user=doctor');
      const lacking = async () =>
        (await doctor('--context', 'doctor')).filter(({ verdict }) => verdict !== 'ok').map(({ value }) => value);
      const refused = await lacking();
      expect(refused.length).toBeGreaterThan(10);
      expect(refused.filter((value) => !value.includes('cannot'))).toEqual([]);
      await kubectl(
        'create',
        'clusterrolebinding',
        'doctor',
        '--clusterrole=aop-doctor',
        '--serviceaccount=default:doctor',
      );
      await expect.poll(lacking, { timeout: 10_000 }).toEqual([]);
    } finally {
      await kubectl('delete', '--ignore-not-found', 'clusterrolebinding/doctor', 'clusterrole/aop-doctor');
      await kubectl('delete', 'serviceaccount', 'doctor', ...account);
    }
  });

  describe('prints the command that fixes', () => {
    it.each<[string, Commands, unknown, ((command: string) => string)?]>([
      [
        'a GPU node without its taint',
        [['taint', 'nodes', 'gpu-node-02', 'nvidia.com/gpu:NoSchedule-']],
        problem('gpu-node-02', 'it is not tainted nvidia.com/gpu:NoSchedule'),
      ],
      [
        'a GPU node without its label',
        [['label', 'nodes', 'gpu-node-01', 'nvidia.com/gpu.present-']],
        problem('gpu-node-01', 'it is not labelled nvidia.com/gpu.present=true'),
      ],
      [
        "a GPU node without its product's name",
        [['label', 'nodes', 'gpu-node-01', 'nvidia.com/gpu.product-']],
        problem('gpu-node-01', expect.stringContaining('no label nvidia.com/gpu.product')),
      ],
      [
        'a node without its zone, once the zone is put in its place',
        [['label', 'nodes', 'worker-b', 'topology.kubernetes.io/zone-']],
        problem('zones', expect.stringContaining('worker-b has no label')),
        (command) => command.replace('ZONE', 'zone-b'),
      ],
      [
        'a cluster without a default class of volumes',
        [['annotate', 'storageclass', 'test', `${DEFAULT_CLASS}-`]],
        problem('StorageClass', 'no StorageClass is the default one of test'),
      ],
    ])('%s', async (_, provoke, expected, change) => {
      for (const command of provoke) await kubectl(...command);
      const [found] = await untilProblems([expected]);
      if (found !== undefined) await follow(found, change);
      await untilProblems([]);
    });

    it('a GPU node that is cordoned', async () => {
      await kubectl('cordon', 'gpu-node-02');
      const [found] = await untilProblems([
        problem('gpu-node-02', 'it is cordoned'),
        warning('room on GPU nodes', expect.stringContaining('nvidia.com/gpu 2 to 6 of 4')),
      ]);
      if (found !== undefined) await follow(found);
      await untilProblems([]);
    });

    it('a new GPU node', async () => {
      await createAll({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'gpu-node-09', labels: { 'nvidia.com/gpu.product': 'Tesla-V100-SXM2-16GB' } },
        status: {
          allocatable: { cpu: '8', memory: '32Gi', 'nvidia.com/gpu': '1' },
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      });
      try {
        const [found] = await untilProblems([
          problem('gpu-node-09', 'it is not labelled nvidia.com/gpu.present=true'),
          problem('gpu-node-09', 'it is not tainted nvidia.com/gpu:NoSchedule'),
        ]);
        if (found !== undefined) await follow(found);
        await untilProblems([]);
      } finally {
        await kubectl('delete', 'node', 'gpu-node-09');
      }
    });

    it('a missing issuer of certificates', async () => {
      await kubectl('delete', 'clusterissuer', 'letsencrypt');
      const [found] = await untilProblems([problem('ClusterIssuer', 'there is no letsencrypt')]);
      if (found !== undefined) await follow(found);
      await untilProblems([problem('ClusterIssuer', expect.stringContaining('letsencrypt is not ready'))]);
      await readyIssuer();
      await untilProblems([]);
    });
  });

  describe('finds, and no longer when it is fixed:', () => {
    const standIn = (name: string) => standIns.filter((each) => each.name === name);
    const recreate = async (name: string, change: (pod: ReturnType<typeof podOf>) => unknown) => {
      for (const pod of standIn(name)) {
        await kubectl('delete', 'pods', '--all-namespaces', `--field-selector=metadata.name=${name}`);
        await createAll(change(podOf(pod)));
      }
    };
    const elsewhere = (pod: ReturnType<typeof podOf>) => ({
      ...pod,
      metadata: { ...pod.metadata, namespace: 'default' },
    });
    const watching = (value: string) => (pod: ReturnType<typeof podOf>) => ({
      ...pod,
      spec: {
        ...pod.spec,
        containers: pod.spec.containers.map((each) => ({ ...each, env: [{ name: 'STRIMZI_NAMESPACE', value }] })),
      },
    });
    const asItWas = (pod: unknown) => pod;
    const setImage = (pod: string, place: string, image: string) => () =>
      kubectl('set', 'image', `pod/${pod}`, `operator=${image}`, '--namespace', place);
    const patch =
      (object: string, content: unknown, ...flags: readonly string[]) =>
      () =>
        kubectl('patch', object, '--type=merge', `--patch=${JSON.stringify(content)}`, ...flags);
    const gpus = (count: string) =>
      patch('node/gpu-node-02', { status: { allocatable: { 'nvidia.com/gpu': count } } }, '--subresource=status');
    const product = (name: string) => () =>
      kubectl('label', 'node', 'gpu-node-02', `nvidia.com/gpu.product=${name}`, '--overwrite');
    const ready = (status: string) =>
      patch(
        'pod/jaeger-operator-0',
        { status: { conditions: [{ type: 'Ready', status }] } },
        ...['--subresource=status', '--namespace', 'observability'],
      );
    const served = (value: boolean) => () =>
      kubectl(
        ...['patch', 'crd', 'kafkatopics.kafka.strimzi.io', '--type=json'],
        `--patch=${JSON.stringify([{ op: 'replace', path: '/spec/versions/0/served', value }])}`,
      );
    const servicePort = async () =>
      Number(
        await kubectl('get', 'service', 'metrics-server', '-n', 'kube-system', '-o', 'jsonpath={.spec.ports[0].port}'),
      );
    const hungry = (...nodes: readonly string[]) =>
      createAll(
        ...nodes.map((nodeName) => ({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `hungry-${nodeName}`, namespace: 'default' },
          spec: {
            nodeName,
            containers: [{ name: 'hungry', image: 'acme/hungry:1', resources: { requests: { cpu: '31' } } }],
          },
        })),
      );
    const sated = () => kubectl('delete', 'pods', '--all', '--namespace', 'default', '--grace-period=0', '--force');

    it.each<[string, () => Promise<unknown>, readonly unknown[], () => Promise<unknown>]>([
      [
        'no operator, no exporter and no DNS',
        () => deleteAll(standIns.map(podOf)),
        standIns.map(({ labels }) => {
          const [label = ''] = Object.entries(labels).map((each) => each.join('='));
          return problem(expect.any(String), expect.stringMatching(new RegExp(`^no pod .*${label}`)));
        }),
        () => createAll(...standIns.map(podOf)),
      ],
      [
        'an operator where the policies do not expect it',
        () => recreate('redis-operator-0', elsewhere),
        [problem('redis-operator', expect.stringMatching(/in the namespace ot-operators, .* but in default$/))],
        () => recreate('redis-operator-0', asItWas),
      ],
      [
        'an operator that is not ready',
        ready('False'),
        [problem('Jaeger operator', expect.stringContaining('is not ready'))],
        ready('True'),
      ],
      [
        'a Strimzi that does not watch the namespace',
        () => recreate('strimzi-cluster-operator-0', watching('shop')),
        [problem('Strimzi', 'it does not watch autonomous-op')],
        () => recreate('strimzi-cluster-operator-0', watching('shop,autonomous-op')),
      ],
      [
        'a KEDA whose metrics have other names',
        setImage('keda-operator-0', 'keda', 'ghcr.io/kedacore/keda:2.14.0'),
        [problem('KEDA', '2.14.0 in keda, and the manifests use the metric names of 2.11')],
        setImage('keda-operator-0', 'keda', 'ghcr.io/kedacore/keda:2.11.2'),
      ],
      [
        'a release that has not been tried',
        setImage('elastic-operator-0', 'elastic-system', 'docker.elastic.co/eck/eck-operator:2.16.1'),
        [warning('ECK', expect.stringContaining('has not been tried'))],
        setImage('elastic-operator-0', 'elastic-system', 'docker.elastic.co/eck/eck-operator:2.11.1'),
      ],
      [
        'a release that can not be told',
        setImage('elastic-operator-0', 'elastic-system', `acme/eck@sha256:${'0'.repeat(64)}`),
        [warning('ECK', expect.stringContaining("can't be read"))],
        setImage('elastic-operator-0', 'elastic-system', 'docker.elastic.co/eck/eck-operator:2.11.1'),
      ],
      [
        'an API that is not served',
        served(false),
        [problem('Strimzi', expect.stringContaining('kafka.strimzi.io/v1beta2 has no KafkaTopic'))],
        served(true),
      ],
      [
        'a metrics-server that does not answer',
        patch('apiservice/v1beta1.metrics.k8s.io', { spec: { service: { port: 1 } } }),
        [problem('metrics API', expect.stringMatching(/^kube-system\/metrics-server is not available: /))],
        async () => patch('apiservice/v1beta1.metrics.k8s.io', { spec: { service: { port: await servicePort() } } })(),
      ],
      [
        'external metrics of somebody else',
        patch('apiservice/v1beta1.external.metrics.k8s.io', { spec: { service: { namespace: 'default' } } }),
        [problem('external metrics API', expect.stringContaining('served by default/'))],
        patch('apiservice/v1beta1.external.metrics.k8s.io', { spec: { service: { namespace: 'keda' } } }),
      ],
      [
        'no ingress class',
        () => kubectl('delete', 'ingressclass', 'nginx'),
        [problem('IngressClass', 'there is no nginx')],
        () => createAll(...prerequisites.filter(({ kind }) => kind === 'IngressClass')),
      ],
      [
        'too few zones',
        () => kubectl('cordon', 'worker-c'),
        [problem('zones', expect.stringContaining('RedisCluster redis needs 3'))],
        () => kubectl('uncordon', 'worker-c'),
      ],
      [
        'a device plugin that offers no GPU',
        gpus('0'),
        [problem('gpu-node-02', 'it offers no nvidia.com/gpu'), warning('room on GPU nodes', expect.any(String))],
        gpus('4'),
      ],
      [
        'a product that no pod asks for',
        product('Tesla-K80'),
        [warning('gpu-node-02', expect.stringMatching(/^it has Tesla-K80, and the pods ask for /))],
        product('Tesla-V100-SXM2-16GB'),
      ],
      [
        'room for the fewest pods only',
        () => hungry('worker-a', 'worker-b'),
        [warning('room', expect.stringMatching(/^enough for the fewest pods, too little for the most/))],
        sated,
      ],
      [
        'no room',
        () => hungry('worker-a', 'worker-b', 'worker-c'),
        [problem('room', expect.stringMatching(/^(too little|no node has room)/))],
        sated,
      ],
    ])('%s', async (_, provoke, expected, fix) => {
      await provoke();
      try {
        await untilProblems(expected);
      } finally {
        await fix();
      }
      await untilProblems([]);
    });

    it('a GPU node that is not there', async () => {
      const node: unknown = JSON.parse(await kubectl('get', 'node', 'gpu-node-02', '--output=json'));
      await kubectl('delete', 'node', 'gpu-node-02');
      await untilProblems([warning('room on GPU nodes', expect.any(String))]);
      await createAll(withoutVersion.parse(node));
      await untilProblems([]);
    });
  });

  describe('in the namespaces, when they are there,', () => {
    beforeAll(async () => {
      await kubectl('apply', '-f', join(dist, '00-foundation.k8s.yaml'));
    });
    const fix = async (found: readonly Finding[]) => {
      for (const each of found) await follow(each);
    };

    it('finds the Secrets missing, and prints what brings them', async () => {
      const names = ['secrets', 'jaeger-elasticsearch', 'grafana', 'object-storage', 'postgres', 'elasticsearch'];
      const subjects = [...names.map((name) => `autonomous-op-${name}`), 'alertmanager-config', 'elasticsearch-roles'];
      const expected = subjects.map((name) => problem(`Secret ${name}`, `is not in ${namespace}`));
      const found = await untilProblems(expect.toSatisfy((all: unknown[]) => all.length === 8));
      expect(found).toEqual(expect.arrayContaining(expected));
      await fix(found);
      await untilProblems([]);
    });

    it.each<[string, Commands, unknown, Commands?]>([
      [
        'a key of a Secret missing',
        [
          [
            'patch',
            'secret',
            'autonomous-op-grafana',
            '--type=json',
            '--patch=[{"op":"remove","path":"/data/admin-password"}]',
          ],
        ],
        problem('Secret autonomous-op-grafana', 'lacks admin-password'),
      ],
      [
        'a quota too small',
        [['create', 'quota', 'test', '--hard=requests.nvidia.com/gpu=4,limits.memory=10Gi']],
        problem('ResourceQuota test', expect.stringContaining('requests.nvidia.com/gpu 6 of 4')),
        [['delete', 'quota', 'test']],
      ],
      [
        'a Pod Security too strict',
        [['label', 'namespace', logNamespace, 'pod-security.kubernetes.io/enforce=restricted', '--overwrite']],
        problem(`namespace ${logNamespace}`, 'Pod Security is restricted, and the pods need privileged'),
      ],
    ])('finds %s, and prints what fixes it', async (_, provoke, expected, after = []) => {
      for (const command of provoke) await kubectl(...command, '--namespace', namespace);
      await fix(await untilProblems([expected]));
      await untilProblems([]);
      for (const command of after) await kubectl(...command, '--namespace', namespace);
    });

    it('finds a LimitRange too small, and prints what fixes it', async () => {
      const limits = [{ type: 'Container', max: { memory: '6Gi' } }];
      await createAll({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'test', namespace },
        spec: { limits },
      });
      await fix(
        await untilProblems([problem('LimitRange test', expect.stringContaining('memory 8Gi in a Container'))]),
      );
      await untilProblems([]);
      await kubectl('delete', 'limitrange', 'test', '--namespace', namespace);
    });

    it('finds scalers that can not scale', async () => {
      const conditions = (status: string, message: string) =>
        kubectl(
          ...['patch', 'scaledobject', 'autonomous-op-keda', '--namespace', namespace, '--subresource=status'],
          ...[
            '--type=merge',
            `--patch=${JSON.stringify({ status: { conditions: [{ type: 'Ready', status, message }] } })}`,
          ],
        );
      await kubectl('apply', '-f', join(dist, '05-autoscaling.k8s.yaml'));
      const ofKind = async (kind: string) => (await problems()).filter(({ subject }) => subject === kind);
      // There is no KEDA here.
      expect(await ofKind('ScaledObject')).toEqual(
        ['autonomous-op-keda', 'ml-service-keda'].map((name) =>
          warning('ScaledObject', `${name} has no status from its controller`),
        ),
      );
      await conditions('False', 'no key spring.kafka.password');
      expect(await ofKind('ScaledObject')).toContainEqual(
        problem('ScaledObject', 'autonomous-op-keda: no key spring.kafka.password'),
      );
      await conditions('True', '');
      expect(await ofKind('ScaledObject')).toHaveLength(1);
      // The Deployments are not applied.
      await expect
        .poll(() => ofKind('HorizontalPodAutoscaler'), { timeout: 60_000 })
        .toContainEqual(problem('HorizontalPodAutoscaler', expect.stringMatching(/^fms-hpa: .*"fms" not found/)));
    });

    it('finds a store that its operator does not call ready, and warns of one that no operator has looked at', async () => {
      const ofKafka = async () => (await doctor()).filter(({ subject }) => subject === 'Kafka kafka');
      const conditions = (status: string, message: string) =>
        kubectl(
          ...['patch', 'kafka', 'kafka', '--namespace', namespace, '--subresource=status', '--type=merge'],
          `--patch=${JSON.stringify({ status: { conditions: [{ type: 'Ready', status, message }] } })}`,
        );
      await kubectl('apply', '-f', join(dist, '02-stores.k8s.yaml'));
      expect(await ofKafka()).toEqual([warning('Kafka kafka', NO_OPERATOR)]);
      await conditions('False', 'no broker answers');
      expect(await ofKafka()).toEqual([problem('Kafka kafka', 'no broker answers')]);
      await conditions('True', '');
      expect(await ofKafka()).toEqual([expect.objectContaining({ verdict: 'ok' })]);
    });

    it('finds a Job whose pods are refused', async () => {
      const job = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'cleaner', namespace },
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'cleaner', image: 'acme/cleaner:1.0.0' }] },
          },
        },
      };
      // With a warning, as the Job itself is taken.
      expect((await tryKubectl(['create', '-f', '-'], JSON.stringify(job))).code).toBe(0);
      // A Job without a pod is taken for one that can't have any after a minute.
      await expect
        .poll(async () => (await problems()).filter(({ subject }) => subject === 'Job cleaner'), { timeout: 120_000 })
        .toEqual([problem('Job cleaner', expect.stringContaining('violates PodSecurity "restricted:latest"'))]);
      await kubectl('delete', 'job', 'cleaner', '--namespace', namespace);
    });

    it('finds one that is being deleted', async () => {
      const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace: logNamespace } };
      await createAll({ ...map, metadata: { ...map.metadata, finalizers: ['example.com/kept'] } });
      await kubectl('delete', 'namespace', logNamespace, '--wait=false');
      const found = async () => (await problems()).filter(({ subject }) => subject === `namespace ${logNamespace}`);
      expect(await found()).toEqual([problem(`namespace ${logNamespace}`, expect.stringContaining('being deleted'))]);
      const patch = '--patch={"metadata":{"finalizers":null}}';
      await kubectl('patch', 'configmap', 'kept', '--namespace', logNamespace, '--type=merge', patch);
      await expect.poll(found, { timeout: 60_000 }).toEqual([]);
    });
  });
});

/** An object as it is created: the API server gives the rest. */
const withoutVersion = z.looseObject({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
});
