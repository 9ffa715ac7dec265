/* A Spring Boot service of the platform. */

import { Duration, Size } from 'cdk8s';
import { IServiceAccount, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { defined } from '../../core/defined';
import { InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { ContainerSize, requireContainerSize, resourceRequirements } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireEnvName, requireImage, requireInteger, requireSeconds } from '../../core/validation';
import { accountWithoutToken } from '../workload/service-account';
import { disruptionBudget } from '../workload/disruption-budget';
import { maxHeapOf } from './heap';
import { containerSize } from './container-size';
import { MetricsEndpoint, Scrapeable } from '../workload/metrics-endpoint';
import { restrictedContainer, restrictedPod, spreadOver, ZoneSpread } from '../workload/pod-security';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { hostName, inNamespace, Peer, peerKey, portOf } from '../network/peer';
import { urlOf } from '../network/port';
import { envVar } from '../workload/env';
import { ResourceProps } from '../workload/resources';
import { createService } from '../workload/service';
import { identityOf } from '../workload/identity';
import { HealthCheck } from '../network/health-check';
import { hasOnePort, listening, portsOf, Server, springBoot } from './server';

/** Properties of {@link AutonomousOpService}. A pod asks for 500m CPU and 1 GiB by default, and may use twice what it asks for. */
export interface AutonomousOpServiceProps extends ResourceProps {
  /** Container image with a tag other than `latest`, or with a digest. */
  readonly image: string;
  /** Name of the Deployment, the Service and the container, and the value of the pods' label `app`. @default - the construct's id */
  readonly name?: string;
  /** Pods to run. Left out of the manifest once a KedaScaler owns the count. @default 2 */
  readonly replicas?: number;
  /** The JVM's largest heap, in whole mebibytes. @default - the memory request less 300 MiB, and at least a quarter of the limit */
  readonly maxHeap?: Size;
  /** Port of the application. @default 8080 */
  readonly httpPort?: number;
  /** Port of Spring Boot's actuator: health and metrics. @default 8081 */
  readonly managementPort?: number;
  /** When the kubelet pulls the image: `Always`, `IfNotPresent` or `Never`. @default 'Always' */
  readonly imagePullPolicy?: ImagePullPolicy;
  /** Wait before the first liveness probe. @default Duration.seconds(60) */
  readonly livenessDelay?: Duration;
  /** Time between liveness probes. @default Duration.seconds(10) */
  readonly livenessPeriod?: Duration;
  /** Wait before the first readiness probe, beside that for the startup probe. @default Duration.seconds(0) */
  readonly readinessDelay?: Duration;
  /** Time between readiness probes. @default Duration.seconds(5) */
  readonly readinessPeriod?: Duration;
  /** Time the application may take to start before it is restarted, whatever the liveness probe says. @default Duration.minutes(5) */
  readonly startupTimeout?: Duration;
  /** Time a pod goes on serving after it was told to stop, until every client has seen it leave. Needs `sleep` in the image. @default Duration.seconds(10) */
  readonly drainDelay?: Duration;
  /** Time Spring Boot then has to finish the requests in flight. @default Duration.seconds(30) (Spring Boot's own default) */
  readonly shutdownTimeout?: Duration;
  /** Whether zones are a hard rule (`DoNotSchedule`) or a wish (`ScheduleAnyway`, for clusters without zone labels). @default 'DoNotSchedule' */
  readonly zoneSpread?: ZoneSpread;
  /** Account the pods run as: a ServiceAccount of cdk8s-plus, or any object of that kind. @default - one of their own, `<name>-sa`, with no permission */
  readonly serviceAccount?: Pick<IServiceAccount, 'name'>;
  /** Whether the pods get a token for the Kubernetes API. @default false */
  readonly mountServiceAccountToken?: boolean;
  /** Environment variables. More come from {@link AutonomousOpService.addEnv} and {@link AutonomousOpService.connectTo}. @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /** Annotations of the pods, such as those that an agent discovers them by. @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Time between two scrapes. @default Duration.seconds(30) */
  readonly scrapeInterval?: Duration;
}

/** What owns the number of pods of a service. */
interface Scaler extends Construct {
  readonly maxReplicas: number;
}

/** When the kubelet pulls an image. */
export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** How {@link AutonomousOpService.connectTo} tells the application where its peer is. */
export interface ConnectOptions {
  /** Name of the port of the peer. @default - its first port */
  readonly port?: string;
  /** Variable that gets `host:port`. @default - none */
  readonly env?: string;
  /** Variable that gets the host. @default - none */
  readonly hostEnv?: string;
  /** Variable that gets the port. @default - none */
  readonly portEnv?: string;
  /**
   * Variable that gets `scheme://host:port` and {@link urlPath}. The scheme is the port's; if none is declared, `https` on 443 and
   * `http` elsewhere. A port that the scheme implies is left out. @default - none
   */
  readonly urlEnv?: string;
  /** What follows host and port in {@link urlEnv}, such as `/v1/traces`. @default - nothing */
  readonly urlPath?: string;
  /**
   * Spring Boot's health indicator of the peer, such as `db` or `redis`: a pod has started once it is UP. Afterwards the pod stays
   * in the Service whatever the peer does, as all pods would leave it at once. @default - the pod starts without the peer
   */
  readonly healthIndicator?: string;
}

/**
 * A Spring Boot service of the platform: Deployment, Service, ServiceAccount and PodDisruptionBudget.
 *
 * The pods comply with Pod Security `restricted`, spread over zones and nodes, and start and stop without losing
 * a request.
 *
 * @example
 * const orders = new AutonomousOpService(chart, 'orders', { image: 'acme/orders:2.3.1' });
 * orders.connectTo(Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, port: 9092 }), { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
 */
export class AutonomousOpService extends Construct implements Peer, NetworkedWorkload, Scrapeable {
  /** Name of the Deployment, the Service, the container and the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `http` and `management`, which are the same for a server that serves its metrics beside the application. */
  readonly ports: Readonly<Record<'http' | 'management', number>>;
  /** What a pod asks of its node. */
  readonly size: ContainerSize;
  /** The JVM's largest heap. */
  readonly maxHeap: Size;
  /** Pods to run if nothing scales the service. */
  readonly replicas: number;
  /** Time a pod goes on serving after it was told to stop: a client that keeps a connection longer may lose a request. */
  readonly drainDelay: Duration;
  /** What the actuator of a pod tells; `prometheus.scrape(service)` reads it. */
  readonly metrics: readonly MetricsEndpoint[];
  /** What tells a load balancer that a pod takes requests. */
  readonly readiness: HealthCheck;
  /** The Deployment; `addJsonPatch` reaches what the props leave out. */
  readonly deployment: k8s.KubeDeployment;

  private readonly server: Server;
  private readonly env = new Map<string, k8s.EnvVar>();
  private readonly declared: Connection[] = [];
  private readonly neededToStart = ['livenessState'];
  private scaler: Scaler | undefined;

  /** @throws InvalidInputError if a prop is out of its range, empty, or in conflict with another */
  constructor(scope: Construct, id: string, props: AutonomousOpServiceProps) {
    super(scope, id);
    const where = this.node.path;
    ({ name: this.name, namespace: this.namespace, podLabels: this.podLabels } = identityOf(this, props.name));
    this.server = this._serverOf(props);
    this.ports = portsOf(where, this.server, props);
    this.readiness = this.server.probes.readiness;
    this.metrics = [
      {
        name: this.name,
        pods: this,
        port: hasOnePort(this.ports) ? 'http' : 'management',
        path: this.server.metricsPath,
        interval: Duration.seconds(this.seconds('scrapeInterval', props.scrapeInterval, 30, 1)),
        viaService: true,
      },
    ];
    this.replicas = requireInteger(where, 'replicas', props.replicas ?? 2, 1);
    this.size = requireContainerSize(where, containerSize(props));
    this.maxHeap = maxHeapOf(where, this.size, props.maxHeap);
    this.drainDelay = Duration.seconds(this.seconds('drainDelay', props.drainDelay, 10, 0));
    Object.entries(props.env ?? {}).forEach(([name, value]) => {
      this.addEnv(name, value);
    });
    this.deployment = this.createDeployment(props);
    createService(this, listening(this.ports));
    disruptionBudget(this, this.name, this.podLabels);
  }

  /**
   * Sets an environment variable, to a text or to a key of a Secret.
   *
   * @throws InvalidInputError if the name is not valid, or is taken by another value
   */
  addEnv(name: string, value: string | SecretKey): this {
    requireEnvName(this.node.path, name);
    const variable = envVar(name, value);
    const present = this.env.get(name);
    if (present !== undefined && JSON.stringify(present) !== JSON.stringify(variable)) {
      throw new InvalidInputError(
        this.node.path,
        `environment variable ${name} is set twice, to different values`,
        'Keep one of them',
      );
    }
    this.env.set(name, variable);
    return this;
  }

  /**
   * Declares that this service opens connections to `peer`: a NetworkPolicyBundle opens both ends, and the
   * application finds the address in the variables named.
   *
   * @throws InvalidInputError if the peer has no such port or is this service, or a variable is taken by another value
   */
  connectTo(peer: Peer, options: ConnectOptions = {}): Connection {
    if (peerKey(inNamespace(peer, this.namespace)) === peerKey(this)) {
      throw new InvalidInputError(
        this.node.path,
        `it connects to "${peer.name}", which is itself`,
        'Remove connectTo; for pods that talk to each other, give the NetworkPolicyBundle a connection',
      );
    }
    const declared = connection(this, peer, options.port);
    const host = hostName(peer, this.namespace);
    if (options.env !== undefined) this.addEnv(options.env, `${host}:${declared.port}`);
    if (options.hostEnv !== undefined) this.addEnv(options.hostEnv, host);
    if (options.portEnv !== undefined) this.addEnv(options.portEnv, `${declared.port}`);
    if (options.urlEnv !== undefined) {
      const url = urlOf(host, portOf(this.node.path, peer, options.port));
      this.addEnv(options.urlEnv, `${url}${options.urlPath ?? ''}`);
    }
    if (options.healthIndicator !== undefined) this.needToStart(options.healthIndicator);
    this.declared.push(declared);
    return declared;
  }

  /** The service itself: all its pods have the same labels. */
  get pods(): readonly Peer[] {
    return [this];
  }

  /** The connections declared with {@link connectTo}. */
  get connections(): readonly Connection[] {
    return this.declared;
  }

  /** The most pods the service can run: its autoscaler's maximum, or {@link replicas}. */
  get maxReplicas(): number {
    return this.scaler?.maxReplicas ?? this.replicas;
  }

  /**
   * Hands the number of pods to an autoscaler; called by KedaScaler.
   *
   * @throws InvalidInputError if another autoscaler owns it
   * @internal
   */
  _scaleWith(scaler: Scaler): void {
    if (this.scaler !== undefined) {
      throw new InvalidInputError(
        scaler.node.path,
        `"${this.name}" is scaled by ${this.scaler.node.path} already, and two autoscalers on one Deployment fight`,
        `Add the triggers to ${this.scaler.node.path}`,
      );
    }
    this.scaler = scaler;
  }

  /** What runs in the pods; the constructor calls it, so only the props are at hand. @internal */
  protected _serverOf(props: AutonomousOpServiceProps): Server;
  protected _serverOf(): Server {
    return springBoot;
  }

  /** Extended resources of the container, such as GPUs. */
  protected extendedResources(): Record<string, number> {
    return {};
  }

  /** Affinity and tolerations of the pods. */
  protected placement(): Pick<k8s.PodSpec, 'affinity' | 'tolerations'> {
    return {};
  }

  /** How many pods a roll-out may add and take away. */
  protected rollingUpdate(): k8s.RollingUpdateDeployment {
    return { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) };
  }

  /** What Spring Boot has to know of its pod: it listens where the Service and the probes look for it. */
  private configureSpring(shutdownSeconds: number): void {
    this.addEnv('SERVER_PORT', `${this.ports.http}`);
    this.addEnv('MANAGEMENT_SERVER_PORT', `${this.ports.management}`);
    this.addEnv('MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE', 'health,prometheus');
    // A number and no percentage, so that an image of a buildpack, which works out a heap of its own, keeps it too.
    this.addEnv('JAVA_TOOL_OPTIONS', `-Xmx${this.maxHeap.toMebibytes()}m`);
    this.addEnv('SERVER_SHUTDOWN', 'graceful');
    this.addEnv('SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE', `${shutdownSeconds}s`);
    this.addEnv(STARTUP_GROUP, this.neededToStart.join(','));
    // An indicator that an image does not have, as of another driver, must not keep it from starting.
    this.addEnv('MANAGEMENT_ENDPOINT_HEALTH_VALIDATEGROUPMEMBERSHIP', 'false');
  }

  private needToStart(healthIndicator: string): void {
    if (!this.server.isSpringBoot || this.neededToStart.includes(healthIndicator)) return;
    this.neededToStart.push(healthIndicator);
    this.env.set(STARTUP_GROUP, envVar(STARTUP_GROUP, this.neededToStart.join(',')));
  }

  private createDeployment(props: AutonomousOpServiceProps): k8s.KubeDeployment {
    const container = this.container(props);
    const serviceAccountName = props.serviceAccount?.name ?? accountWithoutToken(this, `${this.name}-sa`);
    const drain = this.drainDelay.toSeconds();
    const shutdown = this.seconds('shutdownTimeout', props.shutdownTimeout, 30, 1);
    Object.entries(this.server.env).forEach(([name, value]) => this.addEnv(name, value));
    if (this.server.isSpringBoot) this.configureSpring(shutdown);
    const lifecycle = drain === 0 ? {} : { lifecycle: { preStop: { exec: { command: ['sleep', `${drain}`] } } } };
    const pod = {
      ...restrictedPod(),
      serviceAccountName,
      automountServiceAccountToken: props.mountServiceAccountToken ?? false,
      // Variables such as KAFKA_PORT=tcp://…, one set a Service of the namespace, would end up in Spring's configuration.
      enableServiceLinks: false,
      // The kill must come after the drain and Spring's own timeout, with a little room for the JVM to exit.
      terminationGracePeriodSeconds: drain + shutdown + 5,
      topologySpreadConstraints: spreadOver(this.podLabels, props.zoneSpread ?? 'DoNotSchedule'),
    };
    return new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: this.name, labels: { ...this.podLabels } },
      // Lazy, because scalers, connections and variables are added after the construction.
      spec: lazily((): k8s.DeploymentSpec => ({
        // An autoscaler owns the count: a number here would set it back on every `kubectl apply`.
        ...(this.scaler === undefined ? { replicas: this.replicas } : {}),
        strategy: { type: 'RollingUpdate', rollingUpdate: this.rollingUpdate() },
        selector: { matchLabels: { ...this.podLabels } },
        template: {
          metadata: {
            labels: { ...this.podLabels },
            ...defined({ annotations: props.podAnnotations }),
          },
          spec: {
            ...pod,
            ...this.placement(),
            containers: [
              {
                ...container,
                ...lifecycle,
                env: [...this.env.values()],
                resources: resourceRequirements(this.size, this.extendedResources()),
              },
            ],
          },
        },
      })),
    });
  }

  private container(props: AutonomousOpServiceProps): k8s.Container {
    const startup = this.seconds('startupTimeout', props.startupTimeout, 300, 5);
    const readinessDelay = this.seconds('readinessDelay', props.readinessDelay, 0, 0);
    return {
      ...restrictedContainer(),
      name: this.name,
      image: requireImage(this.node.path, props.image),
      imagePullPolicy: props.imagePullPolicy ?? 'Always',
      ports: Object.entries(listening(this.ports)).map(([name, containerPort]) => ({ name, containerPort })),
      startupProbe: {
        ...this.probe('startup'),
        periodSeconds: 5,
        timeoutSeconds: 5,
        failureThreshold: Math.ceil(startup / 5),
      },
      livenessProbe: {
        ...this.probe('liveness'),
        initialDelaySeconds: this.seconds('livenessDelay', props.livenessDelay, 60, 0),
        periodSeconds: this.seconds('livenessPeriod', props.livenessPeriod, 10, 1),
        timeoutSeconds: 5,
      },
      readinessProbe: {
        ...this.probe('readiness'),
        // A zero is what the API server leaves out.
        ...(readinessDelay === 0 ? {} : { initialDelaySeconds: readinessDelay }),
        periodSeconds: this.seconds('readinessPeriod', props.readinessPeriod, 5, 1),
        timeoutSeconds: 3,
      },
    };
  }

  private probe(kind: keyof Server['probes']): k8s.Probe {
    const { port, path } = this.server.probes[kind];
    return { httpGet: { path, port: k8s.IntOrString.fromString(hasOnePort(this.ports) ? 'http' : port) } };
  }

  private seconds(
    name: keyof AutonomousOpServiceProps,
    value: Duration | undefined,
    standard: number,
    minimum: number,
  ): number {
    return requireSeconds(this.node.path, name, value ?? Duration.seconds(standard), minimum);
  }
}

/** The health group that the startup probe asks; liveness and readiness are Spring Boot's own groups. */
const STARTUP_GROUP = 'MANAGEMENT_ENDPOINT_HEALTH_GROUP_STARTUP_INCLUDE';
