/* Kafka 3.5 with SCRAM-SHA-512, as Strimzi runs the emitted Kafka, KafkaTopics and KafkaUser; without ZooKeeper. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entriesAt, valueAt } from '../../autonomous-op/production';
import { PodNetwork, Service } from './network';
import { Program, until } from './program';
import { folderFor, output, Surroundings, withNames } from './store';

const PORT = 9092;
const CONTROLLER = 9093;
const INTERNAL = 9091;
const CLUSTER_ID = 'YW9wLXNlcnZpY2VzLXRlcw';

interface Broker {
  readonly pod: PodNetwork;
  readonly program: Program;
}

/** As many brokers as are emitted, behind the bootstrap Service `kafka`. */
export class Kafka {
  private readonly brokers = new Map<number, Broker>();
  private readonly ids: readonly number[];

  private constructor(
    private readonly given: Surroundings,
    private readonly classPath: string,
    private readonly service: Service,
  ) {
    const replicas = Number(valueAt(given.manifests.get('Kafka', 'kafka'), 'spec kafka replicas'));
    this.ids = Array.from({ length: replicas }, (_, id) => id);
  }

  /** Starts the brokers, and makes the emitted topics. */
  static async start(given: Surroundings, classPath: string): Promise<Kafka> {
    const service = await Service.listen(given.network.addServiceAddress(), [PORT]);
    given.names.set('kafka', service.address);
    const kafka = new Kafka(given, classPath, service);
    await Promise.all(kafka.ids.map((id) => kafka.format(id)));
    kafka.ids.forEach((id) => {
      kafka.startBroker(id);
    });
    await kafka.ready();
    await Promise.all(given.manifests.ofKind('KafkaTopic').map((topic) => kafka.createTopic(topic)));
    return kafka;
  }

  /** A broker ends at once, and its pod is lost. */
  async lose(id: number): Promise<void> {
    const broker = this.brokers.get(id);
    if (broker === undefined) throw new Error(`broker ${id} does not run`);
    this.brokers.delete(id);
    this.service.endpoints.delete(broker.pod.address);
    broker.pod.remove();
    await broker.program.kill();
  }

  /** A lost broker starts again with its data, at another address. */
  async replace(id: number): Promise<void> {
    this.startBroker(id);
    await this.ready();
  }

  private async ready(): Promise<void> {
    await Promise.all(
      [...this.brokers].map(([id, { program }]) =>
        until(`broker ${id} has started`, () => program.output.includes('Kafka Server started'), {
          program,
          seconds: 120,
        }),
      ),
    );
  }

  private startBroker(id: number): void {
    const { network, names, folder } = this.given;
    const pod = network.addPod();
    names.set(host(id), pod.address);
    const program = new Program({
      namespace: pod.namespace,
      command: withNames(this.given, this.java('kafka.Kafka', this.configOf(id))),
      log: join(folder, `kafka-${id}-${pod.address}.log`),
    });
    this.brokers.set(id, { pod, program });
    this.service.endpoints.add(pod.address);
  }

  /** Writes the broker's settings, and makes its volume, in which the user of the services is known. */
  private async format(id: number): Promise<void> {
    const { manifests, secret } = this.given;
    const data = folderFor(this.given, `kafka-${id}`, 0);
    const config = {
      'process.roles': 'broker,controller',
      'node.id': id,
      'controller.quorum.voters': this.ids.map((each) => `${each}@${host(each)}:${CONTROLLER}`).join(','),
      'controller.listener.names': 'CONTROLLER',
      listeners: `CLIENT://:${PORT},INTERNAL://:${INTERNAL},CONTROLLER://:${CONTROLLER}`,
      'advertised.listeners': `CLIENT://${host(id)}:${PORT},INTERNAL://${host(id)}:${INTERNAL}`,
      'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'INTERNAL',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.client.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'log.dirs': join(data, 'data'),
      ...entriesAt(manifests.get('Kafka', 'kafka'), 'spec kafka config'),
    };
    const lines = Object.entries(config).map(([key, value]) => `${key}=${String(value)}`);
    writeFileSync(this.configOf(id), lines.join('\n'));
    const [user, password] = ['username', 'password'].map((key) =>
      secret('autonomous-op-secrets', `spring.kafka.${key}`),
    );
    const scram = `SCRAM-SHA-512=[name=${user ?? ''},password=${password ?? ''}]`;
    const format = ['format', '-t', CLUSTER_ID, '-c', this.configOf(id), '-S', scram];
    await output(this.java('kafka.tools.StorageTool', ...format));
  }

  private async createTopic(topic: unknown): Promise<void> {
    const [name, partitions, replicas] = ['metadata name', 'spec partitions', 'spec replicas'].map((path) =>
      String(valueAt(topic, path)),
    );
    const config = Object.entries(entriesAt(topic, 'spec config')).map(([key, value]) => `${key}=${String(value)}`);
    const create = this.java(
      'kafka.admin.TopicCommand',
      ...['--bootstrap-server', `${host(0)}:${INTERNAL}`, '--create', '--topic', name ?? ''],
      ...['--partitions', partitions ?? '', '--replication-factor', replicas ?? ''],
      ...config.flatMap((each) => ['--config', each]),
    );
    await output(withNames(this.given, create));
  }

  private configOf(id: number): string {
    return join(this.given.folder, `kafka-${id}`, 'server.properties');
  }

  private java(main: string, ...args: readonly string[]): string[] {
    // Enough for what the tests send; CPU that the machine lacks is not spent on the best code.
    const options = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    return ['/usr/bin/java', ...options, '-cp', this.classPath, main, ...args];
  }
}

/** The name that Strimzi gives a broker. */
function host(id: number): string {
  return `kafka-kafka-${id}.kafka-kafka-brokers.autonomous-op.svc`;
}
