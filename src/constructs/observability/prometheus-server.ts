/* A Prometheus, run by the Prometheus operator. */

import { Duration, JsonPatch, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Prometheus,
  PrometheusSpec,
  PrometheusSpecAlertingAlertmanagersPort,
  PrometheusSpecResourcesLimits,
  PrometheusSpecResourcesRequests,
  PrometheusSpecStorageVolumeClaimTemplateSpecResourcesRequests,
} from '../../../imports/monitoring.coreos.com';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { customResourceRequirements, size } from '../../core/quantities';
import { requireDnsLabel, requireImage, requireInteger, requireLabels, requireSeconds } from '../../core/validation';
import { Connection, connection, connectionsToAll, NetworkedWorkload } from '../network/connection';
import { Endpoint, Peer } from '../network/peer';
import { accountWithoutToken } from '../workload/service-account';
import { claimSpec, ResourceProps, sizeOf } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { disruptionBudget } from '../workload/disruption-budget';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { restrictedContainer, restrictedPod, spreadStateful, ZoneSpread } from '../workload/pod-security';
import { externalUrl } from './external-url';
import { createKubeletMonitor, KUBELET_JOB, KubeletMetricsProps } from './kubelets';
import { createMonitors, MONITOR_LABELS, ScrapedTarget, Scraper } from './monitors';

/** Properties of {@link PrometheusServer}. A pod asks for 1 CPU and 4 GiB by default, and may use 2 CPUs and 8 GiB. */
export interface PrometheusServerProps extends ResourceProps {
  /** Name of the Prometheus object and of its Service, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Release of Prometheus 2. Spring Boot answers 2.49.0 with 406, as its `Accept` ends with `q=2`. @default '2.49.1' */
  readonly version?: string;
  /** Image, with a tag other than `latest` or a digest. @default - quay.io/prometheus/prometheus of the version */
  readonly image?: string;
  /** Pods, each of which scrapes everything. @default 1 */
  readonly replicas?: number;
  /** Where people reach its page from outside, for the links in notifications. @default - none: they lead to the pod, within the cluster */
  readonly externalUrl?: string;
  /** How long samples are kept, as long as they take no more than 75 % of the volume. @default Duration.days(15) */
  readonly retention?: Duration;
  /** Volume of a pod. @default Size.gibibytes(50) */
  readonly storageSize?: Size;
  /** Class of the volumes. @default - the cluster's default class */
  readonly storageClass?: string;
  /** Labels of the monitors and rules that it takes, from its own namespace only. @default { release: 'prometheus' } */
  readonly monitorLabels?: Readonly<Record<string, string>>;
  /** Labels that alerts carry to Alertmanager, such as the name of the cluster. @default - the operator's own */
  readonly externalLabels?: Readonly<Record<string, string>>;
  /** How often it scrapes what has no interval of its own. @default Duration.seconds(30) */
  readonly scrapeInterval?: Duration;
  /** How often it evaluates rules. @default Duration.seconds(30) */
  readonly evaluationInterval?: Duration;
  /** Samples of one scrape beyond which it is refused, so that one faulty pod can't fill the memory. @default 100000 */
  readonly sampleLimit?: number;
  /** The Alertmanager, by its port `web`. @default - none: alerts only show */
  readonly alertmanager?: Peer;
  /** The Kubernetes API, by which it finds what to scrape. */
  readonly apiServer: Peer;
  /** Whether zones are a hard rule or a wish, if there are several pods. @default 'DoNotSchedule' */
  readonly zoneSpread?: ZoneSpread;
}

const PROMETHEUS_SIZE = size('1', '2', '4Gi', '8Gi');

/**
 * Prometheus 2.49, run by the Prometheus operator (0.71).
 *
 * It scrapes what {@link scrape} is called for, by ServiceMonitors and PodMonitors of its own namespace. Its right to look for pods
 * is limited to this namespace, until it scrapes something of another. The operator watches objects only: it opens no connection
 * to the pods. **Deleting the chart does not delete the volumes**: the operator's StatefulSet leaves its claims.
 *
 * @example
 * const prometheus = new PrometheusServer(chart, 'prometheus', { apiServer, alertmanager });
 * prometheus.scrape(orders).scrape(kedaMetrics());
 */
export class PrometheusServer extends Construct implements Scraper, NetworkedWorkload, Scrapeable {
  /** Name of the Prometheus object and of its Service, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `web` for queries, `reloader` for the metrics of the sidecar. */
  readonly ports: Readonly<Record<'web' | 'reloader', number>> = { web: 9090, reloader: 8080 };
  /** Labels that a monitor or a rule needs. */
  readonly monitorLabels: Readonly<Record<string, string>>;
  /** Prometheus' pods. */
  readonly pods: readonly Peer[] = [this];
  /** Its own metrics, which it scrapes anyway. */
  readonly metrics: readonly MetricsEndpoint[];

  private readonly declared: Connection[] = [];
  private readonly scraped: ScrapedTarget[] = [];
  private readonly discovery = new Set<'own' | 'cluster'>();
  private filesAllowed = false;

  /** @throws InvalidInputError if a prop is out of its range or empty, or the chart has no namespace */
  constructor(scope: Construct, id: string, props: PrometheusServerProps) {
    super(scope, id);
    const where = this.node.path;
    const { namespace, ...identity } = identityOf(this, props.name);
    if (namespace === undefined) {
      throw new InvalidInputError(where, 'the chart has no namespace', 'Give the chart one: rights are bound to it');
    }
    ({ name: this.name, podLabels: this.podLabels } = identity);
    this.namespace = namespace;
    this.monitorLabels = requireLabels(where, props.monitorLabels ?? MONITOR_LABELS);
    const { scrapeInterval = Duration.seconds(30) } = props;
    this.metrics = [{ name: this.name, pods: this, port: 'web', viaService: true, interval: scrapeInterval }];
    this.declared.push(...connectionsToAll(this, props.apiServer));
    const replicas = requireInteger(where, 'replicas', props.replicas ?? 1, 1);
    // The operator asks for the token in the pod itself.
    accountWithoutToken(this, this.serviceAccountName);
    this.discoverIn(namespace);
    new Prometheus(this, 'prometheus', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      spec: this.spec(props, replicas),
    });
    // The operator's own Service is `prometheus-operated`, for all Prometheus of the namespace.
    const labels = { 'operator.prometheus.io/name': this.name };
    createService(this, { web: this.ports.web }, { labels, byName: true });
    this.scrape(this);
    if (replicas > 1) disruptionBudget(this, this.name, this.podLabels);
  }

  /** Name of the ServiceAccount. */
  get serviceAccountName(): string {
    return `${this.name}-sa`;
  }

  /** To the Kubernetes API, the Alertmanager, and what is scraped. */
  get connections(): readonly Connection[] {
    return this.declared;
  }

  /** What it scrapes, itself included, for {@link scrapeAlerts}. */
  get targets(): readonly ScrapedTarget[] {
    return this.scraped;
  }

  /**
   * Scrapes a service, a store or other pods: makes the monitors, opens the way to them, and lets Prometheus look for them.
   *
   * @throws InvalidInputError if a target has no labels or no such port, or is scraped already
   */
  scrape(target: Scrapeable | MetricsEndpoint): this {
    for (const { target: scraped, connection: made } of createMonitors(this, target)) {
      this.scraped.push(scraped);
      this.declared.push(made);
      if (made.to.namespace !== undefined) this.discoverIn(made.to.namespace);
    }
    return this;
  }

  /**
   * Scrapes the kubelets: cAdvisor's series of containers, and how full volumes are.
   *
   * The right to read `nodes/metrics` is one of the whole cluster. Prometheus shows its token, for which monitors may then name
   * files of its pod: nobody else should be able to make monitors in the namespace.
   *
   * @throws InvalidInputError if an address range or namespace is not valid
   */
  scrapeKubelets({ nodeCidrs, namespaces, verifyCertificates = false }: KubeletMetricsProps): this {
    this.declared.push(connection(this, Endpoint.external('kubelet', { port: 10250, cidrs: nodeCidrs })));
    this.discoverIn('kube-system');
    this.filesAllowed = true;
    const scope = new Construct(this, 'kubelet');
    const rules = [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }];
    this.allowInCluster(scope, 'kubelet', rules);
    createKubeletMonitor(scope, this, namespaces ?? [this.namespace], verifyCertificates);
    this.scraped.push({ job: KUBELET_JOB, vital: false });
    return this;
  }

  /**
   * Lets it look for Services and pods of a namespace.
   *
   * Its own namespace gets a Role. Others get a right of the whole cluster: a Role could not be applied if its namespace, such
   * as an operator's, does not exist yet.
   */
  discoverIn(namespace: string): this {
    const scope = requireDnsLabel(this.node.path, namespace) === this.namespace ? 'own' : 'cluster';
    if (this.discovery.has(scope)) {
      return this;
    }
    this.discovery.add(scope);
    const rules = [{ apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] }];
    if (scope === 'own') {
      const { name } = this;
      new k8s.KubeRole(this, 'role', { metadata: { name }, rules });
      new k8s.KubeRoleBinding(this, 'role-binding', {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [this.subject],
      });
    } else {
      this.allowInCluster(this, 'discovery', rules);
    }
    return this;
  }

  /**
   * Gives its account a right of the whole cluster, as objects of `scope`.
   *
   * @param purpose ends the name of the ClusterRole and its binding
   */
  private allowInCluster(scope: Construct, purpose: string, rules: k8s.PolicyRule[]): void {
    const name = `${this.namespace}-${this.name}-${purpose}`;
    const objects = [
      new k8s.KubeClusterRole(scope, 'cluster-role', { metadata: { name }, rules }),
      new k8s.KubeClusterRoleBinding(scope, 'cluster-role-binding', {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [this.subject],
      }),
    ];
    // They belong to no namespace, and cdk8s gives every object the chart's.
    objects.forEach((object) => {
      object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    });
  }

  private get subject(): k8s.Subject {
    return { kind: 'ServiceAccount', name: this.serviceAccountName, namespace: this.namespace };
  }

  private spec(props: PrometheusServerProps, replicas: number): PrometheusSpec {
    const where = this.node.path;
    const version = props.version ?? '2.49.1';
    if (!/^2\.\d+\.\d+$/.test(version)) {
      throw new InvalidInputError(where, `version is "${version}"`, 'Set a release of Prometheus 2, such as "2.49.1"');
    }
    const selector = { matchLabels: { ...this.monitorLabels } };
    const { securityContext } = restrictedContainer();
    return {
      version: `v${version}`,
      image: requireImage(where, props.image ?? `quay.io/prometheus/prometheus:v${version}`),
      replicas,
      ...externalUrl(where, props.externalUrl),
      serviceAccountName: this.serviceAccountName,
      podMetadata: { labels: { ...this.podLabels } },
      // Without a selector for namespaces each takes its own only.
      serviceMonitorSelector: selector,
      podMonitorSelector: selector,
      ruleSelector: selector,
      arbitraryFsAccessThroughSMs: { deny: lazily(() => !this.filesAllowed) },
      // Keeps the trace ids that Grafana leads on to.
      enableFeatures: ['exemplar-storage'],
      ...this.limits(props),
      ...this.alerting(props),
      ...this.storage(props),
      resources: customResourceRequirements(
        sizeOf(where, props, PROMETHEUS_SIZE),
        PrometheusSpecResourcesLimits.fromString,
        PrometheusSpecResourcesRequests.fromString,
      ),
      securityContext: restrictedPod().securityContext,
      // The operator merges its own containers into these, by name.
      containers: [
        { name: 'prometheus', securityContext },
        { name: 'config-reloader', securityContext },
      ],
      ...(replicas === 1
        ? {}
        : { topologySpreadConstraints: spreadStateful(this.podLabels, props.zoneSpread ?? 'DoNotSchedule') }),
    };
  }

  private limits(props: PrometheusServerProps): Partial<PrometheusSpec> {
    const where = this.node.path;
    const interval = requireSeconds(where, 'scrapeInterval', props.scrapeInterval ?? Duration.seconds(30), 1);
    const evaluation = requireSeconds(where, 'evaluationInterval', props.evaluationInterval ?? Duration.seconds(30), 1);
    return {
      scrapeInterval: `${interval}s`,
      // A timeout longer than its interval is refused.
      scrapeTimeout: `${Math.min(10, interval)}s`,
      evaluationInterval: `${evaluation}s`,
      enforcedSampleLimit: requireInteger(where, 'sampleLimit', props.sampleLimit ?? 100_000, 1),
      enforcedLabelLimit: 64,
      enforcedLabelValueLengthLimit: 2048,
      ...defined({ externalLabels: props.externalLabels }),
    };
  }

  private alerting({ alertmanager }: PrometheusServerProps): Partial<PrometheusSpec> {
    if (alertmanager === undefined) {
      return {};
    }
    this.declared.push(connection(this, alertmanager, 'web'));
    const namespace = alertmanager.namespace ?? this.namespace;
    this.discoverIn(namespace);
    const port = PrometheusSpecAlertingAlertmanagersPort.fromString('web');
    return { alerting: { alertmanagers: [{ name: alertmanager.name, namespace, port, apiVersion: 'v2' }] } };
  }

  private storage(props: PrometheusServerProps): Partial<PrometheusSpec> {
    const where = this.node.path;
    const { storageSize = Size.gibibytes(50), retention = Duration.days(15) } = props;
    const quantity = PrometheusSpecStorageVolumeClaimTemplateSpecResourcesRequests.fromString;
    return {
      retention: `${requireSeconds(where, 'retention', retention, 3600)}s`,
      // The rest is for the log of what is not yet in a block, and for the rewriting of blocks. Less than the 80 % of which
      // VolumeFillingUp tells: a Prometheus that keeps as much as it may is no reason to do something.
      retentionSize: `${Math.floor(storageSize.toKibibytes() * 0.75)}KiB`,
      storage: { volumeClaimTemplate: { spec: claimSpec(where, storageSize, props.storageClass, quantity) } },
    };
  }
}
