import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { get, kubectl, list, namespace, remove, synthesize, tryKubectl } from '../kubernetes/kubectl';
import { folder } from './aop';
import { startOperator, whyNot } from './operators';

const reason = whyNot(
  { path: '/usr/bin/promtool', debian: 'prometheus' },
  { path: '/usr/bin/amtool', debian: 'prometheus-alertmanager' },
);
if (reason !== undefined) console.warn(`the tests with the Prometheus operator are skipped: ${reason}`);

describe.skipIf(reason !== undefined)('the Prometheus operator, acting on production', () => {
  let dist = '';
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    dist = await synthesize('production');
    stop = await startOperator('prometheus');
    await kubectl('apply', '-f', dist);
  });

  afterAll(async () => {
    await remove(dist);
    await stop?.();
  });

  it('makes the scrape jobs of each ServiceMonitor and PodMonitor, and no other', async () => {
    const wanted = await jobsOfMonitors(dist);
    expect(wanted).not.toEqual([]);
    await untilMade(async () => {
      const { scrape_configs } = await generatedConfiguration();
      expect(scrape_configs.map(({ job_name }) => job_name).sort()).toEqual(wanted);
    });
  });

  it('hands over every rule, and promtool accepts them', async () => {
    const emitted = (await list(applied, '-f', dist)).filter(({ kind }) => kind === 'PrometheusRule');
    const rules = emitted.flatMap((each) => prometheusRule.parse(each).spec.groups.flatMap((group) => group.rules));
    expect(rules).not.toEqual([]);
    await untilMade(async () => {
      const { status, output } = tool('promtool', 'check', 'rules', ...(await writeGeneratedRules()));
      expect({ status, output }).toEqual({ status: 0, output: containing(`${rules.length} rules found`) });
    });
  });

  it('makes a configuration that Prometheus loads', async () => {
    const file = join(folder, 'prometheus.yaml');
    writeFileSync(file, stringify(loadableHere(await generatedConfiguration(), await writeGeneratedRules())));
    expect(tool('promtool', 'check', 'config', file)).toEqual({
      status: 0,
      output: containing('SUCCESS'),
    });
  });

  it('makes a configuration that Alertmanager accepts, with the emitted receivers', async () => {
    const secret = await generated('alertmanager-alertmanager-generated', 'alertmanager.yaml.gz');
    const file = join(folder, 'alertmanager.yaml');
    writeFileSync(file, secret);
    expect(tool('amtool', 'check-config', file)).toEqual({ status: 0, output: containing('SUCCESS') });
    const emitted = await get(alertmanagerConfig, 'secret/alertmanager-config');
    expect(parse(secret)).toEqual(parse(Buffer.from(emitted.data['alertmanager.yaml'], 'base64').toString()));
  });

  it('makes pods that the namespace admits', async () => {
    for (const name of ['prometheus', 'alertmanager']) {
      await untilMade(() => kubectl('get', `pod/${name}-${name}-0`, '--namespace', namespace));
    }
    const refused = ['get', 'events', '--namespace', namespace, '--field-selector=reason=FailedCreate'];
    expect(await kubectl(...refused, '--output=jsonpath={.items[*].message}')).toBe('');
  });

  it('leaves no difference for kubectl diff', async () => {
    expect(await tryKubectl(['diff', '-f', dist])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

const containing = (text: string): unknown => expect.stringContaining(text);

const applied = z.looseObject({ kind: z.string(), metadata: z.object({ name: z.string() }) });

const endpoints = z.array(z.unknown()).default([]);
const monitor = z.object({ spec: z.object({ endpoints, podMetricsEndpoints: endpoints }) });

const prometheusRule = z.object({ spec: z.object({ groups: z.array(z.object({ rules: z.array(z.unknown()) })) }) });

const alertmanagerConfig = z.object({ data: z.object({ 'alertmanager.yaml': z.string() }) });

const discovering = z.looseObject({ kubernetes_sd_configs: z.array(z.unknown()).optional() });
const configuration = z.looseObject({
  alerting: z.looseObject({ alertmanagers: z.array(discovering) }),
  scrape_configs: z.array(discovering.extend({ job_name: z.string(), bearer_token_file: z.string().optional() })),
});

/** A configuration of Prometheus. */
type Configuration = z.output<typeof configuration>;

/** Waits until the operator has done something. */
function untilMade<T>(made: () => Promise<T>): Promise<T> {
  return vi.waitFor(made, { timeout: 60_000, interval: 500 });
}

/** The names of the jobs that the operator makes of monitors: one for each of their endpoints. */
async function jobsOfMonitors(dist: string): Promise<string[]> {
  const found = (await list(applied, '-f', dist)).filter(({ kind }) => /^(Service|Pod)Monitor$/.test(kind));
  return found
    .flatMap((each) => {
      const { endpoints, podMetricsEndpoints } = monitor.parse(each).spec;
      const kind = each.kind.replace(/^[SP]/, (letter) => letter.toLowerCase());
      const name = `${kind}/${namespace}/${each.metadata.name}`;
      return [...endpoints, ...podMetricsEndpoints].map((_, index) => `${name}/${index}`);
    })
    .sort();
}

/** A file that the operator has generated and packed into a Secret. */
async function generated(secret: string, file: string): Promise<string> {
  const { data } = await get(z.object({ data: z.record(z.string(), z.string()) }), `secret/${secret}`);
  return gunzipSync(Buffer.from(data[file] ?? '', 'base64')).toString();
}

async function generatedConfiguration(): Promise<Configuration> {
  return configuration.parse(parse(await generated('prometheus-prometheus', 'prometheus.yaml.gz')));
}

/** Writes the files of rules that the operator hands to Prometheus; gives their paths. */
async function writeGeneratedRules(): Promise<string[]> {
  const { data } = await get(
    z.object({ data: z.record(z.string(), z.string()) }),
    'configmap/prometheus-prometheus-rulefiles-0',
  );
  const rules = join(folder, 'rules');
  mkdirSync(rules, { recursive: true });
  return Object.entries(data).map(([name, content]) => {
    writeFileSync(join(rules, name), content);
    return join(rules, name);
  });
}

/**
 * The configuration as Prometheus can load it here: Debian's can't ask Kubernetes what to scrape, and knows no such setting, so an
 * address stands in each of its places; the files of the rules and of the pod's token are those that are here. All else is as
 * generated.
 */
function loadableHere(generated: Configuration, rules: readonly string[]): unknown {
  const here = ({ kubernetes_sd_configs, ...rest }: z.output<typeof discovering>) =>
    kubernetes_sd_configs === undefined ? rest : { ...rest, static_configs: [{ targets: ['127.0.0.1:9'] }] };
  return {
    ...generated,
    alerting: { ...generated.alerting, alertmanagers: generated.alerting.alertmanagers.map(here) },
    rule_files: rules,
    scrape_configs: generated.scrape_configs.map(({ bearer_token_file, ...rest }) => ({
      ...here(rest),
      ...(bearer_token_file === undefined ? {} : { bearer_token_file: rules[0] }),
    })),
  };
}

function tool(program: string, ...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}
