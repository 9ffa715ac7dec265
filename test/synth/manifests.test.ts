import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/core/errors';
import { markSecretValues } from '../../src/core/secrets';
import { renderManifests } from '../../src/synth/manifests';

function addMap(scope: Construct, id: string, name: string, kind = 'ConfigMap'): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind, metadata: { name } });
}

describe('rendering', () => {
  it('makes a file of each chart, its objects in the order of their creation, those inside constructs too', () => {
    const app = new App();
    const later = new Chart(app, '02-later');
    const first = new Chart(app, '01-first', { namespace: 'shop' });
    addMap(first, 'z', 'one');
    addMap(new Construct(first, 'inner'), 'y', 'two');
    addMap(first, 'a', 'three');
    addMap(later, 'a', 'four');
    expect(renderManifests(app).map(({ name, yaml }) => [name, yaml.match(/(?<=name: ).*/g)])).toEqual([
      ['02-later.k8s.yaml', ['four']],
      ['01-first.k8s.yaml', ['one', 'two', 'three']],
    ]);
    expect(renderManifests(app)[1]?.yaml).toContain(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: shop\n---\n',
    );
  });

  it('marks the files that hold values of secrets, and no other', () => {
    const app = new App();
    addMap(new Chart(app, '01-open'), 'a', 'a', 'Secret');
    markSecretValues(addMap(new Construct(new Chart(app, '02-closed'), 'inner'), 'a', 'b', 'Secret'));
    expect(renderManifests(app).map(({ name, secret }) => [name, secret])).toEqual([
      ['01-open.k8s.yaml', false],
      ['02-closed.k8s.yaml', true],
    ]);
  });

  it('refuses two objects that would overwrite each other, in one chart or in two', () => {
    const app = new App();
    addMap(new Chart(app, 'a', { namespace: 'shop' }), 'map', 'settings');
    addMap(new Chart(app, 'b', { namespace: 'shop' }), 'copy', 'settings');
    expect(() => renderManifests(app)).toThrow(
      new ValidationError([
        'b/copy: ConfigMap "settings" is made by a/map too, and one would overwrite the other.\n  Rename one of them.',
      ]),
    );
  });

  it('takes objects of one name where kind, group or namespace differ', () => {
    const app = new App();
    const shop = new Chart(app, 'a', { namespace: 'shop' });
    addMap(shop, 'map', 'settings');
    addMap(shop, 'secret', 'settings', 'Secret');
    new ApiObject(shop, 'other', { apiVersion: 'acme.com/v1', kind: 'ConfigMap', metadata: { name: 'settings' } });
    addMap(new Chart(app, 'b', { namespace: 'stock' }), 'map', 'settings');
    expect(renderManifests(app)).toHaveLength(2);
  });

  it('lists every validation of the tree that failed, those of constructs without objects too', () => {
    const app = new App();
    const chart = new Chart(app, 'a');
    for (const problem of ['one', 'two']) {
      new Construct(chart, problem).node.addValidation({ validate: () => [`${problem} is wrong`] });
    }
    expect(() => renderManifests(app)).toThrow(new ValidationError(['one is wrong', 'two is wrong']));
  });
});
