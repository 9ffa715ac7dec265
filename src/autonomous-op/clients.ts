import { AutonomousOpService } from '../constructs/service/autonomous-op-service';
import { ObservabilityStack } from '../constructs/observability/observability-stack';
import { Settings } from './environments';
import { keycloakOf } from './external-systems';
import { pathOf, requestLimits } from './ingress';
import { secrets } from './secrets';
import { peers } from './topology';

/*
 * What a service has to know to use what it connects to: the address, the credentials and the client's settings, under the names
 * by which Spring Boot reads them from the environment.
 */

/** What clients take their settings from. */
export interface ClientSettings extends Pick<Settings, 'keycloak'> {
  /** Where traces go. */
  readonly stack: ObservabilityStack;
}

/** What a service can connect to besides other services, and what makes it a client of that. */
export const clients = {
  kafka: kafkaFor,
  postgres: postgresFor,
  redis: redisFor,
  jaeger: jaegerFor,
  keycloak: keycloakFor,
} satisfies Readonly<Record<string, (service: AutonomousOpService, settings: ClientSettings) => void>>;

/** What Spring Cloud Gateway calls its settings: before release 4.3, which came with Spring Boot 3.5, and since. */
const gatewayNames = ['SPRING_CLOUD_GATEWAY', 'SPRING_CLOUD_GATEWAY_SERVER_WEBFLUX'] as const;

/**
 * A route of Spring Cloud Gateway to a service behind it.
 *
 * @param index number of the route: from 0 without a gap, or Spring Boot would not read the list
 */
export function routeTo(gateway: AutonomousOpService, target: AutonomousOpService, index: number): void {
  const path = pathOf(target.name);
  const [old, current] = gatewayNames;
  gateway.connectTo(target, { urlEnv: `${old}_ROUTES_${index}_URI` });
  gateway.addEnv(`${current}_ROUTES_${index}_URI`, `$(${old}_ROUTES_${index}_URI)`);
  for (const name of gatewayNames) {
    const route = `${name}_ROUTES_${index}`;
    gateway.addEnv(`${route}_ID`, target.name);
    gateway.addEnv(`${route}_PREDICATES_0`, `Path=${path}/**`);
    gateway.addEnv(`${route}_FILTERS_0`, `StripPrefix=${path.split('/').length - 1}`);
  }
}

/** A timer for each route: the gateway's other metrics have one address for all of them. */
export function measureRoutes(gateway: AutonomousOpService): void {
  for (const name of gatewayNames) gateway.addEnv(`${name}_METRICS_ENABLED`, 'true');
}

/**
 * The limits of the Ingress, at the gateway too: it answers before the Ingress gives up on it. And the longest life of a
 * connection, so that a new pod gets its share and a pod that leaves has none left when it stops.
 *
 * @param targets what the gateway routes to
 */
export function gatewayLimits(gateway: AutonomousOpService, targets: readonly AutonomousOpService[]): void {
  const timeout = requestLimits.requestTimeout.toSeconds() - 5;
  const drain = Math.min(...targets.map(({ drainDelay }) => drainDelay.toSeconds()));
  for (const name of gatewayNames) {
    gateway.addEnv(`${name}_HTTPCLIENT_CONNECTTIMEOUT`, '2000');
    gateway.addEnv(`${name}_HTTPCLIENT_RESPONSETIMEOUT`, `${timeout}s`);
    gateway.addEnv(`${name}_HTTPCLIENT_POOL_MAXLIFETIME`, `${Math.max(1, drain - 2)}s`);
    gateway.addEnv(`${name}_DEFAULTFILTERS_0_NAME`, 'RequestSize');
    gateway.addEnv(`${name}_DEFAULTFILTERS_0_ARGS_MAXSIZE`, `${requestLimits.maxBodySize.toMebibytes()}MB`);
  }
}

/**
 * Who asks, for which host and by which protocol, told to the services as the ingress controller has told it. Spring Cloud Gateway
 * drops these headers unless it trusts whom they come from, and of X-Forwarded-For each address that it does not trust, the
 * client's too: so it trusts all. Only the ingress controller can reach it, by the NetworkPolicy. Without `none`, Spring Boot on
 * Kubernetes would take the client's address for the sender's.
 */
export function forwardHeaders(gateway: AutonomousOpService): void {
  gateway.addEnv('SERVER_FORWARD_HEADERS_STRATEGY', 'none');
  for (const name of gatewayNames) {
    gateway.addEnv(`${name}_TRUSTEDPROXIES`, '.*');
    // It would add its own to what the controller says, `https,http`, which a service takes for http.
    gateway.addEnv(`${name}_XFORWARDED_PROTOENABLED`, 'false');
    gateway.addEnv(`${name}_XFORWARDED_PORTENABLED`, 'false');
    // The host as the client asked for it, once; a load balancer of AWS names none.
    gateway.addEnv(`${name}_XFORWARDED_HOSTAPPEND`, 'false');
    // The header Forwarded, which comes before these, would say http and the controller's address.
    gateway.addEnv(`${name}_FORWARDED_ENABLED`, 'false');
  }
}

/** Another service, by HTTP. */
export function callTo(service: AutonomousOpService, target: AutonomousOpService): void {
  service.connectTo(target, { urlEnv: `${target.name.replaceAll('-', '_').toUpperCase()}_URL` });
}

/** PostgreSQL: the address is part of the URL in the Secret. */
function postgresFor(service: AutonomousOpService): void {
  service.connectTo(peers.postgres, { healthIndicator: 'db' });
  service.addEnv('SPRING_DATASOURCE_URL', secrets.datasourceUrl);
  service.addEnv('SPRING_DATASOURCE_USERNAME', secrets.datasourceUsername);
  service.addEnv('SPRING_DATASOURCE_PASSWORD', secrets.datasourcePassword);
  // In milliseconds. Without a connection a request fails after 5 s instead of 30, before every thread waits for one.
  service.addEnv('SPRING_DATASOURCE_HIKARI_CONNECTIONTIMEOUT', '5000');
  // A PgBouncer that goes with its address leaves dead connections in the pool: each of them costs a request 1 s instead of 5, and
  // those that nobody uses are asked every 30 s.
  service.addEnv('SPRING_DATASOURCE_HIKARI_VALIDATIONTIMEOUT', '1000');
  service.addEnv('SPRING_DATASOURCE_HIKARI_KEEPALIVETIME', '30000');
}

/** Kafka, with SCRAM; a service's consumer group has the service's name. */
function kafkaFor(service: AutonomousOpService): void {
  service.connectTo(peers.kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
  service.addEnv('SPRING_KAFKA_CONSUMER_GROUP_ID', service.name);
  // A message carries the trace of who sent it, and who receives it goes on with it.
  service.addEnv('SPRING_KAFKA_TEMPLATE_OBSERVATIONENABLED', 'true');
  service.addEnv('SPRING_KAFKA_LISTENER_OBSERVATIONENABLED', 'true');
  service.addEnv('SPRING_KAFKA_USERNAME', secrets.kafkaUsername);
  service.addEnv('SPRING_KAFKA_PASSWORD', secrets.kafkaPassword);
  service.addEnv('SPRING_KAFKA_SECURITY_PROTOCOL', 'SASL_PLAINTEXT');
  service.addEnv('SPRING_KAFKA_PROPERTIES_SASL_MECHANISM', 'SCRAM-SHA-512');
  // Kubernetes puts the two variables above in place of $(…).
  service.addEnv(
    'SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG',
    'org.apache.kafka.common.security.scram.ScramLoginModule required' +
      ' username="$(SPRING_KAFKA_USERNAME)" password="$(SPRING_KAFKA_PASSWORD)";',
  );
}

/** Redis, as a cluster; Spring Boot 3 moved its settings from spring.redis to spring.data.redis. */
function redisFor(service: AutonomousOpService): void {
  service.connectTo(peers.redis, {
    hostEnv: 'SPRING_REDIS_HOST',
    portEnv: 'SPRING_REDIS_PORT',
    env: 'SPRING_REDIS_CLUSTER_NODES',
    healthIndicator: 'redis',
  });
  service.addEnv('SPRING_REDIS_PASSWORD', secrets.redisPassword);
  // By itself Lettuce asks once who has which slots: after a fail-over, and after each restart of a pod, it would call dead addresses.
  service.addEnv('SPRING_REDIS_LETTUCE_CLUSTER_REFRESH_ADAPTIVE', 'true');
  service.addEnv('SPRING_REDIS_LETTUCE_CLUSTER_REFRESH_PERIOD', '30s');
  service.addEnv('SPRING_REDIS_TIMEOUT', '2s');
  for (const name of redisSettings) {
    service.addEnv(`SPRING_DATA_REDIS_${name}`, `$(SPRING_REDIS_${name})`);
  }
}

const redisSettings = [
  ...['HOST', 'PORT', 'CLUSTER_NODES', 'PASSWORD'],
  ...['LETTUCE_CLUSTER_REFRESH_ADAPTIVE', 'LETTUCE_CLUSTER_REFRESH_PERIOD', 'TIMEOUT'],
];

/** Jaeger, by OTLP over HTTP. */
function jaegerFor(service: AutonomousOpService, { stack }: ClientSettings): void {
  service.connectTo(stack.traceCollector, {
    port: 'otlp-http',
    urlEnv: 'MANAGEMENT_OTLP_TRACING_ENDPOINT',
    urlPath: '/v1/traces',
  });
  // What Spring Boot 4 calls it; the old name alone would stop the traces without an error.
  service.addEnv('MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT', '$(MANAGEMENT_OTLP_TRACING_ENDPOINT)');
  service.addEnv('MANAGEMENT_TRACING_SAMPLING_PROBABILITY', `${stack.samplingRatio}`);
  // Grafana makes labels of a span's tags, and Jaeger keeps the service's name apart from those: a tag of the metrics' own label.
  service.addEnv('MANAGEMENT_OPENTELEMETRY_RESOURCEATTRIBUTES_APP', service.name);
}

/** Keycloak, whose tokens the service checks. */
function keycloakFor(service: AutonomousOpService, { keycloak }: ClientSettings): void {
  service.connectTo(keycloakOf(keycloak));
  const issuer = `https://${keycloak.host}/realms/${keycloak.realm}`;
  service.addEnv('SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI', issuer);
}
