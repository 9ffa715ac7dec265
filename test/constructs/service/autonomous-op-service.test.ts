import { App, Chart, Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu, k8s, ServiceAccount } from 'cdk8s-plus-27';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  AutonomousOpService,
  AutonomousOpServiceProps,
  ConnectOptions,
} from '../../../src/constructs/service/autonomous-op-service';
import { Endpoint } from '../../../src/constructs/network/peer';
import { Port } from '../../../src/constructs/network/port';
import { InvalidInputError } from '../../../src/core/errors';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, deploymentOf, environmentOf, newChart, objectOf, objectsOf, validationOf } from '../../synthesize';

const image = 'acme/orders:2.3.1';

function orders(props: Partial<AutonomousOpServiceProps> = {}): AutonomousOpService {
  return new AutonomousOpService(newChart(), 'orders', { image, ...props });
}

/** A value for every prop, none of them the default. A prop that is missing here does not compile. */
const allProps: Required<AutonomousOpServiceProps> = {
  image: 'acme/other@sha256:' + 'ab'.repeat(32),
  name: 'other',
  replicas: 7,
  cpuRequest: Cpu.millis(250),
  cpuLimit: Cpu.units(3),
  memoryRequest: Size.mebibytes(768),
  memoryLimit: Size.gibibytes(5),
  httpPort: 9000,
  managementPort: 9001,
  maxHeap: Size.mebibytes(400),
  imagePullPolicy: 'IfNotPresent',
  livenessDelay: Duration.seconds(11),
  livenessPeriod: Duration.seconds(12),
  readinessDelay: Duration.seconds(13),
  readinessPeriod: Duration.seconds(14),
  startupTimeout: Duration.seconds(61),
  drainDelay: Duration.seconds(0),
  shutdownTimeout: Duration.minutes(1),
  zoneSpread: 'ScheduleAnyway',
  serviceAccount: { name: 'shared' },
  mountServiceAccountToken: true,
  env: { MODE: 'quick' },
  podAnnotations: { 'example.com/team': 'orders' },
  scrapeInterval: Duration.minutes(1),
};

const specOf = (service: AutonomousOpService, kind: string) => objectOf(service, kind, anyObject).spec;

type Effect = readonly [read: (service: AutonomousOpService) => unknown, byDefault: unknown, whenSet: unknown];

/** What each prop is by default, and what it becomes with the value above. */
const effects: Record<keyof AutonomousOpServiceProps, Effect> = {
  image: [(s) => deploymentOf(s).container.image, image, 'acme/other@sha256:' + 'ab'.repeat(32)],
  name: [
    (s) => [s.name, deploymentOf(s).metadata.name, deploymentOf(s).container.name, s.podLabels],
    ['orders', 'orders', 'orders', { app: 'orders' }],
    ['other', 'other', 'other', { app: 'other' }],
  ],
  replicas: [(s) => deploymentOf(s).spec.replicas, 2, 7],
  cpuRequest: [(s) => deploymentOf(s).container.resources.requests['cpu'], '500m', '250m'],
  cpuLimit: [(s) => deploymentOf(s).container.resources.limits['cpu'], '1', '3'],
  memoryRequest: [(s) => deploymentOf(s).container.resources.requests['memory'], '1Gi', '768Mi'],
  memoryLimit: [(s) => deploymentOf(s).container.resources.limits['memory'], '2Gi', '5Gi'],
  maxHeap: [(s) => environmentOf(s)['JAVA_TOOL_OPTIONS'], '-Xmx724m', '-Xmx400m'],
  httpPort: [
    (s) => deploymentOf(s).container.ports[0],
    { name: 'http', containerPort: 8080 },
    { name: 'http', containerPort: 9000 },
  ],
  managementPort: [
    (s) => deploymentOf(s).container.ports[1],
    { name: 'management', containerPort: 8081 },
    { name: 'management', containerPort: 9001 },
  ],
  imagePullPolicy: [(s) => deploymentOf(s).container.imagePullPolicy, 'Always', 'IfNotPresent'],
  livenessDelay: [(s) => deploymentOf(s).container.livenessProbe.initialDelaySeconds, 60, 11],
  livenessPeriod: [(s) => deploymentOf(s).container.livenessProbe.periodSeconds, 10, 12],
  readinessDelay: [(s) => deploymentOf(s).container.readinessProbe.initialDelaySeconds, undefined, 13],
  readinessPeriod: [(s) => deploymentOf(s).container.readinessProbe.periodSeconds, 5, 14],
  // 60 probes 5 seconds apart are 5 minutes; 61 seconds need a thirteenth.
  startupTimeout: [(s) => deploymentOf(s).container.startupProbe.failureThreshold, 60, 13],
  drainDelay: [
    (s) => deploymentOf(s).container.lifecycle,
    { preStop: { exec: { command: ['sleep', '10'] } } },
    undefined,
  ],
  shutdownTimeout: [(s) => environmentOf(s)['SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE'], '30s', '60s'],
  zoneSpread: [
    (s) => deploymentOf(s).pod.topologySpreadConstraints.map(({ whenUnsatisfiable }) => whenUnsatisfiable),
    ['DoNotSchedule', 'ScheduleAnyway'],
    ['ScheduleAnyway', 'ScheduleAnyway'],
  ],
  serviceAccount: [
    (s) => [deploymentOf(s).pod.serviceAccountName, objectsOf(s, 'ServiceAccount', anyObject).length],
    ['orders-sa', 1],
    ['shared', 0],
  ],
  mountServiceAccountToken: [(s) => deploymentOf(s).pod.automountServiceAccountToken, false, true],
  env: [(s) => environmentOf(s)['MODE'], undefined, 'quick'],
  podAnnotations: [
    (s) => deploymentOf(s).spec.template.metadata.annotations,
    undefined,
    { 'example.com/team': 'orders' },
  ],
  scrapeInterval: [(s) => s.metrics.map(({ interval }) => interval?.toSeconds()), [30], [60]],
};

describe('every prop', () => {
  const plain = orders();
  const custom = orders(allProps);

  it.each(Object.entries(effects))('%s has its default and its effect', (_, [read, byDefault, whenSet]) => {
    expect(read(plain)).toEqual(byDefault);
    expect(read(custom)).toEqual(whenSet);
  });
});

describe('a service', () => {
  const service = orders();

  it('is four objects, named after it, in the namespace of the chart', () => {
    const objects = ['ServiceAccount', 'Deployment', 'Service', 'PodDisruptionBudget'].map((kind) =>
      objectOf(service, kind, anyObject),
    );
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['orders-sa', 'orders', 'orders', 'orders-pdb']);
    expect(objects.map(({ metadata }) => metadata.namespace)).toEqual(Array(4).fill('shop'));
    expect(service.node.findAll()).toHaveLength(5);
  });

  it('is reached by its name, on both ports, wherever its pods are', () => {
    expect(objectOf(service, 'Service', anyObject).metadata.labels).toEqual({ app: 'orders' });
    expect(specOf(service, 'Service')).toEqual({
      type: 'ClusterIP',
      selector: { app: 'orders' },
      ports: [
        { name: 'http', port: 8080, targetPort: 8080 },
        { name: 'management', port: 8081, targetPort: 8081 },
      ],
    });
  });

  it('selects its own pods, and no others', () => {
    const { spec, metadata } = deploymentOf(service);
    expect(spec.selector).toEqual({ matchLabels: { app: 'orders' } });
    expect([spec.template.metadata.labels, metadata.labels]).toEqual([{ app: 'orders' }, { app: 'orders' }]);
  });

  it('loses one pod at a time to a drain, and a pod that is not healthy holds up none', () => {
    expect(specOf(service, 'PodDisruptionBudget')).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: { app: 'orders' } },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
  });

  it('is rolled out with a new pod before an old one goes', () => {
    expect(deploymentOf(service).spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
  });

  it("asks the actuator's probe groups on the management port", () => {
    const { startupProbe, livenessProbe, readinessProbe } = deploymentOf(service).container;
    const path = (group: string) => ({ path: `/actuator/health/${group}`, port: 'management' });
    expect([startupProbe.httpGet, livenessProbe.httpGet, readinessProbe.httpGet]).toEqual([
      path('startup'),
      path('liveness'),
      path('readiness'),
    ]);
    expect([startupProbe.periodSeconds, startupProbe.timeoutSeconds]).toEqual([5, 5]);
    expect([livenessProbe.timeoutSeconds, readinessProbe.timeoutSeconds]).toEqual([5, 3]);
  });

  it('tells Spring Boot the ports, and to show there what is probed and scraped', () => {
    expect(environmentOf(orders({ httpPort: 9000, managementPort: 9001 }))).toMatchObject({
      SERVER_PORT: '9000',
      MANAGEMENT_SERVER_PORT: '9001',
      MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE: 'health,prometheus',
    });
  });

  it('stops after its clients have seen it leave and its requests are done, and before it is killed', () => {
    expect(environmentOf(service)).toMatchObject({
      SERVER_SHUTDOWN: 'graceful',
      SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE: '30s',
    });
    expect(service.drainDelay.toSeconds()).toBe(10);
    expect(deploymentOf(service).pod.terminationGracePeriodSeconds).toBe(45);
  });

  it('spreads over zones and nodes, and nodes that its pods may not use do not count', () => {
    expect(deploymentOf(service).pod.topologySpreadConstraints).toEqual(
      ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey, index) => ({
        topologyKey,
        whenUnsatisfiable: index === 0 ? 'DoNotSchedule' : 'ScheduleAnyway',
        maxSkew: 1,
        labelSelector: { matchLabels: { app: 'orders' } },
        matchLabelKeys: ['pod-template-hash'],
        nodeTaintsPolicy: 'Honor',
      })),
    );
  });

  it('runs as nobody in particular, on a root file system it cannot write', () => {
    const { pod, container } = deploymentOf(service);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    expect([pod.volumes, container.volumeMounts]).toEqual([
      [{ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }],
      [{ name: 'tmp', mountPath: '/tmp' }],
    ]);
  });

  it('gets no variables for the Services of the namespace, and no token for the API', () => {
    expect(deploymentOf(service).pod.enableServiceLinks).toBe(false);
    const account = objectOf(
      service,
      'ServiceAccount',
      anyObject.extend({ automountServiceAccountToken: z.boolean() }),
    );
    expect(account.automountServiceAccountToken).toBe(false);
  });

  it('doubles its requests for its limits where only those are set', () => {
    const { requests, limits } = deploymentOf(
      orders({ cpuRequest: Cpu.millis(750), memoryRequest: Size.mebibytes(300) }),
    ).container.resources;
    expect([requests, limits]).toEqual([
      { cpu: '750m', memory: '300Mi' },
      { cpu: '1500m', memory: '600Mi' },
    ]);
  });

  it('runs as a ServiceAccount of cdk8s-plus that is handed over', () => {
    const chart = newChart();
    const serviceAccount = new ServiceAccount(chart, 'account', { metadata: { name: 'robot' } });
    const robot = new AutonomousOpService(chart, 'orders', { image, serviceAccount });
    expect(deploymentOf(robot).pod.serviceAccountName).toBe('robot');
  });

  it('in a chart without a namespace is in none', () => {
    const { namespace } = new AutonomousOpService(new Chart(new App(), 'bare'), 'orders', { image });
    expect(namespace).toBeUndefined();
  });

  it('can run at most the pods that are said, while nothing scales it', () => {
    expect([orders().maxReplicas, orders({ replicas: 4 }).maxReplicas]).toEqual([2, 4]);
  });

  it('takes a JSON patch for what the props leave out, checked against the type of what it replaces', () => {
    const patched = orders();
    patched.deployment.addJsonPatch(
      JsonPatch.add('/spec/revisionHistoryLimit', 3 satisfies k8s.DeploymentSpec['revisionHistoryLimit']),
      JsonPatch.replace(
        '/spec/template/spec/containers/0/imagePullPolicy',
        'Never' satisfies k8s.Container['imagePullPolicy'],
      ),
      JsonPatch.remove('/spec/template/spec/topologySpreadConstraints/0'),
    );
    expect(specOf(patched, 'Deployment')).toMatchObject({ revisionHistoryLimit: 3, replicas: 2 });
    expect(deploymentOf(patched).container.imagePullPolicy).toBe('Never');
    expect(deploymentOf(patched).pod.topologySpreadConstraints).toHaveLength(1);
  });

  it('is a tree that validates', () => {
    expect(validationOf(orders(allProps))).toBe('');
  });
});

describe('a service is refused where', () => {
  const nothing = 'Set both to more than nothing, in whole millicores or KiB';
  const seconds = (name: string, minimum: number) => `Set ${name} to a whole number of seconds, at least ${minimum}`;
  const port = (name: string) => `Set ${name} to a whole number from 1 to 65535`;

  it.each<[string, Partial<AutonomousOpServiceProps>, string, string]>([
    [
      'its image has no version',
      { image: 'acme/orders' },
      'image "acme/orders" names no version',
      'Give it a tag other than "latest", or a digest (name@sha256:…)',
    ],
    [
      'its name is none',
      { name: 'My Orders' },
      '"My Orders" is not a valid name',
      'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit',
    ],
    ['it has no pod', { replicas: 0 }, 'replicas is 0', 'Set replicas to a whole number of at least 1'],
    ['it has half a pod', { replicas: 1.5 }, 'replicas is 1.5', 'Set replicas to a whole number of at least 1'],
    [
      'it asks for more CPU than it may use',
      { cpuLimit: Cpu.millis(100) },
      'cpuRequest (500m) is greater than cpuLimit (100m)',
      'Lower the one or raise the other',
    ],
    [
      'it asks for more memory than it may use',
      { memoryRequest: Size.gibibytes(3), memoryLimit: Size.gibibytes(2) },
      'memoryRequest (3Gi) is greater than memoryLimit (2Gi)',
      'Lower the one or raise the other',
    ],
    ['it asks for no CPU', { cpuRequest: Cpu.millis(0) }, 'cpuRequest is 0 and cpuLimit is 0', nothing],
    [
      'its memory is a fraction of a KiB',
      { memoryRequest: Size.mebibytes(0.3) },
      'memoryRequest is 307.2Ki and memoryLimit is 614.4Ki',
      nothing,
    ],
    ['its port is none', { httpPort: 0 }, 'httpPort is 0', port('httpPort')],
    [
      'its heap is no whole number of mebibytes',
      { maxHeap: Size.kibibytes(2100) },
      'maxHeap is 2100Ki',
      'Give it as whole mebibytes, 2 or more: Size.mebibytes(768)',
    ],
    [
      'its heap leaves nothing of the limit',
      { maxHeap: Size.gibibytes(2) },
      'maxHeap (2Gi) leaves nothing of memoryLimit (2Gi) for what is outside the heap',
      'Lower maxHeap to 300Mi below the limit, or raise memoryLimit',
    ],
    ['its management port is none', { managementPort: 65536 }, 'managementPort is 65536', port('managementPort')],
    [
      'its ports are one',
      { httpPort: 9000, managementPort: 9000 },
      'httpPort and managementPort are both 9000',
      'Give each a port of its own',
    ],
    [
      'livenessDelay is broken',
      { livenessDelay: Duration.millis(1500) },
      'livenessDelay is 1.5 seconds',
      seconds('livenessDelay', 0),
    ],
    [
      'livenessPeriod is nothing',
      { livenessPeriod: Duration.seconds(0) },
      'livenessPeriod is 0 seconds',
      seconds('livenessPeriod', 1),
    ],
    [
      'readinessDelay is broken',
      { readinessDelay: Duration.seconds(0.2) },
      'readinessDelay is 0.2 seconds',
      seconds('readinessDelay', 0),
    ],
    [
      'readinessPeriod is nothing',
      { readinessPeriod: Duration.seconds(0) },
      'readinessPeriod is 0 seconds',
      seconds('readinessPeriod', 1),
    ],
    [
      'startupTimeout is shorter than one probe',
      { startupTimeout: Duration.seconds(4) },
      'startupTimeout is 4 seconds',
      seconds('startupTimeout', 5),
    ],
    [
      'drainDelay is broken',
      { drainDelay: Duration.millis(1) },
      'drainDelay is 0.001 seconds',
      seconds('drainDelay', 0),
    ],
    [
      'shutdownTimeout is nothing',
      { shutdownTimeout: Duration.seconds(0) },
      'shutdownTimeout is 0 seconds',
      seconds('shutdownTimeout', 1),
    ],
    [
      'scrapeInterval is nothing',
      { scrapeInterval: Duration.seconds(0) },
      'scrapeInterval is 0 seconds',
      seconds('scrapeInterval', 1),
    ],
    [
      'a variable has no name',
      { env: { 'MY-VAR': 'x' } },
      '"MY-VAR" is not a valid name of an environment variable',
      'Use letters, digits and "_", not starting with a digit',
    ],
    [
      'a variable takes back the graceful shutdown',
      { env: { SERVER_SHUTDOWN: 'immediate' } },
      'environment variable SERVER_SHUTDOWN is set twice, to different values',
      'Keep one of them',
    ],
  ])('%s', (_, props, problem, remedy) => {
    expect(() => orders(props)).toThrow(new InvalidInputError('test/orders', problem, remedy));
  });
});

describe('environment variables', () => {
  it('are texts or keys of Secrets, in the order in which they were added', () => {
    const service = orders({ env: { FIRST: '1' } });
    service.addEnv('LAST', secretKey('orders-secrets', 'password'));
    const variables = Object.entries(environmentOf(service));
    expect(variables[0]).toEqual(['FIRST', '1']);
    expect(variables.at(-1)).toEqual(['LAST', { secretKeyRef: { name: 'orders-secrets', key: 'password' } }]);
  });

  it('may be set twice to one value, and to no two', () => {
    const service = orders({ env: { MODE: 'quick' } });
    service.addEnv('MODE', 'quick');
    expect(environmentOf(service)['MODE']).toBe('quick');
    for (const value of ['slow', secretKey('mode', 'mode')]) {
      expect(() => {
        service.addEnv('MODE', value);
      }).toThrow(
        new InvalidInputError(
          'test/orders',
          'environment variable MODE is set twice, to different values',
          'Keep one of them',
        ),
      );
    }
    expect(environmentOf(service)['MODE']).toBe('quick');
  });

  it('need a name', () => {
    expect(() => {
      orders().addEnv('1ST', 'x');
    }).toThrow(
      new InvalidInputError(
        'test/orders',
        '"1ST" is not a valid name of an environment variable',
        'Use letters, digits and "_", not starting with a digit',
      ),
    );
  });
});

describe('connectTo', () => {
  const kafka = Endpoint.inCluster('kafka', {
    namespace: 'streams',
    labels: { app: 'kafka' },
    port: 9092,
    ports: { admin: 9999 },
  });

  it('tells the application the address in every way that is asked for', () => {
    const service = orders();
    const options: Required<ConnectOptions> = {
      port: 'admin',
      env: 'ADDRESS',
      hostEnv: 'HOST',
      portEnv: 'PORT',
      urlEnv: 'URL',
      urlPath: '/v1',
      healthIndicator: 'kafka',
    };
    service.connectTo(kafka, options);
    expect(environmentOf(service)).toMatchObject({
      ADDRESS: 'kafka.streams.svc:9999',
      HOST: 'kafka.streams.svc',
      PORT: '9999',
      URL: 'http://kafka.streams.svc:9999/v1',
    });
  });

  it('declares a connection to the first port and sets no variable where nothing is asked for', () => {
    const service = orders();
    const declared = service.connectTo(kafka);
    expect(declared).toEqual({ from: service, to: kafka, port: 9092, protocol: 'TCP' });
    expect(service.connections).toEqual([declared]);
    expect(environmentOf(service)).toEqual(environmentOf(orders()));
  });

  it('keeps a pod from starting without the peers whose health indicator it names, each of them once', () => {
    const service = orders();
    const group = 'MANAGEMENT_ENDPOINT_HEALTH_GROUP_STARTUP_INCLUDE';
    expect(environmentOf(service)[group]).toBe('livenessState');
    service.connectTo(kafka);
    service.connectTo(kafka, { healthIndicator: 'db' });
    service.connectTo(kafka, { healthIndicator: 'db', port: 'admin' });
    service.connectTo(kafka, { healthIndicator: 'redis' });
    expect(environmentOf(service)[group]).toBe('livenessState,db,redis');
  });

  it('reaches another service of the namespace by its bare name', () => {
    const chart = newChart();
    const client = new AutonomousOpService(chart, 'client', { image });
    client.connectTo(new AutonomousOpService(chart, 'server', { image }), { urlEnv: 'SERVER_URL', port: 'http' });
    expect(environmentOf(client)['SERVER_URL']).toBe('http://server:8080');
  });

  it.each<[string, number | Port, string]>([
    ['https on 443, without the port', 443, 'https://bank.example.com'],
    ['http on any other number', 8443, 'http://bank.example.com:8443'],
    ['http without its own port', 80, 'http://bank.example.com'],
    ['https, if the port says so', Port.https(8443), 'https://bank.example.com:8443'],
    ['http, if the port says so', Port.http(443), 'http://bank.example.com:443'],
  ])('dials a URL by %s', (_, port, url) => {
    const service = orders();
    service.connectTo(Endpoint.external('bank.example.com', { port }), { urlEnv: 'BANK', urlPath: '/pay' });
    expect(environmentOf(service)['BANK']).toBe(`${url}/pay`);
  });

  it('cannot dial itself, under whatever name', () => {
    const service = orders();
    for (const itself of [service, Endpoint.inCluster('orders', { labels: { app: 'orders' }, port: 8080 })]) {
      expect(() => service.connectTo(itself)).toThrow(
        new InvalidInputError(
          'test/orders',
          'it connects to "orders", which is itself',
          'Remove connectTo; for pods that talk to each other, give the NetworkPolicyBundle a connection',
        ),
      );
    }
    expect(() => service.connectTo(Endpoint.inCluster('orders', { namespace: 'other', port: 80 }))).not.toThrow();
  });

  it('declares nothing where the port is not there or a variable is taken', () => {
    const service = orders({ env: { ADDRESS: 'mine' } });
    expect(() => service.connectTo(kafka, { port: 'metrics' })).toThrow(
      new InvalidInputError(
        'connection from "orders" to "kafka"',
        '"kafka" has no port "metrics"',
        'Use one of its ports: default, admin',
      ),
    );
    expect(() => service.connectTo(kafka, { env: 'ADDRESS' })).toThrow(
      new InvalidInputError(
        'test/orders',
        'environment variable ADDRESS is set twice, to different values',
        'Keep one of them',
      ),
    );
    expect(service.connections).toEqual([]);
  });
});

describe('whatever the props', () => {
  const seconds = (minimum: number) =>
    fc.integer({ min: minimum, max: 3600 }).map((amount) => Duration.seconds(amount));
  const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  const valid = fc
    .record({
      cpu: fc.tuple(fc.integer({ min: 1, max: 64_000 }), fc.integer({ min: 0, max: 64_000 })),
      memory: fc.tuple(fc.integer({ min: 1, max: 2 ** 30 }), fc.integer({ min: 0, max: 2 ** 30 })),
      ports: fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 2, maxLength: 2 }),
      props: fc.record(
        {
          name,
          replicas: fc.integer({ min: 1, max: 1000 }),
          livenessDelay: seconds(0),
          readinessPeriod: seconds(1),
          startupTimeout: seconds(5),
          drainDelay: seconds(0),
          shutdownTimeout: seconds(1),
          scrapeInterval: seconds(1),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ cpu, memory, ports: [httpPort = 1, managementPort = 2], props }) => ({
      ...props,
      httpPort,
      managementPort,
      cpuRequest: Cpu.millis(cpu[0]),
      cpuLimit: Cpu.millis(cpu[0] + cpu[1]),
      memoryRequest: Size.kibibytes(memory[0]),
      memoryLimit: Size.kibibytes(memory[0] + memory[1]),
    }));

  it('valid ones make objects that Kubernetes takes and stores as they are', () => {
    fc.assert(
      fc.property(valid, (props) => {
        const service = orders(props);
        const { pod, container } = deploymentOf(service);
        const { requests, limits } = container.resources;
        for (const quantity of [...Object.values(requests), ...Object.values(limits)]) {
          // No multiple of a thousand millicores, none of 1024 of a smaller unit.
          expect(quantity).toMatch(/^[1-9]\d*(m|[KMGT]i)?$/);
          const [, amount = '', unit = ''] = /^(\d+)(.*)$/.exec(quantity) ?? [];
          if (unit === 'm') expect(Number(amount) % 1000).not.toBe(0);
          if (unit.endsWith('i')) expect(Number(amount) % 1024).not.toBe(0);
        }
        const amountOf = (quantity = '') => {
          const [, amount, unit = ''] = /^(\d+)(.*)$/.exec(quantity) ?? [];
          return Number(amount) * (unit === 'm' ? 0.001 : 1024 ** ['', 'Ki', 'Mi', 'Gi', 'Ti'].indexOf(unit));
        };
        for (const resource of ['cpu', 'memory']) {
          expect(amountOf(requests[resource])).toBeGreaterThan(0);
          expect(amountOf(requests[resource])).toBeLessThanOrEqual(amountOf(limits[resource]));
        }
        const drain = (props.drainDelay ?? Duration.seconds(10)).toSeconds();
        const shutdown = (props.shutdownTimeout ?? Duration.seconds(30)).toSeconds();
        expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drain + shutdown);
        for (const kind of ['ServiceAccount', 'Deployment', 'Service', 'PodDisruptionBudget']) {
          expect(objectOf(service, kind, anyObject).metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/);
        }
        expect(container.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      }),
    );
  });

  it('wrong ones are an InvalidInputError, and never another error', () => {
    const anyNumber = fc.oneof(fc.double({ min: 0 }), fc.constantFrom(0, 0.5, NaN, Infinity, 1e300), fc.nat(70_000));
    const anyDuration = anyNumber.map((amount) => Duration.seconds(amount));
    const anyProps = fc.record(
      {
        image: fc.oneof(fc.constant(image), fc.string()),
        name: fc.oneof(name, fc.string()),
        replicas: fc.oneof(anyNumber, fc.integer()),
        cpuRequest: anyNumber.map((amount) => Cpu.units(amount)),
        cpuLimit: anyNumber.map((amount) => Cpu.millis(amount)),
        memoryRequest: anyNumber.map((amount) => Size.mebibytes(amount)),
        memoryLimit: anyNumber.map((amount) => Size.gibibytes(amount)),
        httpPort: anyNumber,
        managementPort: anyNumber,
        livenessDelay: anyDuration,
        livenessPeriod: anyDuration,
        readinessDelay: anyDuration,
        readinessPeriod: anyDuration,
        startupTimeout: anyDuration,
        drainDelay: anyDuration,
        shutdownTimeout: anyDuration,
        scrapeInterval: anyDuration,
        env: fc.dictionary(fc.string({ maxLength: 3 }), fc.string()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyProps, (props) => {
        try {
          expect(deploymentOf(orders(props)).spec.replicas).toBe(props.replicas ?? 2);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
          expect(String(error)).toMatch(/^InvalidInputError: test\/orders: [^]+\.\n {2}[^]+\.$/);
        }
      }),
    );
  });
});
