import { GpuType } from '../core/gpu-type';
import { InferenceRuntime } from '../constructs/service/inference-runtime';
import { ContainerSize, size } from '../core/quantities';
import { isKeyOf, keysOf } from '../core/records';

/** What there is to declare of a service; its connections are in topology.ts, and triggers of its own in scaling.ts. */
interface ServiceDeclaration {
  /** A Spring Boot service, the gateway in front of the others, or a model server that takes GPUs. */
  readonly kind: 'spring' | 'gateway' | 'inference';
  /** Name of the Deployment and the Service. */
  readonly name: string;
  /** Container image with its version. */
  readonly image: string;
  /** The ports of the application and of Spring Boot's actuator. */
  readonly ports: { readonly httpPort: number; readonly managementPort: number };
  /** What a pod asks of its node. */
  readonly size: ContainerSize;
  /** Fewest and most pods. */
  readonly replicas: { readonly min: number; readonly max: number };
  /** Whether its pods may read the Kubernetes API. @default false */
  readonly readsKubernetesApi?: boolean;
  /** GPUs that an inference service prefers, after the environment's own. @default - none */
  readonly preferredGpus?: readonly GpuType[];
}

/** Fewest and most pods of a service. */
export const range = (min: number, max: number) => ({ min, max });

/** The ports of autonomous-op, and of every service that the document gives none. */
const springBoot = { httpPort: 8080, managementPort: 8081 };

/**
 * The services: names and images, and the document's "General Service Sizing" (CPU request and limit, memory request and limit,
 * replicas from and to). The gateway is a box of the diagram without a row: it has the size of the services behind it.
 */
const table = {
  gateway: {
    kind: 'gateway',
    name: 'gateway',
    image: 'nodeorb/gateway:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  autonomousOp: {
    kind: 'spring',
    name: 'autonomous-op',
    image: 'nodeorb/autonomous-op:1.0.0',
    ports: springBoot,
    size: size('1000m', '2000m', '2Gi', '4Gi'),
    replicas: range(3, 10),
    readsKubernetesApi: true,
  },
  fms: {
    kind: 'spring',
    name: 'fms',
    image: 'nodeorb/fms-service:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  tms: {
    kind: 'spring',
    name: 'tms',
    image: 'nodeorb/tms-service:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  scm: {
    kind: 'spring',
    name: 'scm',
    image: 'nodeorb/scm-service:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  mlService: {
    kind: 'inference',
    name: 'ml-service',
    image: 'nodeorb/ml-service:1.0.0',
    ports: { httpPort: 8082, managementPort: 8083 },
    size: size('2000m', '4000m', '4Gi', '8Gi'),
    replicas: range(2, 6),
    preferredGpus: [GpuType.V100, GpuType.T4],
  },
} satisfies Readonly<Record<string, ServiceDeclaration>>;

/** Key of a service in the settings and the topology. */
export type ServiceKey = keyof typeof table;

/** The services, by their keys. */
export const services: Readonly<Record<ServiceKey, ServiceDeclaration>> = table;

/** The keys of the services, in the order of the table. */
export const serviceKeys: readonly ServiceKey[] = keysOf(services);

/** The names of the services, in the order of the table. */
export const serviceNames: readonly string[] = serviceKeys.map((key) => services[key].name);

/** Whether a service is of Spring Boot: all are but a model server of another runtime. */
export function isSpringBoot(key: ServiceKey, runtime: InferenceRuntime): boolean {
  return services[key].kind !== 'inference' || runtime.isSpringBoot;
}

/** The names of those of Spring Boot, in the order of the table. */
export function springBootNames(runtime: InferenceRuntime): readonly string[] {
  return serviceKeys.filter((key) => isSpringBoot(key, runtime)).map((key) => services[key].name);
}

/** Whether a text is the key of a service. */
export function isService(key: string): key is ServiceKey {
  return isKeyOf(services, key);
}
