import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { KedaScaler } from '../../../src/constructs/scaling/keda-scaler';
import { Endpoint } from '../../../src/constructs/network/peer';
import {
  KafkaCredentials,
  KafkaLagProps,
  KedaRelease,
  PrometheusTriggerProps,
  Trigger,
} from '../../../src/constructs/scaling/trigger';
import { InvalidInputError } from '../../../src/core/errors';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf } from '../../synthesize';

const broker = Endpoint.inCluster('kafka', { namespace: 'streams', labels: { app: 'kafka' }, port: 9092 });
const server = Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 });
const deaf = Endpoint.inCluster('deaf', { labels: { app: 'deaf' } });

const credentials: Required<KafkaCredentials> = {
  mechanism: 'plaintext',
  username: secretKey('kafka-secrets', 'user'),
  password: secretKey('kafka-secrets', 'pass'),
};

const lag: KafkaLagProps = { broker, topic: 'orders', consumerGroup: 'shop', lag: 500 };
const query: PrometheusTriggerProps = { server, metricName: 'load', query: 'sum(up)', threshold: 1000 };

const spec = z.object({ triggers: z.array(z.unknown()).optional(), metrics: z.array(z.unknown()).optional() });

/** What a trigger becomes in the ScaledObject, and in the HPA. */
function manifestsOf(trigger: Trigger, kedaRelease: KedaRelease = '2.11') {
  const chart = newChart();
  const target = new AutonomousOpService(chart, 'orders', { image: 'acme/orders:1' });
  const keda = Trigger.kafkaLag({ ...lag, topic: 'first' });
  new KedaScaler(chart, 'scaling', { target, minReplicas: 1, maxReplicas: 4, triggers: [keda, trigger], kedaRelease });
  const read = (kind: string) => spec.parse(objectOf(chart, kind, anyObject).spec);
  return {
    trigger: read('ScaledObject').triggers?.[1],
    metric: read('HorizontalPodAutoscaler').metrics?.[1],
  };
}

function externalMetric(name: string, averageValue: string) {
  return {
    type: 'External',
    external: {
      metric: { name, selector: { matchLabels: { 'scaledobject.keda.sh/name': 'orders-keda' } } },
      target: { type: 'AverageValue', averageValue },
    },
  };
}

describe.each([['cpu', Trigger.cpu] as const, ['memory', Trigger.memory] as const])(
  'a trigger on %s',
  (resource, make) => {
    it('is the same percentage of the request in KEDA and in the HPA', () => {
      expect(manifestsOf(make(70))).toEqual({
        trigger: { type: resource, metricType: 'Utilization', metadata: { value: '70' } },
        metric: {
          type: 'Resource',
          resource: { name: resource, target: { type: 'Utilization', averageUtilization: 70 } },
        },
      });
    });

    it('needs no KEDA', () => {
      expect(make(70)).toMatchObject({ needsKeda: false, metric: resource, threshold: 70 });
      expect([make(70).parallelism, make(70).credentials, make(70).source]).toEqual([undefined, undefined, undefined]);
    });

    it.each([0, 101, 70.5, NaN])('is refused at %d percent', (utilization) => {
      expect(() => make(utilization)).toThrow(
        new InvalidInputError(
          `Trigger.${resource}`,
          `utilization is ${utilization}`,
          'Set utilization to a whole number from 1 to 100',
        ),
      );
    });
  },
);

describe('a trigger on the lag of a consumer group', () => {
  it('asks the broker from any namespace, and begins at the earliest message', () => {
    expect(manifestsOf(Trigger.kafkaLag(lag))).toEqual({
      trigger: {
        type: 'kafka',
        metadata: {
          topic: 'orders',
          bootstrapServers: 'kafka.streams.svc:9092',
          consumerGroup: 'shop',
          lagThreshold: '500',
          offsetResetPolicy: 'earliest',
        },
      },
      metric: externalMetric('s1-kafka-orders', '500'),
    });
  });

  it('has everything that was said of it', () => {
    const all: Required<KafkaLagProps> = {
      broker: Endpoint.external('kafka.example.com', { port: 9093 }),
      topic: 'orders.v1_2-x',
      consumerGroup: 'group',
      lag: 2000,
      partitions: 12,
      offsetResetPolicy: 'latest',
      credentials,
    };
    expect(Trigger.kafkaLag(all)).toMatchObject({
      needsKeda: true,
      metric: 'lag of orders.v1_2-x',
      threshold: 2000,
      parallelism: { limit: 12, topic: 'orders.v1_2-x' },
      credentials,
      source: all.broker,
    });
    expect(manifestsOf(Trigger.kafkaLag(all))).toEqual({
      trigger: {
        type: 'kafka',
        metadata: {
          topic: 'orders.v1_2-x',
          bootstrapServers: 'kafka.example.com:9093',
          consumerGroup: 'group',
          lagThreshold: '2000',
          offsetResetPolicy: 'latest',
          sasl: 'plaintext',
        },
        authenticationRef: { name: 'orders-keda-kafka' },
      },
      // The names that KEDA registers have "-" where a topic has a dot.
      metric: externalMetric('s1-kafka-orders-v1_2-x', '2k'),
    });
  });

  it('uses SCRAM-SHA-512 where no mechanism is said', () => {
    const { username, password } = credentials;
    expect(manifestsOf(Trigger.kafkaLag({ ...lag, credentials: { username, password } })).trigger).toMatchObject({
      metadata: { sasl: 'scram_sha512' },
    });
  });

  it.each<[Partial<KafkaLagProps>, string, string]>([
    [{ topic: ' ' }, 'topic is empty', 'Give topic a value'],
    [{ topic: 'a b' }, '"a b" is not a topic\'s name', 'Use letters, digits, ".", "_" and "-"'],
    [{ consumerGroup: '' }, 'consumerGroup is empty', 'Give consumerGroup a value'],
    [{ lag: 0 }, 'lag is 0', 'Set lag to a whole number of at least 1'],
    [{ lag: 1.5 }, 'lag is 1.5', 'Set lag to a whole number of at least 1'],
    [{ partitions: 0 }, 'partitions is 0', 'Set partitions to a whole number of at least 1'],
    [{ broker: deaf }, '"deaf" listens on no port', 'Declare a port on "deaf"'],
  ])('is refused with wrong props: case %#', (props, problem, remedy) => {
    expect(() => Trigger.kafkaLag({ ...lag, ...props })).toThrow(
      new InvalidInputError('Trigger.kafkaLag', problem, remedy),
    );
  });
});

describe('a trigger on a query', () => {
  const all: Required<PrometheusTriggerProps> = {
    server,
    metricName: 'http:rps',
    query: 'sum(rate(x[1m]))',
    threshold: 1000,
  };
  const metadata = {
    serverAddress: 'http://prometheus.shop.svc:9090',
    query: 'sum(rate(x[1m]))',
    threshold: '1000',
    ignoreNullValues: 'false',
  };

  it('has everything that was said of it', () => {
    expect(Trigger.prometheus(all)).toMatchObject({
      needsKeda: true,
      metric: 'http:rps',
      threshold: 1000,
      source: server,
    });
  });

  it('of KEDA 2.11 has its name in the metric', () => {
    expect(manifestsOf(Trigger.prometheus(all), '2.11')).toEqual({
      trigger: { type: 'prometheus', metadata: { ...metadata, metricName: 'http:rps' } },
      metric: externalMetric('s1-prometheus-http-rps', '1k'),
    });
  });

  it('of KEDA 2.12 has its name beside it', () => {
    expect(manifestsOf(Trigger.prometheus(all), '2.12')).toEqual({
      trigger: { type: 'prometheus', name: 'http:rps', metadata },
      metric: externalMetric('s1-prometheus', '1k'),
    });
  });

  it.each<[Partial<PrometheusTriggerProps>, string, string, string]>([
    [{ metricName: '' }, 'Trigger.prometheus', 'metricName is empty', 'Give metricName a value'],
    [
      { query: 'sum(up' },
      'Trigger.prometheus "load"',
      'PromQL syntax error at position 7 of "sum(up"',
      'Correct the query from its end on',
    ],
    [
      { query: '' },
      'Trigger.prometheus "load"',
      'PromQL syntax error at position 1 of ""',
      'Correct the query from its end on',
    ],
    [{ server: deaf }, 'Trigger.prometheus', '"deaf" listens on no port', 'Declare a port on "deaf"'],
    ...[0, -1, 0.0001, 1.0001, 1.0000001, NaN, Infinity, 1e300].map(
      (threshold): [Partial<PrometheusTriggerProps>, string, string, string] => [
        { threshold },
        'Trigger.prometheus',
        `threshold is ${threshold}`,
        'Set threshold to a number above 0 with at most three decimals',
      ],
    ),
  ])('is refused with wrong props: case %#', (props, where, problem, remedy) => {
    expect(() => Trigger.prometheus({ ...query, ...props })).toThrow(new InvalidInputError(where, problem, remedy));
  });

  it('has the threshold in the HPA that KEDA computes of its own, or each would write over the other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (thousandths) => {
        const threshold = thousandths / 1000;
        const { metric, trigger } = manifestsOf(Trigger.prometheus({ ...query, threshold }));
        expect(trigger).toMatchObject({ metadata: { threshold: `${threshold}` } });
        const { averageValue } = z
          .object({ external: z.object({ target: z.object({ averageValue: z.string() }) }) })
          .parse(metric).external.target;
        const factors = new Map([
          ['m', 1],
          ['', 1000],
          ['k', 1e6],
          ['M', 1e9],
        ]);
        const [, amount, unit = ''] = /^(\d+)(.*)$/.exec(averageValue) ?? [];
        // KEDA: resource.NewMilliQuantity(int64(threshold * 1000)), where 1.001 * 1000 is a little less than 1001.
        expect(Number(amount) * (factors.get(unit) ?? NaN)).toBe(Math.trunc(threshold * 1000));
      }),
      { examples: [[1001], [1005], [1_000_000], [500], [1500]] },
    );
  });
});
