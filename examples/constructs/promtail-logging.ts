import {
  AutonomousOpService,
  Endpoint,
  LogStorage,
  LokiServer,
  NetworkPolicyBundle,
  PromtailLogging,
} from 'autonomous-op-cdk8s';
import { App, Chart, Size } from 'cdk8s';

/** The logs of one service, without its health checks. */
export function promtailLogging(app: App): Chart {
  const chart = new Chart(app, 'wishlist', { namespace: 'wishlist' });
  const wishlist = new AutonomousOpService(chart, 'wishlist', { image: 'acme/wishlist:0.9.0' });
  const loki = new LokiServer(chart, 'loki', { storage: LogStorage.volume(Size.gibibytes(20)) });

  const promtail = new PromtailLogging(chart, 'promtail', {
    namespace: 'wishlist-logging',
    loki,
    apiServer: Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } }),
    dropLines: ['GET /actuator/health'],
  });

  new NetworkPolicyBundle(chart, 'network', { workloads: [wishlist, loki, promtail] });

  return chart;
}
