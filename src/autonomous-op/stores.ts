import { Size } from 'cdk8s';
import { size } from '../core/quantities';

/**
 * The stores: the document's "Infrastructure Sizing" (CPU request and limit, memory request and limit, replicas), with the versions
 * of its diagram and a volume for each replica. Elasticsearch is named by Jaeger only and has no row: it has PostgreSQL's.
 */
export const stores = {
  kafka: { version: '3.5.0', size: size('1000m', '2000m', '2Gi', '4Gi'), replicas: 3, storage: Size.gibibytes(100) },
  postgres: { size: size('1000m', '2000m', '4Gi', '8Gi'), replicas: 3, storage: Size.gibibytes(100) },
  redis: { size: size('500m', '1000m', '1Gi', '2Gi'), replicas: 3, storage: Size.gibibytes(10) },
  elasticsearch: { size: size('1000m', '2000m', '4Gi', '8Gi'), replicas: 3, storage: Size.gibibytes(100) },
} as const;

/** Volumes of what keeps metrics and logs. */
export const volumes = { prometheus: Size.gibibytes(50), loki: Size.gibibytes(50) } as const;

/** Key of a store in the settings. */
export type StoreKey = keyof typeof stores;
