import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { environments } from '../../src/autonomous-op/environments';
import { synthesize } from '../autonomous-op/production';
import { policy } from '../network-plugin';
import { run } from './run';

const end = z.object({ name: z.string() });
const connection = z.object({ from: end, to: end, ports: z.array(z.number()) });

describe('aop graph', () => {
  it('lists what a service may open', async () => {
    expect(await run('graph', '--from', 'fms')).toEqual({
      code: 0,
      out: [
        'from  to                              ports',
        'fms   autonomous-op-jaeger-collector  4318',
        'fms   kafka                           9092',
        'fms   postgres                        5432',
        '',
      ].join('\n'),
      err: '',
    });
  });

  it('says where there is nothing between two', async () => {
    expect(await run('graph', '--from', 'fms', '--to', 'redis')).toEqual({
      code: 0,
      out: 'from  to  ports\n',
      err: 'fms may not open anything to redis\n',
    });
  });

  it('draws namespaces as boxes, and what is outside the cluster with its addresses, for Mermaid', async () => {
    const { out } = await run('graph', '--from', 'promtail', '-o', 'mermaid');
    expect(out).toBe(
      [
        'graph LR',
        '  n1(["kubernetes.default.svc<br>0.0.0.0/0"])',
        '  n2["loki"]',
        '  subgraph b1["autonomous-op-logging"]',
        '    n0["promtail"]',
        '  end',
        '  n0 -->|443, 6443| n1',
        '  n0 -->|3100| n2',
        '',
      ].join('\n'),
    );
  });

  it('gives the same as JSON', async () => {
    const { out } = await run('graph', '--to', 'kubernetes.default.svc', '--from', 'autonomous-op', '-o', 'json');
    const to = { name: 'kubernetes.default.svc', cidrs: ['0.0.0.0/0'] };
    expect(JSON.parse(out)).toEqual([{ from: { name: 'autonomous-op' }, to, ports: [443, 6443] }]);
  });

  it('takes the name of what is elsewhere with its namespace and without', async () => {
    const { out } = await run('graph', '--from', 'keda/keda-operator');
    expect(out).toContain('keda/keda-operator  kafka       9092');
    expect((await run('graph', '--from', 'keda-operator')).out).toBe(out);
  });

  it('has every connection of every policy in the manifests, and no other', async () => {
    for (const environment of Object.keys(environments)) {
      const { out } = await run('graph', '-e', environment, '-o', 'json');
      const listed = z.array(connection).parse(JSON.parse(out));
      const policies = synthesize(environment)
        .ofKind('NetworkPolicy')
        .map((object) => policy.parse(object));
      const selected = policies.filter(({ spec }) => Object.keys(spec.podSelector).length > 0);
      for (const { metadata, spec } of selected) {
        const name = metadata.name.replace(/-network-policy$/, '');
        const isIt = (end: { name: string }) => end.name.split('/').at(-1) === name;
        const portsOf = (rules: readonly { ports: readonly { port: number; protocol: string }[] }[] = []) =>
          [...new Set(rules.flatMap(({ ports }) => ports.map(({ port }) => port)))]
            .filter((port) => port !== 53)
            .sort();
        const portsListed = (end: 'from' | 'to') =>
          [...new Set(listed.filter((each) => isIt(each[end])).flatMap(({ ports }) => ports))].sort();
        expect({ name, out: portsListed('from'), in: portsListed('to') }).toEqual({
          name,
          out: portsOf(spec.egress),
          in: portsOf(spec.ingress),
        });
      }
    }
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

  it('knows the environments', async () => {
    const { out } = await run('graph', '--environment', 'local', '--to', 'postgres', '-o', 'json');
    expect(out).toContain('"fms"');
    expect(out).not.toContain('cloudnative-pg');
  });

  it.each([
    [['graph', '--from', 'nobody'], '--from: "nobody" opens no connection.\n  Use one of: autonomous-op, '],
    [['graph', '--to', 'nobody'], '--to: "nobody" is opened no connection.\n  Use one of: acme-http-solver, '],
    [['graph', '-e', 'test'], 'AOP_ENV: "test" is not an environment.\n  Use one of: production, staging, local.'],
    [['graph', '-o', 'xml'], "argument 'xml' is invalid. Allowed choices are table, mermaid, json."],
    [['grap'], "unknown command 'grap'"],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
