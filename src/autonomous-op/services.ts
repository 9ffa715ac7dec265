import { size } from '../core/quantities';

/** Fewest and most pods of a service. */
export const range = (min: number, max: number) => ({ min, max });

/** The ports of autonomous-op, and of every service that the document gives none. */
const springBoot = { httpPort: 8080, managementPort: 8081 };

/**
 * The services: names and images, and the document's "General Service Sizing" (CPU request and limit, memory request and limit,
 * replicas from and to). The gateway is a box of the diagram without a row: it has the size of the services behind it.
 */
export const services = {
  gateway: {
    name: 'gateway',
    image: 'nodeorb/gateway:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  autonomousOp: {
    name: 'autonomous-op',
    image: 'nodeorb/autonomous-op:1.0.0',
    ports: springBoot,
    size: size('1000m', '2000m', '2Gi', '4Gi'),
    replicas: range(3, 10),
  },
  fms: {
    name: 'fms',
    image: 'nodeorb/fms-service:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  tms: {
    name: 'tms',
    image: 'nodeorb/tms-service:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  scm: {
    name: 'scm',
    image: 'nodeorb/scm-service:1.0.0',
    ports: springBoot,
    size: size('500m', '1000m', '1Gi', '2Gi'),
    replicas: range(2, 5),
  },
  mlService: {
    name: 'ml-service',
    image: 'nodeorb/ml-service:1.0.0',
    ports: { httpPort: 8082, managementPort: 8083 },
    size: size('2000m', '4000m', '4Gi', '8Gi'),
    replicas: range(2, 6),
  },
} as const;

/** Key of a service in the settings. */
export type ServiceKey = keyof typeof services;

/** The keys of the services, in the order of the table. */
export const serviceKeys: readonly ServiceKey[] = ['gateway', 'autonomousOp', 'fms', 'tms', 'scm', 'mlService'];
