import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';

/** What the exporter plays; a test changes it. */
export interface Load {
  /** CPUs that autonomous-op uses, of 2. */
  cpus: number;
  /** Messages that it is behind. */
  lag: number;
  /** Share of the requests to fms that fail. */
  failing: number;
  /** Services that don't answer. */
  readonly down: Set<string>;
}

/** Requests a second to each service. */
const REQUESTS = 200;

/** Plays the services (`/services/<name>`) and the cluster's exporters (`/cluster`) at a port of the loopback. */
export class Exporter {
  /** What is played from now on. */
  readonly load: Load = { cpus: 0.5, lag: 10, failing: 0, down: new Set() };

  private readonly server: Server;
  private readonly counters = { cpu: 0, good: 0, bad: 0 };
  private counted = Date.now();

  constructor() {
    this.server = createServer((request, response) => {
      const [, kind, name = ''] = request.url?.split('/') ?? [];
      this.count();
      response.statusCode = this.load.down.has(name) ? 503 : 200;
      response.end(kind === 'cluster' ? this.cluster() : this.service(name));
    });
  }

  /** Begins to answer; gives host and port. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${portOf(this.server.address())}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Adds to the counters what has happened since the last time. */
  private count(): void {
    const now = Date.now();
    const seconds = (now - this.counted) / 1000;
    this.counted = now;
    this.counters.cpu += this.load.cpus * seconds;
    this.counters.good += (1 - this.load.failing) * REQUESTS * seconds;
    this.counters.bad += this.load.failing * REQUESTS * seconds;
  }

  private service(name: string): string {
    const { good, bad } = this.counters;
    const failed = name === 'fms' ? bad : 0;
    return [
      `http_server_requests_seconds_count{uri="/",status="200"} ${good + bad - failed}`,
      `http_server_requests_seconds_count{uri="/",status="503"} ${failed}`,
      `http_server_requests_seconds_bucket{uri="/",status="200",le="0.5"} ${good + bad}`,
      '',
    ].join('\n');
  }

  private cluster(): string {
    const container = 'namespace="autonomous-op",container="autonomous-op",pod="a"';
    return [
      `container_cpu_usage_seconds_total{${container}} ${this.counters.cpu}`,
      `kube_pod_container_resource_limits{${container},resource="cpu"} 2`,
      `kafka_consumergroup_lag{consumergroup="autonomous-op",topic="vehicle-telemetry",partition="0"} ${this.load.lag}`,
      '',
    ].join('\n');
  }
}

/** A port of the loopback that is free. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
