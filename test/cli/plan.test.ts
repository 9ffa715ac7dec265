import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { drawSvg } from '../../src/capacity/drawing';
import { page } from '../../src/capacity/page';
import { run } from './run';

const DAY = 'examples/load-day.csv';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aop-plan-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A file with the text, of which the day consists. */
function fileWith(text: string): string {
  const path = join(folder, 'loads.csv');
  writeFileSync(path, text);
  return path;
}

async function json<T extends z.ZodType>(schema: T, ...args: readonly string[]): Promise<z.output<T>> {
  return schema.parse(JSON.parse((await run('plan', '-o', 'json', ...args)).out));
}

/** The rows of a table by their first cell. */
async function rows(...args: readonly string[]): Promise<Map<string, string[]>> {
  const { out } = await run('plan', ...args);
  return new Map(out.split('\n').map((line) => [line.split('  ')[0] ?? '', line.split(/ {2,}/)]));
}

describe('aop plan', () => {
  it('says how many pods a load needs, why, what they ask for and what they cost', async () => {
    const { code, out } = await run('plan', '--http', '7000', '--inference', '1800');
    expect(code).toBe(0);
    expect(out).toBe(blockOf('docs/commands/plan.md', 'aop plan --http 7000 --inference 1800'));
  });

  it('names the trigger that needs most', async () => {
    const table = await rows('--http', '4000', '--lag', 'vehicle-telemetry=1000', '--lag', 'route-updates=2600');
    expect(table.get('autonomous-op')?.slice(1, 4)).toEqual([
      '6',
      '3-10',
      'lag.route-updates 2600 messages, 500 messages a pod',
    ]);
  });

  it('takes the CPUs and the memory that all pods of a service use', async () => {
    const table = await rows('--use', 'fms.cpu=1.4', '--use', 'autonomous-op.memory=7');
    expect(table.get('fms')?.slice(1, 4)).toEqual(['4', '2-5', 'fms.cpu 1.4 CPUs, 0.35 CPUs a pod']);
    expect(table.get('autonomous-op')?.slice(1, 4)).toEqual(['5', '3-10', 'autonomous-op.memory 7 GiB, 1.6 GiB a pod']);
  });

  it('says of a load that needs less than the minimum, or is not given, that the minimum decides', async () => {
    const table = await rows('--http', '1200');
    expect(table.get('autonomous-op')?.slice(1, 4)).toEqual(['3', '3-10', 'its minimum, http 1200/s needs 2']);
    expect(table.get('fms')?.slice(1, 4)).toEqual(['2', '2-5', 'its minimum, no load given']);
  });

  it('ends with 1 where a load is too much for the maximum of pods, and for the GPUs', async () => {
    const { code, out } = await run('plan', '--http', '10001', '--inference', '12001');
    expect(code).toBe(1);
    expect(out).toContain('✗ http 10001/s needs 11 pods of autonomous-op, which has at most 10\n');
    expect(out).toContain('✗ inference 12001/s needs 25 pods of ml-service, which has at most 6\n');
    expect(out).toContain('✗ inference 12001/s is more than 6 × Tesla V100 of ml-service serve at most, 12000/s\n');
    expect((await run('plan', '--http', '10000', '--inference', '3000')).code).toBe(0);
  });

  it('lists every load where none is given, and what each one saturates at', async () => {
    const { out } = await run('plan');
    expect(out).toContain(
      'saturates at lag.vehicle-telemetry 10000 messages (10 replicas), lag.route-updates 5000 messages (10 replicas), http 10000/s (10 replicas), inference 3000/s (6 of 8 GPUs), gpu 480 % (6 of 8 GPUs)\n',
    );
    expect(out).toContain(
      'ask for nothing: lag.vehicle-telemetry, lag.route-updates, http, inference, gpu, cpu and memory of every service\n',
    );
  });

  it('knows the sizes, the bounds and the GPUs of an environment', async () => {
    const table = await rows('--inference', '900', '-e', 'staging');
    expect(table.get('ml-service')?.slice(1)).toEqual([
      '2',
      '1-2',
      'inference 900/s, 500/s a pod',
      '4',
      '8Gi',
      '2 × Tesla T4',
      '1.00 $/h',
    ]);
    expect(table.get('at maximum')?.at(-1)).toBe('1.00 $/h');
  });

  it('gives the same as JSON', async () => {
    const service = z.object({
      name: z.string(),
      replicas: z.number(),
      decidedBy: z.unknown(),
      gpus: z.number(),
      dollarsPerHour: z.number(),
      gpuType: z.unknown(),
    });
    const total = z.object({ replicas: z.number(), cpu: z.number(), memory: z.number(), dollarsPerHour: z.number() });
    const plan = z.object({
      environment: z.string(),
      services: z.array(service),
      total,
      maximum: total,
      notGiven: z.array(z.string()),
      problems: z.array(z.string()),
    });
    const { services, ...others } = await json(plan, '--http', '7000', '--inference', '1800');
    expect(services.at(-1)).toEqual({
      ...{ name: 'ml-service', replicas: 4, gpus: 4, dollarsPerHour: 2.8, gpuType: 'Tesla V100' },
      decidedBy: { load: 'inference', value: 1800, perPod: 500 },
    });
    expect(others).toMatchObject({
      environment: 'production',
      total: { replicas: 19, cpu: 19, memory: 38 },
      maximum: { replicas: 36, cpu: 32, memory: 64 },
      problems: [],
    });
    expect(others.notGiven).toContain('gpu');
    expect(others.notGiven).not.toContain('http');
  });

  it.each([
    [['--http', '-1'], '--http: "-1" is not a load.\n  Give a number of at least 0.'],
    [['--inference', 'many'], '--inference: "many" is not a load.'],
    [
      ['--lag', 'orders=5'],
      '--lag: no trigger measures "orders".\n  Use NAME=NUMBER, NAME one of: vehicle-telemetry, route-updates.',
    ],
    [['--lag', 'route-updates'], '--lag route-updates: "" is not a load.'],
    [['--lag', 'route-updates=1', '--lag', 'route-updates=2'], 'aop plan: "lag.route-updates" is given twice.'],
    [
      ['--use', 'fms=80'],
      '--use: no trigger measures "fms".\n  Use NAME=NUMBER, NAME one of: gateway.cpu, gateway.memory, ',
    ],
    [['--use', 'http=80'], '--use: no trigger measures "http".'],
    [['--startup', '30'], '--startup: a load that does not change starts no pod.\n  Use it with --load.'],
    [['--load', DAY, '--startup', 'soon'], '--startup: "soon" is no time.\n  Give a whole number of seconds.'],
    [['--load', DAY, '--http', '5'], 'line 1: "http" is given as an option as well'],
    [['--load', 'nothing.csv'], '--load: ENOENT: no such file or directory'],
    [['--svg', 'no/such/folder/plan.svg'], '--svg: ENOENT: no such file or directory'],
    [['-e', 'test'], 'AOP_ENV: "test" is not an environment.'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run('plan', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('aop plan --load', () => {
  it('tells of a day what each service had, lacked and cost', async () => {
    const { code, out } = await run('plan', '--load', DAY, '--startup', '30');
    expect(out).toBe(blockOf('docs/commands/plan.md', `aop plan --load ${DAY} --startup 30`));
    expect(code).toBe(1); // for some minutes the maximum of autonomous-op is too little
  });

  it('ends well where the maximum is enough, and takes a load that does not change from an option', async () => {
    const path = fileWith('time,http\n0,3000\n3600,3000\n');
    const services = z.array(
      z.object({
        name: z.string(),
        peak: z.number(),
        podHours: z.number(),
        dollars: z.number(),
        dollarsAtMaximum: z.number(),
      }),
    );
    const plan = z.object({ services, total: z.object({ podHours: z.number(), dollars: z.number() }) });
    expect((await run('plan', '--load', path)).code).toBe(0);
    const { services: figures, total } = await json(plan, '--load', path, '--inference', '1500');
    expect(figures.at(-1)).toMatchObject({ name: 'ml-service', peak: 3, podHours: 3 });
    expect(total.podHours).toBe(2 + 3 + 2 + 2 + 2 + 3);
    expect(total.dollars).toBeCloseTo(2.1);
    expect(figures.at(-1)?.dollarsAtMaximum).toBeCloseTo(4.2);
  });

  it('is under capacity for longer where a pod takes longer to start', async () => {
    const path = fileWith('time,http\n0,3000\n60,6000\n600,6000\n');
    const services = z.array(z.object({ underCapacityMinutes: z.number() }));
    const shortOf = async (...args: readonly string[]) =>
      (await json(z.object({ services }), '--load', path, ...args)).services[1]?.underCapacityMinutes ?? NaN;
    expect(await shortOf('--startup', '120')).toBeGreaterThan(await shortOf());
  });
});

describe('the pictures of aop plan', () => {
  it('are the one of the docs, the same each time', async () => {
    const path = join(folder, 'plan.svg');
    await run('plan', '--load', DAY, '--startup', '30', '--svg', path);
    await expect(readFileSync(path, 'utf8')).toMatchFileSnapshot('../../docs/plan.svg');
  });

  it('show each service with a load, its bounds and what it lacks', () => {
    const svg = readFileSync('docs/plan.svg', 'utf8');
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toEqual(
      expect.arrayContaining(['autonomous-op', 'ml-service', 'maximum 10', 'minimum 2', 'under capacity']),
    );
    expect(texts).not.toContain('fms');
  });

  it('are in a page with the table and the assumptions, which needs nothing from elsewhere', async () => {
    const path = join(folder, 'plan.html');
    const { out } = await run('plan', '--http', '12000', '--inference', '1800', '--html', path);
    const html = readFileSync(path, 'utf8');
    expect(out).toContain('✗ http 12000/s needs 12 pods');
    expect(html).toContain('<li>http 12000/s needs 12 pods of autonomous-op, which has at most 10</li>');
    expect(html).toContain('<td class="number">2.80 $/h</td>');
    expect(html).toContain('<svg ');
    expect(html).toContain('What this rests on');
    expect(html.match(/(src|href)="(?!#)|url\((?!#)|@import|<script/g)).toBe(null);
    expect(readdirSync(folder).filter((name) => /\.\d+$/.test(name))).toEqual([]);
  });

  it('escape what is not theirs', () => {
    const text = '<script>"&\'';
    const report = {
      title: text,
      header: [text],
      rows: [[text]],
      totals: [[text]],
      notes: [text],
      problems: [text],
      assumptions: [text],
      data: {},
    };
    const html = page(report, text, '<svg></svg>');
    expect(html.match(/<script/g)).toBe(null);
    expect(html.match(/&lt;script&gt;&quot;&amp;&#39;/g)).toHaveLength(9);
  });

  it('say what to install where Vega is missing', async () => {
    const missing = Object.assign(new Error("Cannot find package 'vega'"), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(drawSvg({ mark: 'point', data: { values: [] } }, () => Promise.reject(missing))).rejects.toThrow(
      'drawing: the packages vega and vega-lite are not installed.\n  Run npm install --save-dev vega@6 vega-lite@6.',
    );
  });

  it('fail where Vega does, instead of lacking something', async () => {
    const chart = {
      mark: 'point',
      data: { values: [{ a: 1 }] },
      encoding: { x: { field: 'a', type: 'quantitative', axis: { format: 'nonsense!' } } },
    } as const;
    await expect(drawSvg({ ...chart, data: { values: [{ a: 1 }] } })).rejects.toThrow('Vega: ERROR');
  });
});

/** What the page shows below a command. */
function blockOf(document: string, command: string): string {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/^```console\n\$ (.*)\n([^]*?)^```$/gm)];
  return blocks.find(([, shown]) => shown === command)?.[2] ?? `${document} shows no ${command}`;
}
