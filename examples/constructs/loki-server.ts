import { AutonomousOpService, Endpoint, LogStorage, LokiServer, secretKey } from 'autonomous-op-cdk8s';
import { App, Chart, Duration } from 'cdk8s';

/** A Loki that keeps logs in a bucket for a month. */
export function lokiServer(app: App): Chart {
  const chart = new Chart(app, 'invoices', { namespace: 'invoices' });
  new AutonomousOpService(chart, 'invoices', { image: 'acme/invoices:5.1.0' });

  new LokiServer(chart, 'loki', {
    storage: LogStorage.s3({
      objectStore: Endpoint.external('s3.eu-central-1.amazonaws.com', { port: 443 }),
      bucket: 'invoices-logs',
      region: 'eu-central-1',
      accessKey: secretKey('invoices-logs', 'access-key'),
      secretKey: secretKey('invoices-logs', 'secret-key'),
    }),
    retention: Duration.days(30),
  });

  return chart;
}
