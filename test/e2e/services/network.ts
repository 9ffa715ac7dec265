/* The network of the pods: a bridge of this machine, with a network namespace and an address for each pod, and names for Services. */

import { once } from 'node:events';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, connect, Socket } from 'node:net';

const BRIDGE = 'aop-services';

/** A pod's place in the network: a namespace and an address, which no other gets after it. */
export interface PodNetwork {
  readonly namespace: string;
  readonly address: string;
  /** Takes the pod off the network at once: what is sent to it is answered by nobody. */
  readonly remove: () => void;
}

/** The bridge. The test itself is at 10.99.0.1, Services at the addresses after it, pods at 10.99.1.1 and above. */
export class Network {
  /** Address of the test, which plays the ingress controller and the kubelet. */
  readonly address = '10.99.0.1';

  private services = 1;
  private pods = 255;

  constructor() {
    // With an address of its own the bridge does not take the least one of its ports, which changes as pods come and go.
    ip(
      `link add ${BRIDGE} address 02:00:00:00:99:01 type bridge`,
      `address add ${this.address}/16 dev ${BRIDGE}`,
      `link set ${BRIDGE} up`,
    );
  }

  /** An address for a Service. */
  addServiceAddress(): string {
    const address = addressOf(++this.services);
    ip(`address add ${address}/16 dev ${BRIDGE}`);
    return address;
  }

  /** Takes a Service's address away, so that nobody answers there; what it gives brings it back. */
  unplug(address: string): () => void {
    ip(`address delete ${address}/16 dev ${BRIDGE}`);
    return () => {
      ip(`address add ${address}/16 dev ${BRIDGE}`);
    };
  }

  /** A network namespace for a pod. */
  addPod(): PodNetwork {
    const index = ++this.pods;
    const [namespace, address] = [`${BRIDGE}-${index}`, addressOf(index)];
    const link = `aop-${index}`;
    ip(
      `netns add ${namespace}`,
      `link add ${link} type veth peer name eth0 netns ${namespace}`,
      `link set ${link} master ${BRIDGE} up`,
    );
    const inside = [`address add ${address}/16 dev eth0`, 'link set eth0 up', 'link set lo up'];
    execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: inside.join('\n') });
    const remove = () => {
      ip(`link delete ${link}`, `netns delete ${namespace}`);
    };
    return { namespace, address, remove };
  }
}

function addressOf(index: number): string {
  return `10.99.${index >> 8}.${index & 255}`;
}

function ip(...commands: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') });
}

/** Ends every process in a pod's network, and removes all networks and the bridge. */
export function removeNetwork(): void {
  const list = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
  for (const name of list.split('\n').flatMap((line) => new RegExp(`^${BRIDGE}-\\d+`).exec(line)?.[0] ?? [])) {
    const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout;
    pids.split('\n').filter(Boolean).map(Number).forEach(kill);
    spawnSync('ip', ['netns', 'delete', name]);
  }
  // The kernel takes its time to remove the other ends of the links; these ends go at once.
  const links = spawnSync('ip', ['-o', 'link', 'show', 'type', 'veth'], { encoding: 'utf8' }).stdout;
  for (const [, link = ''] of links.matchAll(/^\d+: (aop-\d+)@/gm)) spawnSync('ip', ['link', 'delete', link]);
  spawnSync('ip', ['link', 'delete', BRIDGE]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Names and their addresses, as the cluster's DNS gives them, in a file that pods have as /etc/hosts. */
export class Names {
  private readonly addresses = new Map<string, string>();
  private readonly dependents: Names[] = [];

  /**
   * @param file path of the file
   * @param common names that these have too
   */
  constructor(
    readonly file: string,
    private readonly common?: Names,
  ) {
    common?.dependents.push(this);
    this.write();
  }

  /** Sets the address of a name, and of its long form. */
  set(name: string, address: string): void {
    this.addresses.set(name, address);
    this.write();
    this.dependents.forEach((each) => {
      each.write();
    });
  }

  private get all(): ReadonlyMap<string, string> {
    return new Map([...(this.common?.all ?? []), ...this.addresses]);
  }

  private write(): void {
    const lines = [...this.all].map(([name, address]) => `${address} ${name} ${name}.autonomous-op.svc.cluster.local`);
    // In place: a pod has this very file.
    writeFileSync(this.file, ['127.0.0.1 localhost', ...lines, ''].join('\n'));
  }
}

/**
 * A Service, as kube-proxy serves it: each connection goes to one of the endpoints, at random, and stays there when the
 * endpoint is taken out.
 */
export class Service {
  /** Addresses of the pods that new connections go to. */
  readonly endpoints = new Set<string>();

  private constructor(readonly address: string) {}

  /** @param ports ports of the Service, which are those of its pods too */
  static async listen(address: string, ports: readonly number[]): Promise<Service> {
    const service = new Service(address);
    await Promise.all(ports.map((port) => service.serve(port)));
    return service;
  }

  private async serve(port: number): Promise<void> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (client) => {
      this.forward(client, port);
    });
    server.unref();
    await once(server.listen(port, this.address), 'listening');
  }

  private forward(client: Socket, port: number): void {
    const endpoints = [...this.endpoints];
    const host = endpoints[Math.floor(Math.random() * endpoints.length)];
    if (host === undefined) {
      client.resetAndDestroy();
      return;
    }
    const pod = connect({ host, port, allowHalfOpen: true, noDelay: true });
    for (const [one, other] of [
      [client, pod],
      [pod, client],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => other.destroy());
    }
  }
}
