/* A Grafana whose data sources and dashboards are declared. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { ContainerSize, resourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireImage } from '../../core/validation';
import { dataSources } from './panels';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { hostName, Peer, portOf } from '../network/peer';
import { urlOf } from '../network/port';
import { accountWithoutToken } from '../workload/service-account';
import { envVar, envVars } from '../workload/env';
import { checksum } from '../workload/checksum';
import { ResourceProps, sizeOf } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';

/** Properties of {@link GrafanaServer}. The pod asks for 500m CPU and 1 GiB by default, and may use 1 CPU and 2 GiB. */
export interface GrafanaServerProps extends ResourceProps {
  /** The Prometheus whose metrics it shows. */
  readonly prometheus: Peer;
  /** The Loki whose logs it shows. @default - none: no logs */
  readonly loki?: Peer;
  /** The query component of the Jaeger whose traces it shows. @default - none: no traces */
  readonly jaegerQuery?: Peer;
  /** Name of the administrator. */
  readonly adminUser: SecretKey;
  /** Password of the administrator. */
  readonly adminPassword: SecretKey;
  /** Name of the Deployment, the Service and the container, and the value of the pod's label `app`. @default - the construct's id */
  readonly name?: string;
  /** Container image with a tag other than `latest`, or with a digest. @default 'grafana/grafana:10.2.0' */
  readonly image?: string;
}

const GRAFANA_SIZE = size('500m', '1', '1Gi', '2Gi');

/** The user and group of the image. */
const GRAFANA_ID = 472;

const DASHBOARDS_PATH = '/etc/grafana/dashboards';

/** Nobody gets in without a password, and nothing is asked of the internet. */
const SETTINGS: Readonly<Record<string, string>> = {
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
  GF_LOG_MODE: 'console',
};

/**
 * A Grafana whose data sources and dashboards are declared: from a metric one click leads to the trace, from a log line too, and
 * from a span to its logs and metrics.
 *
 * It keeps nothing: data sources and dashboards come from ConfigMaps, so a new pod is as good as the old one. What somebody makes
 * by hand is gone with the pod; what is to stay is added with {@link GrafanaServer.addDashboard}.
 *
 * @example
 * const grafana = new GrafanaServer(chart, 'grafana', {
 *   prometheus, adminUser: secretKey('grafana-admin', 'user'), adminPassword: secretKey('grafana-admin', 'password'),
 * });
 * grafana.addDashboard(serviceDashboard({ namespace: 'shop', services: ['cart', 'orders'] }));
 */
export class GrafanaServer extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the Deployment, the Service, the container and the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The one port, for people and for Prometheus. */
  readonly ports: Readonly<Record<'http', number>> = { http: 3000 };
  /** The one pod. */
  readonly pods: readonly Peer[];
  /** To each data source. */
  readonly connections: readonly Connection[];
  /** Its own metrics. */
  readonly metrics: readonly MetricsEndpoint[];

  /** The name of the ConfigMap, by the uid of the dashboard in it. */
  private readonly dashboards = new Map<string, string>();

  /** @throws InvalidInputError if a prop is out of its range, empty, or a data source listens on no port */
  constructor(scope: Construct, id: string, props: GrafanaServerProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.pods = [this];
    this.metrics = [{ name: this.name, pods: this, path: '/metrics', viaService: true }];
    const sources = [props.prometheus, props.loki, props.jaegerQuery].filter((peer) => peer !== undefined);
    this.connections = sources.map((peer) => connection(this, peer));
    this.createDeployment(props, sizeOf(where, props, GRAFANA_SIZE), this.createProvisioning(props));
    createService(this, this.ports);
  }

  /**
   * Adds a dashboard, in a ConfigMap of its own. Grafana reads a changed one again within minutes, without a restart.
   *
   * @throws InvalidInputError if it has no uid, or that of another dashboard
   */
  addDashboard(dashboard: Dashboard): this {
    const where = this.node.path;
    const { uid = '', title = '' } = dashboard;
    if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(uid)) {
      throw new InvalidInputError(
        where,
        `dashboard "${title}" has the uid "${uid}"`,
        'Give it a uid of at most 40 lower-case letters, digits and "-"',
      );
    }
    if (this.dashboards.has(uid)) {
      throw new InvalidInputError(
        where,
        `there are two dashboards with the uid "${uid}"`,
        'Give each a uid of its own',
      );
    }
    const name = `${this.name}-dashboard-${uid}`;
    this.createConfigMap(`dashboard-${uid}`, name, { [`${uid}.json`]: `${JSON.stringify(dashboard, null, 2)}\n` });
    this.dashboards.set(uid, name);
    return this;
  }

  /** What Grafana reads when it starts; the checksum makes it start again when that changes. */
  private createProvisioning(props: GrafanaServerProps) {
    const name = `${this.name}-provisioning`;
    const data = {
      'datasources.yaml': stringify({ apiVersion: 1, datasources: this.dataSources(props) }, { lineWidth: 0 }),
      'dashboards.yaml': stringify({ apiVersion: 1, providers: [dashboardProvider] }, { lineWidth: 0 }),
    };
    this.createConfigMap('provisioning', name, data);
    return { name, checksum: checksum(JSON.stringify(data)) };
  }

  private createConfigMap(id: string, name: string, data: Record<string, string>): void {
    new k8s.KubeConfigMap(this, id, { metadata: { name, labels: { ...this.podLabels } }, data });
  }

  private dataSources({ prometheus, loki, jaegerQuery }: GrafanaServerProps) {
    const hasJaeger = jaegerQuery !== undefined;
    const source = (name: string, { type, uid }: { type: string; uid: string }, peer: Peer, jsonData: object) => ({
      name,
      type,
      uid,
      access: 'proxy',
      url: urlOf(hostName(peer, this.namespace), portOf(this.node.path, peer)),
      editable: false,
      jsonData,
    });
    return [
      { ...source('Prometheus', dataSources.prometheus, prometheus, prometheusSettings(hasJaeger)), isDefault: true },
      ...(loki === undefined ? [] : [source('Loki', dataSources.loki, loki, lokiSettings(hasJaeger))]),
      ...(hasJaeger ? [source('Jaeger', dataSources.jaeger, jaegerQuery, jaegerSettings(loki !== undefined))] : []),
    ];
  }

  private createDeployment(
    props: GrafanaServerProps,
    size: ContainerSize,
    provisioning: { name: string; checksum: string },
  ): void {
    const account = accountWithoutToken(this, `${this.name}-sa`);
    const { securityContext } = restrictedPod();
    const container = this.container(props, size);
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      // Lazy, because dashboards are added after the construction.
      spec: lazily((): k8s.DeploymentSpec => ({
        replicas: 1,
        selector: { matchLabels: { ...this.podLabels } },
        template: {
          metadata: {
            labels: { ...this.podLabels },
            annotations: { 'checksum/provisioning': provisioning.checksum },
          },
          spec: {
            serviceAccountName: account,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              ...securityContext,
              runAsUser: GRAFANA_ID,
              runAsGroup: GRAFANA_ID,
              fsGroup: GRAFANA_ID,
            },
            volumes: this.volumes(provisioning.name),
            containers: [container],
          },
        },
      })),
    });
  }

  private volumes(provisioning: string): k8s.Volume[] {
    const file = (path: string) => ({ name: provisioning, items: [{ key: path, path }] });
    return [
      ...restrictedPod().volumes,
      { name: 'data', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } },
      { name: 'datasources', configMap: file('datasources.yaml') },
      { name: 'providers', configMap: file('dashboards.yaml') },
      {
        name: 'dashboards',
        projected: { sources: [...this.dashboards.values()].map((name) => ({ configMap: { name } })) },
      },
    ];
  }

  private container(props: GrafanaServerProps, size: ContainerSize): k8s.Container {
    const { securityContext, volumeMounts } = restrictedContainer();
    const health = { httpGet: { path: '/api/health', port: k8s.IntOrString.fromString('http') }, timeoutSeconds: 5 };
    return {
      name: this.name,
      image: requireImage(this.node.path, props.image ?? 'grafana/grafana:10.2.0'),
      imagePullPolicy: 'IfNotPresent',
      ports: [{ name: 'http', containerPort: this.ports.http }],
      env: [
        envVar('GF_SECURITY_ADMIN_USER', props.adminUser),
        envVar('GF_SECURITY_ADMIN_PASSWORD', props.adminPassword),
        ...envVars(SETTINGS),
      ],
      resources: resourceRequirements(size),
      securityContext,
      volumeMounts: [
        ...volumeMounts,
        { name: 'data', mountPath: '/var/lib/grafana' },
        { name: 'datasources', mountPath: '/etc/grafana/provisioning/datasources', readOnly: true },
        { name: 'providers', mountPath: '/etc/grafana/provisioning/dashboards', readOnly: true },
        { name: 'dashboards', mountPath: DASHBOARDS_PATH, readOnly: true },
      ],
      // The first start makes the tables of its database, which takes a while.
      startupProbe: { ...health, periodSeconds: 5, failureThreshold: 36 },
      livenessProbe: { ...health, periodSeconds: 10, failureThreshold: 6 },
      readinessProbe: { ...health, periodSeconds: 10 },
    };
  }
}

const dashboardProvider = {
  name: 'dashboards',
  type: 'file',
  // What is in the ConfigMaps is what there is: nobody changes it by hand, and a removed one goes.
  disableDeletion: false,
  allowUiUpdates: false,
  updateIntervalSeconds: 30,
  options: { path: DASHBOARDS_PATH },
};

/** Points lead to the trace of one request, if the application keeps exemplars. */
function prometheusSettings(hasJaeger: boolean) {
  const destination = { name: 'trace_id', datasourceUid: dataSources.jaeger.uid };
  return {
    httpMethod: 'POST',
    // The scrape interval, of which $__rate_interval takes four.
    timeInterval: '30s',
    ...(hasJaeger ? { exemplarTraceIdDestinations: [destination] } : {}),
  };
}

/**
 * How a log line has a trace's id, 32 hexadecimal digits: by its name in JSON or text (`traceId`, `trace_id`, `trace.id`,
 * `traceID`), or as Spring Boot's text has it, `[id-span]` since 3.2 and `[service,id,span]` before.
 */
const TRACE_ID = String.raw`(?:trace[._]?[iI][dD]"?\s*[:=]\s*"?|\[(?:[\w.-]*,)?)([0-9a-f]{32})\b`;

/** A log line with a trace's id leads to the trace. Grafana takes `$` for a variable of its own environment, and `$$` for a `$`. */
function lokiSettings(hasJaeger: boolean) {
  const traceId = {
    name: 'traceId',
    matcherRegex: TRACE_ID,
    url: '$${__value.raw}',
    datasourceUid: dataSources.jaeger.uid,
  };
  return hasJaeger ? { derivedFields: [traceId] } : {};
}

/** A span leads to the logs of its trace, and to the requests of its address in its own service. */
function jaegerSettings(hasLoki: boolean) {
  const around = { spanStartTimeShift: '-5m', spanEndTimeShift: '5m' };
  const logs = {
    datasourceUid: dataSources.loki.uid,
    ...around,
    // By the id alone: Jaeger keeps the service's name outside the span's tags, where no label could be made of it.
    customQuery: true,
    query: '{app=~".+"} |= "$${__span.traceId}"',
  };
  const requests = (part: string) => `sum(rate(http_server_requests_seconds_${part}{$$__tags}[5m]))`;
  const metrics = {
    datasourceUid: dataSources.prometheus.uid,
    ...around,
    // Micrometer gives a span the same tags as the metric. `app` is the service's own, an attribute of all its spans: Jaeger keeps
    // the service's name apart from the tags, of which alone labels are made.
    tags: [{ key: 'app' }, { key: 'uri' }, { key: 'method' }],
    queries: [
      { name: 'Requests', query: requests('count') },
      { name: 'Mean duration', query: `${requests('sum')} / ${requests('count')}` },
    ],
  };
  return { nodeGraph: { enabled: true }, tracesToMetrics: metrics, ...(hasLoki ? { tracesToLogsV2: logs } : {}) };
}
