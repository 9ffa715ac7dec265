import { describe, expect, it } from 'vitest';
import { jobs } from '../../../src/cluster/checks/jobs';
import { Cluster } from '../../../src/cluster/cluster';
import { Commands } from '../../../src/cluster/commands';
import { ApiError } from '../../../src/cluster/kube-api';
import { Answers, list, needs } from '../ready-cluster';

const JOBS = '/apis/batch/v1/namespaces/autonomous-op/jobs';
const EVENTS = '/api/v1/namespaces/autonomous-op/events';

/** What is found with these Jobs in a namespace that is there, and these events. */
function found(answers: Answers) {
  const all: Answers = { '/api/v1/namespaces/autonomous-op': {}, ...answers };
  const get = (path: string) => {
    const answer = all[path.split('?')[0] ?? ''];
    return answer === undefined ? Promise.reject(new ApiError(404, path)) : Promise.resolve(answer);
  };
  const cluster = new Cluster({ get, patch: get }, new Commands({ context: 'test' }));
  return jobs(cluster, { ...needs, namespaces: ['autonomous-op', 'not-there'] });
}

/** A Job of the cleaner that the API server let have no pod, as it was seen. */
const refused = (name = 'cleaner-29') => ({
  metadata: {
    name,
    namespace: 'autonomous-op',
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'autonomous-op-jaeger-es-index-cleaner' }],
  },
  spec: { parallelism: 1, suspend: false },
  status: { startTime: '2026-11-29T23:55:00Z', ready: 0, uncountedTerminatedPods: {} },
});

const violates = 'Error creating: pods "cleaner-29-6jf79" is forbidden: violates PodSecurity "restricted:latest"';
const event = {
  reason: 'FailedCreate',
  message: violates,
  involvedObject: { kind: 'Job', namespace: 'autonomous-op', name: 'cleaner-29' },
};

const problem = (message: string) => ({
  verdict: 'problem',
  subject: 'CronJob autonomous-op-jaeger-es-index-cleaner',
  value: `its Job cleaner-29 has no pod: ${message}`,
  remedy: ['kubectl --context test describe job cleaner-29 --namespace autonomous-op'],
});

describe('a Job that can make no pod', () => {
  it('is told with the words of the API server, once for all Jobs of a CronJob', async () => {
    const answers = { [JOBS]: list(refused(), refused('cleaner-30')), [EVENTS]: list(event) };
    expect(await found(answers)).toEqual([problem(violates)]);
  });

  it('is told when the event is gone', async () => {
    expect(await found({ [JOBS]: list(refused()), [EVENTS]: list() })).toEqual([
      problem('the event that says why is gone; make a Job of it again'),
    ]);
  });

  it('is none that has a pod, has ended, waits, or has only begun', async () => {
    const { status, ...rest } = refused();
    const fine = [
      { ...rest, status: { ...status, active: 1 } },
      { ...rest, status: { ...status, succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } },
      { ...rest, status: { ...status, failed: 2 } },
      { ...rest, spec: { suspend: true }, status },
      { ...rest, status: { ...status, startTime: new Date().toISOString() } },
      { ...rest, status: {} },
    ];
    expect(await found({ [JOBS]: list(...fine) })).toEqual([
      { verdict: 'ok', subject: 'Jobs in autonomous-op', value: '6, none without a pod', remedy: [] },
    ]);
  });
});
