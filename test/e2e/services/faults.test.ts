import { beforeAll, describe, expect, test } from 'vitest';
import { ServiceKey } from '../../../src/autonomous-op/services';
import { Deployments, machine, Platform, theDeployments, thePlatform } from './platform';
import { Pod } from './pod';
import { Answer, ask, Load } from './requests';

// A store fails over; the service comes back by itself, and tells the truth meanwhile.

/** What a fault did to the requests that were made meanwhile. */
interface Course {
  /** From the fault to the first answer after which all were right. */
  readonly seconds: number;
  readonly requests: number;
  readonly failed: number;
  /** The longest that a request took. */
  readonly longest: number;
  /** What the readiness probe was answered with. */
  readonly readiness: ReadonlySet<number | string>;
}

const table: string[] = [];

/** Asks twice a second before, during and after a fault, until nothing has failed for 10 s. */
async function through(
  name: string,
  pod: Pod,
  request: () => Promise<Answer>,
  fault: () => Promise<void>,
): Promise<Course> {
  const readiness = new Set<number | string>();
  const times: { readonly at: number; readonly answer: Answer }[] = [];
  const load = new Load(
    async () => {
      const answer = await request();
      times.push({ at: Date.now(), answer });
      readiness.add(await pod.probe('readinessProbe'));
      return answer;
    },
    { clients: 4, pause: 300 },
  );
  await load.more(8);
  times.length = 0;
  const began = Date.now();
  const lastFailure = () => Math.max(began, ...times.filter(({ answer }) => answer.status !== 200).map(({ at }) => at));
  await fault();
  const over = Date.now();
  await expect
    .poll(() => Date.now() - Math.max(over, lastFailure()), { timeout: 150_000, interval: 500 })
    .toBeGreaterThan(10_000);
  await load.stop();
  const failed = times.filter(({ answer }) => answer.status !== 200);
  const course = {
    seconds: (lastFailure() - began) / 1000,
    requests: times.length,
    failed: failed.length,
    longest: Math.max(...times.map(({ answer }) => answer.seconds)),
    readiness,
  };
  table.push(
    `| ${name} | ${course.seconds.toFixed(0)} s | ${course.failed} of ${course.requests} | ${course.longest.toFixed(1)} s |`,
  );
  process.stderr.write(
    `${table.at(-1) ?? ''} ${[...new Set(failed.map(({ answer }) => `${answer.status} ${answer.text.slice(0, 80)}`))].join('; ')}\n`,
  );
  return course;
}

describe.skipIf(machine === undefined)(
  'with Spring Boot 3.5, autonomous-op comes back by itself, ready all the time, after',
  () => {
    let deployments: Deployments;
    let platform: Platform;
    let pod: Pod;

    const post = (path: string) => ask(pod.url('http', path), { method: 'POST' });

    beforeAll(async () => {
      platform = await thePlatform();
      deployments = await theDeployments('3.5');
      const keys: readonly ServiceKey[] = ['autonomousOp', 'mlService'];
      await deployments.have(...keys);
      pod = deployments.pod('autonomousOp');
    });

    test('the loss of a Redis master, before another replaces its pod', async () => {
      const lost = await platform.redis.masterOf('aKey');
      const request = () => ask(pod.url('http', '/keys/aKey?value=1'), { method: 'PUT' });
      const course = await through('a Redis master is lost', pod, request, () => platform.redis.lose(lost));
      await platform.redis.replace(lost);
      expect(course).toMatchObject({ readiness: new Set([200]) });
      expect(course.seconds).toBeLessThan(90);
      expect(course.longest).toBeLessThan(15);
      expect(course.failed).toBeGreaterThan(0);
    });

    test('the loss of a Kafka broker', async () => {
      const course = await through(
        'a Kafka broker is lost, and back',
        pod,
        () => post('/messages/route-updates'),
        async () => {
          await platform.kafka.lose(0);
          await platform.kafka.replace(0);
        },
      );
      expect(course).toMatchObject({ readiness: new Set([200]) });
      expect(course.seconds).toBeLessThan(90);
      expect(course.longest).toBeLessThan(45);
    });

    test('the restart of PostgreSQL', async () => {
      const course = await through(
        'PostgreSQL is lost, and back',
        pod,
        () => post('/rows?text=x'),
        () => platform.postgres.restartServer(),
      );
      expect(course).toMatchObject({ readiness: new Set([200]) });
      expect(course.seconds).toBeLessThan(90);
      expect(course.longest).toBeLessThan(75);
    });

    test('the loss of a PgBouncer', async () => {
      const course = await through(
        'a PgBouncer is lost, and another started',
        pod,
        () => post('/rows?text=x'),
        () => platform.postgres.restartPooler(),
      );
      expect(course).toMatchObject({ readiness: new Set([200]) });
      expect(course.seconds).toBeLessThan(90);
      expect(course.longest).toBeLessThan(75);
    });
  },
);
