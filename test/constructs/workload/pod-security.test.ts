import { expect, it } from 'vitest';
import { restrictedContainer, restrictedPod, spreadOver } from '../../../src/constructs/workload/pod-security';

it('the pods comply with Pod Security restricted', () => {
  expect(restrictedPod().securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 10001,
    runAsGroup: 10001,
    fsGroup: 10001,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(restrictedContainer().securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

it('a read-only container writes to /tmp, which is small and not shared', () => {
  expect(restrictedContainer().volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
  expect(restrictedPod().volumes).toEqual([{ name: 'tmp', emptyDir: { sizeLimit: { value: '256Mi' } } }]);
});

it('the pods spread over zones as it is said and over nodes where it can be done', () => {
  const rules = (zones: 'DoNotSchedule' | 'ScheduleAnyway') =>
    spreadOver({ app: 'a' }, zones).map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable]);
  expect(rules('DoNotSchedule')).toEqual([
    ['topology.kubernetes.io/zone', 'DoNotSchedule'],
    ['kubernetes.io/hostname', 'ScheduleAnyway'],
  ]);
  expect(rules('ScheduleAnyway')).toEqual([
    ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
    ['kubernetes.io/hostname', 'ScheduleAnyway'],
  ]);
});

it('the pods spread evenly, each roll-out on its own, and nodes they may not use do not count', () => {
  for (const constraint of spreadOver({ app: 'a' }, 'DoNotSchedule')) {
    expect(constraint).toMatchObject({
      maxSkew: 1,
      labelSelector: { matchLabels: { app: 'a' } },
      matchLabelKeys: ['pod-template-hash'],
      nodeTaintsPolicy: 'Honor',
    });
  }
});
