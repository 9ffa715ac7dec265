import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import {
  ContainerSize,
  countQuantity,
  cpuQuantity,
  customResourceRequirements,
  memoryQuantity,
  milliCpu,
  parseQuantity,
  requireContainerSize,
  resourceRequirements,
  size,
} from '../../src/core/quantities';

/** What a Kubernetes quantity amounts to, in thousandths, so that no fraction is lost. */
function thousandths(quantity: string): bigint {
  const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
  const decimal = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E'];
  const [, digits = '', suffix = ''] = /^(\d+)([A-Za-z]*)$/.exec(quantity) ?? [];
  return binary.indexOf(suffix) > 0
    ? BigInt(digits) * 1000n * 1024n ** BigInt(binary.indexOf(suffix))
    : BigInt(digits) * 1000n ** BigInt(decimal.indexOf(suffix));
}

/** Whether Kubernetes would write the quantity so: without a fraction, with the largest suffix that allows it. */
function isCanonical(quantity: string): boolean {
  const [, digits = '', suffix = ''] = /^([1-9]\d*)([A-Za-z]*)$/.exec(quantity) ?? [];
  const step = suffix.endsWith('i') ? 1024n : 1000n;
  return digits !== '' && (['E', 'Ei'].includes(suffix) || BigInt(digits) % step !== 0n);
}

describe('the canonical form', () => {
  it.each([
    [Cpu.millis(1000), '1'],
    [Cpu.millis(500), '500m'],
    [Cpu.millis(1500), '1500m'],
    [Cpu.units(2), '2'],
    [Cpu.units(0.5), '500m'],
    [Cpu.units(1.005), '1005m'],
  ])('of CPU: case %#', (cpu, quantity) => {
    expect(cpuQuantity(cpu)).toBe(quantity);
  });

  it.each([
    [Size.mebibytes(2048), '2Gi'],
    [Size.mebibytes(1536), '1536Mi'],
    [Size.gibibytes(0.5), '512Mi'],
    [Size.kibibytes(1000), '1000Ki'],
    [Size.tebibytes(1), '1Ti'],
    [Size.pebibyte(1024), '1Ei'],
  ])('of memory: case %#', (memory, quantity) => {
    expect(memoryQuantity(memory)).toBe(quantity);
  });

  it.each([
    [1, '1'],
    [1000, '1k'],
    [500, '500'],
    [1500, '1500'],
    [1.5, '1500m'],
    [0.001, '1m'],
    [1.005, '1005m'],
    [2_000_000, '2M'],
    [3e12, '3T'],
  ])('of the number %d is %s', (count, quantity) => {
    expect(countQuantity(count)).toBe(quantity);
  });

  it('read back is the same amount, and is what Kubernetes would store', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 2 ** 42 }), (milli, kibibytes) => {
        const cpu = cpuQuantity(Cpu.millis(milli));
        expect([thousandths(cpu), cpu]).toEqual([BigInt(milli), `${milli}m`.replace(/000m$/, '')]);
        expect(cpuQuantity(Cpu.units(milli / 1000))).toBe(cpu);
        const memory = memoryQuantity(Size.kibibytes(kibibytes));
        expect([thousandths(memory), isCanonical(memory)]).toEqual([BigInt(kibibytes) * 1024_000n, true]);
        const count = countQuantity(kibibytes / 1000);
        expect([thousandths(count), isCanonical(count)]).toEqual([BigInt(kibibytes), true]);
      }),
    );
  });
});

describe('a row of the sizing table', () => {
  it('reads as it is written', () => {
    const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = size('1000m', '2', '512Mi', '4Gi');
    expect([milliCpu(cpuRequest), milliCpu(cpuLimit)]).toEqual([1000, 2000]);
    expect([memoryRequest.toMebibytes(), memoryLimit.toMebibytes()]).toEqual([512, 4096]);
  });

  it.each(['', 'm', '1.5', '500M', '1 ', '-1', '1Gi'])('with %j for CPU says what to write', (cpu) => {
    expect(() => size(cpu, '1', '1Gi', '1Gi')).toThrow(
      new InvalidInputError(
        'size',
        `"${cpu}" is not an amount of CPU`,
        'Write millicores ("500m") or whole CPUs ("2")',
      ),
    );
  });

  it.each(['', 'Gi', '1', '1G', '1.5Gi', '1Ki', '500m'])('with %j for memory says what to write', (memory) => {
    expect(() => size('1', '1', '1Gi', memory)).toThrow(
      new InvalidInputError('size', `"${memory}" is not an amount of memory`, 'Write "512Mi" or "2Gi"'),
    );
  });
});

describe('the resources of a container', () => {
  it('are canonical, with extended resources on both sides', () => {
    const { requests, limits } = resourceRequirements(size('1000m', '2000m', '1024Mi', '2Gi'), { 'nvidia.com/gpu': 2 });
    const text = (quantities: Readonly<Record<string, k8s.Quantity>> = {}) =>
      Object.fromEntries(Object.entries(quantities).map(([name, { value }]) => [name, value]));
    expect(text(requests)).toEqual({ cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '2' });
    expect(text(limits)).toEqual({ cpu: '2', memory: '2Gi', 'nvidia.com/gpu': '2' });
  });

  it('of a custom resource are made by its own classes', () => {
    expect(
      customResourceRequirements(
        size('500m', '1', '1Gi', '2Gi'),
        (quantity) => `limit ${quantity}`,
        (quantity) => `request ${quantity}`,
      ),
    ).toEqual({
      limits: { cpu: 'limit 1', memory: 'limit 2Gi' },
      requests: { cpu: 'request 500m', memory: 'request 1Gi' },
    });
  });
});

describe('a size', () => {
  const good = size('500m', '1', '1Gi', '2Gi');
  const nothing = 'Set both to more than nothing, in whole millicores or KiB';
  const order = 'Lower the one or raise the other';

  it('may have requests equal to its limits', () => {
    expect(requireContainerSize('here', size('1', '1', '1Gi', '1Gi'))).toEqual(size('1', '1', '1Gi', '1Gi'));
  });

  it.each<[Partial<ContainerSize>, string, string]>([
    [{ cpuRequest: Cpu.units(2) }, 'cpuRequest (2) is greater than cpuLimit (1)', order],
    [{ memoryRequest: Size.gibibytes(3) }, 'memoryRequest (3Gi) is greater than memoryLimit (2Gi)', order],
    [{ cpuRequest: Cpu.millis(0) }, 'cpuRequest is 0 and cpuLimit is 1', nothing],
    [{ cpuRequest: Cpu.millis(-5) }, 'cpuRequest is -5m and cpuLimit is 1', nothing],
    [{ cpuRequest: Cpu.units(0.0005) }, 'cpuRequest is 0.5m and cpuLimit is 1', nothing],
    [{ cpuLimit: Cpu.millis(NaN) }, 'cpuRequest is 500m and cpuLimit is NaNm', nothing],
    [{ memoryRequest: Size.kibibytes(0) }, 'memoryRequest is 0Ki and memoryLimit is 2Gi', nothing],
    [{ memoryRequest: Size.mebibytes(0.3) }, 'memoryRequest is 307.2Ki and memoryLimit is 2Gi', nothing],
    [{ memoryLimit: Size.gibibytes(Infinity) }, 'memoryRequest is 1Gi and memoryLimit is InfinityKi', nothing],
  ])('that is wrong names both ends: case %#', (wrong, problem, remedy) => {
    expect(() => requireContainerSize('here', { ...good, ...wrong })).toThrow(
      new InvalidInputError('here', problem, remedy),
    );
  });
});

describe('a quantity of Kubernetes', () => {
  it.each([
    ['500m', 0.5],
    ['32', 32],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['12E', 12e18],
    ['128Gi', 128 * 2 ** 30],
    ['128974848', 128974848],
    ['129M', 129e6],
    ['-1k', -1000],
  ])('%s is %d', (quantity, amount) => {
    expect(parseQuantity(quantity)).toBe(amount);
  });

  it.each(['', 'much', '1 Gi', '1Xi', 'Gi'])('%j is no quantity', (text) => {
    expect(parseQuantity(text)).toBe(undefined);
  });
});
