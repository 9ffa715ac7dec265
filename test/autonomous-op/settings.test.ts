import { Size } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Settings, SettingsOverrides } from '../../src/autonomous-op/environments';
import { standIns } from '../../src/autonomous-op/images';
import { range, ServiceKey, serviceKeys, services } from '../../src/autonomous-op/services';
import { StoreKey } from '../../src/autonomous-op/stores';
import { InferenceRuntime } from '../../src/constructs/service/inference-runtime';
import { GpuType } from '../../src/core/gpu-type';
import { size } from '../../src/core/quantities';
import { containerOf, Manifests, production, synthesizeWith, textAt, valueAt } from './production';

// Each setting reaches the manifests, production's and those with another value. A new setting does not compile without a row.

/** What is read of the manifests, what production has there, another value of the setting, and what is there then. */
type Effect = readonly [
  read: (manifests: Manifests) => unknown,
  inProduction: unknown,
  SettingsOverrides,
  then: unknown,
];

const at = (kind: string, name: string, path: string) => (manifests: Manifests) =>
  valueAt(manifests.get(kind, name), path);

/** Those whose effects are below, or that main.ts reads: where the Secrets come from. */
type Elsewhere =
  'services' | 'stores' | 'observability' | 'keycloak' | 'objectStore' | 'secrets' | 'secretStore' | 'environment';

type Setting =
  | Exclude<keyof Settings, Elsewhere>
  | `keycloak.${keyof Settings['keycloak']}`
  | `objectStore.${keyof Settings['objectStore']}`;

const everywhere = ['0.0.0.0/0'];
const office = ['203.0.113.0/24'];
const arn = 'arn:aws:acm:eu-central-1:1:certificate/2';
const alb = { ingressClass: 'alb', acmCertificateArn: arn } as const;

const effects: Readonly<Record<Setting, Effect>> = {
  images: [
    (manifests) => serviceKeys.map((key) => valueAt(containerOf(manifests, services[key].name), 'image')),
    serviceKeys.map((key) => services[key].image),
    { images: 'stand-ins', services: { fms: { image: 'acme/fms:1.2.3' } } },
    standIns.map(({ service, image }) => (service === 'fms' ? 'acme/fms:1.2.3' : image)),
  ],
  springProfile: [envOf('fms', 'SPRING_PROFILES_ACTIVE'), 'prod', { springProfile: 'qa' }, 'qa'],
  imagePullPolicy: [
    (manifests) => valueAt(containerOf(manifests, 'fms'), 'imagePullPolicy'),
    'Always',
    { imagePullPolicy: 'Never' },
    'Never',
  ],
  zoneSpread: [
    at('Deployment', 'fms', 'spec template spec topologySpreadConstraints 0 whenUnsatisfiable'),
    'DoNotSchedule',
    { zoneSpread: 'ScheduleAnyway' },
    'ScheduleAnyway',
  ],
  kedaRelease: [
    at('HorizontalPodAutoscaler', 'autonomous-op-hpa', 'spec metrics 2 external metric name'),
    's2-prometheus-http_requests_per_second',
    { kedaRelease: '2.12' },
    's2-prometheus',
  ],
  // A GPU that no pod has lets a roll-out add one.
  gpuNodes: [
    at('Deployment', 'ml-service', 'spec strategy rollingUpdate maxSurge'),
    1,
    { gpuNodes: ['one'], services: { mlService: { replicas: range(2, 4) } } },
    0,
  ],
  gpusPerNode: [at('Deployment', 'ml-service', 'spec strategy rollingUpdate maxSurge'), 1, { gpusPerNode: 3 }, 0],
  gpu: [
    (manifests) =>
      textAt(manifests.get('ConfigMap', 'grafana-dashboard-gpu-ml-service'), 'data gpu-ml-service.json').includes(
        'Tesla T4',
      ),
    false,
    { gpu: GpuType.T4 },
    true,
  ],
  inferenceRuntime: [
    (manifests) => [
      ...['httpGet path', 'httpGet port'].map((path) =>
        valueAt(containerOf(manifests, 'ml-service'), `readinessProbe ${path}`),
      ),
      valueAt(manifests.get('ServiceMonitor', 'ml-service-monitor'), 'spec endpoints 0 path'),
      valueAt(manifests.get('ScaledObject', 'ml-service-keda'), 'spec triggers 0 metadata query'),
    ],
    [
      '/actuator/health/readiness',
      'management',
      '/actuator/prometheus',
      'sum(rate(inference_requests_seconds_count{app="ml-service"}[2m]))',
    ],
    { inferenceRuntime: InferenceRuntime.TRITON },
    ['/v2/health/ready', 'http', '/metrics', 'sum(rate(nv_inference_request_success{app="ml-service"}[2m]))'],
  ],
  storesBy: [namesOf('StatefulSet'), ['loki'], { storesBy: 'pods' }, ['kafka', 'loki', 'postgres', 'redis']],
  metricsStorage: [
    at('Prometheus', 'prometheus', 'spec storage volumeClaimTemplate spec resources requests storage'),
    '50Gi',
    { metricsStorage: Size.gibibytes(7) },
    '7Gi',
  ],
  logStorage: [
    at('StatefulSet', 'loki', 'spec volumeClaimTemplates 0 spec resources requests storage'),
    '50Gi',
    { logStorage: Size.gibibytes(7) },
    '7Gi',
  ],
  logs: [namesOf('DaemonSet'), ['promtail'], { logs: false }, []],
  storageClass: [storageClasses, [], { storageClass: 'fast' }, Array(10).fill('fast')],
  domain: [
    at('Ingress', 'autonomous-op-ingress', 'spec rules 0 host'),
    'autonomous-op.example.com',
    { domain: 'qa.example.com' },
    'qa.example.com',
  ],
  ingressClass: [at('Ingress', 'autonomous-op-ingress', 'spec ingressClassName'), 'nginx', alb, 'alb'],
  clusterIssuer: [
    at('Ingress', 'autonomous-op-ingress', 'metadata annotations cert-manager.io/cluster-issuer'),
    'letsencrypt',
    { clusterIssuer: 'internal' },
    'internal',
  ],
  acmCertificateArn: [
    at('Ingress', 'autonomous-op-ingress', 'metadata annotations alb.ingress.kubernetes.io/certificate-arn'),
    undefined,
    alb,
    arn,
  ],
  loadBalancerCidrs: [cidrsIn('gateway', 'ingress'), [], { ...alb, loadBalancerCidrs: office }, [...office, ...office]],
  'keycloak.host': [
    envOf('gateway', 'SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI'),
    'https://keycloak.example.com/realms/autonomous-op',
    { keycloak: { host: 'login.example.com' } },
    'https://login.example.com/realms/autonomous-op',
  ],
  'keycloak.realm': [
    envOf('gateway', 'SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI'),
    'https://keycloak.example.com/realms/autonomous-op',
    { keycloak: { realm: 'qa' } },
    'https://keycloak.example.com/realms/qa',
  ],
  'keycloak.cidrs': [cidrsIn('gateway', 'egress'), everywhere, { keycloak: { cidrs: office } }, office],
  'objectStore.host': [
    objectStoreUrls,
    ['https://s3.eu-central-1.amazonaws.com', 'https://s3.eu-central-1.amazonaws.com'],
    { objectStore: { host: 'minio.example.com' } },
    ['https://minio.example.com', 'https://minio.example.com'],
  ],
  'objectStore.port': [
    objectStoreUrls,
    ['https://s3.eu-central-1.amazonaws.com', 'https://s3.eu-central-1.amazonaws.com'],
    { objectStore: { port: 9000 } },
    ['http://s3.eu-central-1.amazonaws.com:9000', 'http://s3.eu-central-1.amazonaws.com:9000'],
  ],
  'objectStore.region': [
    at('KafkaConnector', 'kafka-s3-sink', 'spec config aws.s3.region'),
    'eu-central-1',
    { objectStore: { region: 'eu-west-1' } },
    'eu-west-1',
  ],
  'objectStore.bucket': [
    (manifests) => [
      valueAt(manifests.get('KafkaConnector', 'kafka-s3-sink'), 'spec config aws.s3.bucket.name'),
      valueAt(manifests.get('Cluster', 'postgres-cluster'), 'spec backup barmanObjectStore destinationPath'),
    ],
    ['autonomous-op', 's3://autonomous-op/postgres'],
    { objectStore: { bucket: 'aop-qa' } },
    ['aop-qa', 's3://aop-qa/postgres'],
  ],
  'objectStore.cidrs': [cidrsIn('kafka-s3-sink', 'egress'), everywhere, { objectStore: { cidrs: office } }, office],
  kafkaConnectImage: [
    at('KafkaConnect', 'kafka-s3-sink', 'spec image'),
    'nodeorb/kafka-connect:3.5.0-1',
    { kafkaConnectImage: 'nodeorb/kafka-connect:3.5.0-2' },
    'nodeorb/kafka-connect:3.5.0-2',
  ],
  datadog: [
    (manifests) =>
      Object.values(services).map(({ name }) => {
        const annotations = `spec template metadata annotations ad.datadoghq.com/${name}.checks`;
        return typeof valueAt(manifests.get('Deployment', name), annotations);
      }),
    serviceKeys.map(() => 'undefined'),
    { datadog: true },
    serviceKeys.map(() => 'string'),
  ],
  apiServerCidrs: [cidrsIn('autonomous-op', 'egress'), everywhere, { apiServerCidrs: office }, office],
  podCidrs: [
    at('NetworkPolicy', 'gateway-network-policy', 'spec egress 5 to 0 ipBlock except'),
    ['169.254.0.0/16'],
    { podCidrs: ['10.244.0.0/16'] },
    ['10.244.0.0/16', '169.254.0.0/16'],
  ],
  nodeCidrs: [
    cidrsIn('prometheus', 'egress'),
    [...everywhere, ...everywhere],
    { nodeCidrs: office },
    [...everywhere, ...office],
  ],
};

describe('the setting', () => {
  test.each(Object.entries(effects))('%s reaches the manifests', (_, [read, inProduction, overrides, then]) => {
    expect(read(production)).toEqual(inProduction);
    expect(read(synthesizeWith(overrides))).toEqual(then);
  });
});

describe.each(serviceKeys)('of the service %s', (key: ServiceKey) => {
  const { name } = services[key];
  const other = { image: 'acme/other:1.2.3', size: size('300m', '600m', '768Mi', '1536Mi'), replicas: range(2, 5) };
  const manifests = synthesizeWith({ services: { [key]: other } satisfies Record<string, Required<ServiceSettings>> });

  test('the image, the size and the replicas reach its Deployment and its autoscaler', () => {
    const { image, resources } = z
      .object({ image: z.string(), resources: z.object({ requests: z.unknown(), limits: z.unknown() }) })
      .parse(containerOf(manifests, name));
    expect(image).toBe('acme/other:1.2.3');
    expect(resources.requests).toMatchObject({ cpu: '300m', memory: '768Mi' });
    expect(resources.limits).toMatchObject({ cpu: '600m', memory: '1536Mi' });
    expect(valueAt(manifests.get('HorizontalPodAutoscaler', `${name}-hpa`), 'spec')).toMatchObject({
      minReplicas: 2,
      maxReplicas: 5,
    });
  });

  test('changes nothing of another service', () => {
    const others = Object.values(services).filter((service) => service.name !== name);
    expect(others.map((service) => manifests.get('Deployment', service.name))).toEqual(
      others.map((service) => production.get('Deployment', service.name)),
    );
  });
});

type ServiceSettings = Settings['services'][ServiceKey];

/** What a store's size, replicas and volume are in the operator's object. */
const storePaths: Readonly<
  Record<StoreKey, Record<keyof Settings['stores'][StoreKey], string> & { object: [string, string] }>
> = {
  kafka: {
    object: ['Kafka', 'kafka'],
    size: 'spec kafka resources requests cpu',
    replicas: 'spec kafka replicas',
    storage: 'spec kafka storage size',
  },
  postgres: {
    object: ['Cluster', 'postgres-cluster'],
    size: 'spec resources requests cpu',
    replicas: 'spec instances',
    storage: 'spec storage size',
  },
  redis: {
    object: ['RedisCluster', 'redis'],
    size: 'spec kubernetesConfig resources requests cpu',
    replicas: 'spec clusterSize',
    storage: 'spec storage volumeClaimTemplate spec resources requests storage',
  },
  elasticsearch: {
    object: ['Elasticsearch', 'elasticsearch'],
    size: 'spec nodeSets 0 podTemplate spec containers elasticsearch resources requests cpu',
    replicas: 'spec nodeSets 0 count',
    storage: 'spec nodeSets 0 volumeClaimTemplates 0 spec resources requests storage',
  },
};

test.each(Object.entries(storePaths))(
  'the size, the replicas and the volume of %s reach its operator',
  (key, { object: [kind, name], ...paths }) => {
    const other = { size: size('300m', '2', '3Gi', '3Gi'), replicas: 5, storage: Size.gibibytes(123) };
    const object = synthesizeWith({ stores: { [key]: other } }).get(kind, name);
    expect([paths.size, paths.replicas, paths.storage].map((path) => valueAt(object, path))).toEqual([
      '300m',
      5,
      '123Gi',
    ]);
  },
);

test.each<[keyof Settings['observability'], string, string, string]>([
  ['prometheus', 'Prometheus', 'prometheus', 'spec resources'],
  ['alertmanager', 'Alertmanager', 'alertmanager', 'spec resources'],
  ['grafana', 'Deployment', 'grafana', 'spec template spec containers grafana resources'],
  ['jaeger', 'Jaeger', 'autonomous-op-jaeger', 'spec collector resources'],
])('the size of %s reaches its pods', (part, kind, name, path) => {
  const other = { size: size('11m', '22m', '33Mi', '44Mi') };
  const manifests = synthesizeWith({ observability: { [part]: other } });
  const resources = { requests: { cpu: '11m', memory: '33Mi' }, limits: { cpu: '22m', memory: '44Mi' } };
  expect(valueAt(manifests.get(kind, name), path)).toEqual(resources);
  expect(valueAt(production.get(kind, name), path)).not.toEqual(resources);
});

test.each([
  ['prometheus', 'Prometheus'],
  ['alertmanager', 'Alertmanager'],
] as const)('the links in notifications lead to the url of %s', (part, kind) => {
  const manifests = synthesizeWith({ observability: { [part]: { url: 'https://example.com/here' } } });
  expect(valueAt(manifests.get(kind, part), 'spec externalUrl')).toBe('https://example.com/here');
  expect(valueAt(production.get(kind, part), 'spec')).not.toHaveProperty('externalUrl');
});

test.each(['kafka', 'postgres', 'redis'] as const)('the size of %s reaches its one pod too', (key) => {
  const other = { size: size('300m', '2', '3Gi', '3Gi') };
  const manifests = synthesizeWith({ storesBy: 'pods', stores: { [key]: other } });
  const path = `spec template spec containers ${key} resources requests`;
  expect(valueAt(manifests.get('StatefulSet', key), path)).toEqual({ cpu: '300m', memory: '3Gi' });
});

function envOf(service: string, variable: string): (manifests: Manifests) => unknown {
  return (manifests) => valueAt(containerOf(manifests, service), `env ${variable} value`);
}

function namesOf(kind: string): (manifests: Manifests) => unknown {
  return (manifests) =>
    manifests
      .ofKind(kind)
      .map(({ metadata }) => metadata.name)
      .sort();
}

/** The address ranges in the policy of some pods. */
function cidrsIn(name: string, direction: 'ingress' | 'egress'): (manifests: Manifests) => unknown {
  return (manifests) =>
    allOf('cidr', valueAt(manifests.get('NetworkPolicy', `${name}-network-policy`), `spec ${direction}`));
}

/** Where backups and the archive go. */
function objectStoreUrls(manifests: Manifests): unknown {
  return [
    textAt(manifests.get('KafkaConnector', 'kafka-s3-sink'), 'spec config aws.s3.endpoint'),
    textAt(manifests.get('Cluster', 'postgres-cluster'), 'spec backup barmanObjectStore endpointURL'),
  ].map((url) => new URL(url).origin);
}

/** The class of each volume that names one. */
function storageClasses({ objects }: Manifests): unknown {
  const specs = objects.filter(({ kind }) => kind !== 'KafkaConnector').map((object) => object['spec']);
  return ['storageClassName', 'storageClass', 'class'].flatMap((key) => specs.flatMap((spec) => allOf(key, spec)));
}

/** The values of a key, wherever it is. */
function allOf(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([each, inner]: [string, unknown]) =>
    each === key ? [inner] : allOf(key, inner),
  );
}
