import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { list, podsWithout, problems, findings, Answers } from '../ready-cluster';

// States and events as a kubelet writes them.

const NAME = 'fms-6d5f8c7b9-x2k4p';
const EVENTS = '/api/v1/namespaces/autonomous-op/events';

const fms = (ready: boolean, status: object = {}) => ({
  metadata: { namespace: 'autonomous-op', name: NAME, labels: { app: 'fms', 'app.kubernetes.io/name': 'fms' } },
  spec: { nodeName: 'worker-a', containers: [{ image: 'nodeorb/fms-service:1.0.0' }] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', reason: 'ContainersNotReady' }],
    containerStatuses: [{ restartCount: 1, state: { running: {} }, ...status }],
  },
});

const unhealthy = (message: string, lastTimestamp = '2026-11-30T14:00:00Z', name = NAME) => ({
  involvedObject: { kind: 'Pod', name },
  reason: 'Unhealthy',
  message,
  lastTimestamp,
});

const withPod = (pod: unknown, ...events: readonly unknown[]): Answers => ({
  '/api/v1/pods': list(...podsWithout(), pod),
  [EVENTS]: list(...events),
});

const REFUSED =
  'Startup probe failed: Get "http://10.244.1.5:8081/actuator/health/startup": dial tcp 10.244.1.5:8081: connect: connection refused';

const section = (heading: string): unknown => expect.stringContaining(`docs/what-your-image-must-do.md#${heading}`);

/** A pod whose startup probe gets this status, and what is said of it. */
const answered = (code: number) =>
  [
    withPod(fms(false), unhealthy(`Startup probe failed: HTTP probe failed with statuscode: ${code}`)),
    `${NAME}: its probe is answered with ${code}`,
  ] as const;

const cases: readonly (readonly [why: string, answers: Answers, value: string, heading: string])[] = [
  ['an actuator that wants a token', ...answered(401), 'an-open-actuator'],
  ['an actuator that is open to nobody', ...answered(403), 'an-open-actuator'],
  ['no actuator', ...answered(404), 'an-actuator'],
  ['a store out of reach', ...answered(503), 'its-stores'],
  [
    'another management port',
    withPod(fms(false), unhealthy(REFUSED)),
    `${NAME}: nothing listens on the port that its probe asks`,
    'its-ports',
  ],
  [
    'the latest of several events',
    withPod(
      fms(false),
      unhealthy(REFUSED),
      unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 401', '2026-11-30T14:05:00Z'),
      unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 404', '2026-11-30T14:09:00Z', 'other-1'),
    ),
    `${NAME}: its probe is answered with 401`,
    'an-open-actuator',
  ],
  [
    'an image that the node can not have',
    withPod(fms(false, { state: { waiting: { reason: 'ImagePullBackOff' } } })),
    `${NAME}: ImagePullBackOff`,
    'an-image',
  ],
  [
    'more memory than the limit',
    withPod(fms(false, { lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } })),
    `${NAME}: it took more memory than its limit`,
    'memory',
  ],
  [
    'a program that ends',
    withPod(
      fms(false, {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'Error', exitCode: 1 } },
      }),
    ),
    `${NAME}: it ends with exit code 1`,
    'user-and-files',
  ],
  [
    'no sleep, of a pod that is gone',
    withPod(fms(true), {
      ...unhealthy('PreStopHook failed'),
      reason: 'FailedPreStopHook',
      involvedObject: { kind: 'Pod', name: 'fms-6d5f8c7b9-old42' },
    }),
    'fms-6d5f8c7b9-old42 stopped at once, as its preStop hook failed',
    'sleep',
  ],
];

describe('of a service that is not ready, doctor says what its image misses', () => {
  it.each(cases)('%s', async (_, answers, value, heading) => {
    expect(await problems(answers)).toEqual([
      { verdict: 'problem', subject: 'image of fms', value, remedy: [section(heading)] },
    ]);
  });

  it('and the page has a section of that name', () => {
    const headings = [...readFileSync('docs/what-your-image-must-do.md', 'utf8').matchAll(/^## (.*)$/gm)].map(
      ([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'),
    );
    expect(headings).toEqual(expect.arrayContaining(cases.map(([, , , heading]) => heading)));
  });

  it('a pod that has just begun may still open its port: that is a warning', async () => {
    const young = fms(false, { restartCount: 0 });
    expect((await problems(withPod(young, unhealthy(REFUSED)))).map(({ verdict }) => verdict)).toEqual(['warning']);
  });

  it.each([
    ['ready, whatever failed before', withPod(fms(true), unhealthy(REFUSED))],
    ['not ready, and nothing is said of why', withPod(fms(false))],
  ])('nothing, if it is %s', async (_, answers) => {
    expect(await problems(answers)).toEqual([]);
    expect((await findings(answers)).find(({ subject }) => subject === 'images')?.value).toBe(
      'nothing is known against 1 of 1',
    );
  });
});
