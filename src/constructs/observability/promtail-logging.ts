/* Promtail, which sends the logs of every node to Loki. */

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { InvalidInputError } from '../../core/errors';
import { resourceRequirements, size } from '../../core/quantities';
import { requireDnsLabel, requireDnsSubdomain, requireImage, requireText } from '../../core/validation';
import { clusterDns } from '../network/cluster-dns';
import { Connection, connection, connectionsToAll, NetworkedWorkload, placed } from '../network/connection';
import { isIn, Peer, portOf, qualifiedHostName } from '../network/peer';
import { createPolicy } from '../network/policy';
import { urlOf } from '../network/port';
import { LOKI_RELEASE, LONGEST_LINE } from './loki-server';
import { checksum } from '../workload/checksum';
import { ResourceProps, sizeOf } from '../workload/resources';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';

/** Properties of {@link PromtailLogging}. On each node it asks for 50m CPU and 64 MiB by default, and may use 500m and 256 MiB. */
export interface PromtailLoggingProps extends ResourceProps {
  /** Name of the DaemonSet and its account, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Name of the ConfigMap. @default - `<name>-config` */
  readonly configName?: string;
  /** Image of Promtail with a tag other than `latest`, or with a digest. @default 'grafana/promtail:2.9.17' */
  readonly image?: string;
  /** Namespace of Promtail, another than the chart's: its pods mount the nodes' log folders, which Pod Security refuses elsewhere. */
  readonly namespace: string;
  /** Namespaces whose logs are read. @default - the chart's */
  readonly namespaces?: readonly string[];
  /** The Loki that takes the logs. */
  readonly loki: Peer;
  /** The Kubernetes API, which tells Promtail what runs on its node. */
  readonly apiServer: Peer;
  /** The Prometheus that scrapes Promtail. @default - none: nobody may connect to Promtail */
  readonly prometheus?: Peer;
  /** Regular expressions (RE2) of lines that are not kept, such as a health check's. @default - none */
  readonly dropLines?: readonly string[];
  /** PriorityClass of the pods. @default - none: a full node keeps its services rather than its logs */
  readonly priorityClass?: string;
}

const HTTP_PORT = 9080;

const PROMTAIL_SIZE = size('50m', '500m', '64Mi', '256Mi');

/** What a line can have as its level: few values, since each makes a stream of its own. */
const LEVELS = 'TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL';

const EITHER_CASE = `${LEVELS}|${LEVELS.toLowerCase()}`;

/** How JSON names the level: `level`, ECS' `log.level` or, since Spring Boot 3.5, `level` of `log`, and GELF's `_level_name`. */
const JSON_LEVEL = '(?:"log"\\s*:\\s*\\{(?:[^{}]*,)?\\s*"level"|"(?:log\\.)?level"|"_level_name")';

/** Where a line has its level: Spring's text (date, level, …), JSON, and logfmt, which programs written in Go use. */
const levelForms = [
  `^(?:\\S+\\s+){0,3}(?P<level>${LEVELS})\\b`,
  `^\\{(?:.*?,)?\\s*${JSON_LEVEL}\\s*:\\s*"(?P<level>${EITHER_CASE})"`,
  `^(?:\\w+=(?:"[^"]*"|\\S*) +)*level=(?P<level>${EITHER_CASE})\\b`,
];

/** How a Java stack trace begins, and goes on with what caused it. */
const EXCEPTION = '(?:(?:[a-z_][\\w$]*\\.)+[A-Z][\\w$]*(?:Exception|Error|Throwable)|Caused by|Suppressed)\\b';

/**
 * Promtail on every node: it reads the logs of some namespaces and sends them to Loki, with the labels app, pod, namespace,
 * container, stream and level. The lines of a stack trace stay together.
 *
 * It runs as root, as whom the kubelet lets read its logs, without any capability and on a read-only root; the namespace has to
 * allow host paths (Pod Security `privileged`). It may list the pods of the namespaces that it reads, and no others. What it
 * has read it notes on the node, so that a restart neither loses nor repeats lines.
 *
 * @example
 * new PromtailLogging(chart, 'promtail', { namespace: 'orders-logging', loki, apiServer, prometheus });
 */
export class PromtailLogging extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the DaemonSet, the container and the label `app`. */
  readonly name: string;
  /** Namespace of the pods. */
  readonly namespace: string;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `http`, for Prometheus. */
  readonly ports: Readonly<Record<'http', number>> = { http: HTTP_PORT };
  /** None: its pods are not in the chart's namespace. */
  readonly pods: readonly Peer[] = [];
  /** Those that have an end in the chart's namespace: to Loki, and from Prometheus. The other end is open already. */
  readonly connections: readonly Connection[];
  /** All that its own policy opens: those, and to the Kubernetes API. */
  readonly policyConnections: readonly Connection[];

  /** Its own metrics. */
  readonly metrics: readonly MetricsEndpoint[];

  private readonly chartNamespace: string | undefined;

  /** @throws InvalidInputError if a prop is out of its range or empty, or a name is not valid */
  constructor(scope: Construct, id: string, props: PromtailLoggingProps) {
    super(scope, id);
    const where = this.node.path;
    this.name = requireDnsLabel(where, props.name ?? id);
    this.chartNamespace = Chart.of(this).namespace;
    this.namespace = requireDnsLabel(where, props.namespace);
    if (this.namespace === this.chartNamespace) {
      throw new InvalidInputError(
        where,
        `namespace is "${this.namespace}", the chart's own`,
        'Give the log collection a namespace of its own, such as one that ends in "-logging"',
      );
    }
    this.podLabels = { app: this.name };
    this.metrics = [{ name: this.name, pods: this }];
    this.policyConnections = [
      connection(this, props.loki),
      ...connectionsToAll(this, props.apiServer),
      ...(props.prometheus === undefined ? [] : [connection(props.prometheus, this)]),
    ].map((declared) => placed(declared, this.chartNamespace));
    this.connections = this.policyConnections.filter(({ from, to }) =>
      [from, to].some((peer) => peer !== this && isIn(peer, this.chartNamespace)),
    );
    const namespaces = this.watched(props);
    const loki = urlOf(qualifiedHostName(props.loki, this.chartNamespace), portOf(where, props.loki));
    const config = stringify(configuration(loki, namespaces, droppedLines(where, props)), { lineWidth: 0 });
    const configName = requireDnsSubdomain(where, props.configName ?? `${this.name}-config`);
    new k8s.KubeConfigMap(this, 'config', {
      metadata: { name: configName, namespace: this.namespace },
      data: { 'promtail.yaml': config },
    });
    this.allowReading(namespaces);
    this.createDaemonSet(props, configName, config);
    this.createPolicy();
  }

  private watched({ namespaces }: PromtailLoggingProps): string[] {
    const watched = namespaces ?? (this.chartNamespace === undefined ? [] : [this.chartNamespace]);
    if (watched.length === 0) {
      throw new InvalidInputError(this.node.path, 'it reads the logs of no namespace', 'Name one in namespaces');
    }
    return [...new Set(watched)].map((namespace) => requireDnsLabel(this.node.path, namespace));
  }

  /** In each namespace by itself: the environment in a pod's spec is nobody else's business. */
  private allowReading(namespaces: readonly string[]): void {
    const { name, namespace } = this;
    new k8s.KubeServiceAccount(this, 'account', { metadata: { name, namespace } });
    for (const watched of namespaces) {
      const metadata = { name: `${namespace}-${name}`, namespace: watched };
      new k8s.KubeRole(this, `role-${watched}`, {
        metadata,
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
      });
      new k8s.KubeRoleBinding(this, `role-binding-${watched}`, {
        metadata,
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
        roleRef: { kind: 'Role', name: metadata.name, apiGroup: 'rbac.authorization.k8s.io' },
      });
    }
  }

  private createDaemonSet(props: PromtailLoggingProps, configName: string, config: string): void {
    const { name, namespace } = this;
    const labels = { ...this.podLabels };
    const { priorityClass } = props;
    new k8s.KubeDaemonSet(this, 'daemon-set', {
      metadata: { name, namespace, labels },
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromString('10%') },
        },
        template: {
          metadata: {
            labels,
            // A process reads its configuration once: another text is another pod.
            annotations: { 'checksum/config': checksum(config) },
          },
          spec: {
            serviceAccountName: name,
            enableServiceLinks: false,
            securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
            // GPU nodes, control planes, nodes in trouble: their logs are wanted most.
            tolerations: [{ operator: 'Exists' }],
            ...(priorityClass === undefined
              ? {}
              : { priorityClassName: requireDnsSubdomain(this.node.path, priorityClass) }),
            volumes: [
              { name: 'config', configMap: { name: configName } },
              { name: 'logs', hostPath: { path: '/var/log/pods', type: 'Directory' } },
              // A folder for each Promtail, since two that wrote the same file would undo each other's notes.
              {
                name: 'positions',
                hostPath: { path: `/var/lib/promtail/${namespace}/${name}`, type: 'DirectoryOrCreate' },
              },
            ],
            containers: [this.container(props)],
          },
        },
      },
    });
  }

  private container(props: PromtailLoggingProps): k8s.Container {
    const where = this.node.path;
    return {
      name: this.name,
      image: requireImage(where, props.image ?? `grafana/promtail:${LOKI_RELEASE}`),
      imagePullPolicy: 'IfNotPresent',
      args: ['-config.file=/etc/promtail/promtail.yaml'],
      // Promtail leaves out the targets whose label __host__ is another.
      env: [{ name: 'HOSTNAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } }],
      ports: [{ name: 'http', containerPort: HTTP_PORT }],
      resources: resourceRequirements(sizeOf(where, props, PROMTAIL_SIZE)),
      // Root, whose the logs are, but with none of root's rights over what is another's.
      securityContext: {
        runAsUser: 0,
        runAsGroup: 0,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      volumeMounts: [
        { name: 'config', mountPath: '/etc/promtail', readOnly: true },
        { name: 'logs', mountPath: '/var/log/pods', readOnly: true },
        // It survives the pod, so that no line is sent twice: a folder of the node.
        { name: 'positions', mountPath: '/tmp' },
      ],
      readinessProbe: {
        httpGet: { path: '/ready', port: k8s.IntOrString.fromString('http') },
        periodSeconds: 10,
        timeoutSeconds: 5,
      },
    };
  }

  /** One policy for the one set of pods; a bundle would be that of the chart's namespace. */
  private createPolicy(): void {
    const { policyConnections } = this;
    createPolicy(this, this, {
      inbound: policyConnections.filter(({ to }) => to === this),
      outbound: [...policyConnections.filter(({ from }) => from === this), ...connectionsToAll(this, clusterDns)],
    });
  }
}

function droppedLines(where: string, { dropLines = [] }: PromtailLoggingProps): string[] {
  return dropLines.map((expression) => requireText(where, 'an expression of dropLines', expression));
}

function configuration(loki: string, namespaces: readonly string[], dropLines: readonly string[]) {
  return {
    // Ready means that it runs: a node may well have no pod whose logs are read.
    server: { http_listen_port: HTTP_PORT, grpc_listen_port: 0, health_check_target: false },
    positions: { filename: '/tmp/positions.yaml' },
    // Loki is one pod. Ten attempts, as by default, would give it eight minutes to move to another node; these give an hour.
    clients: [{ url: `${loki}/loki/api/v1/push`, backoff_config: { max_retries: 20 } }],
    scrape_configs: [
      {
        job_name: 'kubernetes-pods',
        kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [...namespaces] } }],
        pipeline_stages: pipeline(dropLines),
        relabel_configs: [
          { source_labels: ['__meta_kubernetes_pod_label_app'], target_label: 'app' },
          { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
          { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
          { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
          { source_labels: ['__meta_kubernetes_pod_node_name'], target_label: '__host__' },
          // The kubelet writes to /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log.
          {
            source_labels: ['__meta_kubernetes_pod_uid', '__meta_kubernetes_pod_container_name'],
            separator: '/',
            target_label: '__path__',
            replacement: '/var/log/pods/*$1/*.log',
          },
        ],
      },
    ],
  };
}

/**
 * The level alone becomes a label. Trace ids and loggers have too many values: they stay in the line, where `| json` and
 * Grafana's derived fields find them.
 */
function pipeline(dropLines: readonly string[]): object[] {
  return [
    // Container runtimes write one line a record, with time, stream and flags before the text, and long lines in parts.
    // One that never ends would stay in memory until then.
    { cri: { max_partial_line_size: LONGEST_LINE.toKibibytes() * 1024, max_partial_line_size_truncate: true } },
    // What begins a stack trace is indented like the rest of it, and so belongs to the line that tells of it.
    { replace: { expression: `^(${EXCEPTION})`, replace: ' {{ .Value }}' } },
    // As many frames as the JVM writes of one exception, and what is around them.
    { multiline: { firstline: '^\\S', max_wait_time: '3s', max_lines: 1100 } },
    ...dropLines.map((expression) => ({ drop: { expression, drop_counter_reason: 'drop_lines' } })),
    ...levelForms.map((expression) => ({ regex: { expression } })),
    { template: { source: 'level', template: '{{ if .Value }}{{ ToUpper .Value }}{{ end }}' } },
    { labels: { level: 'level' } },
    // A name for each restart of each container, of no use beside pod and container.
    { labeldrop: ['filename'] },
  ];
}
