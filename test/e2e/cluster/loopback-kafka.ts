/* A broker of Kafka at an address of the loopback interface, with the emitted topics. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entriesAt, production } from '../../autonomous-op/production';
import { asking, brokerSettings, creating, formatting } from '../kafka/broker';
import { kafkaCommand } from '../kafka/jars';
import { Program, until } from '../programs/program';
import { output, withNames } from '../programs/command';

/** What the broker needs. */
export interface LoopbackKafkaProps {
  readonly classPath: string;
  readonly address: string;
  /** Path of a file in the form of /etc/hosts, by which the broker is found. */
  readonly hosts: string;
  /** Folder of its data and logs. */
  readonly folder: string;
  /** Who may log in. */
  readonly user: { readonly name: string; readonly password: string };
}

/** The broker. */
export class LoopbackKafka {
  private program: Program | undefined;

  private constructor(private readonly props: LoopbackKafkaProps) {}

  /** Starts it with empty topics. */
  static async start(props: LoopbackKafkaProps): Promise<LoopbackKafka> {
    const kafka = new LoopbackKafka(props);
    mkdirSync(props.folder, { recursive: true });
    const { address, folder, user } = props;
    const config = entriesAt(production.get('Kafka', 'kafka'), 'spec kafka config');
    writeFileSync(kafka.settings, brokerSettings({ id: 0, ids: [0], address, data: join(folder, 'data'), config }));
    await kafka.run(formatting(kafka.settings, user));
    await kafka.begin();
    await Promise.all(production.ofKind('KafkaTopic').map((topic) => kafka.run(creating(topic, { alone: true }))));
    return kafka;
  }

  /** Starts it, or starts it again with what it had. */
  async begin(): Promise<void> {
    const log = join(this.props.folder, `${Date.now()}.log`);
    const program = new Program({ command: this.command(['kafka.Kafka', this.settings]), log });
    this.program = program;
    await until('Kafka has started', () => program.output.includes('Kafka Server started'), { program });
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    await this.program?.kill();
  }

  /** Writes messages to a topic. */
  async write(topic: string, count: number): Promise<void> {
    const producer = this.command(asking('kafka.tools.ConsoleProducer', '--topic', topic));
    await output(['sh', '-c', 'count=$1; shift; seq "$count" | "$@"', 'sh', `${count}`, ...producer]);
  }

  /** A consumer group has consumed all messages of some topics, and nobody of it is connected. */
  async consumed(group: string, topics: readonly { readonly name: string }[]): Promise<void> {
    const reset = ['--group', group, '--reset-offsets', '--to-latest', '--execute', '--timeout', '60000'];
    const named = topics.flatMap(({ name }) => ['--topic', name]);
    const said = await output(this.command(asking('kafka.admin.ConsumerGroupCommand', ...reset, ...named)));
    // The program ends well even if it could not do it. Done, it has a line for each partition.
    for (const { name } of topics) {
      if (!new RegExp(`^${group} +${name} +0 `, 'm').test(said)) throw new Error(`${name} is not consumed: ${said}`);
    }
  }

  private get settings(): string {
    return join(this.props.folder, 'server.properties');
  }

  private async run(program: readonly string[]): Promise<void> {
    await output(this.command(program));
  }

  private command([main = '', ...args]: readonly string[]): string[] {
    return withNames({ names: { file: this.props.hosts } }, kafkaCommand(this.props.classPath, main, ...args));
  }
}
