import { Chart } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { AutonomousOpService, AutonomousOpServiceProps } from '../../constructs/service/autonomous-op-service';
import { GpuNodePool } from '../../constructs/service/gpu';
import { GpuInferenceService } from '../../constructs/service/gpu-inference-service';
import { springBoot } from '../../constructs/service/server';
import { ObservabilityStack } from '../../constructs/observability/observability-stack';
import { PublicIngress } from '../../constructs/network/public-ingress';
import { InvalidInputError } from '../../core/errors';
import { isKeyOf, mapValues } from '../../core/records';
import { callTo, clients, ClientSettings, forwardHeaders, gatewayLimits, measureRoutes, routeTo } from '../clients';
import { Settings } from '../environments';
import { apiServerOf, datadogAnnotations } from '../external-systems';
import { certificateOf, CertificateSettings, ingressControllerOf, requestLimits } from '../ingress';
import { imageOf } from '../images';
import { namespace } from '../names';
import { objectives } from '../objectives';
import { isService, isSpringBoot, ServiceKey, serviceKeys, services } from '../services';
import { DeclaredConnection, PeerKey, targetsOf } from '../topology';

/** What a service takes from the settings. */
type ServiceSettings = Pick<
  Settings,
  'images' | 'services' | 'imagePullPolicy' | 'zoneSpread' | 'springProfile' | 'datadog' | 'inferenceRuntime'
>;

/** What the chart takes from the settings. */
type ServicesSettings = ServiceSettings &
  CertificateSettings &
  Pick<Settings, 'gpu' | 'gpuNodes' | 'gpusPerNode' | 'apiServerCidrs' | 'keycloak' | 'domain' | 'loadBalancerCidrs'>;

/** What runs elsewhere, and the services need. */
interface Surroundings {
  /** The account of the services that read the Kubernetes API. */
  readonly account: ServiceAccount;
  /** Where traces go. */
  readonly stack: ObservabilityStack;
}

/** The services, connected as the topology says, and the way in to them. */
export class ServicesChart extends Chart {
  /** The services by their key in the settings. */
  readonly services: Readonly<Record<ServiceKey, AutonomousOpService>>;
  /** The way in from outside, if a connection from it is declared. */
  readonly ingress?: PublicIngress;

  constructor(
    scope: Construct,
    id: string,
    settings: ServicesSettings,
    connections: readonly DeclaredConnection[],
    { account, stack }: Surroundings,
  ) {
    super(scope, id, { namespace });
    const { gpuNodes: nodes, gpu, gpusPerNode } = settings;
    const pool = gpu === 'none' ? undefined : new GpuNodePool(this, 'gpu-nodes', { nodes, gpu, gpusPerNode });
    this.services = mapValues(services, (_, key) => this.addService(key, settings, pool, account));
    const { keycloak, inferenceRuntime } = settings;
    serviceKeys.forEach((key) => {
      // What there is to tell a client is told in Spring's variables: no other server would connect.
      const targets = targetsOf(key, connections).filter((to) => isService(to) || isSpringBoot(key, inferenceRuntime));
      this.connect(key, targets, { keycloak, stack });
    });
    this.allowKubernetesApi(settings);
    const [entry] = targetsOf('ingress', connections).filter(isService);
    if (entry !== undefined) this.ingress = this.addIngress(this.services[entry], settings);
  }

  private addService(
    key: ServiceKey,
    settings: ServiceSettings,
    pool: GpuNodePool | undefined,
    account: ServiceAccount,
  ): AutonomousOpService {
    const { kind, name, readsKubernetesApi, preferredGpus = [] } = services[key];
    const props = propsOf(key, settings);
    const { inferenceRuntime: runtime } = settings;
    if (pool === undefined && !runtime.isSpringBoot) {
      throw new InvalidInputError(
        this.node.path,
        `inferenceRuntime is ${runtime.name}, and gpu is "none"`,
        'Name the GPUs of the nodes, or leave inferenceRuntime out',
      );
    }
    return kind === 'inference' && pool !== undefined
      ? new GpuInferenceService(this, name, {
          ...props,
          pool,
          runtime,
          preferredGpus: [...new Set([pool.gpu, ...preferredGpus])],
          zoneSpread: 'ScheduleAnyway',
          ...(runtime.isSpringBoot ? { env: { ...props.env, ...inferenceEnv } } : {}),
        })
      : new AutonomousOpService(this, name, {
          ...props,
          ...(readsKubernetesApi === true ? { serviceAccount: account, mountServiceAccountToken: true } : {}),
        });
  }

  /** Makes a service the client of all its targets. */
  private connect(key: ServiceKey, targets: readonly PeerKey[], settings: ClientSettings): void {
    const service = this.services[key];
    const isGateway = services[key].kind === 'gateway';
    const routes = targets.filter(isService);
    for (const to of targets) {
      if (isKeyOf(clients, to)) clients[to](service, settings);
      if (!isService(to)) continue;
      if (isGateway) routeTo(service, this.services[to], routes.indexOf(to));
      else callTo(service, this.services[to]);
    }
    if (!isGateway) return;
    gatewayLimits(
      service,
      routes.map((route) => this.services[route]),
    );
    forwardHeaders(service);
    measureRoutes(service);
  }

  private allowKubernetesApi(settings: Pick<Settings, 'apiServerCidrs'>): void {
    const apiServer = apiServerOf(settings);
    const readers = serviceKeys.filter((key) => services[key].readsKubernetesApi === true);
    readers.forEach((key) => {
      Object.keys(apiServer.ports).forEach((port) => this.services[key].connectTo(apiServer, { port }));
    });
  }

  private addIngress(target: AutonomousOpService, settings: ServicesSettings): PublicIngress {
    return new PublicIngress(this, 'ingress', {
      target,
      name: 'autonomous-op-ingress',
      host: settings.domain,
      ingressClass: settings.ingressClass,
      certificate: certificateOf(settings),
      controller: ingressControllerOf(settings),
      ...requestLimits,
    });
  }
}

/**
 * Buckets of the requests' durations: the dashboards' quantiles need them all, the latency objective the one at its limit. And
 * nothing is pushed, as Prometheus scrapes: the starter of Spring Boot 4 would send metrics to localhost, and log that it can't.
 */
const metricsEnv = {
  MANAGEMENT_METRICS_DISTRIBUTION_PERCENTILESHISTOGRAM_HTTP_SERVER_REQUESTS: 'true',
  MANAGEMENT_OTLP_METRICS_EXPORT_ENABLED: 'false',
  MANAGEMENT_METRICS_DISTRIBUTION_SLO_HTTP_SERVER_REQUESTS: `${objectives.latency.toMilliseconds()}ms`,
};

/** What the document tells the model server, and the buckets of its durations for the dashboard's quantiles. */
const inferenceEnv = {
  GPU_ENABLED: 'true',
  TF_ENABLE_GPU: 'true',
  MANAGEMENT_METRICS_DISTRIBUTION_PERCENTILESHISTOGRAM_INFERENCE_REQUESTS: 'true',
};

function propsOf(key: ServiceKey, settings: ServiceSettings): AutonomousOpServiceProps {
  const { size, replicas } = settings.services[key];
  const { name, ports } = services[key];
  const { inferenceRuntime: runtime, springProfile } = settings;
  const isSpring = isSpringBoot(key, runtime);
  const measured = isSpring ? { ...springBoot, ports: { management: ports.managementPort } } : runtime;
  return {
    image: imageOf(key, settings),
    ...size,
    ...(isSpring ? { ...ports, env: { SPRING_PROFILES_ACTIVE: springProfile, ...metricsEnv } } : {}),
    replicas: replicas.min,
    imagePullPolicy: settings.imagePullPolicy,
    zoneSpread: settings.zoneSpread,
    ...(settings.datadog ? { podAnnotations: datadogAnnotations(name, measured) } : {}),
  };
}
