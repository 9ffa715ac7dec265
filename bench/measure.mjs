import { spawnSync } from 'node:child_process';

// A process knows neither its own end nor its children, and Node.js does not tell what a child has used: wait4(2) does, of all
// processes below it. Python has it everywhere; it is small, so that its own memory is not taken for the child's.
const LAUNCHER = `
import json, os, sys, time
started = time.time()
pid = os.fork()
if pid == 0:
    for stream in 1, 2:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
unit = 1 if sys.platform == 'darwin' else 1024
print(json.dumps({
    'status': status,
    'cpu': usage.ru_utime + usage.ru_stime,
    'wall': time.time() - started,
    'memory': usage.ru_maxrss * unit / 2 ** 20,
}))
`;

/**
 * Runs a command to its end.
 *
 * @returns what it took with all processes that it started: CPU and wall clock in seconds, the largest memory of one process in MiB
 */
export function measure(command, env) {
  const { stdout, error } = spawnSync('python3', ['-c', LAUNCHER, ...command], { env, encoding: 'utf8' });
  if (error) throw new Error(`npm run bench needs python3: ${error.message}`);
  const { status, ...usage } = JSON.parse(stdout);
  if (status !== 0) throw new Error(`failed: ${command.join(' ')}`);
  return usage;
}

/** The middle one of some numbers. */
export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
