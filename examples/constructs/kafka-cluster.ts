import { AutonomousOpService, Endpoint, KafkaCluster, NetworkPolicyBundle, secretKey } from 'autonomous-op-cdk8s';
import { App, Chart, Duration, Size } from 'cdk8s';

/** Kafka with a topic and a user for one service, and with no way in for anybody else. */
export function kafkaCluster(app: App): Chart {
  const chart = new Chart(app, 'billing', { namespace: 'billing' });
  const apiServer = Endpoint.external('kubernetes.default.svc', {
    port: 443,
    ports: { secure: 6443 },
    cidrs: ['10.96.0.1/32', '10.20.0.0/28'],
  });

  const kafka = new KafkaCluster(chart, 'kafka', { version: '3.5.0', apiServer, storageSize: Size.gibibytes(200) });
  kafka.addTopic('invoices', { partitions: 12, retention: Duration.days(3) });
  kafka.addUser('billing');

  const billing = new AutonomousOpService(chart, 'billing-service', {
    name: 'billing',
    image: 'acme/billing:3.0.1',
    env: {
      SPRING_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
      SPRING_KAFKA_PROPERTIES_SASL_MECHANISM: 'SCRAM-SHA-512',
    },
  });
  billing.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
  // Strimzi writes the user's Secret, which has this key beside the password.
  billing.addEnv('SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG', secretKey('billing', 'sasl.jaas.config'));

  // It also lets the clients in at the policy that Strimzi writes itself.
  new NetworkPolicyBundle(chart, 'network', { workloads: [kafka, billing] });

  return chart;
}
