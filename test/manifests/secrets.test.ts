import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../src/manifests/read';
import { secretsOf } from '../../src/manifests/secrets';
import { renderedFor } from '../cluster/ready-cluster';

const production = renderedFor('production');

const needed = (yaml: string) =>
  secretsOf(parseManifests([{ name: 'all.yaml', yaml }])).map(({ name, keys, source }) => ({
    name,
    keys,
    source: source?.kind,
  }));

const pod = (spec: string) => `{ apiVersion: v1, kind: Pod, metadata: { name: a, namespace: shop }, spec: ${spec} }`;

describe('the Secrets that manifests need', () => {
  it('are those that the objects name, with their keys, but for those of Strimzi and cert-manager', () => {
    const withoutFile = production.filter(({ name }) => !name.includes('secrets'));
    const named = secretsOf(parseManifests(withoutFile)).map(({ name, keys }) => [name, keys]);
    expect(Object.fromEntries(named)).toEqual({
      'autonomous-op-secrets': [
        'spring.datasource.password',
        'spring.datasource.url',
        'spring.datasource.username',
        'spring.kafka.password',
        'spring.kafka.username',
        'spring.redis.password',
      ],
      'autonomous-op-jaeger-elasticsearch': ['ES_PASSWORD', 'ES_USERNAME'],
      'autonomous-op-grafana': ['admin-password', 'admin-user'],
      'autonomous-op-object-storage': ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'],
      'autonomous-op-postgres': [],
      'autonomous-op-elasticsearch': [],
      'alertmanager-config': ['alertmanager.yaml'],
      'elasticsearch-roles': ['roles.yml'],
    });
  });

  it('are found in variables, volumes and the credentials for images', () => {
    expect(
      needed(
        pod(`{
          imagePullSecrets: [{ name: registry }],
          containers: [{ env: [{ valueFrom: { secretKeyRef: { name: database, key: password } } }], envFrom: [{ secretRef: { name: all } }] }],
          volumes: [{ secret: { secretName: certificate, items: [{ key: tls.crt, path: tls.crt }] } }],
        }`),
      ),
    ).toEqual([
      { name: 'registry', keys: [], source: undefined },
      { name: 'database', keys: ['password'], source: undefined },
      { name: 'all', keys: [], source: undefined },
      { name: 'certificate', keys: ['tls.crt'], source: undefined },
    ]);
  });

  it('are not those that a pod can do without', () => {
    const variable = '{ valueFrom: { secretKeyRef: { name: maybe, key: token, optional: true } } }';
    expect(needed(pod(`{ containers: [{ env: [${variable}] }] }`))).toEqual([]);
  });

  it('are made by a Secret or an ExternalSecret of the same namespace', () => {
    const user = pod('{ volumes: [{ secret: { secretName: database } }] }');
    const secret = (namespace: string) =>
      `---\n{ apiVersion: v1, kind: Secret, metadata: { name: database, namespace: ${namespace} }, stringData: { url: x } }`;
    const external =
      '---\n{ apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: { name: database, namespace: shop }, spec: { data: [{ secretKey: url }] } }';
    expect(needed(`${user}\n${secret('shop')}`)).toEqual([{ name: 'database', keys: ['url'], source: 'Secret' }]);
    expect(needed(`${user}\n${secret('orders')}`)[0]).toEqual({ name: 'database', keys: [], source: undefined });
    expect(needed(`${user}\n${external}`)).toEqual([{ name: 'database', keys: ['url'], source: 'ExternalSecret' }]);
  });

  it('of an Ingress are needed unless cert-manager makes them', () => {
    const ingress = (annotations: string) =>
      `{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: a, namespace: shop, annotations: ${annotations} }, spec: { tls: [{ secretName: tls }] } }`;
    expect(needed(ingress('{ cert-manager.io/cluster-issuer: letsencrypt }'))).toEqual([]);
    expect(needed(ingress('{}'))).toEqual([{ name: 'tls', keys: [], source: undefined }]);
  });
});
