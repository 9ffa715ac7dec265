import { AutonomousOpService, Endpoint, NetworkPolicyBundle, PostgresCluster, secretKey } from 'autonomous-op-cdk8s';
import { App, Chart, Duration } from 'cdk8s';

/** A database with a backup, and the service that uses it. */
export function postgresCluster(app: App): Chart {
  const chart = new Chart(app, 'ledger', { namespace: 'ledger' });

  const postgres = new PostgresCluster(chart, 'postgres', {
    database: 'ledger',
    owner: 'ledger',
    credentialsSecret: 'ledger-database',
    apiServer: Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } }),
    objectStore: Endpoint.external('s3.eu-central-1.amazonaws.com', { port: 443 }),
    backupDestination: 's3://ledger-backups/postgres',
    backupRetention: Duration.days(14),
    accessKey: secretKey('ledger-backups', 'access-key'),
    secretKey: secretKey('ledger-backups', 'secret-key'),
  });

  const ledger = new AutonomousOpService(chart, 'ledger', {
    image: 'acme/ledger:2.2.0',
    env: { SPRING_DATASOURCE_URL: postgres.jdbcUrl() },
  });
  ledger.addEnv('SPRING_DATASOURCE_USERNAME', secretKey('ledger-database', 'username'));
  ledger.addEnv('SPRING_DATASOURCE_PASSWORD', secretKey('ledger-database', 'password'));
  // PgBouncer alone: connectTo(postgres) would open the way to the servers too.
  ledger.connectTo(postgres.pooler);

  new NetworkPolicyBundle(chart, 'network', { workloads: [postgres, ledger] });

  return chart;
}
