import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder';
import { run } from './run';

const temporary = temporaryFolder();

/** A folder with a file of manifests. */
function folderWith(yaml: string): string {
  writeFileSync(temporary('shop.yaml'), yaml);
  return temporary();
}

/** The policies of a cart, which the phones of another namespace call, and which sends mails. */
const shop = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: cart-network-policy
  namespace: shop
  annotations:
    autonomous-op.nodeorb.com/external-peers: '[{"name":"smtp.example.com","cidrs":["192.0.2.0/24"],"ports":[587]}]'
spec:
  podSelector: { matchLabels: { app: cart } }
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: desk } }, podSelector: { matchLabels: { app: phone } } }]
      ports: [{ port: 8080 }]
  egress:
    - to: [{ ipBlock: { cidr: 192.0.2.0/24 } }, { ipBlock: { cidr: 2001:db8::/32 } }]
      ports: [{ port: 587 }]
`;

describe('aop graph', () => {
  it('lists what a service may open', async () => {
    expect(await run('graph', '--from', 'fms')).toEqual({
      code: 0,
      out: [
        'from                      to                              ports',
        'any pod in autonomous-op  kube-system/kube-dns            53, 53/UDP',
        'fms                       autonomous-op-jaeger-collector  4318',
        'fms                       kafka                           9092',
        'fms                       postgres-cluster                5432',
        'fms                       postgres-pooler                 5432',
        '',
      ].join('\n'),
      err: '',
    });
  });

  it('tells what operators open by objects of their own, unless it is asked of one end', async () => {
    const jaeger = `apiVersion: jaegertracing.io/v1
kind: Jaeger
metadata: { name: traces, namespace: shop }
spec: {}
`;
    const opened =
      'the Jaeger operator makes Ingress traces-query, which opens every host to its page with all traces, without a password';
    const folder = folderWith(`${shop}---\n${jaeger}`);
    expect((await run('graph', '--manifests', folder)).out.split('\n').slice(-2)).toEqual([opened, '']);
    expect((await run('graph', '--manifests', folder, '-o', 'mermaid')).out.split('\n').slice(-2)).toEqual([
      `%% ${opened}`,
      '',
    ]);
    expect((await run('graph', '--manifests', folder, '--to', 'cart')).out).not.toContain('operator');
    const closed = jaeger.replace('spec: {}', 'spec: { ingress: { enabled: false } }');
    expect((await run('graph', '--manifests', folderWith(`${shop}---\n${closed}`))).out).not.toContain('operator');
  });

  it('says where there is nothing between two', async () => {
    expect(await run('graph', '--from', 'fms', '--to', 'redis')).toEqual({
      code: 0,
      out: 'from  to  ports\n',
      err: 'fms may not open anything to redis\n',
    });
  });

  it('draws namespaces as boxes, and what is outside the cluster with its addresses, for Mermaid', async () => {
    const { out } = await run('graph', '--manifests', folderWith(shop), '-o', 'mermaid');
    expect(out).toBe(
      [
        'graph LR',
        '  n0["cart"]',
        '  n1(["2001:db8::/32"])',
        '  n2(["smtp.example.com<br>192.0.2.0/24"])',
        '  subgraph b1["desk"]',
        '    n3["phone"]',
        '  end',
        '  n0 -->|587| n1',
        '  n0 -->|587| n2',
        '  n3 -->|8080| n0',
        '',
      ].join('\n'),
    );
  });

  it('gives the same as JSON, with the namespace and the labels of pods', async () => {
    const { out } = await run('graph', '--manifests', folderWith(shop), '--from', 'cart', '-o', 'json');
    const from = { name: 'cart', namespace: 'shop', podLabels: { app: 'cart' } };
    expect(JSON.parse(out)).toEqual([
      { from, to: { name: '2001:db8::/32', cidrs: ['2001:db8::/32'] }, ports: ['587'] },
      { from, to: { name: 'smtp.example.com', cidrs: ['192.0.2.0/24'] }, ports: ['587'] },
    ]);
  });

  it('takes the name of what is elsewhere with its namespace and without', async () => {
    const { out } = await run('graph', '--from', 'keda/keda-operator');
    expect(out).toContain('keda/keda-operator  kafka       9092');
    expect((await run('graph', '--from', 'keda-operator')).out).toBe(out);
  });

  it('tells of the project of another team', async () => {
    const { out } = await run('graph', '--manifests', 'examples/policies-for-a-namespace/dist');
    expect(out).toBe(
      [
        'from                      to                                  ports',
        'any pod in ingress-nginx  web                                 8080',
        'any pod in wiki           kube-system/kube-dns                53, 53/UDP',
        'monitoring/prometheus     web                                 9090',
        'monitoring/prometheus     worker                              9090',
        'web                       database                            5432',
        'worker                    database                            5432',
        'worker                    smtp.example.com (198.51.100.0/24)  587',
        '',
      ].join('\n'),
    );
  });

  it('says of pods without policies that everything is open, whatever the other end allows', async () => {
    const path = folderWith(`
{ kind: Deployment, apiVersion: apps/v1, metadata: { name: web }, spec: { template: { metadata: { labels: { app: web } } } } }
---
{ kind: Deployment, apiVersion: apps/v1, metadata: { name: cart }, spec: { template: { metadata: { labels: { app: cart } } } } }
---
{ kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: { name: cart }, spec: { podSelector: { matchLabels: { app: cart } }, ingress: [] } }
`);
    const { out } = await run('graph', '--manifests', path);
    expect(out).toBe(
      [
        'from                to   ports',
        '*                   web  every port',
        'any pod in default  *    every port',
        '* is everything, as far as its own policies allow it',
        '',
      ].join('\n'),
    );
    expect((await run('graph', '--manifests', path, '--from', 'cart', '--to', 'web')).out).toContain(
      'any pod in default  *',
    );
    expect((await run('graph', '--manifests', path, '--from', 'web', '--to', 'cart')).err).toBe(
      'web may not open anything to cart\n',
    );
  });

  it('is quoted by its page as it is', async () => {
    const page = readFileSync(join(__dirname, '../../docs/commands/graph.md'), 'utf8');
    const quoted = [...page.matchAll(/^```console\n\$ npx aop (.*)\n([^]*?)^```$/gm)];
    expect(quoted).toHaveLength(2);
    for (const [, command = '', shown] of quoted) {
      const { out, err } = await run(...command.split(' '));
      expect(`${err}${out}`).toBe(shown);
    }
  });

  it.each([
    [['graph', '--from', 'nobody'], '--from: the policies know no "nobody".\n  Use one of: '],
    [['graph', '--to', 'nobody'], ' acme-http-solver, alertmanager, any pod in autonomous-op, autonomous-op, '],
    [
      ['graph', '-m', 'nowhere'],
      '--manifests: "nowhere" is not a folder.\n  Run `npx cdk8s synth` first, or name the folder',
    ],
    [['graph', '-m', 'src/cli'], '--manifests: "src/cli" has no manifests.\n  Name the folder that has them.'],
    [['graph', '-o', 'xml'], "argument 'xml' is invalid. Allowed choices are table, mermaid, json."],
    [['grap'], "unknown command 'grap'"],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
