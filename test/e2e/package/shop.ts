import {
  AutonomousOpService,
  connection,
  Endpoint,
  GpuInferenceService,
  GpuNodePool,
  GpuType,
  KedaScaler,
  NetworkPolicyBundle,
  ObservabilityStack,
  secretKey,
  Trigger,
} from 'autonomous-op-cdk8s';
import { App, Chart, Duration, Size } from 'cdk8s';

/** A chart that uses the package as another team does: the five constructs, with connections of its own. */
export function shop(app: App): Chart {
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });
  const database = Endpoint.external('orders.db.example.com', { port: 5432, cidrs: ['10.20.0.0/16'] });
  const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443 });

  const stack = new ObservabilityStack(chart, 'shop', {
    apiServer,
    grafanaUser: secretKey('shop-grafana', 'user'),
    grafanaPassword: secretKey('shop-grafana', 'password'),
  });
  stack.addAlerts('shop.rules', [
    {
      name: 'CartDown',
      expr: 'up{app="cart"} == 0',
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Cart is down',
      description: '{{ $labels.pod }} has not answered a scrape for 5 minutes',
    },
  ]);

  const cart = new AutonomousOpService(chart, 'cart', {
    image: 'acme/cart:1.4.0',
    memoryRequest: Size.mebibytes(512),
    memoryLimit: Size.gibibytes(1),
  });
  const pool = new GpuNodePool(chart, 'gpu', { nodes: ['gpu-node-01'], gpu: GpuType.A100, gpusPerNode: 4 });
  const recommender = new GpuInferenceService(chart, 'recommender', { image: 'acme/recommender:2.0.1', pool });
  cart.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
  cart.connectTo(database);
  cart.connectTo(recommender, { port: 'http', urlEnv: 'RECOMMENDER_URL' });

  const lag = { broker: kafka, topic: 'carts', consumerGroup: 'cart', lag: 500, partitions: 12 };
  new KedaScaler(chart, 'cart-scaling', {
    target: cart,
    minReplicas: 2,
    maxReplicas: 12,
    triggers: [Trigger.cpu(70), Trigger.kafkaLag(lag)],
  });
  new KedaScaler(chart, 'recommender-scaling', {
    target: recommender,
    minReplicas: 1,
    maxReplicas: 4,
    triggers: [Trigger.cpu(60)],
  });
  const support = Endpoint.inCluster('support', { namespace: 'support', labels: { app: 'support' } });
  stack.prometheus?.scrape(cart);
  new NetworkPolicyBundle(chart, 'network', {
    workloads: [cart, recommender, stack],
    connections: [connection(support, cart, 'http')],
  });
  return chart;
}
