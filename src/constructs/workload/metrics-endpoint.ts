/* What a construct says about its metrics; a Prometheus makes the rest of it. */

import { Duration } from 'cdk8s';
import { Peer } from '../network/peer';

/** Pods that serve metrics, and how Prometheus reads them. */
export interface MetricsEndpoint {
  /** Begins the name of the monitor, `<name>-monitor`. */
  readonly name: string;
  /** The pods, by their labels and namespace. */
  readonly pods: Peer;
  /** Name of the port of {@link pods} that serves metrics. @default - its first port */
  readonly port?: string;
  /** Name that the container, or the Service, gives to that port. @default - the same name */
  readonly containerPort?: string;
  /** Path of the metrics; Spring Boot's `/actuator/prometheus`, for instance. @default '/metrics' */
  readonly path?: string;
  /** Time between two scrapes. @default Duration.seconds(30) */
  readonly interval?: Duration;
  /** Whether Prometheus finds the pods by the Service with their labels, whose name is then the job. @default false: by themselves */
  readonly viaService?: boolean;
  /** Labels of the pods that all their series get. @default ['app'] */
  readonly labels?: readonly string[];
  /** Label of the pods whose value names the job. @default - the job is `<namespace>/<name>-monitor`, or the Service */
  readonly jobLabel?: string;
  /** Whether labels such as `namespace` and `pod` are what the exporter says of others, not those of the exporter. @default false */
  readonly honorLabels?: boolean;
  /**
   * Namespaces whose series are kept, beside those of nodes and volumes, for an exporter that tells of the whole cluster.
   * `own` is the namespace of the monitor. @default - every series is kept
   */
  readonly keepNamespaces?: readonly string[] | 'own';
  /** Whether it is an outage if none of the pods answers. An exporter that is away only leaves its alerts blind. @default false */
  readonly vital?: boolean;
}

/** Something that serves metrics, such as a service or a store of this library. */
export interface Scrapeable {
  /** Its pods with metrics: an endpoint for each set that has labels of its own. */
  readonly metrics: readonly MetricsEndpoint[];
}
