import { AutonomousOpService, Endpoint, NetworkPolicyBundle, PublicIngress } from 'autonomous-op-cdk8s';
import { App, Chart, Duration, Size } from 'cdk8s';

/** A gateway that clients reach as https://shop.example.com, with a certificate that cert-manager renews. */
export function publicIngress(app: App): Chart {
  const chart = new Chart(app, 'edge', { namespace: 'edge' });
  const gateway = new AutonomousOpService(chart, 'gateway', { image: 'acme/gateway:1.3.0' });

  const ingress = new PublicIngress(chart, 'ingress', {
    target: gateway,
    host: 'shop.example.com',
    ingressClass: 'nginx',
    certificate: { clusterIssuer: 'letsencrypt' },
    controller: Endpoint.inCluster('ingress-nginx', { namespace: 'ingress-nginx' }),
    requestTimeout: Duration.seconds(30),
    maxBodySize: Size.mebibytes(5),
  });

  // The bundle opens the way from the controller to the gateway, and to cert-manager's solver.
  new NetworkPolicyBundle(chart, 'network', { workloads: [gateway, ingress] });

  return chart;
}
