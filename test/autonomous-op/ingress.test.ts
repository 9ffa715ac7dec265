import { describe, expect, test } from 'vitest';
import { allows, policy } from '../network-plugin';
import { containerOf, listAt, Manifests, production, synthesizeWith, textAt, valueAt } from './production';

const loadBalancer = { labels: {}, address: '203.0.113.7' };
const nginx = { namespace: 'ingress-nginx', labels: { 'app.kubernetes.io/name': 'ingress-nginx' } };
const gateway = { namespace: 'autonomous-op', labels: { app: 'gateway' } };

const alb = synthesizeWith({
  ingressClass: 'alb',
  acmCertificateArn: 'arn:aws:acm:eu-central-1:1:certificate/2',
  loadBalancerCidrs: ['203.0.113.0/24'],
});

const annotation = (manifests: Manifests, name: string) =>
  valueAt(manifests.get('Ingress', 'autonomous-op-ingress'), `metadata annotations ${name}`);

/** The ports of the gateway that are open to a place. */
function openTo(manifests: Manifests, place: typeof loadBalancer | typeof nginx): unknown[] {
  const policies = manifests.ofKind('NetworkPolicy').map((each) => policy.parse(each));
  return listAt(containerOf(manifests, 'gateway'), 'ports')
    .filter((port) => allows(policies, 'autonomous-op', place, gateway, Number(valueAt(port, 'containerPort'))))
    .map((port) => valueAt(port, 'name'));
}

describe('behind a load balancer of AWS', () => {
  test('the gateway is asked for its health where the kubelet asks for its readiness', () => {
    const container = containerOf(alb, 'gateway');
    const port = textAt(container, 'readinessProbe httpGet port');
    const number = valueAt(container, `ports ${port} containerPort`);
    expect(annotation(alb, 'alb.ingress.kubernetes.io/healthcheck-path')).toBe(
      textAt(container, 'readinessProbe httpGet path'),
    );
    expect(annotation(alb, 'alb.ingress.kubernetes.io/healthcheck-port')).toBe(String(number));
  });

  test('requests and the checks of its health get in from its subnets, and from nowhere else', () => {
    expect(openTo(alb, loadBalancer)).toEqual(['http', 'management']);
    expect(openTo(alb, { labels: {}, address: '198.51.100.7' })).toEqual([]);
    expect(openTo(alb, nginx)).toEqual([]);
  });

  test('the certificate is that of ACM, and cert-manager has nothing to do', () => {
    const ingress = alb.get('Ingress', 'autonomous-op-ingress');
    expect(annotation(alb, 'cert-manager.io/cluster-issuer')).toBeUndefined();
    expect(valueAt(ingress, 'spec tls')).toBeUndefined();
    const solvers = (manifests: Manifests) =>
      manifests.ofKind('NetworkPolicy').filter(({ metadata }) => metadata.name.startsWith('acme-http-solver'));
    expect(solvers(production)).toHaveLength(1);
    expect(solvers(alb)).toEqual([]);
  });

  test('a certificate is required', () => {
    expect(() => synthesizeWith({ ingressClass: 'alb' })).toThrow(
      'ingressClass is "alb", and acmCertificateArn is not set',
    );
  });
});

test("behind nginx only the controller's pods get in, and only requests do", () => {
  expect(openTo(production, nginx)).toEqual(['http']);
  expect(openTo(production, loadBalancer)).toEqual([]);
});
