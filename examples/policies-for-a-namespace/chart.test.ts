import { ApiObject, Testing } from 'cdk8s';
import { expect, test } from 'vitest';
import { WikiPolicies } from './chart';

const app = Testing.app();
const chart = new WikiPolicies(app, 'wiki-policies');
const objects = chart.node.findAll().filter(ApiObject.isApiObject);

/** The manifest of the policy with this name. */
function policy(name: string): unknown {
  return objects.find((object) => object.name === name)?.toJson();
}

test('who may talk to whom', () => {
  expect(chart.network.connections.map(({ from, to, port }) => `${from.name} > ${to.name}:${port}`)).toEqual([
    'ingress-nginx > web:8080',
    'web > database:5432',
    'worker > database:5432',
    'worker > smtp.example.com:587',
    'prometheus > web:9090',
    'prometheus > worker:9090',
  ]);
});

test('everything else is closed, for every pod of the namespace and in both directions', () => {
  expect(policy('default-deny')).toMatchObject({ spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } });
});

test('the database opens nothing, and is open to the two that use it', () => {
  const spec = {
    podSelector: { matchLabels: { component: 'postgresql' } },
    ingress: [
      {
        from: ['web', 'worker'].map((component) => ({ podSelector: { matchLabels: { component } } })),
        ports: [{ port: 5432, protocol: 'TCP' }],
      },
    ],
    policyTypes: ['Ingress', 'Egress'],
  };
  expect(policy('database-network-policy')).toHaveProperty('spec', spec);
});

test('it makes policies and nothing else, as the pods are there already', () => {
  expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(['NetworkPolicy']));
});

test('the manifests are those of dist/', async () => {
  await expect(app.synthYaml()).toMatchFileSnapshot('dist/wiki-policies.k8s.yaml');
});
