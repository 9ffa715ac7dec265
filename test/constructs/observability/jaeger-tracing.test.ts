import { Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JaegerTracing, JaegerTracingProps, TraceStorage } from '../../../src/constructs/observability/jaeger-tracing';
import { Endpoint } from '../../../src/constructs/network/peer';
import { InvalidInputError } from '../../../src/core/errors';
import { size } from '../../../src/core/quantities';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const elasticsearch = Endpoint.inCluster('elasticsearch', {
  namespace: 'logs',
  labels: { app: 'elasticsearch' },
  port: 9200,
});
const production = TraceStorage.elasticsearch(elasticsearch, 'es-secret', 'traces');

const allProps: Required<JaegerTracingProps> = {
  name: 'orders-jaeger',
  storage: production,
  retention: Duration.days(3),
  samplingRatio: 0.25,
  replicas: 3,
  size: size('500m', '1', '1Gi', '2Gi'),
};

function jaeger(props: Partial<JaegerTracingProps> = {}): JaegerTracing {
  return new JaegerTracing(newChart(), 'jaeger', { ...allProps, ...props });
}

const account = anyObject.extend({ automountServiceAccountToken: z.boolean() });

const specOf = (tracing: JaegerTracing) => objectOf(tracing, 'Jaeger', anyObject).spec;

const resources = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } };

describe('Jaeger', () => {
  it('has its name', () => {
    expect(objectOf(jaeger(), 'Jaeger', anyObject).metadata).toEqual({ name: 'orders-jaeger', namespace: 'shop' });
  });

  it('with Elasticsearch runs collectors and queries, and knows the password by its Secret only', () => {
    expect(specOf(jaeger())).toMatchObject({
      strategy: 'production',
      collector: { replicas: 3, resources },
      query: { replicas: 3, resources, tracingEnabled: false },
      storage: {
        type: 'elasticsearch',
        secretName: 'es-secret',
        options: { es: { 'server-urls': 'http://elasticsearch.logs.svc:9200', 'index-prefix': 'traces' } },
      },
    });
    expect(specOf(jaeger())).not.toHaveProperty('allInOne');
  });

  it('deletes the indices that are too old, every night', () => {
    const images = { collector: 'jaeger-collector', query: 'jaeger-query', cleaner: 'jaeger-es-index-cleaner' };
    expect(specOf(jaeger())).toMatchObject({
      collector: { image: `jaegertracing/${images.collector}:1.48.0` },
      query: { image: `jaegertracing/${images.query}:1.48.0` },
      storage: {
        esIndexCleaner: { enabled: true, image: `jaegertracing/${images.cleaner}:1.48.0`, numberOfDays: 3 },
        dependencies: { enabled: false },
      },
    });
    expect(specOf(jaeger({ storage: TraceStorage.memory() }))).not.toHaveProperty('storage.esIndexCleaner');
  });

  it('refuses a retention that is no whole number of days', () => {
    expect(() => jaeger({ retention: Duration.hours(36) })).toThrow(
      new InvalidInputError(
        'test/jaeger',
        'traceRetention in days is 1.5',
        'Set traceRetention in days to a whole number of at least 1',
      ),
    );
  });

  it('in memory is one process', () => {
    const spec = specOf(jaeger({ storage: TraceStorage.memory() }));
    expect(spec).toMatchObject({
      strategy: 'allinone',
      allInOne: { resources, tracingEnabled: false },
      storage: { type: 'memory', options: { memory: { 'max-traces': 50000 } } },
    });
    expect(spec).not.toHaveProperty('collector');
    expect(spec).not.toHaveProperty('query');
  });

  it('keeps a share of the traces, in a field that its API knows', () => {
    expect(specOf(jaeger())).toMatchObject({
      sampling: { options: { default_strategy: { type: 'probabilistic', param: 0.25 } } },
    });
    expect(specOf(jaeger())).not.toHaveProperty('sampler');
  });

  it('complies with Pod Security restricted', () => {
    expect(specOf(jaeger())).toMatchObject({
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }],
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    });
  });

  it('gives its context and resources to the cleaner too, which takes those of the whole Jaeger from nowhere', () => {
    const { containerSecurityContext } = z.object({ containerSecurityContext: z.unknown() }).parse(specOf(jaeger()));
    expect(specOf(jaeger())).toMatchObject({
      storage: {
        esIndexCleaner: {
          containerSecurityContext,
          resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        },
      },
    });
  });

  it('has no Ingress, and pods without a token', () => {
    for (const storage of [production, TraceStorage.memory()]) {
      const tracing = jaeger({ storage });
      expect(specOf(tracing)).toMatchObject({ ingress: { enabled: false }, serviceAccount: 'orders-jaeger-pods' });
      expect(objectOf(tracing, 'ServiceAccount', account)).toMatchObject({
        metadata: { name: 'orders-jaeger-pods', namespace: 'shop' },
        automountServiceAccountToken: false,
      });
    }
  });

  it('keeps collectors apart, and queries, and gives each a budget', () => {
    const tracing = jaeger();
    for (const part of ['collector', 'query'] as const) {
      const matchLabels = tracing[part].podLabels;
      const term = (topologyKey: string, weight: number) => ({
        weight,
        podAffinityTerm: { topologyKey, labelSelector: { matchLabels } },
      });
      expect(specOf(tracing)).toMatchObject({
        [part]: {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                term('topology.kubernetes.io/zone', 100),
                term('kubernetes.io/hostname', 50),
              ],
            },
          },
        },
      });
    }
    const budgets = (of: JaegerTracing) => objectsOf(of, 'PodDisruptionBudget', anyObject);
    expect(budgets(tracing).map(({ metadata, spec }) => [metadata.name, spec])).toEqual(
      (['collector', 'query'] as const).map((part) => [
        `orders-jaeger-${part}-pdb`,
        {
          maxUnavailable: 1,
          selector: { matchLabels: tracing[part].podLabels },
          unhealthyPodEvictionPolicy: 'AlwaysAllow',
        },
      ]),
    );
    expect(budgets(jaeger({ storage: TraceStorage.memory() }))).toEqual([]);
  });

  it('takes traces by OTLP at its collector, whose pods have the labels that the operator gives them', () => {
    const labels = (component: string) => ({
      app: 'jaeger',
      'app.kubernetes.io/instance': 'orders-jaeger',
      'app.kubernetes.io/component': component,
    });
    const ports = { 'otlp-http': 4318 };
    expect(jaeger().collector).toEqual({ name: 'orders-jaeger-collector', podLabels: labels('collector'), ports });
    expect(jaeger({ storage: TraceStorage.memory() }).collector).toEqual({
      name: 'orders-jaeger-collector',
      podLabels: labels('all-in-one'),
      ports,
    });
  });

  it('connects to its storage from collector, query and cleaner, and to nothing in memory', () => {
    expect(jaeger().connections.map(({ from, to, port }) => [from.name, to, port])).toEqual([
      ['orders-jaeger-collector', elasticsearch, 9200],
      ['orders-jaeger-query', elasticsearch, 9200],
      ['orders-jaeger-es-index-cleaner', elasticsearch, 9200],
    ]);
    expect(jaeger({ storage: TraceStorage.memory() }).connections).toEqual([]);
  });

  it.each<[Partial<JaegerTracingProps>, string, string]>([
    [
      { name: 'Jaeger' },
      '"Jaeger" is not a valid name',
      'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit',
    ],
    [{ replicas: 0 }, 'replicas is 0', 'Set replicas to a whole number of at least 1'],
    ...[-0.1, 1.1, NaN].map((ratio): [Partial<JaegerTracingProps>, string, string] => [
      { samplingRatio: ratio },
      `samplingRatio is ${ratio}`,
      'Set samplingRatio to a number from 0 to 1',
    ]),
    [
      { size: size('2', '1', '1Gi', '1Gi') },
      'cpuRequest (2) is greater than cpuLimit (1)',
      'Lower the one or raise the other',
    ],
  ])('is refused with wrong props: case %#', (props, problem, remedy) => {
    expect(() => jaeger(props)).toThrow(new InvalidInputError('test/jaeger', problem, remedy));
  });
});

describe('the storage', () => {
  const where = 'TraceStorage.elasticsearch';

  it('is refused without the name of a Secret, with a prefix that is none, or at a server that does not listen', () => {
    expect(() => TraceStorage.elasticsearch(elasticsearch, '', 'traces')).toThrow(
      new InvalidInputError(
        where,
        '"" is not a valid object name',
        'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
      ),
    );
    for (const prefix of ['', '-a', 'A', 'a b']) {
      expect(() => TraceStorage.elasticsearch(elasticsearch, 'es', prefix)).toThrow(
        new InvalidInputError(where, `indexPrefix is "${prefix}"`, 'Use lower-case letters, digits, "-" and "_"'),
      );
    }
    expect(() => TraceStorage.elasticsearch(Endpoint.inCluster('es', { namespace: 'logs' }), 'es', 'traces')).toThrow(
      new InvalidInputError(where, '"es" listens on no port', 'Declare a port on "es"'),
    );
  });
});
