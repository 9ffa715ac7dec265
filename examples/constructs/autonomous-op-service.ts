import { AutonomousOpService, Endpoint, secretKey } from 'autonomous-op-cdk8s';
import { App, Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';

/** A Spring Boot service with a database that another team runs. */
export function autonomousOpService(app: App): Chart {
  const chart = new Chart(app, 'parcels', { namespace: 'parcels' });

  const parcels = new AutonomousOpService(chart, 'parcels', {
    image: 'acme/parcels:1.7.0',
    replicas: 3,
    cpuRequest: Cpu.units(1),
    memoryRequest: Size.gibibytes(2),
    env: { SPRING_PROFILES_ACTIVE: 'prod' },
  });

  const database = Endpoint.inCluster('postgres', { namespace: 'databases', labels: { app: 'postgres' }, port: 5432 });
  parcels.connectTo(database, { hostEnv: 'DATABASE_HOST', portEnv: 'DATABASE_PORT' });
  parcels.addEnv('DATABASE_PASSWORD', secretKey('parcels-database', 'password'));

  return chart;
}
