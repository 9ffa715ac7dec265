/* The limits of a pod, of version 1 or 2 of the kernel's control groups. */

import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const NAME = 'aop-services';

/** What a container may use. */
export interface Limits {
  /** CPUs. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

const PERIOD = 100_000;

/** What all pods together weigh beside another process of the machine: as much as the CPUs that they may use, as under Kubernetes. */
const WEIGHT = { 'cpu.shares': 20 * 1024 };
const WEIGHT_2 = { 'cpu.weight': 20 * 100 };

/** Makes the group of a pod; gives the folders in which a process enters it. */
export function addGroup(pod: string, { cpu, memory }: Limits): string[] {
  const quota = Math.round(cpu * PERIOD);
  if (existsSync(join(ROOT, 'cgroup.controllers'))) {
    const folder = join(ROOT, NAME, pod);
    mkdirSync(folder, { recursive: true });
    for (const parent of [ROOT, join(ROOT, NAME)]) set(parent, { 'cgroup.subtree_control': '+cpu +memory' });
    set(join(ROOT, NAME), WEIGHT_2);
    set(folder, { 'memory.max': memory, 'cpu.max': `${quota} ${PERIOD}` });
    return [folder];
  }
  return Object.entries({
    memory: { 'memory.limit_in_bytes': memory },
    cpu: { 'cpu.cfs_period_us': PERIOD, 'cpu.cfs_quota_us': quota },
  }).map(([controller, files]) => {
    const folder = join(ROOT, controller, NAME, pod);
    mkdirSync(folder, { recursive: true });
    if (controller === 'cpu') set(join(ROOT, controller, NAME), WEIGHT);
    set(folder, files);
    return folder;
  });
}

/** Removes the groups of all pods, whose processes have ended. */
export function removeGroups(): void {
  for (const group of ['.', 'memory', 'cpu'].map((controller) => join(ROOT, controller, NAME)).filter(existsSync)) {
    for (const pod of readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
      remove(join(group, pod.name));
    }
    remove(group);
  }
}

function remove(group: string): void {
  // A process that was killed is in its group until the kernel has done with it.
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

function set(folder: string, files: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), `${value}`);
}
