import { Duration, Size } from 'cdk8s';
import { Endpoint, Peer } from '../constructs/network/peer';
import { IngressCertificate } from '../constructs/network/public-ingress';
import { InvalidInputError } from '../core/errors';
import { Settings } from './environments';
import { peers } from './topology';

/* The way in from outside: the Ingress' class and certificate, and what a request may be. */

/** What a request may take: the Ingress and the gateway behind it have the same numbers. */
export const requestLimits = {
  /** Time that a request may take, from the first byte in to the last byte out. */
  requestTimeout: Duration.seconds(60),
  /** Size of the largest request. */
  maxBodySize: Size.mebibytes(10),
} as const;

/** The path under which the gateway serves a service; the service itself sees what follows. */
export function pathOf(service: string): string {
  return `/api/${service}`;
}

/** What opens connections to the gateway from outside. */
export function ingressControllerOf({
  ingressClass,
  loadBalancerCidrs,
}: Pick<Settings, 'ingressClass' | 'loadBalancerCidrs'>): Peer {
  return ingressClass === 'nginx'
    ? peers.nginx
    : Endpoint.external('load-balancer', { port: 443, cidrs: loadBalancerCidrs });
}

/** The settings that say who signs the certificate. */
export type CertificateSettings = Pick<
  Settings,
  'environment' | 'ingressClass' | 'clusterIssuer' | 'acmCertificateArn'
>;

/**
 * The certificate of the domain.
 *
 * @throws InvalidInputError if the class is `alb` and no ACM certificate is set
 */
export function certificateOf(settings: CertificateSettings): IngressCertificate {
  const { ingressClass, clusterIssuer, acmCertificateArn, environment } = settings;
  if (ingressClass === 'nginx') {
    return { clusterIssuer };
  }
  if (acmCertificateArn === undefined) {
    throw new InvalidInputError(
      `environment › ${environment}`,
      'ingressClass is "alb", and acmCertificateArn is not set',
      'Set acmCertificateArn to the certificate of the domain, or ingressClass to "nginx"',
    );
  }
  return { acmArn: acmCertificateArn };
}
