import { Chart, Duration, Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NetworkPolicyBundle } from '../../../src/constructs/network/network-policy-bundle';
import { Endpoint } from '../../../src/constructs/network/peer';
import { PublicIngress, PublicIngressProps } from '../../../src/constructs/network/public-ingress';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { InvalidInputError } from '../../../src/core/errors';
import { policy } from '../../network-plugin';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const ARN = 'arn:aws:acm:eu-central-1:123456789012:certificate/abc';
const nginx = Endpoint.inCluster('ingress-nginx', { namespace: 'ingress-nginx' });
const subnets = Endpoint.external('load-balancer', { port: 443, cidrs: ['10.0.0.0/20'] });

function gatewayIn(chart: Chart): AutonomousOpService {
  return new AutonomousOpService(chart, 'gateway', { image: 'acme/gateway:1', httpPort: 9000, managementPort: 9001 });
}

function ingress(props: Partial<PublicIngressProps> = {}): PublicIngress {
  const chart = newChart();
  return new PublicIngress(chart, 'ingress', {
    target: gatewayIn(chart),
    host: 'api.example.com',
    ingressClass: 'nginx',
    certificate: { clusterIssuer: 'letsencrypt' },
    controller: nginx,
    ...props,
  });
}

const alb = (props: Partial<PublicIngressProps> = {}) =>
  ingress({ ingressClass: 'alb', certificate: { acmArn: ARN }, controller: subnets, ...props });

const ingressObject = anyObject.extend({
  spec: z.object({
    ingressClassName: z.string(),
    tls: z.unknown().optional(),
    rules: z.tuple([z.object({ host: z.string(), http: z.unknown() })]),
  }),
});

const specOf = (its: PublicIngress) => objectOf(its, 'Ingress', ingressObject).spec;
const annotationsOf = (its: PublicIngress) => objectOf(its, 'Ingress', ingressObject).metadata.annotations;
const connectionsOf = (its: PublicIngress) =>
  its.connections.map(({ from, to, port }) => `${from.name} > ${to.name}:${port}`);

/** A value for every prop, none of them the default. A prop that is missing here does not compile. */
const allProps: Required<PublicIngressProps> = {
  target: new AutonomousOpService(newChart(), 'shop', { image: 'acme/shop:1' }),
  host: 'shop.example.com',
  ingressClass: 'alb',
  certificate: { acmArn: ARN },
  controller: subnets,
  name: 'front',
  requestTimeout: Duration.seconds(30),
  maxBodySize: Size.mebibytes(5),
};

const backend = (its: PublicIngress) => specOf(its).rules[0].http;
const servedBy = (name: string) => ({
  paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { name: 'http' } } } }],
});

type Effect = readonly [read: (its: PublicIngress) => unknown, byDefault: unknown, whenSet: unknown];

/** What each prop is in the example of nginx, and what it becomes with the value above. */
const effects: Record<keyof PublicIngressProps, Effect> = {
  target: [backend, servedBy('gateway'), servedBy('shop')],
  host: [(its) => specOf(its).rules[0].host, 'api.example.com', 'shop.example.com'],
  ingressClass: [(its) => specOf(its).ingressClassName, 'nginx', 'alb'],
  certificate: [(its) => specOf(its).tls, [{ hosts: ['api.example.com'], secretName: 'gateway-tls' }], undefined],
  controller: [(its) => its.connections[0]?.from.name, 'ingress-nginx', 'load-balancer'],
  name: [(its) => objectOf(its, 'Ingress', anyObject).metadata.name, 'gateway', 'front'],
  requestTimeout: [
    (its) => [
      annotationsOf(its)?.['nginx.ingress.kubernetes.io/proxy-read-timeout'],
      annotationsOf(its)?.['nginx.ingress.kubernetes.io/proxy-send-timeout'],
      annotationsOf(its)?.['alb.ingress.kubernetes.io/load-balancer-attributes'],
    ],
    ['60', '60', undefined],
    [undefined, undefined, 'idle_timeout.timeout_seconds=30'],
  ],
  // Only nginx has such a limit.
  maxBodySize: [(its) => annotationsOf(its)?.['nginx.ingress.kubernetes.io/proxy-body-size'], '10m', undefined],
};

describe('every prop', () => {
  const plain = ingress();
  const custom = ingress(allProps);

  it.each(Object.entries(effects))('%s has its effect', (_, [read, byDefault, whenSet]) => {
    expect(read(plain)).toEqual(byDefault);
    expect(read(custom)).toEqual(whenSet);
  });
});

describe('with nginx', () => {
  it('cert-manager fetches the certificate, and nginx keeps to the limits', () => {
    expect(annotationsOf(ingress({ requestTimeout: Duration.minutes(2), maxBodySize: Size.mebibytes(5) }))).toEqual({
      'cert-manager.io/cluster-issuer': 'letsencrypt',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '120',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '120',
      'nginx.ingress.kubernetes.io/proxy-body-size': '5m',
    });
  });

  it('the controller reaches the requests of the target and the solver of cert-manager, and nothing else', () => {
    expect(connectionsOf(ingress())).toEqual(['ingress-nginx > gateway:9000', 'ingress-nginx > acme-http-solver:8089']);
    expect(ingress().pods.map(({ podLabels }) => podLabels)).toEqual([
      { 'acme.cert-manager.io/http01-solver': 'true' },
    ]);
  });
});

describe('with the load balancer of AWS', () => {
  it('it has the certificate, and asks the actuator for the health of each pod, on its own port', () => {
    expect(annotationsOf(alb())).toEqual({
      'alb.ingress.kubernetes.io/scheme': 'internet-facing',
      'alb.ingress.kubernetes.io/target-type': 'ip',
      'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS":443}]',
      'alb.ingress.kubernetes.io/certificate-arn': ARN,
      'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds=60',
      'alb.ingress.kubernetes.io/healthcheck-path': '/actuator/health/readiness',
      'alb.ingress.kubernetes.io/healthcheck-port': '9001',
    });
  });

  it('its subnets reach the requests of the target and the port of the health checks', () => {
    const chart = newChart();
    const target = gatewayIn(chart);
    const its = new PublicIngress(chart, 'ingress', {
      target,
      host: 'api.example.com',
      ingressClass: 'alb',
      certificate: { acmArn: ARN },
      controller: subnets,
    });
    new NetworkPolicyBundle(chart, 'network', { workloads: [target, its] });
    const from = [{ ipBlock: { cidr: '10.0.0.0/20' } }];
    const [, , gateway, ...others] = objectsOf(chart, 'NetworkPolicy', policy);
    expect(gateway?.spec.ingress).toEqual([
      { from, ports: [{ protocol: 'TCP', port: 9000 }] },
      { from, ports: [{ protocol: 'TCP', port: 9001 }] },
    ]);
    expect(others).toEqual([]);
  });
});

describe('an ingress is refused if', () => {
  it.each<[string, Partial<PublicIngressProps>, string, string]>([
    [
      'its host is a URL',
      { host: 'https://api.example.com' },
      '"https://api.example.com" is not a valid object name',
      'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
    ],
    [
      'nginx is to use a certificate of AWS',
      { certificate: { acmArn: ARN } },
      `ingress class "nginx" can't use the ACM certificate ${ARN}`,
      'Use the class "alb", or a certificate of cert-manager',
    ],
    [
      'the load balancer is to use one of cert-manager',
      { ingressClass: 'alb' },
      'ingress class "alb" can\'t use a certificate of cert-manager (letsencrypt)',
      'Give it the ARN of an ACM certificate, or use the class "nginx"',
    ],
    [
      'the issuer is empty',
      { certificate: { clusterIssuer: '' } },
      'clusterIssuer is empty',
      'Give clusterIssuer a value',
    ],
    [
      'a request may take no time',
      { requestTimeout: Duration.millis(500) },
      'requestTimeout is 0.5 seconds',
      'Set requestTimeout to a whole number of seconds, at least 1',
    ],
  ])('%s', (_, props, problem, remedy) => {
    expect(() => ingress(props)).toThrow(new InvalidInputError('test/ingress', problem, remedy));
  });

  it('the ARN is empty', () => {
    expect(() => alb({ certificate: { acmArn: ' ' } })).toThrow('acmArn is empty');
  });
});
