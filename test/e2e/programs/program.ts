/* A program that the tests have started, and that ends with them. */

import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to start. */
export interface ProgramProps {
  /** Network namespace that it is in. @default - the machine's */
  readonly namespace?: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** File that gets what it prints. */
  readonly log: string;
  /** Its environment, all of it. @default - only a PATH */
  readonly env?: Readonly<Record<string, string>>;
  /** User and group as numbers or names. Left out for a program that makes namespaces of its own. @default - root */
  readonly user?: string;
  /** Where it is started. @default - where the test is */
  readonly folder?: string;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A program, in the network of a pod or of the machine. */
export class Program {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(private readonly props: ProgramProps) {
    const { namespace, command, log, env = { PATH }, user, folder } = props;
    const identity = user === undefined ? [] : ['--reuid', user, '--regid', user, '--clear-groups'];
    const output = openSync(log, 'a');
    // It is killed when this process ends, however it does.
    const network = namespace === undefined ? [] : ['/usr/bin/nsenter', `--net=/run/netns/${namespace}`];
    const before = [...network, '/usr/bin/setpriv', '--pdeathsig', 'KILL', ...identity];
    this.child = spawn('/usr/bin/env', [...before, ...command], {
      env,
      stdio: ['ignore', output, output],
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    this.ended = once(this.child, 'exit');
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.props.command[0] ?? ''} did not start`);
    return this.child.pid;
  }

  /** All that it has printed. */
  get output(): string {
    return readFileSync(this.props.log, 'utf8');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the program has ended. */
  async end(): Promise<void> {
    await this.ended;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.end();
  }
}

/** Waits until something is so; fails with a message, and the end of a program's output, if it takes too long. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { seconds = 60, program, every = 200 }: { seconds?: number; program?: Program; every?: number } = {},
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    const over = Date.now() > deadline;
    if (over || program?.running === false) {
      const said = program === undefined ? '' : `:\n${program.output.split('\n').slice(-40).join('\n')}`;
      throw new Error(`${what}: not within ${seconds} s${over ? '' : ', its program has ended'}${said}`);
    }
    await sleep(every);
  }
}
