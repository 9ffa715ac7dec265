import {
  AutonomousOpService,
  NetworkPolicyBundle,
  secretKey,
  standalonePostgres,
  StandaloneStore,
} from 'autonomous-op-cdk8s';
import { App, Chart, Size } from 'cdk8s';

/** A database that keeps its data and a cache that does not, for a laptop. */
export function standaloneStore(app: App): Chart {
  const chart = new Chart(app, 'notes', { namespace: 'notes' });
  const username = secretKey('notes-database', 'username');
  const password = secretKey('notes-database', 'password');

  const postgres = standalonePostgres(chart, 'postgres', {
    database: 'notes',
    username,
    password,
    storageSize: Size.gibibytes(1),
  });
  const cache = new StandaloneStore(chart, 'cache', {
    image: 'memcached:1.6.34',
    port: 11211,
    dataPath: '/data',
    uid: 11211,
  });

  const notes = new AutonomousOpService(chart, 'notes', {
    image: 'acme/notes:0.3.0',
    zoneSpread: 'ScheduleAnyway',
    env: { SPRING_DATASOURCE_URL: 'jdbc:postgresql://postgres:5432/notes' },
  });
  notes.addEnv('SPRING_DATASOURCE_USERNAME', username);
  notes.addEnv('SPRING_DATASOURCE_PASSWORD', password);
  notes.connectTo(postgres);
  notes.connectTo(cache, { env: 'CACHE_SERVERS' });

  new NetworkPolicyBundle(chart, 'network', { workloads: [postgres, cache, notes] });

  return chart;
}
