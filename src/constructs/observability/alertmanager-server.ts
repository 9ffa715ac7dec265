/* Alertmanager, run by the Prometheus operator. */

import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Alertmanager,
  AlertmanagerSpecResourcesLimits,
  AlertmanagerSpecResourcesRequests,
  AlertmanagerSpecStorageVolumeClaimTemplateSpecResourcesRequests,
} from '../../../imports/monitoring.coreos.com';
import { InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { ContainerSize, customResourceRequirements, requireContainerSize, size } from '../../core/quantities';
import { requireImage, requireInteger } from '../../core/validation';
import { Alert } from './alert-rules';
import { alertmanagerConfig, AlertRoutingProps, receiversOf } from './alert-routing';
import { externalUrl } from './external-url';
import { disruptionBudget } from '../workload/disruption-budget';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { Peer } from '../network/peer';
import { Port } from '../network/port';
import { claimSpec } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { restrictedContainer, restrictedPod, spreadStateful, ZoneSpread } from '../workload/pod-security';

/** Properties of {@link AlertmanagerServer}.  */
export interface AlertmanagerServerProps extends AlertRoutingProps {
  /** Name of the Alertmanager object and of its Service, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Release of Alertmanager, 0.26 or later, as the receivers' credentials are files. @default '0.26.0' */
  readonly version?: string;
  /** Image, with a tag other than `latest` or a digest. @default - quay.io/prometheus/alertmanager of the version */
  readonly image?: string;
  /** Pods; several agree on what was sent. @default 1 */
  readonly replicas?: number;
  /** Where people reach its page from outside, for the links in notifications. @default - none: they lead to the pod, within the cluster */
  readonly externalUrl?: string;
  /** What a pod asks of its node. @default - 50m to 200m CPU, 128 to 256 MiB */
  readonly size?: ContainerSize;
  /** Volume of a pod, for silences and what was sent. @default Size.gibibytes(1) */
  readonly storageSize?: Size;
  /** Class of the volumes. @default - the cluster's default class */
  readonly storageClass?: string;
  /** Whether zones are a hard rule or a wish, if there are several pods. @default 'DoNotSchedule' */
  readonly zoneSpread?: ZoneSpread;
}

const ALERTMANAGER_SIZE = size('50m', '200m', '128Mi', '256Mi');

/**
 * Alertmanager 0.26, run by the Prometheus operator (0.71), with a configuration that holds no secret.
 *
 * Without receivers it takes alerts and shows them, and tells nobody. **Deleting the chart does not delete the volumes**:
 * the operator's StatefulSet leaves its claims.
 *
 * @example
 * const alertmanager = new AlertmanagerServer(chart, 'alertmanager', {
 *   critical: [Receiver.pagerDuty({ routingKey: secretKey('alerting', 'pagerduty') })],
 *   warning: [Receiver.slack({ webhookUrl: secretKey('alerting', 'slack'), channel: '#alerts' })],
 * });
 */
export class AlertmanagerServer extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the Alertmanager object and of its Service, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `web` for Prometheus and people, `mesh` and `mesh-udp` among the pods, `reloader` for the metrics of the sidecar. */
  readonly ports: Readonly<Record<'web' | 'mesh' | 'reloader', number> & Record<'mesh-udp', Port>> = {
    web: 9093,
    mesh: 9094,
    'mesh-udp': Port.udp(9094),
    reloader: 8080,
  };
  /** Alertmanager's pods. */
  readonly pods: readonly Peer[] = [this];
  /** To the receivers, and among several pods. */
  readonly connections: readonly Connection[];
  /** Its own metrics. */
  readonly metrics: readonly MetricsEndpoint[];

  private readonly alerts: Alert[] = [];

  /** @throws InvalidInputError if a prop is out of its range or empty, or a name is not valid */
  constructor(scope: Construct, id: string, props: AlertmanagerServerProps = {}) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.metrics = [{ name: this.name, pods: this, port: 'web', viaService: true }];
    const replicas = requireInteger(where, 'replicas', props.replicas ?? 1, 1);
    const servers = new Set(receiversOf(props).map(({ server }) => server));
    this.connections = [
      ...[...servers].map((server) => connection(this, server)),
      // The pods tell each other news by UDP, and by TCP what is too long for a packet.
      ...(replicas > 1 ? [connection(this, this, 'mesh'), connection(this, this, 'mesh-udp')] : []),
    ];
    this.createAlertmanager(props, replicas, this.createConfig(props));
    // The operator's own Service is `alertmanager-operated`, for all Alertmanagers of the namespace.
    createService(this, { web: this.ports.web }, { labels: { alertmanager: this.name }, byName: true });
    if (replicas > 1) disruptionBudget(this, this.name, this.podLabels);
  }

  /** Has alerts hold each other back as their `inhibitedBy` says. */
  inhibit(alerts: readonly Alert[]): this {
    this.alerts.push(...alerts);
    return this;
  }

  /** The operator takes the configuration from a Secret only; credentials are files beside it. */
  private createConfig(props: AlertmanagerServerProps): string {
    const name = `${this.name}-config`;
    const text = () => alertmanagerConfig(this.node.path, props, this.alerts);
    // What is wrong with the props fails here; alerts are added after the construction.
    text();
    new k8s.KubeSecret(this, 'config', {
      metadata: { name, labels: { ...this.podLabels } },
      type: 'Opaque',
      data: lazily(() => ({ 'alertmanager.yaml': Buffer.from(text()).toString('base64') })),
    });
    return name;
  }

  private createAlertmanager(props: AlertmanagerServerProps, replicas: number, configSecret: string): void {
    const where = this.node.path;
    const version = props.version ?? '0.26.0';
    if (!/^0\.(2[6-9]|[3-9]\d)\.\d+$/.test(version)) {
      throw new InvalidInputError(where, `version is "${version}"`, 'Set a release from 0.26 on, such as "0.26.0"');
    }
    const asked = requireContainerSize(where, props.size ?? ALERTMANAGER_SIZE);
    const { storageSize = Size.gibibytes(1) } = props;
    const quantity = AlertmanagerSpecStorageVolumeClaimTemplateSpecResourcesRequests.fromString;
    const { securityContext } = restrictedContainer();
    const secrets = [...new Set(receiversOf(props).flatMap(({ credentials }) => credentials.map((c) => c.secret)))];
    new Alertmanager(this, 'alertmanager', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      spec: {
        version: `v${version}`,
        image: requireImage(where, props.image ?? `quay.io/prometheus/alertmanager:v${version}`),
        replicas,
        ...externalUrl(where, props.externalUrl),
        configSecret,
        secrets,
        automountServiceAccountToken: false,
        podMetadata: { labels: { ...this.podLabels } },
        resources: customResourceRequirements(
          asked,
          AlertmanagerSpecResourcesLimits.fromString,
          AlertmanagerSpecResourcesRequests.fromString,
        ),
        storage: { volumeClaimTemplate: { spec: claimSpec(where, storageSize, props.storageClass, quantity) } },
        securityContext: restrictedPod().securityContext,
        // The operator merges its own containers into these, by name.
        containers: [
          { name: 'alertmanager', securityContext },
          { name: 'config-reloader', securityContext },
        ],
        ...(replicas === 1
          ? {}
          : { topologySpreadConstraints: spreadStateful(this.podLabels, props.zoneSpread ?? 'DoNotSchedule') }),
      },
    });
  }
}
