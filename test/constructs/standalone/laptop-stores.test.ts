import { Chart, Size } from 'cdk8s';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { StandaloneStore } from '../../../src/constructs/standalone/standalone-store';
import { standaloneKafka, standalonePostgres, standaloneRedis } from '../../../src/constructs/standalone/laptop-stores';
import { secretKey } from '../../../src/core/secrets';
import { newChart, objectOf } from '../../synthesize';
import { temporaryFolder } from '../../temporary-folder';

const username = secretKey('orders-secrets', 'username');
const password = secretKey('orders-secrets', 'password');

const statefulSet = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        securityContext: z.object({ runAsUser: z.number() }),
        containers: z.tuple([
          z.object({
            image: z.string(),
            command: z.array(z.string()).default([]),
            env: z.array(
              z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() }),
            ),
            resources: z.unknown(),
            volumeMounts: z.array(z.object({ mountPath: z.string() })),
            readinessProbe: z.unknown(),
          }),
        ]),
      }),
    }),
  }),
});

function made(make: (chart: Chart) => StandaloneStore) {
  const chart = newChart();
  const store = make(chart);
  const pod = objectOf(chart, 'StatefulSet', statefulSet).spec.template.spec;
  const [container] = pod.containers;
  const env = Object.fromEntries(container.env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
  return { store, pod, container, env, script: container.command.at(-1) ?? '' };
}

const folder = temporaryFolder();

/** A folder with programs that do what some lines of shell say. */
function programs(lines: Readonly<Record<string, string>>, name = 'bin'): string {
  mkdirSync(folder(name));
  for (const [program, line] of Object.entries(lines)) {
    writeFileSync(folder(name, program), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  return folder(name);
}

/** Runs the script of a container, whose folders are others here. */
function run(script: string, places: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const folders = new RegExp(`/tmp\\b|${Object.keys(places).join('|')}`, 'g');
  const placed = script.replace(folders, (path) => places[path] ?? folder());
  return spawnSync('/bin/sh', ['-ec', placed], { env: { PATH: '/usr/bin:/bin', ...env }, encoding: 'utf8' });
}

const from = ({ secret, key }: { secret: string; key: string }) => ({ secretKeyRef: { name: secret, key } });

test('Kafka 3.5.0 takes SCRAM clients and tells them a name that resolves in every namespace', () => {
  const { store, pod, container, env, script } = made((chart) =>
    standaloneKafka(chart, 'kafka', { username, password }),
  );
  expect(store.ports).toEqual({ client: 9092 });
  expect(pod.securityContext.runAsUser).toBe(1001);
  expect(container.image).toBe('quay.io/strimzi/kafka:0.39.0-kafka-3.5.0');
  expect(env).toMatchObject({
    KAFKA_USERNAME: from(username),
    KAFKA_PASSWORD: from(password),
    KAFKA_HEAP_OPTS: '-Xms512m -Xmx512m',
  });
  expect(script).toContain('listener.security.protocol.map=CLIENT:SASL_PLAINTEXT');
  expect(script).toContain('sasl.enabled.mechanisms=SCRAM-SHA-512');
  expect(script).toContain('advertised.listeners=CLIENT://kafka.shop.svc:9092,');
  expect(script).toContain('--add-scram "SCRAM-SHA-512=[name=$KAFKA_USERNAME,password=$KAFKA_PASSWORD]"');
  expect(script).toContain('num.partitions=10');
});

test('only the clients’ listener of Kafka leaves the pod', () => {
  const { script } = made((chart) => standaloneKafka(chart, 'kafka', { username, password }));
  expect(/^listeners=(.*)$/m.exec(script)?.[1]?.split(',')).toEqual([
    'CLIENT://:9092',
    'INTERNAL://127.0.0.1:9094',
    'CONTROLLER://127.0.0.1:9093',
  ]);
});

test('Kafka’s name, image, memory and partitions can be set', () => {
  const { store, container, env, script } = made((chart) =>
    standaloneKafka(chart, 'kafka', {
      name: 'broker',
      image: 'registry/kafka:3.6.1',
      username,
      password,
      partitions: 3,
      memoryLimit: Size.gibibytes(2),
    }),
  );
  expect(store.name).toBe('broker');
  expect(container.image).toBe('registry/kafka:3.6.1');
  expect(container.resources).toMatchObject({ limits: { memory: '2Gi' } });
  expect(env['KAFKA_HEAP_OPTS']).toBe('-Xms1024m -Xmx1024m');
  expect(script).toContain('CLIENT://broker.shop.svc:9092');
  expect(script).toContain('num.partitions=3');
});

test('PostgreSQL 15 has the database and its owner, and is ready when it listens to others', () => {
  const { store, pod, container, env } = made((chart) =>
    standalonePostgres(chart, 'postgres', { database: 'orders', username, password }),
  );
  expect(store.ports).toEqual({ client: 5432 });
  expect(pod.securityContext.runAsUser).toBe(999);
  expect(container.image).toBe('postgres:15.13-bookworm');
  expect(env).toMatchObject({
    POSTGRES_DB: 'orders',
    POSTGRES_USER: from(username),
    POSTGRES_PASSWORD: from(password),
  });
  expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([
    '/tmp',
    '/var/run/postgresql',
    '/var/lib/postgresql/data',
  ]);
});

test('PostgreSQL is ready when its owner gets an answer of its database, by the address and the password of clients', () => {
  const { container } = made((chart) =>
    standalonePostgres(chart, 'postgres', { database: 'orders', username, password }),
  );
  const { exec } = z.object({ exec: z.object({ command: z.array(z.string()) }) }).parse(container.readinessProbe);
  const bin = programs({ hostname: 'echo 10.244.1.7 fd00::7', psql: 'echo "$PGPASSWORD" "$@"; exit 2' });
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    POSTGRES_USER: 'the owner',
    POSTGRES_PASSWORD: 'pw',
    POSTGRES_DB: 'orders',
  };
  const [shell = '', ...args] = exec.command;
  const { stdout, status } = spawnSync(shell, args, { env, encoding: 'utf8' });
  expect(stdout).toBe('pw -XAtqw -h 10.244.1.7 -U the owner -d orders -c select 1\n');
  expect(status).toBe(2);
});

test('Kafka whose first start is killed before its user is stored stores the user at the next', () => {
  const { script } = made((chart) => standaloneKafka(chart, 'kafka', { username, password }));
  mkdirSync(folder('volume'));
  const bin = programs({
    // As Kafka 3.5 does it: what marks the folder as formatted comes before the user.
    'kafka-storage.sh': `data=$(sed -n s/^log.dirs=//p "$3") && mkdir -p "$data" && touch "$data/meta.properties"
      [ "$KILLED" = no ] || exit 137
      echo "$7" > "$data/user"`,
    'kafka-server-start.sh': `cat "$(sed -n s/^log.dirs=//p "$1")/user"`,
  });
  const places = { '/opt/kafka/bin': bin, '/var/lib/kafka': folder('volume') };
  const start = (env: Readonly<Record<string, string>>) =>
    run(script, places, { KAFKA_USERNAME: 'orders', KAFKA_PASSWORD: 'pw', ...env });
  expect(start({ KILLED: 'yes' }).status).toBe(137);
  const user = 'SCRAM-SHA-512=[name=orders,password=pw]\n';
  expect(start({ KILLED: 'no' }).stdout).toBe(user);
  expect(start({ KILLED: 'no', KAFKA_PASSWORD: 'another' }).stdout, 'what is there stays').toBe(user);
});

test('Redis whose first start is killed while it writes its nodes has all of them at the next', () => {
  const { script } = made((chart) => standaloneRedis(chart, 'redis', { password }));
  mkdirSync(folder('volume'));
  const bin = programs({ 'redis-server': 'cat "$(sed -n "s/^dir //p" "$1")/nodes.conf"', hostname: 'echo 10.244.1.8' });
  const start = (path: string) => run(script, { '/data': folder('volume') }, { PATH: `${path}/usr/bin:/bin` });
  const killed = programs({ cat: 'head -n 1; exit 137' }, 'killed');
  expect(start(`${killed}:`).status).toBe(137);
  expect(start(`${bin}:`).stdout).toMatch(/ connected 0-16383\nvars currentEpoch 1 lastVoteEpoch 0\n$/);
});

test('Redis 7.0 is a cluster of one node with every slot and a password', () => {
  const { store, pod, container, env, script } = made((chart) => standaloneRedis(chart, 'redis', { password }));
  expect(store.ports).toEqual({ client: 6379 });
  expect(pod.securityContext.runAsUser).toBe(999);
  expect(container.image).toBe('redis:7.0.15-bookworm');
  expect(env).toEqual({ REDISCLI_AUTH: from(password) });
  expect(script).toContain('cluster-enabled yes');
  expect(script).toContain('myself,master - 0 0 1 connected 0-16383');
  expect(script).toContain('requirepass "$REDISCLI_AUTH"');
  expect(JSON.stringify(container.readinessProbe)).toContain('cluster_state:ok');
});

test.each<[string, (chart: Chart) => StandaloneStore]>([
  ['partitions is 0', (chart) => standaloneKafka(chart, 'kafka', { username, password, partitions: 0 })],
  ['database is empty', (chart) => standalonePostgres(chart, 'postgres', { username, password, database: '' })],
  ['names no version', (chart) => standaloneRedis(chart, 'redis', { password, image: 'redis' })],
])('says what is wrong: %s', (message, make) => {
  expect(() => make(newChart())).toThrow(message);
});
