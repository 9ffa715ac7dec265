import { Size } from 'cdk8s';
import { expect, test } from 'vitest';
import { dataClaim, retainedStatefulSet } from '../../../src/constructs/workload/retained-stateful-set';
import { anyObject, newChart, objectOf } from '../../synthesize';

function statefulSet(claim?: ReturnType<typeof dataClaim>) {
  const chart = newChart();
  const labels = { app: 'cache' };
  const template = { metadata: { labels }, spec: { containers: [] } };
  const spec = { serviceName: 'cache', selector: { matchLabels: labels }, template };
  retainedStatefulSet(chart, 'cache', labels, spec, claim);
  return objectOf(chart, 'StatefulSet', anyObject);
}

test('its claims outlive it', () => {
  expect(statefulSet()).toMatchObject({
    metadata: { name: 'cache', labels: { app: 'cache' } },
    spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } },
  });
  expect(statefulSet().spec).not.toHaveProperty('volumeClaimTemplates');
});

test('a claim is written as the API server writes it, or each apply would change it', () => {
  const claim = dataClaim('shop/cache', 'storageSize', Size.gibibytes(2), 'fast');
  expect(statefulSet(claim).spec).toMatchObject({
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', creationTimestamp: null },
        spec: {
          accessModes: ['ReadWriteOnce'],
          volumeMode: 'Filesystem',
          storageClassName: 'fast',
          resources: { requests: { storage: '2Gi' } },
        },
        status: { phase: 'Pending' },
      },
    ],
  });
});

test('without a class the claim has the default class of the cluster', () => {
  expect(dataClaim('shop/cache', 'storageSize', Size.gibibytes(2), undefined).spec).not.toHaveProperty(
    'storageClassName',
  );
});

test('a volume without a size and a class with a wrong name are refused', () => {
  expect(() => dataClaim('shop/cache', 'storageSize', Size.gibibytes(0), undefined)).toThrow('storageSize is 0');
  expect(() => dataClaim('shop/cache', 'storageSize', Size.gibibytes(1), 'Fast Disk')).toThrow('Fast Disk');
});
