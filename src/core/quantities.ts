import { Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { InvalidInputError } from './errors';

/** What a container asks of its node and may use at most. */
export interface ContainerSize {
  /** CPU the scheduler reserves. */
  readonly cpuRequest: Cpu;
  /** CPU beyond which the container is throttled. */
  readonly cpuLimit: Cpu;
  /** Memory the scheduler reserves. */
  readonly memoryRequest: Size;
  /** Memory beyond which the container is killed. */
  readonly memoryLimit: Size;
}

/** Thousandths of a CPU. */
export function milliCpu(cpu: Cpu): number {
  // Rounded, because 1.005 * 1000 is 1004.9999999999999 in binary.
  return cpu.amount.endsWith('m') ? Number(cpu.amount.slice(0, -1)) : Math.round(Number(cpu.amount) * 1000 * 1e6) / 1e6;
}

/**
 * The canonical form of an amount of CPU: `1`, not `1000m`. The API server stores the canonical form,
 * so that any other shows up as a change on every `kubectl apply`.
 */
export function cpuQuantity(cpu: Cpu): string {
  const milli = milliCpu(cpu);
  return milli % 1000 === 0 ? `${milli / 1000}` : `${milli}m`;
}

/** The canonical form of an amount of memory: `2Gi`, not `2048Mi`. */
export function memoryQuantity(size: Size): string {
  const units = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
  let amount = size.toKibibytes({ rounding: SizeRoundingBehavior.NONE });
  let unit = 0;
  while (amount % 1024 === 0 && amount > 0 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount}${units[unit] ?? ''}`;
}

/** The canonical form of a plain number with at most three decimals: `1k` for 1000, `1500m` for 1.5. */
export function countQuantity(count: number): string {
  const units = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E'];
  let amount = Math.round(count * 1000);
  let unit = 0;
  while (amount % 1000 === 0 && amount > 0 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${amount}${units[unit] ?? ''}`;
}

const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The number that a quantity of Kubernetes stands for, however it is written: 1 for `1000m`. Undefined if it is not a valid one. */
export function parseQuantity(text: string): number | undefined {
  const [, number, unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const amount = Number(number ?? NaN) * (FACTORS[unit] ?? NaN);
  return Number.isNaN(amount) ? undefined : amount;
}

/**
 * A row of a sizing table, as it is written there: `size('1000m', '2000m', '2Gi', '4Gi')`.
 *
 * @throws {@link InvalidInputError} on a quantity that is neither CPU (`500m`, `2`) nor memory (`512Mi`, `2Gi`)
 */
export function size(cpuRequest: string, cpuLimit: string, memoryRequest: string, memoryLimit: string): ContainerSize {
  return {
    cpuRequest: parseCpu(cpuRequest),
    cpuLimit: parseCpu(cpuLimit),
    memoryRequest: parseMemory(memoryRequest),
    memoryLimit: parseMemory(memoryLimit),
  };
}

/** The `resources` of a container, in canonical quantities, with extended resources such as `nvidia.com/gpu` on both sides. */
export function resourceRequirements(
  container: ContainerSize,
  extended: Readonly<Record<string, number>> = {},
): k8s.ResourceRequirements {
  const counts = Object.entries(extended).map(([name, count]) => [name, k8s.Quantity.fromString(`${count}`)] as const);
  const quantities = (cpu: Cpu, memory: Size) => ({
    cpu: k8s.Quantity.fromString(cpuQuantity(cpu)),
    memory: k8s.Quantity.fromString(memoryQuantity(memory)),
    ...Object.fromEntries(counts),
  });
  return {
    requests: quantities(container.cpuRequest, container.memoryRequest),
    limits: quantities(container.cpuLimit, container.memoryLimit),
  };
}

/**
 * The same for a custom resource, whose generated types wrap each quantity in classes of their own.
 *
 * @param limit makes a value of `limits`
 * @param request makes a value of `requests`
 */
export function customResourceRequirements<L, R>(
  container: ContainerSize,
  limit: (quantity: string) => L,
  request: (quantity: string) => R,
): { limits: { cpu: L; memory: L }; requests: { cpu: R; memory: R } } {
  return {
    limits: { cpu: limit(cpuQuantity(container.cpuLimit)), memory: limit(memoryQuantity(container.memoryLimit)) },
    requests: {
      cpu: request(cpuQuantity(container.cpuRequest)),
      memory: request(memoryQuantity(container.memoryRequest)),
    },
  };
}

/** The canonical form of a volume's size. Fails if it is nothing, or not a whole number of KiB. */
export function requireStorageSize(where: string, name: string, size: Size): string {
  const kibibytes = size.toKibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(kibibytes) || kibibytes <= 0) {
    throw new InvalidInputError(
      where,
      `${name} is ${kibibytes} KiB`,
      `Set ${name} to a whole number of KiB, at least 1`,
    );
  }
  return memoryQuantity(size);
}

/** Fails if a request is nothing, is not a whole number of millicores or KiB, or is greater than its limit. */
export function requireContainerSize(where: string, container: ContainerSize): ContainerSize {
  const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = container;
  const kibibytes = (memory: Size) => memory.toKibibytes({ rounding: SizeRoundingBehavior.NONE });
  requireOrder(
    where,
    'cpuRequest',
    'cpuLimit',
    milliCpu(cpuRequest),
    milliCpu(cpuLimit),
    cpuQuantity(cpuRequest),
    cpuQuantity(cpuLimit),
  );
  requireOrder(
    where,
    'memoryRequest',
    'memoryLimit',
    kibibytes(memoryRequest),
    kibibytes(memoryLimit),
    memoryQuantity(memoryRequest),
    memoryQuantity(memoryLimit),
  );
  return { cpuRequest, cpuLimit, memoryRequest, memoryLimit };
}

function requireOrder(
  where: string,
  lowName: string,
  highName: string,
  low: number,
  high: number,
  lowText: string,
  highText: string,
): void {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low <= 0) {
    throw new InvalidInputError(
      where,
      `${lowName} is ${lowText} and ${highName} is ${highText}`,
      `Set both to more than nothing, in whole millicores or KiB`,
    );
  }
  if (low > high) {
    throw new InvalidInputError(
      where,
      `${lowName} (${lowText}) is greater than ${highName} (${highText})`,
      'Lower the one or raise the other',
    );
  }
}

function parseCpu(text: string): Cpu {
  const match = /^(\d+)(m?)$/.exec(text);
  if (!match?.[1]) {
    throw new InvalidInputError(
      'size',
      `"${text}" is not an amount of CPU`,
      'Write millicores ("500m") or whole CPUs ("2")',
    );
  }
  return match[2] === 'm' ? Cpu.millis(Number(match[1])) : Cpu.units(Number(match[1]));
}

function parseMemory(text: string): Size {
  const match = /^(\d+)([MG])i$/.exec(text);
  if (!match?.[1]) {
    throw new InvalidInputError('size', `"${text}" is not an amount of memory`, 'Write "512Mi" or "2Gi"');
  }
  return match[2] === 'G' ? Size.gibibytes(Number(match[1])) : Size.mebibytes(Number(match[1]));
}
