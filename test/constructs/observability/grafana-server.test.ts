import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { serviceDashboard } from '../../../src/constructs/service/service-dashboard';
import { GrafanaServer, GrafanaServerProps } from '../../../src/constructs/observability/grafana-server';
import { Endpoint } from '../../../src/constructs/network/peer';
import { InvalidInputError } from '../../../src/core/errors';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const prometheus = Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 });
const loki = Endpoint.inCluster('loki', { labels: { app: 'loki' }, namespace: 'logs', port: 3100 });
const jaegerQuery = Endpoint.inCluster('jaeger-query', { labels: { app: 'jaeger' }, ports: { http: 16686 } });

const required = {
  prometheus,
  adminUser: secretKey('admin', 'user'),
  adminPassword: secretKey('admin', 'password'),
};

const allProps: Required<GrafanaServerProps> = {
  ...required,
  loki,
  jaegerQuery,
  name: 'board',
  image: 'acme/grafana:10.2.1',
  cpuRequest: Cpu.millis(100),
  cpuLimit: Cpu.millis(200),
  memoryRequest: Size.mebibytes(128),
  memoryLimit: Size.mebibytes(256),
};

const grafana = (props: Partial<GrafanaServerProps> = {}) =>
  new GrafanaServer(newChart(), 'grafana', { ...required, ...props });

const specOf = (server: GrafanaServer, kind: string) => objectOf(server, kind, anyObject).spec;

const provisioned = z.object({
  apiVersion: z.literal(1),
  datasources: z.array(
    z.looseObject({ uid: z.string(), url: z.string(), jsonData: z.record(z.string(), z.unknown()) }),
  ),
});

function dataSourcesOf(server: GrafanaServer) {
  const { data = {} } = objectOf(server, 'ConfigMap', anyObject, `${server.name}-provisioning`);
  return provisioned.parse(parse(data['datasources.yaml'] ?? '')).datasources;
}

const jsonDataOf = (server: GrafanaServer, uid: string) => dataSourcesOf(server).find((it) => it.uid === uid)?.jsonData;

const podTemplate = z.object({
  template: z.object({
    metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
    spec: z.object({
      volumes: z.array(z.looseObject({ name: z.string() })),
      containers: z.tuple([
        z.object({
          env: z.array(z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() })),
        }),
      ]),
    }),
  }),
});

const templateOf = (server: GrafanaServer) => podTemplate.parse(specOf(server, 'Deployment')).template;
const checksumOf = (server: GrafanaServer) => templateOf(server).metadata.annotations['checksum/provisioning'];

describe('by default', () => {
  test('one pod without rights, of the size in the document', () => {
    expect(specOf(grafana(), 'Deployment')).toMatchObject({
      replicas: 1,
      selector: { matchLabels: { app: 'grafana' } },
      template: {
        metadata: { labels: { app: 'grafana' } },
        spec: {
          serviceAccountName: 'grafana-sa',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 472,
            fsGroup: 472,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumes: [
            { name: 'tmp', emptyDir: {} },
            { name: 'data', emptyDir: {} },
            { name: 'datasources', configMap: { name: 'grafana-provisioning' } },
            { name: 'providers', configMap: { name: 'grafana-provisioning' } },
            { name: 'dashboards', projected: {} },
          ],
          containers: [
            {
              name: 'grafana',
              image: 'grafana/grafana:10.2.0',
              ports: [{ name: 'http', containerPort: 3000 }],
              resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              startupProbe: { httpGet: { path: '/api/health', port: 'http' } },
              livenessProbe: { httpGet: { path: '/api/health', port: 'http' } },
              readinessProbe: { httpGet: { path: '/api/health', port: 'http' } },
            },
          ],
        },
      },
    });
  });

  test('nobody gets in without the password, and nothing is asked of the internet', () => {
    const { env } = templateOf(grafana()).spec.containers[0];
    expect(Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]))).toMatchObject({
      GF_SECURITY_ADMIN_USER: { secretKeyRef: { name: 'admin', key: 'user' } },
      GF_SECURITY_ADMIN_PASSWORD: { secretKeyRef: { name: 'admin', key: 'password' } },
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_USERS_ALLOW_SIGN_UP: 'false',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
      GF_SECURITY_DISABLE_GRAVATAR: 'true',
    });
  });

  test('it is reached at port 3000', () => {
    const server = grafana();
    expect(objectOf(server, 'Service', anyObject)).toMatchObject({
      metadata: { name: 'grafana', labels: { app: 'grafana' } },
      spec: { selector: { app: 'grafana' }, ports: [{ name: 'http', port: 3000, targetPort: 3000 }] },
    });
    expect(server.pods).toEqual([server]);
    expect(server.ports).toEqual({ http: 3000 });
  });

  test('has its metrics from Prometheus alone, and no link that leads nowhere', () => {
    const [source, ...others] = dataSourcesOf(grafana());
    expect(source).toMatchObject({
      uid: 'prometheus',
      url: 'http://prometheus:9090',
      access: 'proxy',
      isDefault: true,
    });
    expect(source?.jsonData).not.toHaveProperty('exemplarTraceIdDestinations');
    expect(others).toEqual([]);
    expect(jsonDataOf(grafana({ loki }), 'loki')).toEqual({});
    expect(jsonDataOf(grafana({ jaegerQuery }), 'jaeger')).not.toHaveProperty('tracesToLogsV2');
  });
});

test('every prop has its effect', () => {
  const server = new GrafanaServer(newChart(), 'grafana', allProps);
  expect(server.name).toBe('board');
  expect(specOf(server, 'Deployment')).toMatchObject({
    template: {
      spec: {
        containers: [
          {
            name: 'board',
            image: 'acme/grafana:10.2.1',
            resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
          },
        ],
      },
    },
  });
  expect(dataSourcesOf(server).map(({ uid, url }) => [uid, url])).toEqual([
    ['prometheus', 'http://prometheus:9090'],
    ['loki', 'http://loki.logs.svc:3100'],
    ['jaeger', 'http://jaeger-query:16686'],
  ]);
  expect(server.connections.map(({ from, to, port }) => [from.name, to.name, port])).toEqual([
    ['board', 'prometheus', 9090],
    ['board', 'loki', 3100],
    ['board', 'jaeger-query', 16686],
  ]);
});

describe('the links', () => {
  const server = grafana({ loki, jaegerQuery });

  test('lead from a metric and from a log line to the trace', () => {
    expect(jsonDataOf(server, 'prometheus')).toMatchObject({
      exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: 'jaeger' }],
    });
    expect(jsonDataOf(server, 'loki')).toMatchObject({
      derivedFields: [{ name: 'traceId', datasourceUid: 'jaeger', url: '$${__value.raw}' }],
    });
  });

  test('lead from a span to its logs and its metrics', () => {
    expect(jsonDataOf(server, 'jaeger')).toMatchObject({
      tracesToLogsV2: { datasourceUid: 'loki', customQuery: true, query: '{app=~".+"} |= "$${__span.traceId}"' },
      tracesToMetrics: { datasourceUid: 'prometheus', tags: [{ key: 'app' }, { key: 'uri' }, { key: 'method' }] },
    });
  });

  test('have no variable that Grafana would take for one of its environment', () => {
    const { data = {} } = objectOf(server, 'ConfigMap', anyObject, 'grafana-provisioning');
    expect((data['datasources.yaml'] ?? '').replaceAll('$$', '')).not.toContain('$');
  });
});

describe('a dashboard', () => {
  const dashboard = serviceDashboard({ namespace: 'shop', services: ['cart'] });

  test('has a ConfigMap of its own, which the pod mounts and the provider reads', () => {
    const server = grafana().addDashboard(dashboard);
    const { data = {} } = objectOf(server, 'ConfigMap', anyObject, 'grafana-dashboard-service-red-jvm');
    expect(JSON.parse(data['service-red-jvm.json'] ?? '')).toMatchObject({ uid: 'service-red-jvm' });
    expect(templateOf(server).spec.volumes.at(-1)).toEqual({
      name: 'dashboards',
      projected: { sources: [{ configMap: { name: 'grafana-dashboard-service-red-jvm' } }] },
    });
    const provisioning = objectOf(server, 'ConfigMap', anyObject, 'grafana-provisioning').data ?? {};
    expect(parse(provisioning['dashboards.yaml'] ?? '')).toMatchObject({
      apiVersion: 1,
      providers: [{ type: 'file', allowUiUpdates: false, options: { path: '/etc/grafana/dashboards' } }],
    });
  });

  test('restarts nothing when it changes, as a data source does', () => {
    expect(checksumOf(grafana().addDashboard(dashboard))).toBe(checksumOf(grafana()));
    expect(checksumOf(grafana({ loki }))).not.toBe(checksumOf(grafana()));
  });

  test('needs a uid that no other has', () => {
    expect(() => grafana().addDashboard(dashboard).addDashboard(dashboard)).toThrow(
      new InvalidInputError(
        'test/grafana',
        'there are two dashboards with the uid "service-red-jvm"',
        'Give each a uid of its own',
      ),
    );
    for (const uid of ['', 'A', 'a_b', '-a', 'a'.repeat(41)]) {
      expect(() => grafana().addDashboard(new DashboardBuilder('Shop').uid(uid).build())).toThrow(
        new InvalidInputError(
          'test/grafana',
          `dashboard "Shop" has the uid "${uid}"`,
          'Give it a uid of at most 40 lower-case letters, digits and "-"',
        ),
      );
    }
  });

  test('may be missing', () => {
    expect(objectsOf(grafana(), 'ConfigMap', anyObject)).toHaveLength(1);
  });
});

test.each<[string, Partial<GrafanaServerProps>]>([
  ['"Grafana" is not a valid name', { name: 'Grafana' }],
  ['names no version', { image: 'grafana/grafana' }],
  ['cpuRequest (2) is greater than cpuLimit (1)', { cpuRequest: Cpu.units(2) }],
  ['"logs" listens on no port', { loki: Endpoint.inCluster('logs', { namespace: 'logs' }) }],
])('says what is wrong: %s', (message, props) => {
  expect(() => grafana(props)).toThrow(message);
});
