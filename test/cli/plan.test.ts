import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { drawSvg } from '../../src/capacity/drawing';
import { renderedFor } from '../cluster/ready-cluster';
import { temporaryFolder } from '../temporary-folder';
import { Run, run } from './run';

const DAY = 'examples/load-day.csv';

const temporary = temporaryFolder();
const production = renderedFor('production');
beforeEach(() => {
  mkdirSync(temporary('production'));
  for (const { name, yaml } of production) writeFileSync(temporary('production', name), yaml);
});

/** Runs the command with production's manifests, if no others are given. */
function plan(...args: readonly string[]): Promise<Run> {
  return run('plan', '-m', temporary('production'), ...args);
}

/** A file with the text, of which the day consists. */
function fileWith(text: string): string {
  const path = temporary('loads.csv');
  writeFileSync(path, text);
  return path;
}

async function json<T extends z.ZodType>(schema: T, ...args: readonly string[]): Promise<z.output<T>> {
  return schema.parse(JSON.parse((await plan('-o', 'json', ...args)).out));
}

/** The rows of a table by their first cell. */
async function rows(...args: readonly string[]): Promise<Map<string, string[]>> {
  const { out } = await plan(...args);
  return new Map(out.split('\n').map((line) => [line.split('  ')[0] ?? '', line.split(/ {2,}/)]));
}

describe('aop plan', () => {
  it('says how many pods a load needs, why, what they ask for and what they cost', async () => {
    const { code, out } = await plan('--http', '7000', '--inference', '1800', '--gpus', '8');
    expect(code).toBe(0);
    expect(out).toBe(blockOf('docs/commands/plan.md', 'aop plan --http 7000 --inference 1800 --gpus 8'));
  });

  it('names the trigger that needs most', async () => {
    const table = await rows('--http', '4000', '--lag.vehicle-telemetry=1000', '--lag.route-updates', '2600');
    expect(table.get('autonomous-op')?.slice(1, 4)).toEqual([
      '6',
      '3-10',
      'lag.route-updates 2600 messages, 500 messages a pod',
    ]);
  });

  it('takes the CPUs and the memory that all pods of a service use', async () => {
    const table = await rows('--fms.cpu', '1.4', '--autonomous-op.memory', '7');
    expect(table.get('fms')?.slice(1, 4)).toEqual(['4', '2-5', 'fms.cpu 1.4 CPUs, 0.35 CPUs a pod']);
    expect(table.get('autonomous-op')?.slice(1, 4)).toEqual(['5', '3-10', 'autonomous-op.memory 7 GiB, 1.6 GiB a pod']);
  });

  it('says of a load that needs less than the minimum, or is not given, that the minimum decides', async () => {
    const table = await rows('--http', '1200');
    expect(table.get('autonomous-op')?.slice(1, 4)).toEqual(['3', '3-10', 'its minimum, http 1200/s needs 2']);
    expect(table.get('fms')?.slice(1, 4)).toEqual(['2', '2-5', 'its minimum, no load given']);
  });

  it('ends with 1 where a load is too much for the maximum of pods, and for the GPUs', async () => {
    const { code, out } = await plan('--http', '10001', '--inference', '12001');
    expect(code).toBe(1);
    expect(out).toContain('✗ http 10001/s needs 11 pods of autonomous-op, which has at most 10\n');
    expect(out).toContain('✗ inference 12001/s needs 25 pods of ml-service, which has at most 6\n');
    expect(out).toContain('✗ inference 12001/s is more than 6 × Tesla V100 of ml-service serve at most, 12000/s\n');
    expect((await plan('--http', '10000', '--inference', '3000')).code).toBe(0);
  });

  it('lists every load where none is given, and what each one saturates at', async () => {
    const { out } = await plan();
    expect(out).toContain(
      'saturates at lag.vehicle-telemetry 10000 messages (10 replicas), lag.route-updates 5000 messages (10 replicas), http 10000/s (10 replicas), inference 3000/s (6 GPUs), gpu 480 % (6 GPUs)\n',
    );
    expect(out).toContain(
      'ask for nothing: lag.vehicle-telemetry, lag.route-updates, http, inference, gpu, cpu and memory of every service\n',
    );
  });

  it('compares the GPUs with those of the nodes, if it is told how many there are', async () => {
    const args = ['--inference', '2400', '--gpus'];
    expect((await plan(...args, '5')).code).toBe(0);
    const { code, out } = await plan(...args, '4');
    expect(code).toBe(1);
    expect(out).toContain('✗ the pods ask for 5 GPUs, and the nodes have 4\n');
  });

  it('takes another price of a GPU than that of the catalogue', async () => {
    expect((await rows('--inference', '900', '--gpu-price', '2.5')).get('ml-service')?.at(-1)).toBe('5.00 $/h');
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
    const schema = z.object({
      services: z.array(service),
      total,
      maximum: total,
      notGiven: z.array(z.string()),
      problems: z.array(z.string()),
    });
    const { services, ...others } = await json(schema, '--http', '7000', '--inference', '1800');
    expect(services.at(-1)).toEqual({
      ...{ name: 'ml-service', replicas: 4, gpus: 4, dollarsPerHour: 2.8, gpuType: 'Tesla V100' },
      decidedBy: { load: 'inference', value: 1800, perPod: 500 },
    });
    expect(others).toMatchObject({
      total: { replicas: 19, cpu: 19, memory: 38 },
      maximum: { replicas: 36, cpu: 32, memory: 64 },
      problems: [],
    });
    expect(others.notGiven).toContain('gpu');
    expect(others.notGiven).not.toContain('http');
  });

  it.each([
    [['--http', '-1'], '--http: "-1" is not valid.\n  Give a number of at least 0.'],
    [['--inference', 'many'], '--inference: "many" is not valid.'],
    [['--http'], '--http: "" is not valid.'],
    [
      ['--lag.orders', '5'],
      'aop plan: "--lag.orders" is no option, and no trigger measures it.\n  Use one of: --gateway.cpu, --gateway.memory, --lag.vehicle-telemetry, ',
    ],
    [['http', '5'], 'aop plan: "http" is no option, and no trigger measures it.'],
    [['--http', '1', '--http=2'], 'aop plan: "--http" is given twice.\n  Keep one of them.'],
    [['--gpus', 'x'], '--gpus: "x" is not valid.\n  Give a whole number.'],
    [['--gpu-price', 'x'], '--gpu-price: "x" is not valid.'],
    [['--load', DAY, '--gpus', '8'], '--gpus: a day is not compared with the GPUs of the nodes.'],
    [['--startup', '30'], '--startup: a load that does not change starts no pod.\n  Use it with --load.'],
    [['--load', DAY, '--startup', 'soon'], '--startup: "soon" is not valid.\n  Give a whole number.'],
    [['--load', DAY, '--http', '5'], 'line 1: "http" is given as an option as well'],
    [['--load', 'nothing.csv'], '--load: ENOENT: no such file or directory'],
    [['--svg', 'no/such/folder/plan.svg'], '--svg: ENOENT: no such file or directory'],
    [['-m', 'nowhere'], '--manifests: "nowhere" is not a folder.'],
    [['-m', 'examples/policies-for-a-namespace/dist'], 'it has no HorizontalPodAutoscaler and no ScaledObject.'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await plan(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('aop plan in the project of another team', () => {
  it('tells of its own services, in the words of its triggers', async () => {
    const { out } = await plan(
      '-m',
      'examples/kafka-lag-service/dist',
      '--lag.parcel-scans',
      '2600',
      '--tracker.cpu',
      '1',
    );
    expect(out).toBe(
      [
        'service     replicas  of    decided by                                          cpu  memory  gpu  cost',
        'tracker     6         2-24  lag.parcel-scans 2600 messages, 500 messages a pod  3    6Gi     –    –',
        'total       6                                                                   3    6Gi     –    –',
        'at maximum  24                                                                  12   24Gi    –    –',
        'saturates at tracker.cpu 8.4 CPUs (24 replicas), lag.parcel-scans 12000 messages (24 replicas)',
        '',
      ].join('\n'),
    );
  });

  it('takes manifests that this library did not make, and says what it leaves out', async () => {
    writeFileSync(temporary('shop.yaml'), SHOP);
    const { code, out } = await plan('-m', temporary(), '--web.cpu', '3', '--queue_length', '70');
    expect({ code, out }).toEqual({
      code: 0,
      out: [
        'service     replicas  of     decided by                      cpu  memory  gpu            cost',
        'web         8         1-10   web.cpu 3 CPUs, 0.4 CPUs a pod  4    –       –              –',
        'worker      7         0-100  queue_length 70, 10 a pod       7    7Gi     7 × NVIDIA-L4  –',
        'total       15                                               11   7Gi     7              –',
        'at maximum  110                                              105  100Gi   100            –',
        'saturates at web.cpu 4 CPUs (10 replicas), queue_length 1000 (100 GPUs)',
        'not counted, as they do not say what one pod should have: cron of worker',
        'without a price, which --gpu-price gives: NVIDIA-L4 of worker',
        '',
      ].join('\n'),
    });
  });

  it('speaks of no cpu and memory where nothing scales on them', async () => {
    writeFileSync(temporary('shop.yaml'), SHOP.slice(SHOP.indexOf('apiVersion: apps/v1\nkind: StatefulSet')));
    expect((await plan('-m', temporary())).out).toContain('ask for nothing: queue_length\n');
  });

  it('plays a day of it, with at least one pod', async () => {
    writeFileSync(temporary('shop.yaml'), SHOP);
    const { code, out } = await plan(
      '-m',
      temporary(),
      '--load',
      fileWith('time,queue_length\n0,0\n1800,10\n3600,0\n'),
    );
    expect(code).toBe(0);
    expect(out).toContain('worker   1     0-100  ');
    expect(out).toContain('with at least one pod, although KEDA takes away the last without load: worker\n');
  });
});

/** A plain HPA without metrics, and a StatefulSet that a ScaledObject scales. */
const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { template: { spec: { containers: [{ name: web, resources: { requests: { cpu: 500m } } }] } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 10 }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: worker }
spec:
  template:
    spec:
      nodeSelector: { nvidia.com/gpu.product: NVIDIA-L4 }
      containers: [{ name: worker, resources: { requests: { cpu: 1, memory: 1Gi }, limits: { nvidia.com/gpu: 1 } } }]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: worker }
spec:
  scaleTargetRef: { kind: StatefulSet, name: worker }
  triggers:
    - { type: prometheus, metadata: { serverAddress: "http://prometheus:9090", query: sum(queue_length), threshold: "10" } }
    - { type: cron, metadata: { timezone: UTC, start: 0 6 * * *, end: 0 20 * * *, desiredReplicas: "5" } }
`;

describe('aop plan --load', () => {
  it('tells of a day what each service had, lacked and cost', async () => {
    const { code, out } = await plan('--load', DAY, '--startup', '30');
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
    const schema = z.object({ services, total: z.object({ podHours: z.number(), dollars: z.number() }) });
    expect((await plan('--load', path)).code).toBe(0);
    const { services: figures, total } = await json(schema, '--load', path, '--inference', '1500');
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
    const path = temporary('plan.svg');
    await plan('--load', DAY, '--startup', '30', '--svg', path);
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
