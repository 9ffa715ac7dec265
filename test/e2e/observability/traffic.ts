/* The requests that the services answer, and how many of them fail because of what they use. */

import { isService, ServiceKey, serviceKeys, services } from '../../../src/autonomous-op/services';
import { milliCpu } from '../../../src/core/quantities';
import { connections, PeerKey, targetsOf } from '../../../src/autonomous-op/topology';
import { Cluster } from './cluster';
import { Stores } from './stores';

/** What a service has to do. */
export interface Load {
  /** CPUs that its requests take together. */
  cpus: number;
  /** Share of its limit of memory that a pod uses. */
  memory: number;
  /** Requests a second. */
  requests: number;
  /** Share of the requests that fails by the service's own fault. */
  failing: number;
  /** Share of the requests that takes too long. */
  slow: number;
}

/** The load of each service by its name: in a quiet hour half of what its fewest pods ask for. */
export class Traffic {
  readonly of: ReadonlyMap<string, Load> = new Map(
    serviceKeys.map((key) => {
      const { size, replicas, name } = services[key];
      const cpus = (replicas.min * milliCpu(size.cpuRequest)) / 1000 / 2;
      return [name, { cpus, memory: 0.6, requests: cpus * 20, failing: 1e-4, slow: 2e-3 }];
    }),
  );

  private factor = 1;

  constructor(
    private readonly cluster: Cluster,
    private readonly stores: Stores,
  ) {}

  /** The load of a service. */
  load(name: string): Load {
    const load = this.of.get(name);
    if (load === undefined) throw new Error(`there is no service ${name}`);
    return load;
  }

  /** All that every service has to do, in quiet hours. */
  set(factor: number): void {
    for (const load of this.of.values()) {
      load.cpus *= factor / this.factor;
      load.requests *= factor / this.factor;
    }
    this.factor = factor;
  }

  /** A service's pods share its requests; if there is none, nobody counts them. */
  happen(seconds: number): void {
    for (const key of serviceKeys) {
      const { name } = services[key];
      const { cpus, memory, requests, slow } = this.load(name);
      const pods = this.cluster.working(name);
      const failing = this.failing(key);
      for (const pod of pods) {
        const share = (requests * seconds) / pods.length;
        pod.cpu = Math.min(0.98, (cpus + 0.01) / pods.length / pod.cpuLimit);
        pod.memory = memory;
        pod.answer('200', share * (1 - failing), share * (1 - failing) * slow);
        pod.answer('500', share * failing);
      }
    }
  }

  /** Share of the requests that fails: half of a service's requests use each of what it connects to; the gateway passes each on to one. */
  private failing(key: ServiceKey): number {
    const { name, kind } = services[key];
    const used = targetsOf(key, connections).map((target) => this.failingOf(target));
    const { failing } = this.load(name);
    if (kind === 'gateway') return failing + used.reduce((sum, share) => sum + share, 0) / used.length;
    return 1 - used.reduce((good, share) => good * (1 - share / 2), 1 - failing);
  }

  private failingOf(target: PeerKey): number {
    if (target === 'kafka') return this.stores.kafka.takesWrites ? 0 : 1;
    if (target === 'postgres') return this.stores.postgres.works ? 0 : 1;
    if (target === 'redis') return this.stores.redis.works ? 0 : 1;
    if (!isService(target)) return 0;
    return this.cluster.working(services[target].name).length === 0 ? 1 : this.failing(target);
  }
}
