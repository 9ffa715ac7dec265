/* The way in from outside: an Ingress with TLS on one host, all of it to one service. */
import { Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { HealthCheck } from './health-check';
import { InvalidInputError } from '../../core/errors';
import { requireDnsSubdomain, requireSeconds, requireText } from '../../core/validation';
import { Connection, connection, NetworkedWorkload } from './connection';
import { Endpoint, Peer } from './peer';

/** How a {@link PublicIngress} proves who it is. */
export type IngressCertificate = CertManagerCertificate | AcmCertificate;

/** A certificate that cert-manager fetches and renews. */
export interface CertManagerCertificate {
  /** Name of the ClusterIssuer. */
  readonly clusterIssuer: string;
}

/** A certificate of the AWS Certificate Manager, which only the class `alb` can use. */
export interface AcmCertificate {
  /** ARN of the certificate. */
  readonly acmArn: string;
}

/** A Service whose port is called `http`, before pods that tell their health on another port, as an AutonomousOpService does. */
export interface IngressTarget extends Peer {
  /** Numbers of the two ports. */
  readonly ports: Readonly<Record<'http' | 'management', number>>;
  /** What tells a load balancer that a pod takes requests. @default - the readiness of Spring Boot's actuator, on `management` */
  readonly readiness?: HealthCheck;
}

/** Properties of {@link PublicIngress}. */
export interface PublicIngressProps {
  /** The service that takes every request. */
  readonly target: IngressTarget;
  /** Host name that clients use. */
  readonly host: string;
  /** The ingress controller: nginx, or the AWS Load Balancer Controller. */
  readonly ingressClass: 'nginx' | 'alb';
  /** The certificate. */
  readonly certificate: IngressCertificate;
  /** Where the controller's connections come from: its pods, or the load balancer's subnets. */
  readonly controller: Peer;
  /** Name of the Ingress. @default - the name of the target */
  readonly name?: string;
  /** Time that a request may take. @default Duration.seconds(60) (nginx' own default) */
  readonly requestTimeout?: Duration;
  /** Size of the largest request. Only nginx has such a limit. @default Size.mebibytes(10) */
  readonly maxBodySize?: Size;
}

/**
 * The way in from outside: an Ingress with TLS on one host, all of it to one service.
 *
 * @example
 * new PublicIngress(chart, 'edge', {
 *   target: gateway, host: 'api.example.com', ingressClass: 'nginx', certificate: { clusterIssuer: 'letsencrypt' },
 *   controller: Endpoint.inCluster('ingress-nginx', { namespace: 'ingress-nginx' }),
 * });
 */
export class PublicIngress extends Construct implements NetworkedWorkload {
  /** The pods by which cert-manager shows that it answers for the host. */
  readonly pods: readonly Peer[];
  /** What the controller connects to. */
  readonly connections: readonly Connection[];

  /** @throws InvalidInputError if a prop is empty, the host is not a host name, or the class can't use the certificate */
  constructor(scope: Construct, id: string, props: PublicIngressProps) {
    super(scope, id);
    const where = this.node.path;
    const host = requireDnsSubdomain(where, props.host);
    if ('acmArn' in props.certificate && props.ingressClass !== 'alb') {
      throw new InvalidInputError(
        where,
        `ingress class "${props.ingressClass}" can't use the ACM certificate ${props.certificate.acmArn}`,
        'Use the class "alb", or a certificate of cert-manager',
      );
    }
    if ('clusterIssuer' in props.certificate && props.ingressClass === 'alb') {
      throw new InvalidInputError(
        where,
        `ingress class "alb" can't use a certificate of cert-manager (${props.certificate.clusterIssuer})`,
        'Give it the ARN of an ACM certificate, or use the class "nginx"',
      );
    }
    const timeout = requireSeconds(where, 'requestTimeout', props.requestTimeout ?? Duration.seconds(60), 1);
    const name = requireDnsSubdomain(where, props.name ?? props.target.name);
    const managed = 'clusterIssuer' in props.certificate;
    this.pods = managed ? [ACME_SOLVER] : [];
    this.connections = [
      connection(props.controller, props.target, 'http'),
      managed
        ? connection(props.controller, ACME_SOLVER)
        : // The load balancer checks the targets' health itself.
          connection(props.controller, props.target, readinessOf(props.target).port),
    ];
    new k8s.KubeIngress(this, 'ingress', {
      metadata: { name, annotations: annotationsOf(where, props, timeout) },
      spec: {
        ingressClassName: props.ingressClass,
        ...('clusterIssuer' in props.certificate ? { tls: [{ hosts: [host], secretName: `${name}-tls` }] } : {}),
        rules: [{ host, http: { paths: [everythingTo(props.target)] } }],
      },
    });
  }
}

/** Runs in the Ingress' namespace while cert-manager answers an ACME HTTP-01 challenge. */
const ACME_SOLVER = Endpoint.inCluster('acme-http-solver', {
  labels: { 'acme.cert-manager.io/http01-solver': 'true' },
  port: 8089,
});

function everythingTo(target: Peer): k8s.HttpIngressPath {
  return { path: '/', pathType: 'Prefix', backend: { service: { name: target.name, port: { name: 'http' } } } };
}

function readinessOf({ readiness }: IngressTarget): HealthCheck {
  return readiness ?? { port: 'management', path: '/actuator/health/readiness' };
}

function annotationsOf(where: string, props: PublicIngressProps, timeout: number): Record<string, string> {
  const { certificate } = props;
  return 'acmArn' in certificate
    ? {
        'alb.ingress.kubernetes.io/scheme': 'internet-facing',
        'alb.ingress.kubernetes.io/target-type': 'ip',
        'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS":443}]',
        'alb.ingress.kubernetes.io/certificate-arn': requireText(where, 'acmArn', certificate.acmArn),
        'alb.ingress.kubernetes.io/load-balancer-attributes': `idle_timeout.timeout_seconds=${timeout}`,
        'alb.ingress.kubernetes.io/healthcheck-path': readinessOf(props.target).path,
        'alb.ingress.kubernetes.io/healthcheck-port': `${props.target.ports[readinessOf(props.target).port]}`,
      }
    : {
        'cert-manager.io/cluster-issuer': requireText(where, 'clusterIssuer', certificate.clusterIssuer),
        'nginx.ingress.kubernetes.io/proxy-read-timeout': `${timeout}`,
        'nginx.ingress.kubernetes.io/proxy-send-timeout': `${timeout}`,
        'nginx.ingress.kubernetes.io/proxy-body-size': `${(props.maxBodySize ?? Size.mebibytes(10)).toMebibytes()}m`,
      };
}
