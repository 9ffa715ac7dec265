import { Chart, Duration } from 'cdk8s';
import { HorizontalPodAutoscaler, k8s } from 'cdk8s-plus-27';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ScaledObject } from '../../../imports/keda.sh';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { KedaScaler, KedaScalerProps } from '../../../src/constructs/scaling/keda-scaler';
import { Endpoint } from '../../../src/constructs/network/peer';
import { Trigger } from '../../../src/constructs/scaling/trigger';
import { describeProblem, InvalidInputError } from '../../../src/core/errors';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, appOf, deploymentOf, newChart, objectOf, objectsOf, validationOf } from '../../synthesize';

const broker = Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, port: 9092 });
const server = Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 });
const credentials = { username: secretKey('kafka', 'user'), password: secretKey('kafka', 'pass') };

const lag = (topic: string) => Trigger.kafkaLag({ broker, topic, consumerGroup: 'shop', lag: 500 });
const secured = (topic: string, user = 'user') =>
  Trigger.kafkaLag({
    broker,
    topic,
    consumerGroup: 'shop',
    lag: 500,
    credentials: { ...credentials, username: secretKey('kafka', user) },
  });
const load = (metricName: string) => Trigger.prometheus({ server, metricName, query: 'sum(up)', threshold: 1000 });

/** A scaler of the service `orders` in a chart of its own. */
function scaler(props: Partial<KedaScalerProps> = {}): KedaScaler {
  const chart = newChart();
  const target = new AutonomousOpService(chart, 'orders', { image: 'acme/orders:1' });
  return new KedaScaler(chart, 'scaling', { target, minReplicas: 2, maxReplicas: 10, ...props });
}

const behavior = z.object({
  scaleUp: z.object({ stabilizationWindowSeconds: z.number() }),
  scaleDown: z.object({ stabilizationWindowSeconds: z.number() }),
});

const hpaObject = anyObject.extend({
  spec: z.object({
    scaleTargetRef: z.unknown(),
    minReplicas: z.number(),
    maxReplicas: z.number(),
    behavior,
    metrics: z.array(
      z.looseObject({
        type: z.string(),
        resource: z.looseObject({ name: z.string() }).optional(),
        external: z
          .looseObject({ metric: z.object({ name: z.string(), selector: z.object({ matchLabels: z.unknown() }) }) })
          .optional(),
      }),
    ),
  }),
});

const scaledObject = anyObject.extend({
  spec: z.object({
    scaleTargetRef: z.unknown(),
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    advanced: z.object({ horizontalPodAutoscalerConfig: z.object({ name: z.string(), behavior }) }),
    triggers: z.array(
      z.looseObject({
        type: z.string(),
        metadata: z.looseObject({ metricName: z.string().optional() }),
        authenticationRef: z.object({ name: z.string() }).optional(),
      }),
    ),
  }),
});

const hpaOf = (of: KedaScaler) => objectOf(of, 'HorizontalPodAutoscaler', hpaObject);
const scaledObjectOf = (of: KedaScaler) => objectOf(of, 'ScaledObject', scaledObject);
const metricNames = (of: KedaScaler) =>
  hpaOf(of).spec.metrics.map(({ resource, external }) => resource?.name ?? external?.metric.name);
const windows = ({ scaleUp, scaleDown }: z.infer<typeof behavior>) => [
  scaleUp.stabilizationWindowSeconds,
  scaleDown.stabilizationWindowSeconds,
];

describe('every prop', () => {
  const chart = newChart();
  const allProps: Required<KedaScalerProps> = {
    target: new AutonomousOpService(chart, 'stock', { image: 'acme/stock:1' }),
    minReplicas: 3,
    maxReplicas: 7,
    triggers: [load('rps'), Trigger.cpu(60)],
    hpaName: 'my-hpa',
    scaledObjectName: 'my.keda',
    kedaRelease: '2.12',
    scaleUpWindow: Duration.seconds(30),
    scaleDownWindow: Duration.minutes(10),
  };
  const plain = scaler({ triggers: [load('rps'), Trigger.cpu(70)] });
  const custom = new KedaScaler(chart, 'scaling', allProps);

  type Effect = readonly [read: (scaler: KedaScaler) => unknown, byDefault: unknown, whenSet: unknown];
  const target = (name: string) => [name, { apiVersion: 'apps/v1', kind: 'Deployment', name }, { name }];
  const effects: Record<keyof KedaScalerProps, Effect> = {
    target: [
      (s) => [s.target.name, hpaOf(s).spec.scaleTargetRef, scaledObjectOf(s).spec.scaleTargetRef],
      target('orders'),
      target('stock'),
    ],
    minReplicas: [
      (s) => [s.minReplicas, hpaOf(s).spec.minReplicas, scaledObjectOf(s).spec.minReplicaCount],
      [2, 2, 2],
      [3, 3, 3],
    ],
    maxReplicas: [
      (s) => [s.maxReplicas, hpaOf(s).spec.maxReplicas, scaledObjectOf(s).spec.maxReplicaCount, s.target.maxReplicas],
      [10, 10, 10, 10],
      [7, 7, 7, 7],
    ],
    triggers: [(s) => s.triggers.map(({ metric }) => metric), ['rps', 'cpu'], ['rps', 'cpu']],
    hpaName: [
      (s) => [s.hpaName, hpaOf(s).metadata.name, scaledObjectOf(s).spec.advanced.horizontalPodAutoscalerConfig.name],
      ['orders-hpa', 'orders-hpa', 'orders-hpa'],
      ['my-hpa', 'my-hpa', 'my-hpa'],
    ],
    scaledObjectName: [
      (s) => [scaledObjectOf(s).metadata.name, hpaOf(s).spec.metrics[0]?.external?.metric.selector.matchLabels],
      ['orders-keda', { 'scaledobject.keda.sh/name': 'orders-keda' }],
      ['my.keda', { 'scaledobject.keda.sh/name': 'my.keda' }],
    ],
    kedaRelease: [metricNames, ['s0-prometheus-rps', 'cpu'], ['s0-prometheus', 'cpu']],
    scaleUpWindow: [(s) => hpaOf(s).spec.behavior.scaleUp.stabilizationWindowSeconds, 0, 30],
    scaleDownWindow: [(s) => hpaOf(s).spec.behavior.scaleDown.stabilizationWindowSeconds, 300, 600],
  };

  it.each(Object.entries(effects))('%s has its default and its effect', (_, [read, byDefault, whenSet]) => {
    expect(read(plain)).toEqual(byDefault);
    expect(read(custom)).toEqual(whenSet);
  });
});

describe('the HPA and the ScaledObject agree', () => {
  const both = scaler({ triggers: [Trigger.cpu(70), lag('orders'), Trigger.memory(80), load('rps')] });

  it('on the mark by which KEDA takes the HPA over, as their only annotation', () => {
    const mark = { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' };
    expect([hpaOf(both).metadata.annotations, scaledObjectOf(both).metadata.annotations]).toEqual([mark, mark]);
  });

  it('on their behavior, whatever the windows', () => {
    const custom = scaler({
      triggers: [lag('a')],
      scaleUpWindow: Duration.seconds(9),
      scaleDownWindow: Duration.minutes(0.1),
    });
    for (const [one, expected] of [[both, [0, 300]] as const, [custom, [9, 6]] as const]) {
      expect(windows(hpaOf(one).spec.behavior)).toEqual(expected);
      expect(scaledObjectOf(one).spec.advanced.horizontalPodAutoscalerConfig.behavior).toEqual(
        hpaOf(one).spec.behavior,
      );
    }
  });

  it('on the order: the ScaledObject has the triggers as declared, the HPA external metrics first', () => {
    expect(scaledObjectOf(both).spec.triggers.map(({ type }) => type)).toEqual([
      'cpu',
      'kafka',
      'memory',
      'prometheus',
    ]);
    expect(metricNames(both)).toEqual(['s1-kafka-orders', 's3-prometheus-rps', 'cpu', 'memory']);
  });

  it('on the names of the metrics, by the position among all triggers, for each release of KEDA', () => {
    const resources = [Trigger.cpu(70), Trigger.memory(80)];
    const trigger = fc.constantFrom('kafka', 'prometheus', 'resource');
    fc.assert(
      fc.property(
        fc.array(trigger, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('2.11' as const, '2.12' as const),
        (kinds, kedaRelease) => {
          const left = [...resources];
          const names: string[] = [];
          const declared = kinds.map((kind, index) => {
            if (kind === 'kafka') {
              names.push(`s${index}-kafka-topic-${index}`);
              return lag(`topic.${index}`);
            }
            const resource = kind === 'resource' ? left.shift() : undefined;
            if (resource !== undefined) return resource;
            names.push(kedaRelease === '2.11' ? `s${index}-prometheus-load-${index}` : `s${index}-prometheus`);
            return load(`load-${index}`);
          });
          const one = scaler({ triggers: declared, kedaRelease });
          const used = declared.filter(({ needsKeda }) => !needsKeda).map(({ metric }) => metric);
          expect(metricNames(one)).toEqual([...names, ...used]);
          const objects = objectsOf(one, 'ScaledObject', scaledObject);
          expect(objects).toHaveLength(names.length > 0 ? 1 : 0);
          for (const { spec } of objects) {
            expect(spec.triggers).toHaveLength(declared.length);
            expect(spec.triggers.some(({ metadata }) => metadata.metricName !== undefined)).toBe(
              kedaRelease === '2.11' && kinds.some((_, index) => names.includes(`s${index}-prometheus-load-${index}`)),
            );
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('although a trigger comes later than the scaler', () => {
    const late = scaler({ triggers: [Trigger.cpu(70)] });
    expect(late.addTrigger(lag('orders'))).toBe(late);
    expect(metricNames(late)).toEqual(['s1-kafka-orders', 'cpu']);
    expect(scaledObjectOf(late).spec.triggers.map(({ type }) => type)).toEqual(['cpu', 'kafka']);
    expect(hpaOf(late).metadata.annotations).toEqual(scaledObjectOf(late).metadata.annotations);
  });
});

describe('a service scaled on cpu and memory alone', () => {
  const plain = scaler({ triggers: [Trigger.cpu(70), Trigger.memory(80)] });

  it('has an HPA and no ScaledObject, without a mark for KEDA', () => {
    expect(objectsOf(plain, 'ScaledObject', anyObject)).toEqual([]);
    expect(hpaOf(plain).metadata.annotations).toBeUndefined();
    expect(metricNames(plain)).toEqual(['cpu', 'memory']);
  });

  it('waits 5 minutes before it adds pods, and 5 before it takes any away', () => {
    expect(windows(hpaOf(plain).spec.behavior)).toEqual([300, 300]);
    expect(
      windows(hpaOf(scaler({ triggers: [Trigger.cpu(1)], scaleUpWindow: Duration.seconds(0) })).spec.behavior),
    ).toEqual([0, 300]);
  });
});

describe('a scaled Deployment', () => {
  it('has no replicas, whatever the service says, and its autoscaler knows the maximum', () => {
    const { target } = scaler({ triggers: [Trigger.cpu(70)] });
    expect(deploymentOf(target).spec).not.toHaveProperty('replicas');
    expect(target.maxReplicas).toBe(10);
  });
});

describe('credentials', () => {
  const authentications = (of: KedaScaler) => objectsOf(of, 'TriggerAuthentication', anyObject);
  const references = (of: KedaScaler) =>
    scaledObjectOf(of).spec.triggers.map(({ authenticationRef }) => authenticationRef?.name);

  it('are one TriggerAuthentication for all triggers that share them', () => {
    const shared = scaler({ triggers: [secured('a'), lag('b'), secured('c')] });
    expect(authentications(shared).map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      [
        'orders-keda-kafka',
        {
          secretTargetRef: [
            { parameter: 'username', name: 'kafka', key: 'user' },
            { parameter: 'password', name: 'kafka', key: 'pass' },
          ],
        },
      ],
    ]);
    expect(references(shared)).toEqual(['orders-keda-kafka', undefined, 'orders-keda-kafka']);
  });

  it('that differ are one each, with a number', () => {
    const separate = scaler({ triggers: [secured('a'), secured('b', 'other'), secured('c')] });
    expect(authentications(separate).map(({ metadata }) => metadata.name)).toEqual([
      'orders-keda-kafka',
      'orders-keda-kafka-2',
    ]);
    expect(references(separate)).toEqual(['orders-keda-kafka', 'orders-keda-kafka-2', 'orders-keda-kafka']);
  });

  it('that differ in the mechanism only, or are written in another order, are the same user and password', () => {
    const { username, password } = credentials;
    const withMechanism = { password, username, mechanism: 'scram_sha256' as const };
    const one = Trigger.kafkaLag({ broker, topic: 'b', consumerGroup: 'g', lag: 1, credentials: withMechanism });
    expect(authentications(scaler({ triggers: [secured('a'), one] }))).toHaveLength(1);
  });
});

describe('a scaler is refused at construction where', () => {
  const partitioned = Trigger.kafkaLag({ broker, topic: 'orders', consumerGroup: 'shop', lag: 5, partitions: 9 });
  const objectName =
    'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit';

  it.each<[string, Partial<KedaScalerProps>, string, string]>([
    ['nothing runs', { minReplicas: 0 }, 'minReplicas is 0', 'Set minReplicas to a whole number of at least 1'],
    ['a half runs', { minReplicas: 0.5 }, 'minReplicas is 0.5', 'Set minReplicas to a whole number of at least 1'],
    ['nothing may run', { maxReplicas: 0 }, 'maxReplicas is 0', 'Set maxReplicas to a whole number of at least 1'],
    [
      'the minimum is over the maximum',
      { minReplicas: 5, maxReplicas: 3 },
      'minReplicas (5) is greater than maxReplicas (3)',
      'Lower the one or raise the other',
    ],
    [
      'pods would have no partition',
      { triggers: [partitioned] },
      'maxReplicas (10) is greater than the 9 partitions of topic "orders": consumers beyond them would idle',
      'Lower maxReplicas to 9, or give the topic more partitions and say so in `partitions`',
    ],
    [
      'cpu is there twice',
      { triggers: [Trigger.cpu(70), Trigger.cpu(80)] },
      'there are two triggers on cpu',
      'Keep the one with the lower threshold',
    ],
    [
      'a topic is there twice',
      { triggers: [lag('a'), lag('a')] },
      'there are two triggers on lag of a',
      'Keep the one with the lower threshold',
    ],
    [
      'the window is over an hour',
      { scaleUpWindow: Duration.minutes(61) },
      'scaleUpWindow in seconds is 3660',
      'Set scaleUpWindow in seconds to a whole number from 0 to 3600',
    ],
    [
      'the window is broken',
      { scaleDownWindow: Duration.millis(10) },
      'scaleDownWindow is 0.01 seconds',
      'Set scaleDownWindow to a whole number of seconds, at least 0',
    ],
    ['the HPA has no name', { hpaName: '' }, '"" is not a valid object name', objectName],
    ['the ScaledObject has a wrong name', { scaledObjectName: 'A' }, '"A" is not a valid object name', objectName],
    [
      'the name of the ScaledObject is too long for the label that carries it',
      { scaledObjectName: 'k'.repeat(64), triggers: [lag('a')] },
      `scaledObjectName "${'k'.repeat(64)}" has 64 characters, and KEDA makes a label of it`,
      'Set scaledObjectName to at most 63 characters',
    ],
  ])('%s', (_, props, problem, remedy) => {
    expect(() => scaler(props)).toThrow(new InvalidInputError('test/scaling', problem, remedy));
  });

  it('its target is in another namespace, where an HPA reaches nothing', () => {
    const { target } = scaler({ triggers: [Trigger.cpu(70)] });
    const other = new Chart(appOf(target), 'other', { namespace: 'stock' });
    expect(() => new KedaScaler(other, 'scaling', { target, minReplicas: 1, maxReplicas: 2 })).toThrow(
      new InvalidInputError(
        'other/scaling',
        'its target "orders" is in namespace "shop", and the chart in namespace "stock"',
        "Make it in a chart of the target's namespace",
      ),
    );
  });

  it('another one owns the target', () => {
    const { target } = scaler({ triggers: [Trigger.cpu(70)] });
    expect(() => new KedaScaler(target, 'second', { target, minReplicas: 1, maxReplicas: 2 })).toThrow(
      new InvalidInputError(
        'test/orders/second',
        '"orders" is scaled by test/scaling already, and two autoscalers on one Deployment fight',
        'Add the triggers to test/scaling',
      ),
    );
  });

  it('a trigger that comes later has too few partitions, and the trigger is not added', () => {
    const one = scaler({ triggers: [Trigger.cpu(70)] });
    expect(() => one.addTrigger(partitioned)).toThrow(InvalidInputError);
    expect(one.triggers).toHaveLength(1);
  });
});

describe('the validation of the tree', () => {
  it('takes maxReplicas that are as many as the partitions', () => {
    const trigger = Trigger.kafkaLag({ broker, topic: 'orders', consumerGroup: 'shop', lag: 5, partitions: 10 });
    expect(validationOf(scaler({ triggers: [trigger] }))).toBe('');
  });

  it('finds a scaler without a trigger', () => {
    expect(validationOf(scaler())).toBe(
      describeProblem('test/scaling', 'it has no trigger, so it would never scale', 'Add one, such as Trigger.cpu(70)'),
    );
  });

  const second = (kind: string, name: string, path: string) =>
    describeProblem(
      'test/scaling',
      `${kind} "${name}" (${path}) scales Deployment "orders" too, and two autoscalers fight`,
      'Remove one of them',
    );

  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' };

  it('finds an HPA of cdk8s-plus on the same Deployment, made before the scaler', () => {
    const chart = newChart();
    const target = new AutonomousOpService(chart, 'orders', { image: 'acme/orders:1' });
    new HorizontalPodAutoscaler(chart, 'plus', {
      metadata: { name: 'plus' },
      maxReplicas: 3,
      target: {
        hasAutoscaler: false,
        markHasAutoscaler: () => undefined,
        toScalingTarget: () => ({ ...deployment, containers: [] }),
      },
    });
    new KedaScaler(chart, 'scaling', { target, minReplicas: 1, maxReplicas: 2, triggers: [Trigger.cpu(70)] });
    expect(validationOf(chart)).toContain(second('HorizontalPodAutoscaler', 'plus', 'test/plus/Resource'));
  });

  it('finds an HPA that is written by hand, in any chart of the namespace', () => {
    const one = scaler({ triggers: [Trigger.cpu(70)] });
    const other = new Chart(appOf(one), 'other', { namespace: 'shop' });
    new k8s.KubeHorizontalPodAutoscalerV2(other, 'by-hand', {
      metadata: { name: 'by-hand' },
      spec: { scaleTargetRef: deployment, maxReplicas: 3 },
    });
    expect(validationOf(one)).toBe(second('HorizontalPodAutoscaler', 'by-hand', 'other/by-hand'));
  });

  it('finds a ScaledObject that is written by hand, which means a Deployment where it says nothing', () => {
    const one = scaler({ triggers: [lag('orders')] });
    new ScaledObject(one.target, 'by-hand', {
      metadata: { name: 'by-hand' },
      spec: { scaleTargetRef: { name: 'orders' }, triggers: [] },
    });
    expect(validationOf(one)).toBe(second('ScaledObject', 'by-hand', 'test/orders/by-hand'));
  });

  it('says it once, although there are more scalers', () => {
    const one = scaler({ triggers: [Trigger.cpu(70)] });
    const chart = Chart.of(one);
    const target = new AutonomousOpService(chart, 'stock', { image: 'acme/stock:1' });
    new KedaScaler(chart, 'stock-scaling', { target, minReplicas: 1, maxReplicas: 2, triggers: [Trigger.cpu(70)] });
    new k8s.KubeHorizontalPodAutoscalerV2(chart, 'by-hand', {
      metadata: { name: 'by-hand' },
      spec: { scaleTargetRef: deployment, maxReplicas: 3 },
    });
    expect(validationOf(one)).toBe(second('HorizontalPodAutoscaler', 'by-hand', 'test/by-hand'));
  });

  it('leaves alone an HPA on a workload of the same name of another kind or in another namespace', () => {
    const one = scaler({ triggers: [lag('orders')] });
    const other = new Chart(appOf(one), 'other', { namespace: 'stock' });
    new k8s.KubeHorizontalPodAutoscalerV2(one.target, 'set', {
      metadata: { name: 'set' },
      spec: { scaleTargetRef: { ...deployment, kind: 'StatefulSet' }, maxReplicas: 3 },
    });
    new k8s.KubeHorizontalPodAutoscalerV2(other, 'elsewhere', {
      metadata: { name: 'elsewhere' },
      spec: { scaleTargetRef: deployment, maxReplicas: 3 },
    });
    expect(validationOf(one)).toBe('');
  });
});
