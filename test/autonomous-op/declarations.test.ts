import { Chart } from 'cdk8s';
import { describe, expect, it, test } from 'vitest';
import { checkDeclarations, checkScalers } from '../../src/autonomous-op/declarations';
import { autonomousOp } from '../../src/autonomous-op/deployment';
import { settingsOf } from '../../src/autonomous-op/environments';
import { isService, serviceKeys, services } from '../../src/autonomous-op/services';
import { triggers } from '../../src/autonomous-op/scaling';
import { connections, DeclaredConnection, otherPeers, targetsOf } from '../../src/autonomous-op/topology';
import { AutonomousOpService } from '../../src/constructs/service/autonomous-op-service';
import { InvalidInputError } from '../../src/core/errors';
import { renderManifests } from '../../src/synth/manifests';

const TOPOLOGY = 'src/autonomous-op/topology.ts';

function synthesizeWith(declared: readonly DeclaredConnection[]): string {
  const app = autonomousOp(settingsOf('production'), { clusterSecretStore: 'any' }, declared);
  return renderManifests(app)
    .map(({ yaml }) => yaml)
    .join('---\n');
}

/** The topology as somebody without a type checker might write it. */
function checkWith(...added: readonly (readonly [unknown, unknown])[]): void {
  Reflect.apply(checkDeclarations, undefined, [[...connections, ...added]]);
}

describe('A connection of the topology', () => {
  const whole = synthesizeWith(connections);

  test.each(connections.map((connection) => [connection.join(' → '), connection] as const))(
    '%s is in the manifests: without it they are others, or refused with the reason',
    (_, connection) => {
      const others = connections.filter((each) => each !== connection);
      const refused = new RegExp(`^${TOPOLOGY}: (nothing connects to|.* makes nothing: )`);
      try {
        expect(synthesizeWith(others)).not.toBe(whole);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(error).toHaveProperty('message', expect.stringMatching(refused));
      }
    },
  );

  it('of the gateway is a route, numbered from 0 whatever is declared before it', () => {
    const backwards = [...connections].reverse();
    const routes = synthesizeWith(backwards).match(/SPRING_CLOUD_GATEWAY_ROUTES_\d_ID\n.*/g);
    expect(routes?.map((route) => route.replace(/\n.*value: /, ' '))).toEqual(
      targetsOf('gateway', backwards)
        .filter(isService)
        .map((key, index) => `SPRING_CLOUD_GATEWAY_ROUTES_${index}_ID ${services[key].name}`),
    );
  });

  test.each([
    [
      ['gateway', 'biling'],
      '["gateway","biling"]: "biling" is not declared',
      `Use one of: ${[...serviceKeys, ...otherPeers].join(', ')}; or declare a service of that key in src/autonomous-op/services.ts`,
    ],
    [
      ['redis', 's3'],
      '["redis","s3"] makes nothing: no chart knows what this connection is',
      'Remove it, or write what makes the client of it: src/autonomous-op/clients.ts, or charts/stores.ts for a store',
    ],
    [
      ['fms', 's3'],
      '["fms","s3"] makes nothing: no chart knows what this connection is',
      'Remove it, or write what makes the client of it: src/autonomous-op/clients.ts, or charts/stores.ts for a store',
    ],
    [['fms', 'kafka'], '["fms","kafka"] is there twice', 'Keep one of them'],
    [['ingress', 'fms'], '["ingress","fms"] makes nothing: the Ingress has one target', 'Keep one of them'],
  ] as const)('%j is refused with the file to correct', (added, problem, remedy) => {
    expect(() => {
      checkWith(added);
    }).toThrow(new InvalidInputError(TOPOLOGY, problem, remedy));
  });

  test('from Kafka to Jaeger is refused without the archive, whose traces they are', () => {
    const others = connections.filter(([from, to]) => from !== 'kafka' || to !== 's3');
    expect(() => {
      checkDeclarations(others);
    }).toThrow(
      new InvalidInputError(
        TOPOLOGY,
        '["kafka","jaeger"] makes nothing: the traces are those of the archive in S3',
        'Add ["kafka","s3"], or remove this one too',
      ),
    );
  });
});

describe('A trigger', () => {
  test('of a service that is not declared is refused with the file to correct', () => {
    expect(() => {
      checkDeclarations(connections, { services, triggers: { ...triggers, biling: [] } });
    }).toThrow(
      new InvalidInputError(
        'src/autonomous-op/scaling.ts',
        'triggers: "biling" is not declared',
        `Use one of: ${serviceKeys.join(', ')}; or declare a service of that key in src/autonomous-op/services.ts`,
      ),
    );
  });
});

describe('A service', () => {
  test.each(['kind', 'name', 'image', 'ports', 'size', 'replicas'])(
    'without %s is refused with the file to correct',
    (field) => {
      const entries = Object.entries(services.fms).filter(([name]) => name !== field);
      expect(() => {
        checkDeclarations(connections, { services: { fms: Object.fromEntries(entries) }, triggers });
      }).toThrow(
        new InvalidInputError(
          'src/autonomous-op/services.ts',
          `fms: ${field} is missing`,
          'Add it, as other services have it',
        ),
      );
    },
  );

  test.each([
    ['mlService', '["gateway", "mlService"]', (to: string) => to === 'mlService'],
    ['gateway', '["ingress", "gateway"]', (to: string) => to === 'gateway'],
  ])('that nothing connects to is refused: %s', (key, example, isTarget) => {
    const others = connections.filter(([from, to]) => !isTarget(to) && !(from === key && to === 'kafka'));
    expect(() => {
      checkDeclarations(others);
    }).toThrow(
      new InvalidInputError(
        TOPOLOGY,
        `nothing connects to "${key}"`,
        `Add a connection, such as ${example}, or take the service out of src/autonomous-op/services.ts`,
      ),
    );
  });

  test('that only consumes from Kafka has its work from there', () => {
    const others = connections.filter(([, to]) => to !== 'fms');
    expect(() => {
      checkDeclarations(others);
    }).not.toThrow();
  });

  test('that somebody puts beside the table, without a scaler, is refused', () => {
    const app = autonomousOp(settingsOf('production'), { clusterSecretStore: 'any' });
    checkScalers(app);
    const chart = new Chart(app, 'more', { namespace: 'autonomous-op' });
    new AutonomousOpService(chart, 'billing', { image: 'nodeorb/billing:1.0.0' });
    expect(() => {
      checkScalers(app);
    }).toThrow(
      new InvalidInputError(
        'more/billing',
        'no KedaScaler scales this service',
        'Declare it in src/autonomous-op/services.ts, which gives it one',
      ),
    );
  });
});
