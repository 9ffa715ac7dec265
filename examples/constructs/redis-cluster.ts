import { AutonomousOpService, NetworkPolicyBundle, RedisCluster, secretKey } from 'autonomous-op-cdk8s';
import { App, Chart, Size } from 'cdk8s';

/** A cache that drops the keys used least recently, and the service that uses it. */
export function redisCluster(app: App): Chart {
  const chart = new Chart(app, 'catalog', { namespace: 'catalog' });
  const password = secretKey('catalog-redis', 'password');

  const redis = new RedisCluster(chart, 'redis', {
    password,
    evictionPolicy: 'allkeys-lru',
    storageSize: Size.gibibytes(5),
  });

  const catalog = new AutonomousOpService(chart, 'catalog', { image: 'acme/catalog:4.0.0' });
  catalog.connectTo(redis, { env: 'SPRING_DATA_REDIS_CLUSTER_NODES' });
  catalog.addEnv('SPRING_DATA_REDIS_PASSWORD', password);

  new NetworkPolicyBundle(chart, 'network', { workloads: [redis, catalog] });

  return chart;
}
