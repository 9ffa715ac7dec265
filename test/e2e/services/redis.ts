/* Redis 7.0 as a cluster of three masters with a replica each, as redis-operator runs it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textAt } from '../../autonomous-op/production';
import { PodNetwork, Service } from './network';
import { Program, until } from '../programs/program';
import { output } from '../programs/command';
import { folderFor, Surroundings } from './store';

const PORT = 6379;

/** User of the processes: that of the operator's image. */
const USER = 1000;

interface Node {
  readonly name: string;
  readonly pod: PodNetwork;
  readonly program: Program;
}

/** The nodes, behind the Service `redis`. */
export class Redis {
  private readonly nodes = new Map<string, Node>();

  private constructor(
    private readonly given: Surroundings,
    private readonly service: Service,
    private readonly password: string,
  ) {}

  /** Starts six nodes, and joins them to a cluster. */
  static async start(given: Surroundings): Promise<Redis> {
    const service = await Service.listen(given.network.addServiceAddress(), [PORT]);
    given.names.set('redis', service.address);
    const redis = new Redis(given, service, given.secret('autonomous-op-secrets', 'spring.redis.password'));
    await Promise.all(Array.from({ length: 6 }, (_, index) => redis.startNode(`redis-${index}`)));
    const addresses = [...redis.nodes.values()].map(({ pod }) => `${pod.address}:${PORT}`);
    await redis.cli(['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
    await redis.healthy();
    return redis;
  }

  /** Address of the master that has a key. */
  async masterOf(key: string): Promise<string> {
    const slot = Number(await this.ask(this.anyAddress(), 'CLUSTER', 'KEYSLOT', key));
    const nodes = await this.ask(this.anyAddress(), 'CLUSTER', 'NODES');
    const lines = nodes.split('\n').map((line) => line.split(' '));
    const [, address = ''] = lines.find((fields) => fields.slice(8).some((slots) => includes(slots, slot))) ?? [];
    return address.replace(/:.*/, '');
  }

  /** A pod is lost, with its address. */
  async lose(address: string): Promise<void> {
    const node = this.nodes.get(address);
    if (node === undefined) throw new Error(`no node of Redis has the address ${address}`);
    this.nodes.delete(address);
    this.service.endpoints.delete(address);
    node.pod.remove();
    await node.program.kill();
  }

  /** A lost pod is replaced: the same volume, another address. */
  async replace(lost: string): Promise<void> {
    const running = new Set([...this.nodes.values()].map(({ name }) => name));
    const missing = Array.from({ length: 6 }, (_, index) => `redis-${index}`).filter((name) => !running.has(name));
    if (missing.length === 0) throw new Error(`${lost} is not lost`);
    await Promise.all(missing.map((name) => this.startNode(name)));
    // In Kubernetes the operator makes a node known again whose address has changed.
    for (const name of missing) {
      const node = [...this.nodes.values()].find((each) => each.name === name);
      if (node !== undefined) await this.ask(this.anyAddress(name), 'CLUSTER', 'MEET', node.pod.address, `${PORT}`);
    }
    await this.healthy();
  }

  /** Every slot is served, and every master has a replica. */
  async healthy(): Promise<void> {
    await until('Redis is a cluster of six', async () => {
      const states = await Promise.all(
        [...this.nodes.keys()].map(async (address) => {
          const info = await this.ask(address, 'CLUSTER', 'INFO');
          const nodes = await this.ask(address, 'CLUSTER', 'NODES');
          const well = nodes
            .split('\n')
            .filter((line) => /(master|slave) .* connected/.test(line) && !/fail/.test(line));
          const replicas = well.filter((line) => line.includes('slave'));
          return info.includes('cluster_state:ok') && well.length === 6 && replicas.length === 3;
        }),
      );
      return states.every(Boolean);
    });
  }

  private anyAddress(except = ''): string {
    const [address] = [...this.nodes].find(([, { name }]) => name !== except) ?? [];
    if (address === undefined) throw new Error('no node of Redis runs');
    return address;
  }

  private async startNode(name: string): Promise<void> {
    const { network, folder, manifests } = this.given;
    const data = folderFor(this.given, name, USER);
    const config = join(data, 'redis.conf');
    const additional = textAt(manifests.get('ConfigMap', 'redis-config'), 'data redis-additional.conf');
    writeFileSync(config, `${this.ofTheImage(data)}\n${additional}`);
    const pod = network.addPod();
    const log = join(folder, `${name}.log`);
    const command = ['redis-server', config];
    const program = new Program({ namespace: pod.namespace, command, log, user: `${USER}` });
    await until(`${name} answers`, async () => (await this.ask(pod.address, 'PING')) === 'PONG', { program });
    this.nodes.set(pod.address, { name, pod, program });
    this.service.endpoints.add(pod.address);
  }

  /** What the entry point of the operator's image sets. */
  private ofTheImage(data: string): string {
    return [
      `dir ${data}`,
      'bind 0.0.0.0',
      'protected-mode no',
      `requirepass ${this.password}`,
      `masterauth ${this.password}`,
      'cluster-enabled yes',
      'cluster-config-file nodes.conf',
      'cluster-node-timeout 5000',
      'cluster-require-full-coverage no',
      'cluster-migration-barrier 1',
      'appendonly yes',
    ].join('\n');
  }

  private async ask(address: string, ...command: readonly string[]): Promise<string> {
    return (await this.cli(['-h', address, ...command]).catch(() => '')).trim();
  }

  private cli(args: readonly string[]): Promise<string> {
    return output(['redis-cli', '--no-auth-warning', ...args], { REDISCLI_AUTH: this.password });
  }
}

/** Whether a range of slots (`0-5460`, `7`) has a slot. */
function includes(range: string, slot: number): boolean {
  const [from = NaN, to = from] = range.split('-').map(Number);
  return from <= slot && slot <= to;
}
