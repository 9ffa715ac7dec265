import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { consumerGroup } from '../../src/autonomous-op/scaling';
import { serviceKeys, services } from '../../src/autonomous-op/services';
import { connections, targetsOf } from '../../src/autonomous-op/topology';
import { containerOf, listAt, production, synthesizeWith, textAt, valueAt } from './production';

const envOf = (service: string, variable: string) => textAt(containerOf(production, service), `env ${variable} value`);

describe('the gateway', () => {
  const names = listAt(containerOf(production, 'gateway'), 'env').map((variable) => textAt(variable, 'name'));
  const numbers = names.flatMap((name) => /^SPRING_CLOUD_GATEWAY_ROUTES_(\d+)_ID$/.exec(name)?.[1] ?? []).map(Number);

  test('has routes with the numbers from 0 on, without a gap: Spring reads a list no other way', () => {
    const targets = targetsOf('gateway', connections).filter((key) => key in services);
    expect(numbers).toEqual(targets.map((_, index) => index));
    expect(numbers.length).toBeGreaterThan(0);
  });

  test.each(numbers)('leads on route %i what is under the path of a service to that service', (number) => {
    const route = (part: string) => envOf('gateway', `SPRING_CLOUD_GATEWAY_ROUTES_${number}_${part}`);
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
    expect(secondsIn(envOf('gateway', 'SPRING_CLOUD_GATEWAY_HTTPCLIENT_RESPONSE_TIMEOUT'))).toBeLessThan(outer);
    expect(Number(envOf('gateway', 'SPRING_CLOUD_GATEWAY_HTTPCLIENT_CONNECT_TIMEOUT')) / 1000).toBeLessThan(outer);
  });

  test('takes requests as large as the Ingress does', () => {
    const size = 'metadata annotations nginx.ingress.kubernetes.io/proxy-body-size';
    const ingress = textAt(production.get('Ingress', 'autonomous-op-ingress'), size);
    expect(envOf('gateway', 'SPRING_CLOUD_GATEWAY_DEFAULT_FILTERS_0_NAME')).toBe('RequestSize');
    expect(envOf('gateway', 'SPRING_CLOUD_GATEWAY_DEFAULT_FILTERS_0_ARGS_MAXSIZE')).toBe(`${parseInt(ingress)}MB`);
  });
});

describe('a client of Kafka', () => {
  const consumers = serviceKeys.filter((key) => targetsOf(key, connections).includes('kafka'));

  test.each(consumers)('%s consumes in the group of its own name', (key) => {
    const { name } = services[key];
    expect(envOf(name, 'SPRING_KAFKA_CONSUMER_GROUP_ID')).toBe(name);
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
