import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as z from 'zod';
import { InferenceRuntime } from '../constructs/service/inference-runtime';
import { GpuType } from '../core/gpu-type';
import { cidrRemedy } from '../core/cidr';
import { InvalidInputError } from '../core/errors';
import { ContainerSize, size } from '../core/quantities';
import { mapValues } from '../core/records';
import { isImage } from '../core/validation';
import { isService, range, ServiceKey, services } from './services';
import { StoreKey, stores, volumes } from './stores';

const containerSize = z.custom<ContainerSize>(
  (value) => isRecord(value) && value['cpuRequest'] instanceof Cpu && value['memoryLimit'] instanceof Size,
  'write it as size(cpu request, cpu limit, memory request, memory limit)',
);

const image = z.string().refine(isImage, 'give it a tag other than "latest", or a digest (name@sha256:…)');

const service = (key: ServiceKey) =>
  z
    .strictObject({
      /** Container image with its version, instead of the one that `images` says. */
      image: image.optional(),
      /** What a pod asks of its node. */
      size: containerSize.prefault(services[key].size),
      /** Fewest and most pods. */
      replicas: z.strictObject({ min: z.int().min(1), max: z.int().min(1) }).prefault(services[key].replicas),
    })
    .prefault({});

const volume = z.custom<Size>((value) => value instanceof Size, 'write it as Size.gibibytes(100)');

const store = (key: StoreKey) =>
  z
    .strictObject({
      /** What a pod asks of its node. */
      size: containerSize.default(stores[key].size),
      /** Brokers, instances, shards or nodes. */
      replicas: z.int().min(1).default(stores[key].replicas),
      /** Volume of each of them. */
      storage: volume.default(stores[key].storage),
    })
    .prefault({});

const part = z
  .strictObject({
    /** What a pod asks of its node; the construct's own if it is left out. */
    size: containerSize.optional(),
  })
  .prefault({});

/** A part that links in notifications lead to. */
const linkedPart = part
  .unwrap()
  .extend({
    /** Where people reach its page from outside; the links lead into the cluster if it is left out. */
    url: z.url({ protocol: /^https?$/ }).optional(),
  })
  .prefault({});

/** Address ranges, as NetworkPolicy knows them. */
const cidr = z.string().refine((text) => cidrRemedy(text) === undefined, {
  error: ({ input }) => `write ${cidrRemedy(String(input)) ?? ''}`,
});
const cidrs = z.array(cidr).min(1).default(['0.0.0.0/0']);

const secretModes = z.enum(['generated', 'strict', 'external']);

/** Everything that may differ between environments. What is left out is the document's. */
export const schema = z.strictObject({
  /** Where the images come from of services that have none of their own here: the document's, or the stand-ins of `npm run images`. */
  images: z.enum(['document', 'stand-ins']).default('document'),
  /** The services' images, sizes and replicas. */
  services: z.strictObject(mapValues(services, (_, key) => service(key))).prefault({}),
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
  /** The product in all of them; `none` for a cluster without GPUs, where ml-service computes on CPUs. */
  gpu: z
    .custom<GpuType | 'none'>(
      (value) => value instanceof GpuType || value === 'none',
      "write GpuType.V100, GpuType.T4, GpuType.A100 or 'none'",
    )
    .default(GpuType.V100),
  /** What serves the model in mlService: its ports, probes and metrics. */
  inferenceRuntime: z
    .custom<InferenceRuntime>(
      (value) => value instanceof InferenceRuntime,
      'write InferenceRuntime.SPRING_BOOT, TRITON, TORCH_SERVE or VLLM, or InferenceRuntime.of({ … })',
    )
    .default(InferenceRuntime.SPRING_BOOT),
  /** How the stores run: by operators, as in production, or one small pod each, on a laptop; there Jaeger keeps traces in memory. */
  storesBy: z.enum(['operators', 'pods']).default('operators'),
  /** The stores' sizes, and with `operators` their replicas and volumes. */
  stores: z.strictObject(mapValues(stores, (_, key) => store(key))).prefault({}),
  /** The sizes of what watches them. */
  observability: z
    .strictObject({ prometheus: linkedPart, alertmanager: linkedPart, grafana: part, jaeger: part })
    .prefault({}),
  /** Volume of Prometheus' metrics. */
  metricsStorage: volume.default(volumes.prometheus),
  /** Volume of Loki's logs. */
  logStorage: volume.default(volumes.loki),
  /** Whether logs are collected, by Promtail on every node, into Loki. */
  logs: z.boolean().default(true),
  /** StorageClass of the volumes; the cluster's default where it is left out. */
  storageClass: z.string().min(1).optional(),
  /** Host name under which clients reach the gateway. */
  domain: z.string().min(1).default('autonomous-op.example.com'),
  /** The ingress controller. */
  ingressClass: z.enum(['nginx', 'alb']).default('nginx'),
  /** ClusterIssuer of cert-manager, for the class `nginx`. */
  clusterIssuer: z.string().min(1).default('letsencrypt'),
  /** ARN of the certificate, for the class `alb`. */
  acmCertificateArn: z.string().min(1).optional(),
  /** Where a load balancer's connections come from, for the class `alb`: its subnets. */
  loadBalancerCidrs: cidrs,
  /** Keycloak: its host, its realm, and the addresses it answers from. */
  keycloak: z
    .strictObject({
      host: z.string().min(1).default('keycloak.example.com'),
      realm: z.string().min(1).default('autonomous-op'),
      cidrs,
    })
    .prefault({}),
  /** S3 or MinIO: its host, its port, its region, the bucket, and the addresses it answers from. */
  objectStore: z
    .strictObject({
      host: z.string().min(1).default('s3.eu-central-1.amazonaws.com'),
      port: z.int().min(1).max(65535).default(443),
      region: z.string().min(1).default('eu-central-1'),
      bucket: z.string().min(1).default('autonomous-op'),
      cidrs,
    })
    .prefault({}),
  /** Kafka Connect with its S3 sink, built elsewhere: building it in the namespace would need a pod that runs as root. */
  kafkaConnectImage: image.default('nodeorb/kafka-connect:3.5.0-1'),
  /** Whether a Datadog agent of the cluster collects the services' metrics. */
  datadog: z.boolean().default(false),
  /** Addresses of the Kubernetes API, for the pods that use it. */
  apiServerCidrs: cidrs,
  /** Addresses of the cluster's pods, which no range of an outside system opens then; a network that shares them with nodes has none. */
  podCidrs: z.array(cidr).default([]),
  /** Addresses of the nodes, whose kubelets Prometheus asks for the containers' metrics. */
  nodeCidrs: cidrs,
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

/**
 * A service on a laptop. The CPU that it asks for is little enough for all pods to fit one node of 2 CPUs, beside the cluster's own
 * and the operators': environments.md has the sum. A start takes some 16 CPU-seconds, so it may use far more.
 */
const small = size('20m', '1', '512Mi', '1Gi');

/**
 * The two that use more at rest: some 12m of CPU and 250 MiB. If half a trigger were less than that, they would keep for ever the
 * second pod that a moment of load has given them.
 */
const busier = size('45m', '1', '768Mi', '1Gi');

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
    domain: 'staging.autonomous-op.example.com',
    stores: {
      kafka: { storage: Size.gibibytes(20) },
      postgres: { storage: Size.gibibytes(20) },
      elasticsearch: { storage: Size.gibibytes(20) },
    },
    objectStore: { bucket: 'autonomous-op-staging' },
    gpuNodes: ['gpu-node-01'],
    gpusPerNode: 2,
    gpu: GpuType.T4,
  },
  local: {
    services: {
      gateway: { replicas: range(1, 2), size: busier },
      autonomousOp: { replicas: range(1, 2), size: busier },
      fms: { replicas: range(1, 2), size: small },
      tms: { replicas: range(1, 2), size: small },
      scm: { replicas: range(1, 2), size: small },
      mlService: { replicas: range(1, 1), size: small },
    },
    springProfile: 'local',
    images: 'stand-ins',
    imagePullPolicy: 'IfNotPresent',
    zoneSpread: 'ScheduleAnyway',
    gpu: 'none',
    storesBy: 'pods',
    stores: {
      kafka: { size: size('25m', '1', '512Mi', '1Gi') },
      postgres: { size: size('25m', '1', '128Mi', '512Mi') },
      redis: { size: size('25m', '500m', '64Mi', '256Mi') },
    },
    observability: {
      prometheus: { size: size('25m', '1', '256Mi', '1Gi') },
      alertmanager: { size: size('10m', '200m', '32Mi', '128Mi') },
      grafana: { size: size('20m', '500m', '128Mi', '512Mi') },
      jaeger: { size: size('20m', '500m', '64Mi', '1Gi') },
    },
    logs: false,
    // kind's and kubeadm's usual range.
    podCidrs: ['10.244.0.0/16'],
    domain: 'autonomous-op.localhost',
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
    throw invalidSetting(name, parsed.error, overrides);
  }
  return { ...parsed.data, environment: name };
}

/**
 * Settings with another source of secrets, if one is named.
 *
 * @param mode value of AOP_SECRETS
 * @throws InvalidInputError on an unknown source, with the known ones
 */
export function withSecretsFrom(mode: string | undefined, settings: Settings): Settings {
  const parsed = secretModes.optional().safeParse(mode);
  if (!parsed.success) {
    throw new InvalidInputError(
      'AOP_SECRETS',
      `"${mode ?? ''}" is not a source of secrets`,
      `Use one of: ${secretModes.options.join(', ')}`,
    );
  }
  return { ...settings, secrets: parsed.data ?? settings.secrets };
}

function invalidSetting(environment: string, error: z.ZodError, overrides: SettingsOverrides): InvalidInputError {
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
    `Correct it in ${sourceOf(path, overrides)}`,
  );
}

/** The file that a setting's value comes from: what an environment leaves out comes from the table of services. */
function sourceOf(
  [first, key = '', setting = '']: readonly string[],
  { services: changed }: SettingsOverrides,
): string {
  const written = first !== 'services' || (isService(key) && Object.hasOwn(changed?.[key] ?? {}, setting));
  return `src/autonomous-op/${written ? 'environments' : 'services'}.ts`;
}

/** The names of the settings at a path, optional ones included. */
function knownSettings(path: readonly string[]): string[] {
  const at = path.reduce<z.core.$ZodType | undefined>((type, key) => shapeOf(type)[key], schema);
  return Object.keys(shapeOf(at));
}

/** The fields of an object type, whatever default it is wrapped in. */
function shapeOf(type: z.core.$ZodType | undefined): Readonly<Record<string, z.core.$ZodType>> {
  if (type instanceof z.ZodPrefault || type instanceof z.ZodDefault) return shapeOf(type.unwrap());
  return type instanceof z.ZodObject ? type.shape : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
