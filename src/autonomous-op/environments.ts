import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { z } from 'zod';
import { GpuType } from '../constructs/gpu';
import { InvalidInputError } from '../core/errors';
import { ContainerSize, size } from '../core/quantities';
import { range, ServiceKey, services } from './services';

const containerSize = z.custom<ContainerSize>(
  (value) => isRecord(value) && value['cpuRequest'] instanceof Cpu && value['memoryLimit'] instanceof Size,
  'write it as size(cpu request, cpu limit, memory request, memory limit)',
);

const service = (key: ServiceKey) =>
  z
    .strictObject({
      /** Container image with its version. */
      image: z.string().default(services[key].image),
      /** What a pod asks of its node. */
      size: containerSize.default(services[key].size),
      /** Fewest and most pods. */
      replicas: z.strictObject({ min: z.int().min(1), max: z.int().min(1) }).default(services[key].replicas),
    })
    .prefault({});

const secretModes = z.enum(['generated', 'strict', 'external']);

/** Everything that may differ between environments. What is left out is the document's. */
const schema = z.strictObject({
  /** The services' images, sizes and replicas. */
  services: z
    .strictObject({
      gateway: service('gateway'),
      autonomousOp: service('autonomousOp'),
      fms: service('fms'),
      tms: service('tms'),
      scm: service('scm'),
      mlService: service('mlService'),
    })
    .prefault({}),
  /** Value of SPRING_PROFILES_ACTIVE. */
  springProfile: z.string().min(1).default('prod'),
  /** When nodes pull images. */
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('Always'),
  /** Whether zones are a hard rule; a cluster whose nodes have no zone label needs `ScheduleAnyway`. */
  zoneSpread: z.enum(['DoNotSchedule', 'ScheduleAnyway']).default('DoNotSchedule'),
  /** Release of KEDA in the cluster; `2.12` stands for every later one too. */
  kedaRelease: z.enum(['2.11', '2.12']).default('2.11'),
  /** Names of the GPU nodes. */
  gpuNodes: z.array(z.string()).min(1).default(['gpu-node-01', 'gpu-node-02']),
  /** GPUs in each of them. */
  gpusPerNode: z.int().min(1).default(4),
  /** The product in all of them. */
  gpu: z
    .custom<GpuType>((value) => value instanceof GpuType, 'write GpuType.V100, GpuType.T4 or GpuType.A100')
    .default(GpuType.V100),
  /** Where Jaeger keeps traces. */
  traceStorage: z.enum(['elasticsearch', 'memory']).default('elasticsearch'),
  /**
   * Where the Secret's values come from: `generated` (environment, env file, random for what is set nowhere), `strict` (the same,
   * but what is set nowhere is an error), `external` (External Secrets fetches them in the cluster). AOP_SECRETS overrides it.
   */
  secrets: secretModes.default('generated'),
  /** Name of the ClusterSecretStore that `external` reads, each Secret from a remote one of its own name. */
  secretStore: z.string().min(1).default('autonomous-op'),
});

/** The settings of an environment, complete and valid. */
export type Settings = z.output<typeof schema> & { readonly environment: string };

/** What an environment changes in the document's settings. */
export type SettingsOverrides = z.input<typeof schema>;

const small = size('250m', '500m', '512Mi', '1Gi');

/** The environments by name. */
export const environments: Readonly<Record<string, SettingsOverrides>> = {
  production: {},
  staging: {
    services: {
      gateway: { replicas: range(2, 3) },
      autonomousOp: { replicas: range(2, 4) },
      fms: { replicas: range(2, 3) },
      tms: { replicas: range(2, 3) },
      scm: { replicas: range(2, 3) },
      mlService: { replicas: range(1, 2) },
    },
    springProfile: 'staging',
    gpuNodes: ['gpu-node-01'],
    gpusPerNode: 2,
    gpu: GpuType.T4,
  },
  local: {
    services: {
      gateway: { replicas: range(1, 2), size: small },
      autonomousOp: { replicas: range(1, 2), size: small },
      fms: { replicas: range(1, 2), size: small },
      tms: { replicas: range(1, 2), size: small },
      scm: { replicas: range(1, 2), size: small },
      mlService: { replicas: range(1, 1), size: small },
    },
    springProfile: 'local',
    imagePullPolicy: 'IfNotPresent',
    zoneSpread: 'ScheduleAnyway',
    gpuNodes: ['gpu-node-01'],
    gpusPerNode: 1,
    traceStorage: 'memory',
  },
};

/**
 * The settings of an environment.
 *
 * @throws InvalidInputError on an unknown name or setting, with the known ones, or a value out of its range
 */
export function settingsOf(name: string, known: Readonly<Record<string, SettingsOverrides>> = environments): Settings {
  const overrides = Object.hasOwn(known, name) ? known[name] : undefined;
  if (overrides === undefined) {
    throw new InvalidInputError(
      'AOP_ENV',
      `"${name}" is not an environment`,
      `Use one of: ${Object.keys(known).join(', ')}`,
    );
  }
  const parsed = schema.safeParse(overrides, { reportInput: true });
  if (!parsed.success) {
    throw invalidSetting(name, parsed.error);
  }
  return { ...parsed.data, secrets: secretMode() ?? parsed.data.secrets, environment: name };
}

/** The mode that AOP_SECRETS names, if it is set. */
function secretMode(): Settings['secrets'] | undefined {
  const value = process.env['AOP_SECRETS'];
  const parsed = secretModes.optional().safeParse(value);
  if (!parsed.success) {
    throw new InvalidInputError(
      'AOP_SECRETS',
      `"${value ?? ''}" is not a source of secrets`,
      `Use one of: ${secretModes.options.join(', ')}`,
    );
  }
  return parsed.data;
}

function invalidSetting(environment: string, error: z.ZodError): InvalidInputError {
  const issue = error.issues[0];
  const path = issue?.path.map(String) ?? [];
  const where = ['environment', environment, ...path].join(' › ');
  if (issue?.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${key}"`).join(', ');
    return new InvalidInputError(where, `${names} is no setting`, `Use one of: ${knownSettings(path).join(', ')}`);
  }
  return new InvalidInputError(
    where,
    `${JSON.stringify(issue?.input)} is not valid: ${issue?.message ?? 'unknown'}`,
    'Correct it in src/autonomous-op/environments.ts',
  );
}

/** The settings at a path, as the document's own have them. */
function knownSettings(path: readonly string[]): string[] {
  const at = path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), schema.parse({}));
  return isRecord(at) ? Object.keys(at) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
