// Writes the manifests of many services: fleet.js HOW SERVICES SERVICES_PER_CHART FOLDER.
import { ApiObject, App, Chart } from 'cdk8s';
import { AutonomousOpService } from '../src/constructs/service/autonomous-op-service';
import { KedaScaler } from '../src/constructs/scaling/keda-scaler';
import { NetworkPolicyBundle } from '../src/constructs/network/network-policy-bundle';
import { connection } from '../src/constructs/network/connection';
import { Endpoint } from '../src/constructs/network/peer';
import { Trigger } from '../src/constructs/scaling/trigger';
import { renderManifests } from '../src/synth/manifests';
import { replaceFolder } from '../src/synth/output-folder';

const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });
const prometheus = Endpoint.inCluster('prometheus', { namespace: 'monitoring', labels: { app: 'prometheus' } });

/** Charts of `size` services each, every service with a scaler, a monitor and policies: eight objects a service, two more a chart. */
function fleet(services: number, size: number, outdir: string): App {
  const app = new App({ outdir });
  for (let first = 0; first < services; first += size) {
    addTeam(app, `team-${first / size}`, Math.min(size, services - first));
  }
  return app;
}

/** A team's services: each is a client of Kafka and of the next one, is scraped, and scales on its consumers' lag. */
function addTeam(app: App, namespace: string, size: number): void {
  const chart = new Chart(app, namespace, { namespace });
  const services = Array.from({ length: size }, (_, index) => {
    const name = `service-${index}`;
    const service = new AutonomousOpService(chart, name, { image: `acme/${name}:1.0.0` });
    service.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
    const lag = { broker: kafka, topic: name, consumerGroup: name, lag: 500, partitions: 12 };
    new KedaScaler(chart, `${name}-scaling`, {
      target: service,
      minReplicas: 2,
      maxReplicas: 12,
      triggers: [Trigger.cpu(70), Trigger.memory(80), Trigger.kafkaLag(lag)],
    });
    return service;
  });
  services.slice(1).forEach((next, index) => services[index]?.connectTo(next, { urlEnv: 'NEXT_URL' }));
  new NetworkPolicyBundle(chart, 'network', {
    workloads: services,
    connections: services.map((service) => connection(prometheus, service, 'management')),
  });
}

const [how, services = '0', size = '1', folder = ''] = process.argv.slice(2);
const app = fleet(Number(services), Number(size), folder);
if (how === 'objects') {
  const objects = app.node.findAll().filter(ApiObject.isApiObject);
  process.stdout.write(JSON.stringify(objects.map((object): unknown => object.toJson())));
} else {
  if (how === 'cdk8s') app.synth();
  else replaceFolder(folder, renderManifests(app));
  process.stdout.write(String(process.resourceUsage().maxRSS));
}
