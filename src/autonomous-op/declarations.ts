import { IConstruct } from 'constructs';
import { KedaScaler } from '../constructs/scaling/keda-scaler';
import { AutonomousOpService } from '../constructs/service/autonomous-op-service';
import { InvalidInputError } from '../core/errors';
import { clients } from './clients';
import { triggers } from './scaling';
import { isService, ServiceKey, serviceKeys, services } from './services';
import { DeclaredConnection, otherPeers, targetsOf } from './topology';

/* Whether the tables agree with each other. Synth runs without the type checker, so that a wrong key would pass without a word. */

const SERVICES = 'src/autonomous-op/services.ts';
const TOPOLOGY = 'src/autonomous-op/topology.ts';
const SCALING = 'src/autonomous-op/scaling.ts';

/** Connections that do not begin at a service, and what they make; charts/stores.ts reads them. */
const storeConnections: readonly DeclaredConnection[] = [
  ['postgres', 's3'],
  ['kafka', 's3'],
  ['kafka', 'jaeger'],
];

/** What an entry of the services can not do without. */
const requiredFields = ['kind', 'name', 'image', 'ports', 'size', 'replicas'];

/** The tables whose keys are those of the services. */
interface ServiceTables {
  readonly services: Readonly<Record<string, object>>;
  readonly triggers: Readonly<Record<string, unknown>>;
}

/** @throws InvalidInputError on a field that is missing, a key that is not declared, a connection that makes nothing, or a service that no work reaches */
export function checkDeclarations(
  connections: readonly DeclaredConnection[],
  tables: ServiceTables = { services, triggers },
): void {
  Object.entries(tables.services).forEach(([key, declaration]) => {
    requireFields(key, declaration);
  });
  requireKnown(SCALING, 'triggers', Object.keys(tables.triggers), serviceKeys);
  const seen = new Set<string>();
  for (const connection of connections) {
    const shown = JSON.stringify(connection);
    requireKnown(TOPOLOGY, shown, connection, [...serviceKeys, ...otherPeers]);
    if (seen.size === seen.add(shown).size) {
      throw new InvalidInputError(TOPOLOGY, `${shown} is there twice`, 'Keep one of them');
    }
    requireEffect(connection, connections);
  }
  serviceKeys.forEach((key) => {
    requireWork(key, connections);
  });
}

/** @throws InvalidInputError on a service that no KedaScaler scales */
export function checkScalers(root: IConstruct): void {
  const all = root.node.findAll();
  const scaled = new Set(all.filter((construct) => construct instanceof KedaScaler).map(({ target }) => target));
  const unscaled = all.find((construct) => construct instanceof AutonomousOpService && !scaled.has(construct));
  if (unscaled !== undefined) {
    throw new InvalidInputError(
      unscaled.node.path,
      'no KedaScaler scales this service',
      `Declare it in ${SERVICES}, which gives it one`,
    );
  }
}

function requireFields(key: string, declaration: object): void {
  const missing = requiredFields.filter((field) => !Object.hasOwn(declaration, field));
  if (missing.length > 0) {
    throw new InvalidInputError(
      SERVICES,
      `${key}: ${missing.join(', ')} is missing`,
      'Add it, as other services have it',
    );
  }
}

function requireKnown(file: string, where: string, keys: readonly string[], known: readonly string[]): void {
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new InvalidInputError(
      file,
      `${where}: "${unknown}" is not declared`,
      `Use one of: ${known.join(', ')}; or declare a service of that key in ${SERVICES}`,
    );
  }
}

function requireEffect(connection: DeclaredConnection, connections: readonly DeclaredConnection[]): void {
  const shown = JSON.stringify(connection);
  if (!hasEffect(connection)) {
    throw new InvalidInputError(
      TOPOLOGY,
      `${shown} makes nothing: no chart knows what this connection is`,
      'Remove it, or write what makes the client of it: src/autonomous-op/clients.ts, or charts/stores.ts for a store',
    );
  }
  const [from, to] = connection;
  if (from === 'kafka' && to === 'jaeger' && !targetsOf('kafka', connections).includes('s3')) {
    throw new InvalidInputError(
      TOPOLOGY,
      `${shown} makes nothing: the traces are those of the archive in S3`,
      'Add ["kafka","s3"], or remove this one too',
    );
  }
  if (from === 'ingress' && targetsOf('ingress', connections)[0] !== to) {
    throw new InvalidInputError(TOPOLOGY, `${shown} makes nothing: the Ingress has one target`, 'Keep one of them');
  }
}

function hasEffect([from, to]: DeclaredConnection): boolean {
  if (from === 'ingress') return isService(to);
  if (isService(from)) return from !== to && (isService(to) || Object.hasOwn(clients, to));
  return storeConnections.some(([start, end]) => start === from && end === to);
}

/** Work reaches a service by HTTP or by Kafka. */
function requireWork(key: ServiceKey, connections: readonly DeclaredConnection[]): void {
  if (!connections.some(([from, to]) => to === key || (from === key && to === 'kafka'))) {
    const from = services[key].kind === 'gateway' ? 'ingress' : 'gateway';
    throw new InvalidInputError(
      TOPOLOGY,
      `nothing connects to "${key}"`,
      `Add a connection, such as ["${from}", "${key}"], or take the service out of ${SERVICES}`,
    );
  }
}
