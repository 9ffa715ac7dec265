import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  PodMonitor,
  PodMonitorSpecPodMetricsEndpointsMetricRelabelings,
  PodMonitorSpecPodMetricsEndpointsMetricRelabelingsAction,
  ServiceMonitor,
  ServiceMonitorSpecEndpoints,
  ServiceMonitorSpecEndpointsMetricRelabelingsAction,
  ServiceMonitorSpecEndpointsScheme,
} from '../../../imports/monitoring.coreos.com';
import { InvalidInputError } from '../../core/errors';
import { resourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireDnsLabel, requireImage, requireText } from '../../core/validation';
import { Connection, connection, Endpoint, firstPort, hostName, NetworkedWorkload, Peer } from '../network/peer';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';
import { PrometheusServer } from './prometheus-server';

/** Properties of {@link PodMetrics}. */
export interface PodMetricsProps {
  /** Name of the PodMonitor. */
  readonly name: string;
  /** Who scrapes. */
  readonly prometheus: PrometheusServer;
  /** The pods, by their labels and namespace. */
  readonly target: Peer;
  /** Name of the target's port that serves metrics. @default - its first port */
  readonly port?: string;
  /** Name that the pods' container gives to that port. */
  readonly containerPort: string;
  /** Where the port serves them; Spring Boot's `/actuator/prometheus`, for instance. @default '/metrics' */
  readonly path?: string;
  /** Whether labels such as `namespace` and `pod` are what the exporter says of others, not those of the exporter. @default false */
  readonly honorLabels?: boolean;
  /** Labels of the pods that its series get. @default ['app'] */
  readonly podLabels?: readonly string[];
  /** Label of the pods whose value names the job. @default - the job is `<namespace>/<name>` */
  readonly jobLabel?: string;
  /**
   * Namespaces whose series are kept, beside those of nodes and volumes. For exporters that tell of the whole cluster.
   * @default - all
   */
  readonly keepNamespaces?: readonly string[];
}

/** A PodMonitor, the connection that it needs, and the right to find its pods. */
export class PodMetrics extends Construct {
  /** From Prometheus to the pods. */
  readonly connection: Connection;

  /** @throws InvalidInputError where the target has no labels or no such port, or a name or the path is none */
  constructor(scope: Construct, id: string, props: PodMetricsProps) {
    super(scope, id);
    const where = this.node.path;
    const { prometheus, target, path, honorLabels = false, podLabels = ['app'], jobLabel, keepNamespaces } = props;
    if (target.podLabels === undefined) {
      throw new InvalidInputError(where, `"${target.name}" has no labels`, 'Give it the labels of its pods');
    }
    this.connection = prometheus.scrapes(target, props.port);
    const keep = keepNamespaces === undefined ? {} : { metricRelabelings: [keepOnly(where, keepNamespaces)] };
    new PodMonitor(this, 'monitor', {
      metadata: { name: requireDnsLabel(where, props.name), labels: { ...prometheus.monitorLabels } },
      spec: {
        selector: { matchLabels: { ...target.podLabels } },
        ...(target.namespace === undefined ? {} : { namespaceSelector: { matchNames: [target.namespace] } }),
        ...(jobLabel === undefined ? {} : { jobLabel }),
        podTargetLabels: [...podLabels],
        podMetricsEndpoints: [
          {
            port: requireText(where, 'containerPort', props.containerPort),
            ...(path === undefined ? {} : { path: requirePath(where, path) }),
            interval: '30s',
            ...(honorLabels ? { honorLabels } : {}),
            ...keep,
          },
        ],
      },
    });
  }
}

function requirePath(where: string, path: string): string {
  if (!path.startsWith('/')) {
    throw new InvalidInputError(where, `path is "${path}"`, 'Write it from the "/" on, such as "/actuator/prometheus"');
  }
  return path;
}

/** Strimzi's pods of one kind: brokers, ZooKeeper, the exporter, or the workers of Kafka Connect. */
export function strimziMetrics(scope: Construct, prometheus: PrometheusServer, target: Peer): PodMetrics {
  return new PodMetrics(scope, target.name, {
    name: `${target.name}-monitor`,
    prometheus,
    target,
    port: 'metrics',
    // Strimzi's name of port 9404, on every pod that has metrics.
    containerPort: 'tcp-prometheus',
    podLabels: ['app', 'strimzi.io/kind', 'strimzi.io/cluster'],
  });
}

/** KEDA's operator, where its release installs it. Its series tell the namespace of the ScaledObject. */
export function kedaMetrics(scope: Construct, prometheus: PrometheusServer, target: Peer = kedaOperator()): PodMetrics {
  return new PodMetrics(scope, 'keda', {
    name: 'keda-monitor',
    prometheus,
    target,
    containerPort: 'http',
    honorLabels: true,
    // It tells of the whole cluster's ScaledObjects.
    keepNamespaces: [prometheus.namespace],
  });
}

/** NVIDIA's exporter on the GPU nodes, where the GPU operator installs it. Its series tell the pod that has the GPU. */
export function dcgmMetrics(scope: Construct, prometheus: PrometheusServer, target: Peer = dcgmExporter()): PodMetrics {
  return new PodMetrics(scope, 'dcgm', {
    name: 'dcgm-monitor',
    prometheus,
    target,
    containerPort: 'metrics',
    honorLabels: true,
  });
}

/** cert-manager's controller, where its manifests install it. Its series tell the namespace of the certificate. */
export function certManagerMetrics(
  scope: Construct,
  prometheus: PrometheusServer,
  target: Peer = certManager(),
): PodMetrics {
  return new PodMetrics(scope, 'cert-manager', {
    name: 'cert-manager-monitor',
    prometheus,
    target,
    containerPort: 'http-metrics',
    honorLabels: true,
    // It tells of the whole cluster's certificates.
    keepNamespaces: [prometheus.namespace],
  });
}

/** Properties of {@link kubeStateMetrics}. */
export interface KubeStateMetricsProps {
  /** The pods. Its first port serves metrics. @default - as its own manifests install it, in the namespace kube-system */
  readonly target?: Peer;
  /** Name of the port in the pod: `http` in the Helm chart. @default 'http-metrics' */
  readonly containerPort?: string;
  /** Namespaces whose series are kept, beside those of nodes and volumes. @default - the namespace of Prometheus */
  readonly namespaces?: readonly string[];
}

/** The kube-state-metrics that the cluster has; it isn't installed here, since it needs to read the whole cluster. */
export function kubeStateMetrics(
  scope: Construct,
  prometheus: PrometheusServer,
  props: KubeStateMetricsProps = {},
): PodMetrics {
  return new PodMetrics(scope, 'kube-state-metrics', {
    name: 'kube-state-metrics-monitor',
    prometheus,
    target: props.target ?? stateMetrics(),
    containerPort: props.containerPort ?? 'http-metrics',
    honorLabels: true,
    podLabels: [],
    jobLabel: 'app.kubernetes.io/name',
    keepNamespaces: props.namespaces ?? [prometheus.namespace],
  });
}

/** Properties of {@link KubeletMetrics}. */
export interface KubeletMetricsProps {
  /** Who scrapes. */
  readonly prometheus: PrometheusServer;
  /** Addresses of the nodes. NetworkPolicy knows a node by its address only. */
  readonly nodeCidrs: readonly string[];
  /** Namespaces whose series are kept. @default - the namespace of Prometheus */
  readonly namespaces?: readonly string[];
  /** Whether the kubelets' certificates are of the cluster's authority; many clusters' kubelets sign their own. @default false */
  readonly verifyCertificates?: boolean;
}

/**
 * The kubelets: cAdvisor's series of containers, and how full volumes are. Found by the Service `kube-system/kubelet`, which
 * the Prometheus operator keeps where it is started with `--kubelet-service`, as its bundle does.
 *
 * The right to read `nodes/metrics` is one of the cluster, and the only one here. Prometheus shows its token, for which
 * monitors may then name files of its pod: nobody else should be able to make monitors in the namespace.
 */
export class KubeletMetrics extends Construct {
  /** From Prometheus to the nodes. */
  readonly connection: Connection;

  /** @throws InvalidInputError on an address range or namespace that is none */
  constructor(scope: Construct, id: string, props: KubeletMetricsProps) {
    super(scope, id);
    const { prometheus, nodeCidrs, namespaces = [prometheus.namespace] } = props;
    this.connection = prometheus.scrapes(Endpoint.external('kubelet', { port: 10250, cidrs: nodeCidrs }));
    prometheus.discoverIn('kube-system');
    prometheus._allowFiles();
    const rules = [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }];
    prometheus._allowInCluster(this, 'kubelet', rules);
    new ServiceMonitor(this, 'monitor', {
      metadata: { name: 'kubelet-monitor', labels: { ...prometheus.monitorLabels } },
      spec: {
        namespaceSelector: { matchNames: ['kube-system'] },
        selector: { matchLabels: { 'k8s-app': 'kubelet' } },
        jobLabel: 'k8s-app',
        endpoints: [
          this.endpoint('/metrics', 'kubelet_volume_stats_.+', namespaces, props.verifyCertificates ?? false),
          this.endpoint('/metrics/cadvisor', 'container_.+', namespaces, props.verifyCertificates ?? false),
        ],
      },
    });
  }

  private endpoint(
    path: string,
    metrics: string,
    namespaces: readonly string[],
    verify: boolean,
  ): ServiceMonitorSpecEndpoints {
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    const regex = `${anyOf(this.node.path, namespaces)};${metrics}`;
    return {
      port: 'https-metrics',
      scheme: ServiceMonitorSpecEndpointsScheme.HTTPS,
      path,
      interval: '30s',
      honorLabels: true,
      bearerTokenFile: `${account}/token`,
      tlsConfig: verify ? { caFile: `${account}/ca.crt` } : { insecureSkipVerify: true },
      metricRelabelings: [
        {
          sourceLabels: ['namespace', '__name__'],
          regex,
          action: ServiceMonitorSpecEndpointsMetricRelabelingsAction.KEEP,
        },
      ],
    };
  }
}

/** Properties of {@link ElasticsearchExporter}. */
export interface ElasticsearchExporterProps {
  /** Name of the Deployment, and the value of the pod's label `app`. @default - the construct's id */
  readonly name?: string;
  /** Image, with a tag other than `latest` or a digest. @default 'quay.io/prometheuscommunity/elasticsearch-exporter:v1.7.0' */
  readonly image?: string;
  /** Who scrapes. */
  readonly prometheus: PrometheusServer;
  /** The Elasticsearch, reached without TLS. */
  readonly elasticsearch: Peer;
  /** User with the cluster's privilege `monitor`, as the client of ElasticsearchCluster has it. */
  readonly username: SecretKey;
  /** The user's password. */
  readonly password: SecretKey;
}

/** Metrics of Elasticsearch, which has none for Prometheus of its own: one small pod that asks all nodes. */
export class ElasticsearchExporter extends Construct implements Peer, NetworkedWorkload {
  /** Name of the Deployment, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace?: string;
  /** Labels that select the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `metrics`, for Prometheus. */
  readonly ports: Readonly<Record<'metrics', number>> = { metrics: 9114 };
  /** The pod. */
  readonly pods: readonly Peer[] = [this];
  /** To Elasticsearch. */
  readonly connections: readonly Connection[];

  /** @throws InvalidInputError on a name or image that is none */
  constructor(scope: Construct, id: string, props: ElasticsearchExporterProps) {
    super(scope, id);
    this.name = requireDnsLabel(this.node.path, props.name ?? id);
    const namespace = Chart.of(this).namespace;
    if (namespace !== undefined) this.namespace = namespace;
    this.podLabels = { app: this.name };
    this.connections = [connection(this, props.elasticsearch)];
    this.createDeployment(props);
    new PodMetrics(this, 'metrics', {
      name: `${this.name}-monitor`,
      prometheus: props.prometheus,
      target: this,
      containerPort: 'metrics',
    });
  }

  private createDeployment(props: ElasticsearchExporterProps): void {
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { ...this.podLabels } },
        template: {
          metadata: { labels: { ...this.podLabels } },
          spec: {
            ...restrictedPod(),
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            containers: [this.container(props)],
          },
        },
      },
    });
  }

  private container(props: ElasticsearchExporterProps): k8s.Container {
    const where = this.node.path;
    const { elasticsearch, username, password } = props;
    const url = `http://${hostName(elasticsearch, this.namespace)}:${firstPort(where, elasticsearch)}`;
    const secret = ({ secret: name, key }: SecretKey) => ({ valueFrom: { secretKeyRef: { name, key } } });
    const probe = { httpGet: { path: '/healthz', port: k8s.IntOrString.fromString('metrics') }, periodSeconds: 10 };
    return {
      ...restrictedContainer(),
      name: 'exporter',
      image: requireImage(where, props.image ?? 'quay.io/prometheuscommunity/elasticsearch-exporter:v1.7.0'),
      imagePullPolicy: 'IfNotPresent',
      args: [`--es.uri=${url}`, '--es.all'],
      env: [
        { name: 'ES_USERNAME', ...secret(username) },
        { name: 'ES_PASSWORD', ...secret(password) },
      ],
      ports: [{ name: 'metrics', containerPort: this.ports.metrics }],
      resources: resourceRequirements(size('50m', '200m', '64Mi', '128Mi')),
      livenessProbe: probe,
      readinessProbe: probe,
    };
  }
}

function kedaOperator(): Peer {
  return Endpoint.inCluster('keda-operator', {
    namespace: 'keda',
    labels: { app: 'keda-operator' },
    ports: { metrics: 8080 },
  });
}

function dcgmExporter(): Peer {
  return Endpoint.inCluster('nvidia-dcgm-exporter', {
    namespace: 'gpu-operator',
    labels: { app: 'nvidia-dcgm-exporter' },
    ports: { metrics: 9400 },
  });
}

function certManager(): Peer {
  return Endpoint.inCluster('cert-manager', {
    namespace: 'cert-manager',
    labels: { 'app.kubernetes.io/name': 'cert-manager', 'app.kubernetes.io/component': 'controller' },
    ports: { metrics: 9402 },
  });
}

function stateMetrics(): Peer {
  return Endpoint.inCluster('kube-state-metrics', {
    namespace: 'kube-system',
    labels: { 'app.kubernetes.io/name': 'kube-state-metrics' },
    ports: { metrics: 8080 },
  });
}

/** Nodes and volumes belong to no namespace; with the labels of the exporter their series would be lost. */
function keepOnly(where: string, namespaces: readonly string[]): PodMonitorSpecPodMetricsEndpointsMetricRelabelings {
  return {
    sourceLabels: ['namespace', '__name__'],
    regex: `${anyOf(where, namespaces)};.+|[^;]*;kube_(node|persistentvolume)_.+`,
    action: PodMonitorSpecPodMetricsEndpointsMetricRelabelingsAction.KEEP,
  };
}

function anyOf(where: string, namespaces: readonly string[]): string {
  if (namespaces.length === 0) {
    throw new InvalidInputError(where, 'no namespace is named, so that no series would be kept', 'Name one at least');
  }
  return `(${namespaces.map((name) => requireDnsLabel(where, name)).join('|')})`;
}
