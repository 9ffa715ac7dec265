import { Duration } from 'cdk8s';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import {
  requireDnsLabel,
  requireDnsSubdomain,
  requireEnvName,
  requireImage,
  requireInteger,
  requireLabels,
  requirePort,
  requireSeconds,
  requireText,
} from '../../src/core/validation';

/** Fails unless `action` throws exactly this. */
function expectInvalid(action: () => unknown, problem: string, remedy: string): void {
  expect(action).toThrow(new InvalidInputError('here', problem, remedy));
}

describe('a name', () => {
  it.each(['a', 'orders', 'orders-2', 'x'.repeat(63)])('of a Service may be %j', (name) => {
    expect(requireDnsLabel('here', name)).toBe(name);
  });

  it.each(['', 'Orders', '2orders', '-a', 'a-', 'a.b', 'a_b', 'a b', 'ö', 'x'.repeat(64), 'orders\n'])(
    'of a Service may not be %j',
    (name) => {
      expectInvalid(
        () => requireDnsLabel('here', name),
        `"${name}" is not a valid name`,
        'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit',
      );
    },
  );

  it.each(['a', '2', 'a.b-c.d', 'x'.repeat(253)])('of an object may be %j', (name) => {
    expect(requireDnsSubdomain('here', name)).toBe(name);
  });

  it.each(['', 'A', '-a', 'a-', 'a..b', '.a', 'a.', 'a_b', 'a.-b', 'x'.repeat(254)])(
    'of an object may not be %j',
    (name) => {
      expectInvalid(
        () => requireDnsSubdomain('here', name),
        `"${name}" is not a valid object name`,
        'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
      );
    },
  );

  it.each(['A', '_a', 'SPRING_DATA_REDIS_HOST', 'a1'])('of a variable may be %j', (name) => {
    expect(requireEnvName('here', name)).toBe(name);
  });

  it.each(['', '1A', 'A-B', 'a.b', 'A B'])('of a variable may not be %j', (name) => {
    expectInvalid(
      () => requireEnvName('here', name),
      `"${name}" is not a valid name of an environment variable`,
      'Use letters, digits and "_", not starting with a digit',
    );
  });
});

describe('labels', () => {
  it.each([{}, { app: 'orders' }, { 'app.kubernetes.io/part-of': 'shop' }, { App_1: '' }, { a: 'V1.2_x-y' }])(
    'may be %j',
    (labels) => {
      expect(requireLabels('here', labels)).toEqual(labels);
    },
  );

  it('are copied, so that a later change of the argument changes nothing', () => {
    const labels = { app: 'orders' };
    const checked = requireLabels('here', labels);
    labels.app = 'other';
    expect(checked).toEqual({ app: 'orders' });
  });

  it.each(['', '-a', 'a-', 'a b', '/a', 'a/', 'A.b/c', 'a/b/c', 'x'.repeat(64)])('may not have the key %j', (key) => {
    expectInvalid(
      () => requireLabels('here', { [key]: 'v' }),
      `"${key}" is not a valid label key`,
      'Use an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."',
    );
  });

  it.each(['-', 'a-', 'a b', 'a/b', 'ö', 'x'.repeat(64)])('may not have the value %j', (value) => {
    expectInvalid(
      () => requireLabels('here', { app: value }),
      `"${value}" is not a valid value for label "app"`,
      'Use at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or a digit',
    );
  });
});

describe('an image', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;

  it.each([
    'orders:1',
    'acme/orders:2.3.1',
    'registry.example.com:5000/acme/orders:v1_2',
    `acme/orders@${digest}`,
    `acme/orders:latest@${digest}`,
  ])('may be %j', (image) => {
    expect(requireImage('here', image)).toBe(image);
  });

  it.each([
    '',
    'orders',
    'acme/orders:latest',
    'registry:5000/orders',
    'acme/orders:',
    ':1.0',
    'acme/:1.0',
    'acme/orders: 1',
    'acme/orders@sha256:beef',
    `@${digest}`,
    `acme/@${digest}`,
  ])('may not be %j', (image) => {
    expectInvalid(
      () => requireImage('here', image),
      `image "${image}" names no version`,
      'Give it a tag other than "latest", or a digest (name@sha256:…)',
    );
  });
});

describe('a number', () => {
  it('within its range is given back, both ends included', () => {
    expect([1, 2, 3].map((value) => requireInteger('here', 'replicas', value, 1, 3))).toEqual([1, 2, 3]);
    expect(requireInteger('here', 'replicas', 1000, 1)).toBe(1000);
  });

  it('beyond its range, broken or none at all is an error with its name and value', () => {
    for (const value of [0, 4, 1.5, -1, NaN, Infinity]) {
      expectInvalid(
        () => requireInteger('here', 'replicas', value, 1, 3),
        `replicas is ${value}`,
        'Set replicas to a whole number from 1 to 3',
      );
    }
    expectInvalid(
      () => requireInteger('here', 'replicas', 0, 1),
      'replicas is 0',
      'Set replicas to a whole number of at least 1',
    );
  });

  it('of a port is from 1 to 65535', () => {
    expect([1, 65535].map((port) => requirePort('here', 'port', port))).toEqual([1, 65535]);
    for (const port of [0, 65536]) {
      expectInvalid(
        () => requirePort('here', 'port', port),
        `port is ${port}`,
        'Set port to a whole number from 1 to 65535',
      );
    }
  });
});

describe('a duration', () => {
  it.each([
    [Duration.seconds(0), 0],
    [Duration.millis(2000), 2],
    [Duration.minutes(5), 300],
    [Duration.minutes(0.5), 30],
    [Duration.minutes(1.1), 66],
    [Duration.hours(0.7), 2520],
  ])('of whole seconds is given in seconds', (duration, seconds) => {
    expect(requireSeconds('here', 'wait', duration, 0)).toBe(seconds);
  });

  it.each([
    [Duration.millis(1500), '1.5'],
    [Duration.millis(0.5), '0.0005'],
    [Duration.seconds(1.0005), '1.0005'],
    [Duration.seconds(NaN), 'NaN'],
    [Duration.seconds(Infinity), 'Infinity'],
    [Duration.seconds(4), '4'],
  ])('of broken or too few seconds is an error with its seconds', (duration, seconds) => {
    expectInvalid(
      () => requireSeconds('here', 'wait', duration, 5),
      `wait is ${seconds} seconds`,
      'Set wait to a whole number of seconds, at least 5',
    );
  });

  it('is never another error than InvalidInputError', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noDefaultInfinity: true }), fc.nat(3), (amount, unit) => {
        const duration = [Duration.millis, Duration.seconds, Duration.minutes, Duration.days][unit]?.(amount);
        try {
          expect(requireSeconds('here', 'wait', duration ?? Duration.seconds(0), 0) % 1).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });
});

describe('a text', () => {
  it('with something in it is given back', () => {
    expect(requireText('here', 'topic', ' orders ')).toBe(' orders ');
  });

  it.each(['', ' ', '\t\n'])('%j is empty', (value) => {
    expectInvalid(() => requireText('here', 'topic', value), 'topic is empty', 'Give topic a value');
  });
});
