import { connection, Endpoint, NetworkPolicyBundle } from 'autonomous-op-cdk8s';
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';

// The pods of the namespace, which a Helm chart makes; the labels are theirs.
const web = Endpoint.inCluster('web', { labels: { component: 'web' }, port: 8080, ports: { metrics: 9090 } });
const worker = Endpoint.inCluster('worker', { labels: { component: 'worker' }, ports: { metrics: 9090 } });
const database = Endpoint.inCluster('database', { labels: { component: 'postgresql' }, port: 5432 });

// What is elsewhere.
const nginx = Endpoint.inCluster('ingress-nginx', { namespace: 'ingress-nginx' });
const prometheus = Endpoint.inCluster('prometheus', { namespace: 'monitoring', labels: { app: 'prometheus' } });
const mailServer = Endpoint.external('smtp.example.com', { port: 587, cidrs: ['198.51.100.0/24'] });

/** Who may talk to whom in the namespace `wiki`. Everything else is closed. */
export class WikiPolicies extends Chart {
  readonly network: NetworkPolicyBundle;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'wiki' });

    this.network = new NetworkPolicyBundle(this, 'network', {
      endpoints: [web, worker, database],
      connections: [
        connection(nginx, web),
        connection(web, database),
        connection(worker, database),
        connection(worker, mailServer),
        connection(prometheus, web, 'metrics'),
        connection(prometheus, worker, 'metrics'),
      ],
    });
  }
}
