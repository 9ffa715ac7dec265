import { Chart } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { AutonomousOpService, AutonomousOpServiceProps } from '../../constructs/service/autonomous-op-service';
import { GpuType } from '../../core/gpu-type';
import { GpuNodePool } from '../../constructs/service/gpu';
import { GpuInferenceService } from '../../constructs/service/gpu-inference-service';
import { ObservabilityStack } from '../../constructs/observability/observability-stack';
import { PublicIngress } from '../../constructs/network/public-ingress';
import { callTo, gatewayLimits, jaegerFor, kafkaFor, keycloakFor, postgresFor, redisFor, routeTo } from '../clients';
import { certificateOf, ingressControllerOf, limits } from '../edge';
import { Settings } from '../environments';
import { apiServerOf, datadogAnnotations } from '../external-systems';
import { latencySeconds } from '../rules/slo';
import { ServiceKey, services } from '../services';
import { arrows, Box, furtherArrows } from '../topology';
import { namespace } from './foundation';

/** The services, connected as the topology says, and the way in to them. */
export class ServicesChart extends Chart {
  /** The services by their key in the settings. */
  readonly services: Readonly<Record<ServiceKey, AutonomousOpService>>;
  /** The way in from outside. */
  readonly ingress: PublicIngress;

  constructor(scope: Construct, id: string, settings: Settings, account: ServiceAccount, stack: ObservabilityStack) {
    super(scope, id, { namespace });
    const { gpuNodes: nodes, gpu, gpusPerNode } = settings;
    const pool = new GpuNodePool(this, 'gpu-nodes', { nodes, gpu, gpusPerNode });
    const add = (key: ServiceKey, props: Partial<AutonomousOpServiceProps> = {}) =>
      new AutonomousOpService(this, services[key].name, { ...propsOf(key, settings), ...props });
    this.services = {
      gateway: add('gateway'),
      autonomousOp: add('autonomousOp', { serviceAccount: account, mountServiceAccountToken: true }),
      fms: add('fms'),
      tms: add('tms'),
      scm: add('scm'),
      mlService: this.addInference(pool, settings),
    };
    for (const [from, to] of [...arrows, ...furtherArrows]) {
      if (isService(from)) this.connect(from, to, settings, stack);
    }
    gatewayLimits(this.services.gateway);
    const apiServer = apiServerOf(settings);
    Object.keys(apiServer.ports).forEach((port) => this.services.autonomousOp.connectTo(apiServer, { port }));
    this.ingress = this.addIngress(settings);
  }

  private addInference(pool: GpuNodePool, settings: Settings): GpuInferenceService {
    const { env, ...props } = propsOf('mlService', settings);
    return new GpuInferenceService(this, services.mlService.name, {
      ...props,
      pool,
      preferredGpus: [GpuType.V100, GpuType.T4],
      zoneSpread: 'ScheduleAnyway',
      env: { ...env, GPU_ENABLED: 'true', TF_ENABLE_GPU: 'true' },
    });
  }

  private addIngress(settings: Settings): PublicIngress {
    return new PublicIngress(this, 'ingress', {
      target: this.services.gateway,
      name: 'autonomous-op-ingress',
      host: settings.domain,
      ingressClass: settings.ingressClass,
      certificate: certificateOf(settings),
      controller: ingressControllerOf(settings),
      ...limits,
    });
  }

  private connect(from: ServiceKey, to: Box, settings: Settings, stack: ObservabilityStack): void {
    const service = this.services[from];
    switch (to) {
      case 'kafka':
        kafkaFor(service);
        break;
      case 'postgres':
        postgresFor(service);
        break;
      case 'redis':
        redisFor(service);
        break;
      case 'jaeger':
        jaegerFor(service, stack);
        break;
      case 'keycloak':
        keycloakFor(service, settings);
        break;
      case 'ingress':
      case 's3':
        throw new Error(`no service connects to ${to}`);
      default:
        if (from === 'gateway') routeTo(service, this.services[to]);
        else callTo(service, this.services[to]);
    }
  }
}

/** Buckets of the requests' durations: the dashboards' quantiles need them all, the latency objective the one at its limit. */
const metricsEnv = {
  MANAGEMENT_METRICS_DISTRIBUTION_PERCENTILESHISTOGRAM_HTTP_SERVER_REQUESTS: 'true',
  MANAGEMENT_METRICS_DISTRIBUTION_SLO_HTTP_SERVER_REQUESTS: `${latencySeconds * 1000}ms`,
};

function isService(box: Box): box is ServiceKey {
  return Object.hasOwn(services, box);
}

function propsOf(key: ServiceKey, settings: Settings): AutonomousOpServiceProps {
  const { image, size, replicas } = settings.services[key];
  const { name, ports } = services[key];
  return {
    image,
    ...size,
    ...ports,
    replicas: replicas.min,
    imagePullPolicy: settings.imagePullPolicy,
    zoneSpread: settings.zoneSpread,
    env: { SPRING_PROFILES_ACTIVE: settings.springProfile, ...metricsEnv },
    ...(settings.datadog ? { podAnnotations: datadogAnnotations(name, ports.managementPort) } : {}),
  };
}
