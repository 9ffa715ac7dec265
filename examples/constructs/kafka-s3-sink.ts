import {
  AutonomousOpService,
  Endpoint,
  KafkaCluster,
  KafkaS3Sink,
  NetworkPolicyBundle,
  secretKey,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** A topic that a service writes, copied into a bucket of MinIO. */
export function kafkaS3Sink(app: App): Chart {
  const chart = new Chart(app, 'sensors', { namespace: 'sensors' });
  const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } });
  const minio = Endpoint.inCluster('minio', { namespace: 'storage', labels: { app: 'minio' }, port: 9000 });

  const kafka = new KafkaCluster(chart, 'kafka', { version: '3.5.0', apiServer });
  const { topic } = kafka.addTopic('readings', { partitions: 6 });
  const archive = new KafkaS3Sink(chart, 'archive', {
    kafka,
    topics: [topic],
    bucket: 'readings-archive',
    region: 'us-east-1',
    objectStore: minio,
    accessKey: secretKey('readings-archive', 'access-key'),
    secretKey: secretKey('readings-archive', 'secret-key'),
    image: 'registry.example.com/kafka-connect:3.5.0-1',
  });

  kafka.addUser('sensors');
  const sensors = new AutonomousOpService(chart, 'sensors-service', {
    name: 'sensors',
    image: 'acme/sensors:1.2.0',
    env: {
      SPRING_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
      SPRING_KAFKA_PROPERTIES_SASL_MECHANISM: 'SCRAM-SHA-512',
    },
  });
  sensors.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
  sensors.addEnv('SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG', secretKey('sensors', 'sasl.jaas.config'));

  // It also lets the clients in at the policy that Strimzi writes itself.
  new NetworkPolicyBundle(chart, 'network', { workloads: [kafka, archive, sensors] });

  return chart;
}
