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

/**
 * A route of Spring Cloud Gateway to a service behind it.
 *
 * @param index number of the route: from 0 without a gap, or Spring Boot would not read the list
 */
export function routeTo(gateway: AutonomousOpService, target: AutonomousOpService, index: number): void {
  const route = `SPRING_CLOUD_GATEWAY_ROUTES_${index}`;
  const path = pathOf(target.name);
  gateway.addEnv(`${route}_ID`, target.name);
  gateway.connectTo(target, { urlEnv: `${route}_URI` });
  gateway.addEnv(`${route}_PREDICATES_0`, `Path=${path}/**`);
  gateway.addEnv(`${route}_FILTERS_0`, `StripPrefix=${path.split('/').length - 1}`);
}

/** The limits of the Ingress, at the gateway too: it answers before the Ingress gives up on it. */
export function gatewayLimits(gateway: AutonomousOpService): void {
  const timeout = requestLimits.requestTimeout.toSeconds() - 5;
  gateway.addEnv('SPRING_CLOUD_GATEWAY_HTTPCLIENT_CONNECT_TIMEOUT', '2000');
  gateway.addEnv('SPRING_CLOUD_GATEWAY_HTTPCLIENT_RESPONSE_TIMEOUT', `${timeout}s`);
  gateway.addEnv('SPRING_CLOUD_GATEWAY_DEFAULT_FILTERS_0_NAME', 'RequestSize');
  gateway.addEnv('SPRING_CLOUD_GATEWAY_DEFAULT_FILTERS_0_ARGS_MAXSIZE', `${requestLimits.maxBodySize.toMebibytes()}MB`);
}

/** Another service, by HTTP. */
export function callTo(service: AutonomousOpService, target: AutonomousOpService): void {
  service.connectTo(target, { urlEnv: `${target.name.replaceAll('-', '_').toUpperCase()}_URL` });
}

/** PostgreSQL: the address is part of the URL in the Secret. */
function postgresFor(service: AutonomousOpService): void {
  service.connectTo(peers.postgres);
  service.addEnv('SPRING_DATASOURCE_URL', secrets.datasourceUrl);
  service.addEnv('SPRING_DATASOURCE_USERNAME', secrets.datasourceUsername);
  service.addEnv('SPRING_DATASOURCE_PASSWORD', secrets.datasourcePassword);
}

/** Kafka, with SCRAM; a service's consumer group has the service's name. */
function kafkaFor(service: AutonomousOpService): void {
  service.connectTo(peers.kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });
  service.addEnv('SPRING_KAFKA_CONSUMER_GROUP_ID', service.name);
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
  });
  service.addEnv('SPRING_REDIS_PASSWORD', secrets.redisPassword);
  for (const name of ['HOST', 'PORT', 'CLUSTER_NODES', 'PASSWORD']) {
    service.addEnv(`SPRING_DATA_REDIS_${name}`, `$(SPRING_REDIS_${name})`);
  }
}

/** Jaeger, by OTLP over HTTP. */
function jaegerFor(service: AutonomousOpService, { stack }: ClientSettings): void {
  service.connectTo(stack.traceCollector, {
    port: 'otlp-http',
    urlEnv: 'MANAGEMENT_OTLP_TRACING_ENDPOINT',
    urlPath: '/v1/traces',
  });
  service.addEnv('MANAGEMENT_TRACING_SAMPLING_PROBABILITY', `${stack.samplingRatio}`);
}

/** Keycloak, whose tokens the service checks. */
function keycloakFor(service: AutonomousOpService, { keycloak }: ClientSettings): void {
  service.connectTo(keycloakOf(keycloak));
  const issuer = `https://${keycloak.host}/realms/${keycloak.realm}`;
  service.addEnv('SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI', issuer);
}
