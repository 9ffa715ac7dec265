import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { consumerGroup } from '../../src/autonomous-op/scaling';
import { isService, serviceKeys, services } from '../../src/autonomous-op/services';
import { keysOf } from '../../src/core/records';
import { connections, targetsOf } from '../../src/autonomous-op/topology';
import { containerOf, listAt, production, synthesizeWith, textAt, valueAt } from './production';

/** A variable as the application sees it: Kubernetes puts the value of another in place of $(…). */
const resolved = (service: string, variable: string): string =>
  envOf(service, variable).replace(/\$\((\w+)\)/g, (_, name: string) => resolved(service, name));

const envOf = (service: string, variable: string) => textAt(containerOf(production, service), `env ${variable} value`);

describe.each(['SPRING_CLOUD_GATEWAY', 'SPRING_CLOUD_GATEWAY_SERVER_WEBFLUX'])('the gateway, as %s', (prefix) => {
  const names = listAt(containerOf(production, 'gateway'), 'env').map((variable) => textAt(variable, 'name'));
  const ids = new RegExp(`^${prefix}_ROUTES_(\\d+)_ID$`);
  const numbers = names.flatMap((name) => ids.exec(name)?.[1] ?? []).map(Number);
  const setting = (name: string) => resolved('gateway', `${prefix}_${name}`);

  test('has routes with the numbers from 0 on, without a gap: Spring reads a list no other way', () => {
    const targets = targetsOf('gateway', connections).filter((key) => key in services);
    expect(numbers).toEqual(targets.map((_, index) => index));
    expect(numbers.length).toBeGreaterThan(0);
  });

  test.each(numbers)('leads on route %i what is under the path of a service to that service', (number) => {
    const route = (part: string) => setting(`ROUTES_${number}_${part}`);
    const service = route('ID');
    const [port] = listAt(production.get('Service', service), 'spec ports');
    expect(route('URI')).toBe(`http://${service}:${String(valueAt(port, 'port'))}`);
    expect(route('PREDICATES_0')).toBe(`Path=/api/${service}/**`);
    expect(route('FILTERS_0')).toBe('StripPrefix=2');
  });

  test.each([
    ['nginx', 'nginx.ingress.kubernetes.io/proxy-read-timeout', {}],
    ['nginx', 'nginx.ingress.kubernetes.io/proxy-send-timeout', {}],
    [
      'alb',
      'alb.ingress.kubernetes.io/load-balancer-attributes',
      { ingressClass: 'alb', acmCertificateArn: 'arn:aws:acm:1' } as const,
    ],
  ])('gives up on a service before %s gives up on the gateway (%s)', (_, annotation, settings) => {
    const ingress = synthesizeWith(settings).get('Ingress', 'autonomous-op-ingress');
    const outer = secondsIn(textAt(ingress, `metadata annotations ${annotation}`));
    expect(secondsIn(setting('HTTPCLIENT_RESPONSETIMEOUT'))).toBeLessThan(outer);
    expect(Number(setting('HTTPCLIENT_CONNECTTIMEOUT')) / 1000).toBeLessThan(outer);
  });

  test('takes requests as large as the Ingress does', () => {
    const size = 'metadata annotations nginx.ingress.kubernetes.io/proxy-body-size';
    const ingress = textAt(production.get('Ingress', 'autonomous-op-ingress'), size);
    expect(setting('DEFAULTFILTERS_0_NAME')).toBe('RequestSize');
    expect(setting('DEFAULTFILTERS_0_ARGS_MAXSIZE')).toBe(`${parseInt(ingress)}MB`);
  });

  test('tells services once what the ingress controller says of a request, and adds nothing of its own to it', () => {
    expect(envOf('gateway', 'SERVER_FORWARD_HEADERS_STRATEGY')).toBe('none');
    // Of X-Forwarded-For, each address that this does not match is dropped.
    expect('203.0.113.7').toMatch(new RegExp(`^(?:${setting('TRUSTEDPROXIES')})$`));
    for (const name of [
      'XFORWARDED_PROTOENABLED',
      'XFORWARDED_PORTENABLED',
      'XFORWARDED_HOSTAPPEND',
      'FORWARDED_ENABLED',
    ]) {
      expect(setting(name)).toBe('false');
    }
  });

  test('has no connection left to a pod that leaves when that pod stops', () => {
    const drains = targetsOf('gateway', connections)
      .filter(isService)
      .map((key) => textAt(containerOf(production, services[key].name), 'lifecycle preStop exec command 1'));
    expect(secondsIn(setting('HTTPCLIENT_POOL_MAXLIFETIME'))).toBeLessThan(Math.min(...drains.map(Number)));
  });
});

describe('a client of Redis', () => {
  const users = serviceKeys.filter((key) => targetsOf(key, connections).includes('redis'));

  test.each(users)('%s notices a fail-over, and waits for a dead address no longer than 2 s', (key) => {
    for (const prefix of ['SPRING_REDIS', 'SPRING_DATA_REDIS']) {
      const setting = (name: string) => resolved(services[key].name, `${prefix}_${name}`);
      expect(setting('LETTUCE_CLUSTER_REFRESH_ADAPTIVE')).toBe('true');
      expect(setting('LETTUCE_CLUSTER_REFRESH_PERIOD')).toBe('30s');
      expect(setting('TIMEOUT')).toBe('2s');
    }
  });
});

describe('a pod', () => {
  test.each(serviceKeys)(
    'of %s starts once it has reached the stores that it connects to, and needs no other',
    (key) => {
      const indicators = { postgres: 'db', redis: 'redis' };
      const needed = keysOf(indicators).filter((store) => targetsOf(key, connections).includes(store));
      const group = envOf(services[key].name, 'MANAGEMENT_ENDPOINT_HEALTH_GROUP_STARTUP_INCLUDE').split(',');
      expect(group).toEqual(['livenessState', ...needed.map((store) => indicators[store])]);
    },
  );
});

describe('a client of Jaeger', () => {
  test.each(serviceKeys)('%s finds it under the name of Spring Boot 3 and that of 4', (key) => {
    const [three, four] = ['MANAGEMENT_OTLP_TRACING_ENDPOINT', 'MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT'];
    expect(resolved(services[key].name, four)).toMatch(/:4318\/v1\/traces$/);
    expect(resolved(services[key].name, three)).toBe(resolved(services[key].name, four));
  });
});

describe('a client of Kafka', () => {
  const consumers = serviceKeys.filter((key) => targetsOf(key, connections).includes('kafka'));

  test.each(consumers)('%s consumes in the group of its own name', (key) => {
    const { name } = services[key];
    expect(envOf(name, 'SPRING_KAFKA_CONSUMER_GROUP_ID')).toBe(name);
  });

  test.each(consumers)('%s sends its trace with a message, and goes on with that of one it receives', (key) => {
    for (const side of ['TEMPLATE', 'LISTENER']) {
      expect(envOf(services[key].name, `SPRING_KAFKA_${side}_OBSERVATIONENABLED`)).toBe('true');
    }
  });

  test('that is scaled on a lag is scaled on that of its own group', () => {
    const triggers = listAt(production.get('ScaledObject', 'autonomous-op-keda'), 'spec triggers');
    const groups = triggers.flatMap((trigger) => valueAt(trigger, 'metadata consumerGroup') ?? []);
    expect(new Set(groups)).toEqual(new Set([envOf('autonomous-op', 'SPRING_KAFKA_CONSUMER_GROUP_ID')]));
    expect(groups).toContain(consumerGroup);
  });

  test("is in the list of Strimzi's policy, with KEDA and the archive, and nobody else is", () => {
    const [listener] = listAt(production.get('Kafka', 'kafka'), 'spec kafka listeners');
    const app = z.object({ podSelector: z.object({ matchLabels: z.object({ app: z.string() }) }) });
    const allowed = listAt(listener, 'networkPolicyPeers').map((peer) => app.parse(peer).podSelector.matchLabels.app);
    const clients = consumers.map((key) => services[key].name);
    expect(allowed.sort()).toEqual([...clients, 'keda-operator', 'kafka-s3-sink'].sort());
  });
});

/** The number of seconds in a text: `60`, `55s`, `idle_timeout.timeout_seconds=60`. */
function secondsIn(text: string): number {
  return Number(/\d+/.exec(text)?.[0]);
}
