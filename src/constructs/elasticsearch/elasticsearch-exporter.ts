/* The exporter of Elasticsearch's metrics. */

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { resourceRequirements, size } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireImage } from '../../core/validation';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { hostName, Peer, portOf } from '../network/peer';
import { urlOf } from '../network/port';
import { envVars } from '../workload/env';
import { identityOf } from '../workload/identity';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';

/** Properties of {@link ElasticsearchExporter}. */
export interface ElasticsearchExporterProps {
  /** Name of the Deployment, and the value of the pod's label `app`. @default - the construct's id */
  readonly name?: string;
  /** Image, with a tag other than `latest` or a digest. @default 'quay.io/prometheuscommunity/elasticsearch-exporter:v1.7.0' */
  readonly image?: string;
  /** The Elasticsearch, reached without TLS. */
  readonly elasticsearch: Peer;
  /** User with the cluster's privilege `monitor`, as the client of ElasticsearchCluster has it. */
  readonly username: SecretKey;
  /** The user's password. */
  readonly password: SecretKey;
}

/**
 * Metrics of Elasticsearch, which has none for Prometheus of its own: one small pod that asks all nodes.
 *
 * @example
 * const exporter = new ElasticsearchExporter(chart, 'elasticsearch-exporter', {
 *   elasticsearch, username: secretKey('search', 'username'), password: secretKey('search', 'password'),
 * });
 * prometheus.scrape(exporter);
 */
export class ElasticsearchExporter extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the Deployment, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `metrics`, for Prometheus. */
  readonly ports: Readonly<Record<'metrics', number>> = { metrics: 9114 };
  /** The pod. */
  readonly pods: readonly Peer[] = [this];
  /** To Elasticsearch. */
  readonly connections: readonly Connection[];
  /** What it tells of Elasticsearch. */
  readonly metrics: readonly MetricsEndpoint[];

  /** @throws InvalidInputError if the name or image is not valid */
  constructor(scope: Construct, id: string, props: ElasticsearchExporterProps) {
    super(scope, id);
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.connections = [connection(this, props.elasticsearch)];
    this.createDeployment(props);
    this.metrics = [{ name: this.name, pods: this }];
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
    const url = urlOf(hostName(elasticsearch, this.namespace), portOf(where, elasticsearch));
    const probe = { httpGet: { path: '/healthz', port: k8s.IntOrString.fromString('metrics') }, periodSeconds: 10 };
    return {
      ...restrictedContainer(),
      name: 'exporter',
      image: requireImage(where, props.image ?? 'quay.io/prometheuscommunity/elasticsearch-exporter:v1.7.0'),
      imagePullPolicy: 'IfNotPresent',
      args: [`--es.uri=${url}`, '--es.all'],
      env: envVars({ ES_USERNAME: username, ES_PASSWORD: password }),
      ports: [{ name: 'metrics', containerPort: this.ports.metrics }],
      resources: resourceRequirements(size('50m', '200m', '64Mi', '128Mi')),
      livenessProbe: probe,
      readinessProbe: probe,
    };
  }
}
