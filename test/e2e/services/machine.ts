import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { kafkaClassPath } from '../kafka/jars';
import { removeGroups } from './cgroup';
import { removeNetwork } from './network';

/** What the tests take from the machine. */
export interface Machine {
  /** A folder that is removed after the tests. */
  readonly folder: string;
  /** The class path of Kafka. */
  readonly kafka: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    machine: Machine | undefined;
  }
}

const LOCK = join(tmpdir(), 'aop-services.pid');

/** Programs, and the Debian packages that they come in. */
const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  java: 'openjdk-17-jdk-headless',
  mvn: 'maven',
  openssl: 'openssl',
  '/usr/lib/postgresql/15/bin/postgres': 'postgresql-15',
  '/usr/sbin/pgbouncer': 'pgbouncer',
  'redis-server': 'redis-server',
};

/** Vitest's global setup: builds the stand-ins and finds Kafka before all tests. What it returns is run after them. */
export default function setup(project: TestProject): (() => void) | undefined {
  const reason = reasonToSkip();
  if (reason !== undefined) {
    process.stderr.write(`services tests: all skipped, ${reason}\n`);
    project.provide('machine', undefined);
    return undefined;
  }
  requireAlone();
  removeAll();
  const folder = mkdtempSync(join(tmpdir(), 'aop-services-'));
  // Programs of other users read their settings in it.
  chmodSync(folder, 0o755);
  const stop = () => {
    removeAll();
    rmSync(folder, { recursive: true, force: true });
    rmSync(LOCK, { force: true });
  };
  process.once('exit', stop); // An interrupted run doesn't come to its teardown.
  try {
    project.provide('machine', { folder, kafka: kafkaClassPath(folder) });
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

/** Why nothing can be tried here; nothing if it can. */
function reasonToSkip(): string | undefined {
  if (process.getuid?.() !== 0) return 'they need root: a pod has namespaces, limits and a network of its own';
  const missing = Object.keys(programs).filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) {
    const packages = new Set(missing.map((name) => programs[name]));
    return `${missing.join(', ')} can't be found (Debian: apt-get install ${[...packages].join(' ')})`;
  }
  // What Maven says goes where it can't be taken for a report of the tests.
  const built = spawnSync('npm', ['run', '--silent', 'stand-ins'], { stdio: ['ignore', 2, 'inherit'] });
  return built.status === 0 ? undefined : "Maven can't build stand-ins/ here";
}

/** The names of bridge and namespaces are the same in each run, so that what a killed one has left can be removed. */
function requireAlone(): void {
  const other = existsSync(LOCK) ? readFileSync(LOCK, 'utf8') : '';
  if (other !== '' && existsSync(`/proc/${other}`)) {
    throw new Error(`process ${other} runs these tests already, and they share names: wait for it`);
  }
  writeFileSync(LOCK, `${process.pid}`);
}

/** Ends every process in a pod, and removes networks and limits. */
function removeAll(): void {
  removeNetwork();
  removeGroups();
}
