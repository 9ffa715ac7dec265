/* PostgreSQL 15 behind PgBouncer in transaction mode, as CloudNativePG runs the emitted Cluster and Pooler. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { database, databaseOwner } from '../../../src/autonomous-op/secrets';
import { entriesAt, textAt, valueAt } from '../../autonomous-op/production';
import { PodNetwork, Service } from './network';
import { Program, until } from '../programs/program';
import { output, withNames } from '../programs/command';
import { folderFor, Surroundings, userId } from './store';

const PORT = 5432;
const BIN = '/usr/lib/postgresql/15/bin';

/** Name of the server's Service, by which the poolers find it. */
const SERVER = 'postgres-cluster-rw';

/** The user as whom PgBouncer looks up passwords. */
const LOOKUP = 'cnpg_pooler_pgbouncer';

interface Pod {
  readonly network: PodNetwork;
  readonly program: Program;
}

/** One server, and PgBouncer in front of it behind the Service `postgres`. */
export class Postgres {
  private readonly poolers: Pod[] = [];
  private server: Pod | undefined;
  private readonly user = userId('postgres');

  private constructor(
    private readonly given: Surroundings,
    private readonly service: Service,
    private readonly primary: Service,
  ) {}

  /** Starts the server and as many poolers as are emitted. */
  static async start(given: Surroundings): Promise<Postgres> {
    const [service, primary] = await Promise.all(
      ['postgres', SERVER].map(async (name) => {
        const listening = await Service.listen(given.network.addServiceAddress(), [PORT]);
        given.names.set(name, listening.address);
        return listening;
      }),
    );
    if (service === undefined || primary === undefined) throw new Error('a Service has no address');
    const postgres = new Postgres(given, service, primary);
    await postgres.createServer();
    const instances = Number(valueAt(given.manifests.get('Pooler', 'postgres'), 'spec instances'));
    for (let index = 0; index < instances; index++) postgres.startPooler();
    await until('PgBouncer leads to the database', async () => (await postgres.query('select 1')) === '1');
    return postgres;
  }

  /** The one value that a query gives, asked through PgBouncer; nothing if it can't be asked. */
  async query(sql: string): Promise<string | undefined> {
    const command = ['psql', '-h', this.service.address, '-U', databaseOwner, '-d', database, '-Atc', sql];
    const env = { PGPASSWORD: this.password, PGCONNECT_TIMEOUT: '2' };
    return (await output(command, env).catch(() => undefined))?.trim();
  }

  /** The server ends at once, and starts again with its data, as another pod. */
  async restartServer(): Promise<void> {
    const { server } = this;
    if (server === undefined) throw new Error('no server runs');
    await this.lose(server, this.primary);
    await this.startServer();
  }

  /** One PgBouncer is lost, with the connections through it, and replaced. */
  async restartPooler(): Promise<void> {
    const pooler = this.poolers.shift();
    if (pooler === undefined) throw new Error('no PgBouncer runs');
    await this.lose(pooler, this.service);
    this.startPooler();
  }

  private get asUser(): string[] {
    const identity = ['--reuid', `${this.user}`, '--regid', `${this.user}`, '--clear-groups'];
    return ['/usr/bin/setpriv', ...identity, '--pdeathsig', 'KILL'];
  }

  private get password(): string {
    return this.given.secret('autonomous-op-secrets', 'spring.datasource.password');
  }

  private async lose({ network, program }: Pod, service: Service): Promise<void> {
    service.endpoints.delete(network.address);
    network.remove();
    await program.kill();
  }

  /** The database, its owner, and what PgBouncer needs to look up a password. */
  private async createServer(): Promise<void> {
    const data = folderFor(this.given, 'postgres', this.user);
    await output([...this.asUser, `${BIN}/initdb`, '-D', data, '-U', 'postgres', '--no-sync']);
    const trusted = `host all ${LOOKUP} 0.0.0.0/0 trust\nhost all postgres 10.99.0.1/32 trust\n`;
    writeFileSync(join(data, 'pg_hba.conf'), `local all all trust\n${trusted}host all all 0.0.0.0/0 scram-sha-256\n`);
    await this.startServer();
    await this.administer('postgres', [
      `create role ${databaseOwner} login password '${this.password}'`,
      `create database ${database} owner ${databaseOwner}`,
      `create role ${LOOKUP} login`,
    ]);
    await this.administer(database, [
      `create function user_search(uname text) returns table (usename name, passwd text) language sql security definer as
       'select usename, passwd from pg_catalog.pg_shadow where usename = $1'`,
    ]);
  }

  private async administer(name: string, statements: readonly string[]): Promise<void> {
    const commands = statements.flatMap((statement) => ['-c', statement]);
    await output(['psql', '-h', this.server?.network.address ?? '', '-U', 'postgres', '-d', name, ...commands]);
  }

  private async startServer(): Promise<void> {
    const { network, folder } = this.given;
    const pod = network.addPod();
    const data = join(folder, 'postgres');
    const parameters = entriesAt(this.given.manifests.get('Cluster', 'postgres-cluster'), 'spec postgresql parameters');
    const program = new Program({
      namespace: pod.namespace,
      command: [
        `${BIN}/postgres`,
        '-D',
        data,
        ...settings({ listen_addresses: '*', unix_socket_directories: data }),
      ].concat(
        // Its memory is that of a production server; one machine has it all here.
        settings({ max_connections: String(parameters['max_connections']), fsync: 'off' }),
      ),
      log: join(folder, 'postgres.log'),
      user: `${this.user}`,
    });
    const ready = () => succeeds(output([`${BIN}/pg_isready`, '-q', '-h', pod.address]));
    await until('PostgreSQL answers', ready, { program });
    this.server = { network: pod, program };
    this.primary.endpoints.add(pod.address);
  }

  private startPooler(): void {
    const { network, folder } = this.given;
    const pod = network.addPod();
    const config = join(folder, `pgbouncer-${pod.address}.ini`);
    writeFileSync(config, this.poolerConfig());
    const program = new Program({
      namespace: pod.namespace,
      command: withNames(this.given, [...this.asUser, '/usr/sbin/pgbouncer', config]),
      log: join(folder, 'pgbouncer.log'),
    });
    this.poolers.push({ network: pod, program });
    this.service.endpoints.add(pod.address);
  }

  /**
   * As CloudNativePG writes it, but for TLS to the server, and the database in which passwords are looked up: Debian's PgBouncer is
   * older than that setting.
   */
  private poolerConfig(): string {
    const pooler = this.given.manifests.get('Pooler', 'postgres');
    const parameters = Object.entries(entriesAt(pooler, 'spec pgbouncer parameters'));
    return [
      '[databases]',
      `* = host=${SERVER}`,
      '[pgbouncer]',
      `pool_mode = ${textAt(pooler, 'spec pgbouncer poolMode')}`,
      `auth_user = ${LOOKUP}`,
      'auth_query = SELECT usename, passwd FROM user_search($1)',
      'auth_type = scram-sha-256',
      'listen_addr = *',
      `listen_port = ${PORT}`,
      'unix_socket_dir =',
      'ignore_startup_parameters = extra_float_digits,options',
      'log_stats = 0',
      ...parameters.map(([name, value]) => `${name} = ${String(value)}`),
      '',
    ].join('\n');
  }
}

function settings(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function succeeds(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  );
}
