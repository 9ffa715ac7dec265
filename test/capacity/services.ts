import { Duration } from 'cdk8s';
import fc from 'fast-check';
import { AutonomousOpService, Endpoint, KedaScaler, Trigger } from '../../src';
import { ScaledService, scaledServices } from '../../src/capacity/scaled-service';
import { manifestsOf, newChart } from '../synthesize';

const kafka = Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, port: 9092 });
const prometheus = Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 });

/** What a service of the tests may differ in. */
interface Variation {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Requests per second and pod. */
  readonly perPod: number;
  /** Seconds over which requests are averaged. */
  readonly rateWindow?: number;
  readonly readinessDelay?: Duration;
}

/** A service that scales on its requests, on a Kafka lag of 50 messages a pod, and on cpu. */
export function serviceWith({
  minReplicas,
  maxReplicas,
  perPod,
  rateWindow,
  readinessDelay,
}: Variation): ScaledService {
  const chart = newChart();
  const image = 'acme/orders:2.3.1';
  const target = new AutonomousOpService(
    chart,
    'orders',
    readinessDelay === undefined ? { image } : { image, readinessDelay },
  );
  const query = rateWindow === undefined ? 'sum(requests)' : `sum(rate(requests[${rateWindow}s]))`;
  new KedaScaler(chart, 'scaling', {
    ...{ target, minReplicas, maxReplicas },
    triggers: [
      Trigger.prometheus({ server: prometheus, metricName: 'http_requests_per_second', query, threshold: perPod }),
      Trigger.kafkaLag({ broker: kafka, topic: 'invoices', consumerGroup: 'orders', lag: 50 }),
      Trigger.cpu(70),
    ],
  });
  const [service] = scaledServices(manifestsOf(chart));
  if (service === undefined) throw new Error('no service is scaled');
  return service;
}

/** From 3 to 10 pods, 100 requests per second each. */
export const orders = serviceWith({
  minReplicas: 3,
  maxReplicas: 10,
  perPod: 100,
  readinessDelay: Duration.seconds(30),
});

/** A service of any bounds and thresholds. */
export const anyService = fc
  .record({
    minReplicas: fc.integer({ min: 1, max: 8 }),
    more: fc.integer({ min: 0, max: 12 }),
    perPod: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ minReplicas, more, perPod }) => serviceWith({ minReplicas, maxReplicas: minReplicas + more, perPod }));
