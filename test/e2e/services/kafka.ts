/* As many brokers of Kafka as are emitted, each in a pod of its own. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entriesAt, valueAt } from '../../autonomous-op/production';
import { brokerHost, brokerSettings, creating, formatting, PORT } from '../kafka/broker';
import { kafkaCommand } from '../kafka/jars';
import { PodNetwork, Service } from './network';
import { Program, until } from '../programs/program';
import { output, withNames } from '../programs/command';
import { folderFor, Surroundings } from './store';

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
    const topics = given.manifests.ofKind('KafkaTopic').map((topic) => kafka.command(creating(topic)));
    await Promise.all(topics.map((command) => output(withNames(given, command))));
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
    names.set(brokerHost(id), pod.address);
    const program = new Program({
      namespace: pod.namespace,
      command: withNames(this.given, this.command(['kafka.Kafka', this.settingsOf(id)])),
      log: join(folder, `kafka-${id}-${pod.address}.log`),
    });
    this.brokers.set(id, { pod, program });
    this.service.endpoints.add(pod.address);
  }

  /** Writes the broker's settings, and makes its volume, in which the user of the services is known. */
  private async format(id: number): Promise<void> {
    const { manifests, secret } = this.given;
    const data = join(folderFor(this.given, `kafka-${id}`, 0), 'data');
    const config = entriesAt(manifests.get('Kafka', 'kafka'), 'spec kafka config');
    writeFileSync(this.settingsOf(id), brokerSettings({ id, ids: this.ids, data, config }));
    const [name = '', password = ''] = ['username', 'password'].map((key) =>
      secret('autonomous-op-secrets', `spring.kafka.${key}`),
    );
    await output(this.command(formatting(this.settingsOf(id), { name, password })));
  }

  private settingsOf(id: number): string {
    return join(this.given.folder, `kafka-${id}`, 'server.properties');
  }

  private command([main = '', ...args]: readonly string[]): string[] {
    return kafkaCommand(this.classPath, main, ...args);
  }
}
