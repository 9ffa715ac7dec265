import { describe, expect, it } from 'vitest';
import { run } from './run';

describe('aop graph', () => {
  it('lists what a service may open', async () => {
    expect(await run('graph', '--from', 'fms')).toEqual({
      code: 0,
      out: [
        'from  to                              port',
        'fms   autonomous-op-jaeger-collector  4318',
        'fms   kafka                           9092',
        'fms   postgres                        5432',
        '',
      ].join('\n'),
      err: '',
    });
  });

  it('draws the same for Mermaid, a pair of peers once', async () => {
    const { out } = await run('graph', '--to', 'kubernetes.default.svc', '--from', 'autonomous-op', '-o', 'mermaid');
    expect(out).toBe(
      ['graph LR', '  n0["autonomous-op"]', '  n1["kubernetes.default.svc"]', '  n0 -->|443, 6443| n1', ''].join('\n'),
    );
  });

  it('gives the same as JSON', async () => {
    const { out } = await run('graph', '--to', 'ml-service', '--from', 'autonomous-op', '-o', 'json');
    expect(JSON.parse(out)).toEqual([{ from: 'autonomous-op', to: 'ml-service', port: 8082 }]);
  });

  it('names the namespace of what is elsewhere', async () => {
    const { out } = await run('graph', '--to', 'gateway', '-o', 'json');
    expect(JSON.parse(out)).toContainEqual({ from: 'ingress-nginx/ingress-nginx', to: 'gateway', port: 8080 });
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
