import { ApiObject } from 'cdk8s';
import { expect, it } from 'vitest';
import { lazily } from '../../src/core/lazy';
import { newChart } from '../synthesize';

it('a lazy value knows what was added after the construction', () => {
  const names = ['first'];
  const object = new ApiObject(newChart(), 'map', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: lazily(() => ({ names: names.join(',') })),
  });
  names.push('second');
  expect(object.toJson()).toMatchObject({ data: { names: 'first,second' } });
});
