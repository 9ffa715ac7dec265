/* The simulated world: what runs, what is lost, and what time does to it. Every exporter tells of this one world. */

import { Autoscaling } from './autoscaling';
import { Cluster } from './cluster';
import { Stores } from './stores';
import { Traffic } from './traffic';

/** A certificate of cert-manager. */
interface Certificate {
  readonly name: string;
  /** Seconds until it ends. */
  ends: number;
  ready: boolean;
}

const DAY = 86_400;

/** The cluster with its stores, its load and its autoscalers. */
export class World extends Cluster {
  readonly stores = new Stores(this);
  readonly traffic = new Traffic(this, this.stores);
  readonly autoscaling = new Autoscaling(this, this.stores);
  /** Percent that each GPU in use is busy. */
  gpuUtilization = 60;
  readonly certificates: readonly Certificate[] = [{ name: 'autonomous-op-tls', ends: 60 * DAY, ready: true }];
  /** Log entries that Promtail could not send: a second, and altogether. */
  readonly logs = { dropping: 0, dropped: 0 };

  protected override happen(seconds: number): void {
    super.happen(seconds);
    this.stores.happen(seconds);
    this.traffic.happen(seconds);
    this.autoscaling.happen(seconds);
    this.logs.dropped += this.logs.dropping * seconds;
  }
}

/** The time of the world as Prometheus' clock has it, in seconds; an age is as long here as it is there. */
export function realTimeOf(world: World, time: number): number {
  return Date.now() / 1000 - (world.time - time);
}
