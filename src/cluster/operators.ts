/* What a cluster has to run for manifests to work: operators, exporters, controllers. */

import { ManifestSet } from '../manifests/read';
import { includes, PodPlace } from '../manifests/network/places';
import { Commands } from './commands';
import { applying, Needs } from './needs';

export interface Operator {
  readonly name: string;
  /** The API groups that it serves or acts on. */
  readonly groups: readonly string[];
  /** Labels of its pods, as its own manifests have them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of its image, whose tag is its release. */
  readonly image: string;
  /** The release that the constructs are written for. @default - any */
  readonly release?: string;
  /** Variable of its pods that names the namespaces it watches. @default - it watches all */
  readonly watches?: string;
  /** Commands that install that release where the policies expect it. */
  readonly install: (commands: Commands, needs: Needs, namespace: string) => readonly string[];
}

/** The pods of an operator, where the policies expect them; undefined if no policy names them. */
export function placeOf({ labels }: Operator, { foreignPods }: Needs): PodPlace | undefined {
  return foreignPods.find((place) => includes(place.labels, new Map(Object.entries(labels))));
}

/** The commands that install an operator where the policies expect it. */
export function installationOf(operator: Operator, commands: Commands, needs: Needs): readonly string[] {
  return operator.install(commands, needs, placeOf(operator, needs)?.namespace ?? operator.image);
}

const apply =
  (...files: readonly string[]): Operator['install'] =>
  (commands) =>
    files.map((file) => commands.kubectl('apply', '--server-side', '-f', file));

/** The operators and exporters that the constructs know, by the releases of docs/operating.md. */
export const operators: readonly Operator[] = [
  {
    name: 'KEDA',
    groups: ['keda.sh'],
    labels: { app: 'keda-operator' },
    image: 'keda',
    release: '2.11',
    install: apply('https://github.com/kedacore/keda/releases/download/v2.11.2/keda-2.11.2.yaml'),
  },
  {
    name: 'prometheus-operator',
    groups: ['monitoring.coreos.com'],
    labels: { 'app.kubernetes.io/name': 'prometheus-operator' },
    image: 'prometheus-operator',
    release: '0.71',
    install: apply('https://github.com/prometheus-operator/prometheus-operator/releases/download/v0.71.2/bundle.yaml'),
  },
  {
    name: 'kube-state-metrics',
    groups: [],
    labels: { 'app.kubernetes.io/name': 'kube-state-metrics' },
    image: 'kube-state-metrics',
    release: '2',
    install: (commands) => [
      commands.kubectl('apply', '-k', 'https://github.com/kubernetes/kube-state-metrics?ref=v2.10.1'),
    ],
  },
  {
    name: 'Jaeger operator',
    groups: ['jaegertracing.io'],
    labels: { name: 'jaeger-operator' },
    image: 'jaeger-operator',
    release: '1.48',
    install: (commands) => [
      commands.kubectl('create', 'namespace', 'observability'),
      commands.kubectl(
        ...['apply', '-n', 'observability', '-f'],
        'https://github.com/jaegertracing/jaeger-operator/releases/download/v1.48.0/jaeger-operator.yaml',
      ),
    ],
  },
  {
    name: 'Strimzi',
    groups: ['kafka.strimzi.io'],
    labels: { name: 'strimzi-cluster-operator' },
    image: 'operator',
    release: '0.39',
    watches: 'STRIMZI_NAMESPACE',
    install: (commands, needs, namespace) => [
      // It can't watch a namespace that is not there.
      ...(needs.manifests.ofKind('Namespace').length === 0 ? [] : [commands.kubectl(...applying(needs))]),
      commands.helm(
        ...['upgrade', '--install', 'strimzi', 'strimzi-kafka-operator', '--repo', 'https://strimzi.io/charts'],
        ...['--version', '0.39.0', '--namespace', namespace, '--create-namespace'],
        ...['--set', `watchNamespaces={${namespacesOf(needs.manifests, ['kafka.strimzi.io']).join(',')}}`],
      ),
    ],
  },
  {
    name: 'CloudNativePG',
    groups: ['postgresql.cnpg.io'],
    labels: { 'app.kubernetes.io/name': 'cloudnative-pg' },
    image: 'cloudnative-pg',
    release: '1.22',
    install: apply('https://github.com/cloudnative-pg/cloudnative-pg/releases/download/v1.22.5/cnpg-1.22.5.yaml'),
  },
  {
    name: 'redis-operator',
    groups: ['redis.redis.opstreelabs.in'],
    labels: { name: 'redis-operator' },
    image: 'redis-operator',
    release: '0.18',
    install: (commands, _, namespace) => [
      commands.helm(
        ...['upgrade', '--install', 'redis-operator', 'redis-operator'],
        ...['--repo', 'https://ot-container-kit.github.io/helm-charts', '--version', '0.18.0'],
        ...['--namespace', namespace, '--create-namespace'],
      ),
    ],
  },
  {
    name: 'ECK',
    groups: ['elasticsearch.k8s.elastic.co'],
    labels: { 'control-plane': 'elastic-operator' },
    image: 'eck-operator',
    release: '2.11',
    install: apply(
      'https://download.elastic.co/downloads/eck/2.11.1/crds.yaml',
      'https://download.elastic.co/downloads/eck/2.11.1/operator.yaml',
    ),
  },
  {
    name: 'ingress-nginx',
    groups: [],
    labels: { 'app.kubernetes.io/name': 'ingress-nginx' },
    image: 'controller',
    install: apply(
      'https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.9.5/deploy/static/provider/cloud/deploy.yaml',
    ),
  },
  {
    name: 'cert-manager',
    groups: [],
    labels: { 'app.kubernetes.io/name': 'cert-manager' },
    image: 'cert-manager-controller',
    install: apply('https://github.com/cert-manager/cert-manager/releases/download/v1.13.3/cert-manager.yaml'),
  },
  {
    name: 'DCGM exporter',
    groups: [],
    labels: { app: 'nvidia-dcgm-exporter' },
    image: 'dcgm-exporter',
    install: (commands, _, namespace) => [
      commands.helm(
        ...['upgrade', '--install', 'gpu-operator', 'gpu-operator'],
        ...['--repo', 'https://helm.ngc.nvidia.com/nvidia', '--namespace', namespace, '--create-namespace'],
      ),
    ],
  },
  {
    name: 'External Secrets',
    groups: ['external-secrets.io'],
    labels: { 'app.kubernetes.io/name': 'external-secrets' },
    image: 'external-secrets',
    install: (commands, _, namespace) => [
      commands.helm(
        ...['upgrade', '--install', 'external-secrets', 'external-secrets'],
        ...['--repo', 'https://charts.external-secrets.io'],
        ...['--namespace', namespace, '--create-namespace'],
      ),
    ],
  },
];

/** The namespaces of the objects that an operator acts on. */
export function namespacesOf({ objects }: ManifestSet, groups: Operator['groups']): string[] {
  const own = [...objects.values()].filter(({ group }) => groups.includes(group));
  return [...new Set(own.map(({ namespace }) => namespace))];
}
