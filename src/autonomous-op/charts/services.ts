import { Chart } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { AutonomousOpService, AutonomousOpServiceProps } from '../../constructs/autonomous-op-service';
import { GpuNodePool, GpuType } from '../../constructs/gpu';
import { GpuInferenceService } from '../../constructs/gpu-inference-service';
import { ObservabilityStack } from '../../constructs/observability-stack';
import { Settings } from '../environments';
import { consumerGroup } from '../scaling';
import { secrets } from '../secrets';
import { ServiceKey, serviceKeys, services } from '../services';
import { calls, dependencies, Dependency, peers } from '../topology';
import { namespace } from './foundation';

/** The services, connected as the topology says. */
export class ServicesChart extends Chart {
  /** The services by their key in the settings. */
  readonly services: Readonly<Record<ServiceKey, AutonomousOpService>>;

  constructor(scope: Construct, id: string, settings: Settings, account: ServiceAccount, stack: ObservabilityStack) {
    super(scope, id, { namespace });
    const pool = new GpuNodePool(this, 'gpu-nodes', {
      nodes: settings.gpuNodes,
      gpu: settings.gpu,
      gpusPerNode: settings.gpusPerNode,
    });
    const add = (key: ServiceKey, props: Partial<AutonomousOpServiceProps> = {}) =>
      new AutonomousOpService(this, services[key].name, { ...propsOf(key, settings), ...props });
    this.services = {
      gateway: add('gateway'),
      autonomousOp: add('autonomousOp', { serviceAccount: account, mountServiceAccountToken: true }),
      fms: add('fms'),
      tms: add('tms'),
      scm: add('scm'),
      mlService: new GpuInferenceService(this, services.mlService.name, {
        ...propsOf('mlService', settings),
        pool,
        preferredGpus: [GpuType.V100, GpuType.T4],
        zoneSpread: 'ScheduleAnyway',
        env: { SPRING_PROFILES_ACTIVE: settings.springProfile, GPU_ENABLED: 'true', TF_ENABLE_GPU: 'true' },
      }),
    };
    this.connect(stack);
  }

  private connect(stack: ObservabilityStack): void {
    for (const [from, to] of calls) {
      const { name } = services[to];
      this.services[from].connectTo(this.services[to], { urlEnv: `${name.replaceAll('-', '_').toUpperCase()}_URL` });
    }
    for (const key of serviceKeys) {
      dependencies[key].forEach((dependency) => {
        connectTo[dependency](this.services[key], stack);
      });
    }
  }
}

function propsOf(key: ServiceKey, settings: Settings): AutonomousOpServiceProps {
  const { image, size, replicas } = settings.services[key];
  return {
    image,
    ...size,
    replicas: replicas.min,
    imagePullPolicy: settings.imagePullPolicy,
    zoneSpread: settings.zoneSpread,
    env: { SPRING_PROFILES_ACTIVE: settings.springProfile },
  };
}

/** What a service needs to know to use a dependency: addresses, credentials and the client's settings, by Spring Boot's names. */
const connectTo: Readonly<Record<Dependency, (service: AutonomousOpService, stack: ObservabilityStack) => void>> = {
  postgres(service) {
    service.connectTo(peers.postgres);
    service.addEnv('SPRING_DATASOURCE_URL', secrets.datasourceUrl);
    service.addEnv('SPRING_DATASOURCE_USERNAME', secrets.datasourceUsername);
    service.addEnv('SPRING_DATASOURCE_PASSWORD', secrets.datasourcePassword);
  },
  kafka(service) {
    service.connectTo(peers.kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
    service.addEnv(
      'SPRING_KAFKA_CONSUMER_GROUP_ID',
      service.name === services.autonomousOp.name ? consumerGroup : service.name,
    );
    service.addEnv('SPRING_KAFKA_USERNAME', secrets.kafkaUsername);
    service.addEnv('SPRING_KAFKA_PASSWORD', secrets.kafkaPassword);
    service.addEnv('SPRING_KAFKA_SECURITY_PROTOCOL', 'SASL_PLAINTEXT');
    service.addEnv('SPRING_KAFKA_PROPERTIES_SASL_MECHANISM', 'SCRAM-SHA-512');
    // Kubernetes puts the two variables above in place of $(…).
    service.addEnv(
      'SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG',
      'org.apache.kafka.common.security.scram.ScramLoginModule required' +
        ' username="$(SPRING_KAFKA_USERNAME)" password="$(SPRING_KAFKA_PASSWORD)";',
    );
  },
  redis(service) {
    service.connectTo(peers.redis, {
      hostEnv: 'SPRING_REDIS_HOST',
      portEnv: 'SPRING_REDIS_PORT',
      env: 'SPRING_REDIS_CLUSTER_NODES',
    });
    service.addEnv('SPRING_REDIS_PASSWORD', secrets.redisPassword);
    // Spring Boot 3 moved these settings from spring.redis to spring.data.redis.
    for (const name of ['HOST', 'PORT', 'CLUSTER_NODES', 'PASSWORD']) {
      service.addEnv(`SPRING_DATA_REDIS_${name}`, `$(SPRING_REDIS_${name})`);
    }
  },
  jaeger(service, stack) {
    service.connectTo(stack.traceCollector, {
      port: 'otlp-http',
      urlEnv: 'MANAGEMENT_OTLP_TRACING_ENDPOINT',
      urlPath: '/v1/traces',
    });
    service.addEnv('MANAGEMENT_TRACING_SAMPLING_PROBABILITY', `${stack.samplingRatio}`);
  },
};
