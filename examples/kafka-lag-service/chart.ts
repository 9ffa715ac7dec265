import {
  AutonomousOpService,
  connection,
  Endpoint,
  ExistingPrometheus,
  KedaScaler,
  NetworkPolicyBundle,
  secretKey,
  Trigger,
} from 'autonomous-op-cdk8s';
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';

// What other teams run.
const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });
const gateway = Endpoint.inCluster('gateway', { namespace: 'edge', labels: { app: 'gateway' } });

/** Follows parcels: reads what the scanners write to Kafka, and tells the gateway where a parcel is. */
export class ParcelTracker extends Chart {
  readonly network: NetworkPolicyBundle;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'parcels' });

    const tracker = new AutonomousOpService(this, 'tracker', {
      image: 'acme/parcel-tracker:3.4.0',
      env: {
        SPRING_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
        SPRING_KAFKA_PROPERTIES_SASL_MECHANISM: 'SCRAM-SHA-512',
      },
    });
    tracker.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
    tracker.addEnv('SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG', secretKey('tracker-kafka', 'sasl.jaas.config'));

    // A pod more for every 500 scans that wait, up to a pod a partition.
    const partitions = 24;
    new KedaScaler(this, 'scaling', {
      target: tracker,
      minReplicas: 2,
      maxReplicas: partitions,
      triggers: [
        Trigger.cpu(70),
        Trigger.kafkaLag({
          broker: kafka,
          topic: 'parcel-scans',
          consumerGroup: 'parcel-tracker',
          lag: 500,
          partitions,
          credentials: {
            username: secretKey('tracker-kafka', 'username'),
            password: secretKey('tracker-kafka', 'password'),
          },
        }),
      ],
    });

    const prometheus = new ExistingPrometheus(this, 'prometheus', { namespace: 'monitoring' });
    prometheus.scrape(tracker);
    this.network = new NetworkPolicyBundle(this, 'network', {
      workloads: [tracker, prometheus],
      connections: [connection(gateway, tracker, 'http')],
    });
  }
}
