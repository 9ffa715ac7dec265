/* The pods of the simulated cluster, and its time. */

import { Pod } from './pod';
import { allWorkloads, nodes, Workload } from './workloads';

/** Simulated seconds of a step: nothing happens between two. */
const STEP = 5;

/** Seconds that a new pod takes until it is ready. */
const START = 40;

/** The pods at a time, from a quiet hour on. */
export class Cluster {
  /** The pods that the API server knows. */
  readonly pods: Pod[] = [];
  /** Those, and all that were. */
  readonly everyPod: Pod[] = [];

  private readonly byWorkload = new Map<string, Pod[]>();
  private due: { at: number; action: () => void }[] = [];

  /** @param time seconds after the beginning of the scenario; less than 0 before it */
  constructor(public time: number) {
    for (const workload of allWorkloads) {
      for (let pod = 0; pod < workload.pods; pod++) this.create(workload).start();
    }
  }

  /** Goes on until then. */
  advance(time: number, step = STEP): void {
    while (this.time + step <= time) {
      this.time += step;
      this.happen(step);
    }
  }

  /** What time does. */
  protected happen(seconds: number): void {
    const now = this.due.filter(({ at }) => at <= this.time);
    this.due = this.due.filter(({ at }) => at > this.time);
    now.forEach(({ action }) => {
      action();
    });
    for (const pod of this.pods.filter(({ runs }) => runs)) pod.cpuSeconds += pod.cpu * pod.cpuLimit * seconds;
  }

  /** Does something at a time. */
  at(time: number, action: () => void): void {
    this.due.push({ at: time, action });
  }

  /** Does something so many seconds from now. */
  after(seconds: number, action: () => void): void {
    this.at(this.time + seconds, action);
  }

  /** The pods of a workload that have not ended. */
  podsOf(workload: string): Pod[] {
    return (this.byWorkload.get(workload) ?? []).filter(({ hasEnded }) => !hasEnded);
  }

  /** Those of them that do their work. */
  working(workload: string): Pod[] {
    return this.podsOf(workload).filter(({ works }) => works);
  }

  /** A pod more, which does not run yet. */
  create(workload: Workload | string): Pod {
    const made = typeof workload === 'string' ? workloadOf(workload) : workload;
    const { name, namespace, labels, containers, port, podName, claim } = made;
    const alike = this.byWorkload.get(name) ?? [];
    const index = alike.length;
    const id = this.everyPod.length + 1;
    const pod = new Pod({
      name: podName(index),
      namespace,
      workload: name,
      labels,
      containers,
      index,
      ip: `10.1.${Math.floor(id / 250)}.${(id % 250) + 1}`,
      node: nodes[index % nodes.length] ?? nodes[0],
      port: port && { ...port, container: containers[0]?.name ?? name },
      volume: claim && { claim: claim(podName(index)), capacity: 100 * 2 ** 30, used: 0.5, inodes: 0.1 },
    });
    this.pods.push(pod);
    this.everyPod.push(pod);
    this.byWorkload.set(name, [...alike, pod]);
    return pod;
  }

  /** A pod more, which runs at once and is ready soon. */
  start(workload: string, then: (pod: Pod) => void = () => undefined): Pod {
    const pod = this.create(workload);
    pod.phase = 'Running';
    this.after(START, () => {
      if (pod.runs) pod.start();
      then(pod);
    });
    return pod;
  }

  /** Nothing knows of it any more. */
  remove(pod: Pod): void {
    pod.phase = 'Succeeded';
    pod.ready = false;
    this.pods.splice(this.pods.indexOf(pod), 1);
  }

  /** Its node needs the room; the pod stays, for whoever wants to know why, and another takes its place. */
  evict(pod: Pod): void {
    pod.phase = 'Failed';
    pod.ready = false;
    this.start(pod.spec.workload);
  }

  /** Replaces the pods of a Deployment, one after the other: with maxSurge 1 and maxUnavailable 0. */
  rollOut(workload: string): void {
    const [oldest, ...others] = this.podsOf(workload);
    const replace = (old: Pod | undefined, rest: readonly Pod[]) => {
      if (old === undefined) return;
      const made = this.start(workload, () => {
        made.surge = false;
        this.remove(old);
        replace(rest[0], rest.slice(1));
      });
      made.surge = true;
    };
    replace(oldest, others);
  }
}

function workloadOf(name: string): Workload {
  const found = allWorkloads.find((workload) => workload.name === name);
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  return found;
}
