import { describe, expect, test } from 'vitest';
import { environments, settingsOf, withSecretsFrom } from '../../src/autonomous-op/environments';
import { secrets } from '../../src/autonomous-op/secrets';
import { range, serviceKeys } from '../../src/autonomous-op/services';
import { GpuType } from '../../src/core/gpu-type';
import { InvalidInputError } from '../../src/core/errors';
import {
  containerOf,
  fakeValue,
  listAt,
  Manifests,
  production,
  synthesize,
  synthesizeWith,
  valueAt,
} from './production';

/** The settings of an environment as somebody without a type checker might write them. */
function settingsWith(overrides: object): unknown {
  return settingsOf('test', { test: overrides });
}

describe('An environment', () => {
  test('is production, staging or local', () => {
    expect(Object.keys(environments)).toEqual(['production', 'staging', 'local']);
  });

  test.each(Object.keys(environments))('%s is valid, and each chart is written to a file', (name) => {
    expect(synthesize(name).files.map((file) => file.name)).toEqual(
      expect.arrayContaining([
        '00-foundation.k8s.yaml',
        '01-secrets.k8s.yaml',
        '03-services.k8s.yaml',
        '04-observability.k8s.yaml',
        '05-autoscaling.k8s.yaml',
        '06-policies.k8s.yaml',
      ]),
    );
  });

  test.each(Object.keys(environments))('%s is the value of the label "environment" of its namespaces', (name) => {
    const labels = synthesize(name)
      .ofKind('Namespace')
      .map((namespace) => valueAt(namespace, 'metadata labels environment'));
    expect(labels).toEqual([name, name]);
  });

  test('that does not exist is refused, and the message lists those that do', () => {
    expect(() => settingsOf('prod')).toThrow(
      new InvalidInputError('AOP_ENV', '"prod" is not an environment', 'Use one of: production, staging, local'),
    );
  });

  test.each(['', 'constructor', '__proto__', 'Production'])('called "%s" is refused', (name) => {
    expect(() => settingsOf(name)).toThrow(`"${name}" is not an environment`);
  });

  test('production uses the values of the document', () => {
    expect(environments['production']).toEqual({});
  });

  test('staging has its own replicas, Spring profile and GPUs', () => {
    const staging = synthesize('staging');
    expect(valueAt(staging.get('HorizontalPodAutoscaler', 'autonomous-op-hpa'), 'spec')).toMatchObject({
      minReplicas: 2,
      maxReplicas: 4,
    });
    expect(valueAt(containerOf(staging, 'fms'), 'env SPRING_PROFILES_ACTIVE value')).toBe('staging');
    expect(settingsOf('staging').gpu).toBe(GpuType.T4);
  });

  test('local fits a laptop: its pods are small, need no zones and keep traces in memory', () => {
    const local = synthesize('local');
    const pod = valueAt(local.get('Deployment', 'autonomous-op'), 'spec template spec');
    expect(valueAt(pod, 'containers autonomous-op resources requests')).toEqual({ cpu: '45m', memory: '768Mi' });
    expect(valueAt(pod, 'containers autonomous-op imagePullPolicy')).toBe('IfNotPresent');
    expect(valueAt(pod, 'topologySpreadConstraints 0 whenUnsatisfiable')).toBe('ScheduleAnyway');
    expect(valueAt(local.get('Jaeger', 'autonomous-op-jaeger'), 'spec strategy')).toBe('allinone');
  });

  test('local runs the stand-ins, and ml-service on any node', () => {
    const local = synthesize('local');
    expect(valueAt(containerOf(local, 'ml-service'), 'image')).toBe('localhost/stand-in/ml-service:1');
    expect(valueAt(local.get('Deployment', 'ml-service'), 'spec template spec')).not.toHaveProperty('affinity');
    expect(JSON.stringify(local.objects)).not.toMatch(/nvidia|gpu-operator|DCGM_FI_DEV_GPU_UTIL{/);
  });
});

describe('A setting', () => {
  test('that is left out has the value of the document', () => {
    expect(settingsWith({})).toEqual({ ...settingsOf('production'), environment: 'test' });
  });

  test('of a service changes only the Deployment of that service', () => {
    const image = 'nodeorb/fms-service:1.0.1';
    const changed = synthesizeWith({ services: { fms: { image } } });
    expect(valueAt(containerOf(changed, 'fms'), 'image')).toBe(image);
    expect(changed.objects.filter((object, index) => !equals(object, production.objects[index]))).toEqual([
      changed.get('Deployment', 'fms'),
    ]);
  });

  test('that does not exist is refused, and the message lists those that do', () => {
    expect(() => settingsWith({ replica: 3 })).toThrow(
      new InvalidInputError(
        'environment › test',
        '"replica" is no setting',
        'Use one of: images, services, springProfile, imagePullPolicy, zoneSpread, kedaRelease, gpuNodes, gpusPerNode, gpu,' +
          ' inferenceRuntime, storesBy, stores, observability, metricsStorage, logStorage, logs, storageClass, domain, ingressClass, clusterIssuer,' +
          ' acmCertificateArn, loadBalancerCidrs,' +
          ' keycloak, objectStore, kafkaConnectImage, datadog, apiServerCidrs, podCidrs, nodeCidrs, secrets, secretStore',
      ),
    );
  });

  test.each([
    [{ services: { payment: {} } }, 'services', '"payment"', serviceKeys.join(', ')],
    [{ services: { fms: { img: 'a:1' } } }, 'services › fms', '"img"', 'image, size, replicas'],
    [
      { services: { fms: { replicas: { min: 1, max: 2, most: 3 } } } },
      'services › fms › replicas',
      '"most"',
      'min, max',
    ],
    [{ services: { fms: { a: 1, b: 2 } } }, 'services › fms', '"a", "b"', 'image, size, replicas'],
  ])(
    'that does not exist is refused, and the message lists those of the same object: %j',
    (overrides, place, names, known) => {
      expect(() => settingsWith(overrides)).toThrow(
        new InvalidInputError(`environment › test › ${place}`, `${names} is no setting`, `Use one of: ${known}`),
      );
    },
  );

  test.each([
    [{ gpusPerNode: 0 }, 'gpusPerNode: 0 is not valid: Too small: expected number to be >=1.'],
    [{ gpusPerNode: 1.5 }, 'gpusPerNode: 1.5 is not valid: '],
    [{ gpuNodes: [] }, 'gpuNodes: [] is not valid: '],
    [{ springProfile: '' }, 'springProfile: "" is not valid: '],
    [{ secretStore: '' }, 'secretStore: "" is not valid: '],
    [
      { secrets: 'vault' },
      'secrets: "vault" is not valid: Invalid option: expected one of "generated"|"strict"|"external"',
    ],
    [
      { imagePullPolicy: 'Sometimes' },
      'imagePullPolicy: "Sometimes" is not valid: Invalid option: expected one of "Always"|',
    ],
    [{ zoneSpread: 'Never' }, 'zoneSpread: "Never" is not valid: '],
    [{ kedaRelease: '2.13' }, 'kedaRelease: "2.13" is not valid: Invalid option: expected one of "2.11"|"2.12"'],
    [{ storesBy: 'hand' }, 'storesBy: "hand" is not valid: '],
    [{ stores: { kafka: { storage: '100Gi' } } }, 'stores › kafka › storage: "100Gi" is not valid: '],
    [{ domain: '' }, 'domain: "" is not valid: '],
    [
      { apiServerCidrs: ['10.1.2.3/8'] },
      'apiServerCidrs › 0: "10.1.2.3/8" is not valid: write "10.0.0.0/8" for the range, or "10.1.2.3/32" for that one address.',
    ],
    [
      { keycloak: { cidrs: ['::/0', '10.1/16'] } },
      'keycloak › cidrs › 1: "10.1/16" is not valid: write it as address/prefix',
    ],
    [{ ingressClass: 'traefik' }, 'ingressClass: "traefik" is not valid: '],
    [{ objectStore: { port: 0 } }, 'objectStore › port: 0 is not valid: '],
    [{ gpu: 'V100' }, 'gpu: "V100" is not valid: write GpuType.V100, GpuType.T4, GpuType.A100 or \'none\'.'],
    [{ services: { fms: { size: '1' } } }, 'services › fms › size: "1" is not valid: write it as size(cpu request, '],
    [{ services: { fms: { replicas: { min: 0, max: 1 } } } }, 'services › fms › replicas › min: 0 is not valid: '],
    [{ services: { fms: { replicas: { min: 1 } } } }, 'services › fms › replicas › max: undefined is not valid: '],
    [
      { services: { fms: { image: 'nodeorb/fms-service' } } },
      'services › fms › image: "nodeorb/fms-service" is not valid: give it a tag other than "latest", or a digest',
    ],
    [{ kafkaConnectImage: 'kafka:latest' }, 'kafkaConnectImage: "kafka:latest" is not valid: give it a tag '],
    [{ services: { fms: { image: 5 } } }, 'services › fms › image: 5 is not valid: '],
  ])('with a wrong value is refused, and the message has its path and the value: %j', (overrides, message) => {
    expect(() => settingsWith(overrides)).toThrow(`environment › test › ${message}`);
    expect(() => settingsWith(overrides)).toThrow('\n  Correct it in src/autonomous-op/environments.ts.');
  });

  test('with a maximum of replicas below the minimum is refused', () => {
    expect(() => synthesizeWith({ services: { fms: { replicas: range(3, 2) } } })).toThrow(
      '05-autoscaling/fms: minReplicas (3) is greater than maxReplicas (2).\n  Lower the one or raise the other.',
    );
  });

  test('with more replicas than a topic has partitions is refused', () => {
    expect(() => synthesizeWith({ services: { autonomousOp: { replicas: range(3, 13) } } })).toThrow(
      '05-autoscaling/autonomous-op: maxReplicas (13) is greater than the 12 partitions of topic "vehicle-telemetry"',
    );
  });

  test('gpu is the product that the scheduler prefers first, and the one on the dashboard', () => {
    const manifests = synthesizeWith({ gpu: GpuType.A100 });
    const affinity = valueAt(manifests.get('Deployment', 'ml-service'), 'spec template spec affinity nodeAffinity');
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution 0 preference matchExpressions 0 values';
    expect(valueAt(affinity, preferred)).toEqual([GpuType.A100.product, GpuType.V100.product, GpuType.T4.product]);
    const dashboard = manifests.get('ConfigMap', 'grafana-dashboard-gpu-ml-service');
    expect(JSON.stringify(dashboard)).toContain(GpuType.A100.name);
    expect(JSON.stringify(dashboard)).not.toContain(GpuType.V100.name);
  });

  test('kedaRelease 2.12 takes the names out of the Prometheus triggers and the HPA', () => {
    const manifests = synthesizeWith({ kedaRelease: '2.12' });
    expect(
      valueAt(manifests.get('ScaledObject', 'autonomous-op-keda'), 'spec triggers 2 metadata metricName'),
    ).toBeUndefined();
    expect(
      valueAt(manifests.get('HorizontalPodAutoscaler', 'autonomous-op-hpa'), 'spec metrics 2 external metric name'),
    ).toBe('s2-prometheus');
  });
});

describe('AOP_SECRETS', () => {
  const settingsIn = (secrets: 'strict' | 'external') => settingsOf('test', { test: { secrets } });

  test('that is not set leaves the mode of the environment', () => {
    expect(withSecretsFrom(undefined, settingsIn('strict'))).toEqual(settingsIn('strict'));
  });

  test.each(['generated', 'strict', 'external'])('%s replaces the mode of the environment', (mode) => {
    expect(withSecretsFrom(mode, settingsIn(mode === 'strict' ? 'external' : 'strict')).secrets).toBe(mode);
  });

  test.each(['', 'vault'])('"%s" is refused, and the message lists the modes', (mode) => {
    expect(() => withSecretsFrom(mode, settingsOf('production'))).toThrow(
      new InvalidInputError(
        'AOP_SECRETS',
        `"${mode}" is not a source of secrets`,
        'Use one of: generated, strict, external',
      ),
    );
  });
});

describe('Secrets', () => {
  const names = [
    'autonomous-op-secrets',
    'autonomous-op-jaeger-elasticsearch',
    'autonomous-op-grafana',
    'autonomous-op-object-storage',
  ];
  /** What the API server would add. */
  const apiDefaults = { conversionStrategy: 'Default', decodingStrategy: 'None', metadataPolicy: 'None' };
  const external = synthesize('production', { clusterSecretStore: 'vault' });

  test('have a value for every key', () => {
    for (const key of Object.values(secrets)) {
      const data = valueAt(production.get('Secret', key.secret), `data ${key.key}`);
      expect(data).toBe(Buffer.from(fakeValue(key)).toString('base64'));
    }
  });

  test('from outside are ExternalSecrets, and the manifests have no Secret', () => {
    const made = external.ofKind('Secret').map(({ metadata }) => metadata.name);
    // What Jaeger's user may do and where alerts go is no secret, though the operators take it in that form.
    expect(made.sort()).toEqual(['alertmanager-config', 'elasticsearch-roles']);
    expect(external.ofKind('ExternalSecret').map(({ metadata }) => metadata)).toEqual(
      [...names, 'autonomous-op-postgres', 'autonomous-op-elasticsearch'].map((name) => ({
        name,
        namespace: 'autonomous-op',
      })),
    );
  });

  test('for an operator are fetched from the remote Secret that the services read', () => {
    const postgres = external.get('ExternalSecret', 'autonomous-op-postgres');
    expect(valueAt(postgres, 'spec target template type')).toBe('kubernetes.io/basic-auth');
    expect(listAt(postgres, 'spec data')).toEqual([
      {
        secretKey: 'username',
        remoteRef: { key: 'autonomous-op-secrets', property: 'spring.datasource.username', ...apiDefaults },
      },
      {
        secretKey: 'password',
        remoteRef: { key: 'autonomous-op-secrets', property: 'spring.datasource.password', ...apiDefaults },
      },
    ]);
    const elasticsearch = external.get('ExternalSecret', 'autonomous-op-elasticsearch');
    expect(valueAt(elasticsearch, 'spec target template data')).toEqual({ roles: 'elasticsearch-client' });
  });

  test('for an operator have the values that the services read', () => {
    const data = (name: string, key: string) => valueAt(production.get('Secret', name), `data ${key}`);
    expect(data('autonomous-op-postgres', 'password')).toBe(
      data('autonomous-op-secrets', 'spring.datasource.password'),
    );
    expect(data('autonomous-op-elasticsearch', 'password')).toBe(
      data('autonomous-op-jaeger-elasticsearch', 'ES_PASSWORD'),
    );
  });

  test.each(names)('from outside are fetched into %s, each key from the remote Secret of the same name', (name) => {
    const object = external.get('ExternalSecret', name);
    expect(valueAt(object, 'spec secretStoreRef')).toEqual({ kind: 'ClusterSecretStore', name: 'vault' });
    expect(valueAt(object, 'spec target name')).toBe(name);
    const keys = Object.values(secrets).filter(({ secret }) => secret === name);
    expect(listAt(object, 'spec data')).toEqual(
      keys.map(({ key }) => ({ secretKey: key, remoteRef: { key: name, property: key, ...apiDefaults } })),
    );
  });

  test('from outside leave all other manifests as they are', () => {
    const others = ({ objects }: Manifests) =>
      objects.filter(({ kind }) => !['Secret', 'ExternalSecret'].includes(kind));
    expect(others(external)).toEqual(others(production));
  });

  test('are in a file that only its owner can read; ExternalSecrets are in a usual file', () => {
    const secret = (manifests: Manifests) => manifests.files.filter((file) => file.secret).map(({ name }) => name);
    expect(secret(production)).toEqual(['01-secrets.k8s.yaml']);
    expect(secret(external)).toEqual([]);
  });
});

function equals(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
