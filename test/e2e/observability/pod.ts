/* A pod of the simulated cluster, with what each exporter tells of it. */

/** What a container may use at most, and what it asks of its node. */
export interface Container {
  readonly name: string;
  readonly limits: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
}

/** A port that serves metrics. */
interface MetricsPort {
  readonly container: string;
  readonly name: string;
  readonly number: number;
}

/** What does not change of a pod. */
interface PodSpec {
  readonly name: string;
  readonly namespace: string;
  /** What made it: `fms`, `kafka brokers`. */
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly node: string;
  readonly containers: readonly Container[];
  readonly port?: MetricsPort | undefined;
  readonly volume?: Volume | undefined;
  /** Its place among the pods of the workload, from 0 on. */
  readonly index: number;
}

/** The volume of a claim. */
interface Volume {
  readonly claim: string;
  readonly capacity: number;
  /** Share of the bytes that is used. */
  used: number;
  /** Share of the inodes that is used. */
  inodes: number;
}

/** Requests that a pod has answered with a status since it started. */
export interface Answered {
  all: number;
  /** Those of them that took longer than the objective allows. */
  slow: number;
}

/** A pod. */
export class Pod {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' = 'Pending';
  ready = false;
  /** Whether a roll-out has made it, in addition to those that the autoscaler wants. */
  surge = false;
  /** Whether its exporter answers; it may be away beside an application that works. */
  exports = true;
  /** Share of its CPU limit that it uses. */
  cpu = 0.1;
  /** Share of its memory limit that it uses. */
  memory = 0.6;
  /** CPU seconds used. */
  cpuSeconds = 0;
  /** Requests by their status. */
  readonly answered = new Map<string, Answered>();

  constructor(readonly spec: PodSpec) {}

  /** Whether its processes run. */
  get runs(): boolean {
    return this.phase === 'Running';
  }

  get hasEnded(): boolean {
    return this.phase === 'Succeeded' || this.phase === 'Failed';
  }

  /** Whether it does its work. */
  get works(): boolean {
    return this.runs && this.ready;
  }

  start(): this {
    this.phase = 'Running';
    this.ready = true;
    return this;
  }

  /** Its processes are gone and do not come back: its node is lost, or the program ends as soon as it starts. */
  fail(): void {
    this.phase = 'Pending';
    this.ready = false;
  }

  /** CPUs that it may use. */
  get cpuLimit(): number {
    return this.spec.containers[0]?.limits['cpu'] ?? 1;
  }

  /** CPUs that it asks for. */
  get cpuRequest(): number {
    return this.spec.containers[0]?.requests['cpu'] ?? 1;
  }

  answer(status: string, requests: number, slow = 0): void {
    if (requests === 0) return;
    const answered = this.answered.get(status) ?? { all: 0, slow: 0 };
    answered.all += requests;
    answered.slow += slow;
    this.answered.set(status, answered);
  }
}
