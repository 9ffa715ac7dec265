import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keysOf } from '../../../src/core/records';
import { machine, Platform, Release, releases, theDeployments, thePlatform } from './platform';
import { Pod } from './pod';
import { Answer, ask, Load } from './requests';

// A store fails over; the service comes back by itself, and tells the truth meanwhile.

/** What a fault did to the requests that were made meanwhile. */
interface Course {
  /** From the fault to the first answer after which all were right. */
  readonly seconds: number;
  readonly failed: number;
  /** The longest that a request took. */
  readonly longest: number;
  /** What the readiness probe was answered with. */
  readonly readiness: ReadonlySet<number | string>;
}

const table: string[] = [];

/** Four clients of a pod, who ask before, during and after a fault, and the kubelet, who asks whether it is ready. */
class Watch {
  private readonly answers: { readonly at: number; readonly answer: Answer }[] = [];
  private readonly readiness = new Set<number | string>();
  private readonly load: Load;
  private began = 0;

  constructor(
    private readonly release: Release,
    pod: Pod,
    request: (pod: Pod) => Promise<Answer>,
  ) {
    const asked = async () => {
      const answer = await request(pod);
      this.answers.push({ at: Date.now(), answer });
      this.readiness.add(await pod.probe('readinessProbe'));
      return answer;
    };
    this.load = new Load(asked, { clients: 4, pause: 300 });
  }

  /** What was asked so far went well; from now on it counts. */
  async begin(): Promise<void> {
    await this.load.more(8);
    expect(this.failures).toEqual([]);
    this.answers.length = 0;
    this.began = Date.now();
  }

  /** When a request failed last. */
  get lastFailure(): number {
    return Math.max(this.began, ...this.failures.map(({ at }) => at));
  }

  async end(fault: string): Promise<Course> {
    await this.load.stop();
    const seconds = (this.lastFailure - this.began) / 1000;
    const longest = Math.max(...this.answers.map(({ answer }) => answer.seconds));
    const lost = `${this.failures.length} of ${this.answers.length}`;
    table.push(`| ${fault} | ${this.release} | ${seconds.toFixed(0)} s | ${lost} | ${longest.toFixed(1)} s |`);
    return { seconds, longest, failed: this.failures.length, readiness: this.readiness };
  }

  private get failures() {
    return this.answers.filter(({ answer }) => answer.status !== 200);
  }
}

describe.skipIf(machine === undefined)('autonomous-op comes back by itself, ready all the time, after', () => {
  let platform: Platform;
  let pods: (readonly [Release, Pod])[];

  beforeAll(async () => {
    platform = await thePlatform();
    pods = [];
    for (const release of keysOf(releases)) {
      const deployments = await theDeployments(release);
      await deployments.have('autonomousOp', 'mlService');
      pods.push([release, deployments.pod('autonomousOp')]);
    }
  });

  afterAll(() => {
    process.stderr.write(`${table.join('\n')}\n`);
  });

  /** Asks the services of all releases through a fault, until nothing has failed for 10 s. */
  async function through(
    fault: string,
    request: (pod: Pod) => Promise<Answer>,
    strike: () => Promise<void>,
  ): Promise<Course[]> {
    const watches = pods.map(([release, pod]) => new Watch(release, pod, request));
    await Promise.all(watches.map((each) => each.begin()));
    await strike();
    const over = Date.now();
    const lastFailure = () => Math.max(over, ...watches.map((each) => each.lastFailure));
    await expect.poll(() => Date.now() - lastFailure(), { timeout: 150_000, interval: 500 }).toBeGreaterThan(10_000);
    return Promise.all(watches.map((each) => each.end(fault)));
  }

  const post = (path: string) => (pod: Pod) => ask(pod.url('http', path), { method: 'POST' });
  const put = (path: string) => (pod: Pod) => ask(pod.url('http', path), { method: 'PUT' });

  test('the loss of a Redis master, before another replaces its pod', async () => {
    const lost = await platform.redis.masterOf('aKey');
    const courses = await through('a Redis master is lost', put('/keys/aKey?value=1'), () => platform.redis.lose(lost));
    await platform.redis.replace(lost);
    for (const { readiness, seconds, longest, failed } of courses) {
      expect(readiness).toEqual(new Set([200]));
      expect(seconds).toBeLessThan(60);
      expect(longest).toBeLessThan(10);
      // Else no key of that master was asked for, and nothing was tried.
      expect(failed).toBeGreaterThan(0);
    }
  });

  test('the loss of a Kafka broker, which comes back at another address', async () => {
    const courses = await through('a Kafka broker is lost, and back', post('/messages/route-updates'), async () => {
      await platform.kafka.lose(0);
      await platform.kafka.replace(0);
    });
    for (const { readiness, seconds, longest } of courses) {
      expect(readiness).toEqual(new Set([200]));
      expect(seconds).toBeLessThan(60);
      expect(longest).toBeLessThan(30);
    }
  });

  // What was asked when the connection was lost waits for the driver's time-out of 60 s; other requests go on.
  test.each([
    ['PostgreSQL', () => platform.postgres.restartServer()],
    ['a PgBouncer', () => platform.postgres.restartPooler()],
  ])('the loss of %s, which is replaced', async (name, strike) => {
    const courses = await through(`${name} is lost, and replaced`, post('/rows?text=x'), strike);
    for (const { readiness, seconds, longest, failed } of courses) {
      expect(readiness).toEqual(new Set([200]));
      expect(seconds).toBeLessThan(75);
      expect(longest).toBeLessThan(70);
      expect(failed).toBeLessThanOrEqual(8);
    }
  });
});
