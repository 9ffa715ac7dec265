/* Kafka, PostgreSQL and Redis for a laptop, each as one process that takes the real cluster's clients. */

import { Chart, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { SecretKey } from '../../core/secrets';
import { requireInteger, requireText } from '../../core/validation';
import { qualifiedHostName } from '../network/peer';
import { StandaloneSizeProps, StandaloneStore } from './standalone-store';

/** Properties of {@link standaloneKafka}. */
export interface StandaloneKafkaProps extends StandaloneSizeProps {
  /** Name of the StatefulSet and the Service. @default - the construct's id */
  readonly name?: string;
  /** Image with Kafka 3.5 or later below /opt/kafka. @default 'quay.io/strimzi/kafka:0.39.0-kafka-3.5.0' */
  readonly image?: string;
  /** Name of the one SCRAM user. */
  readonly username: SecretKey;
  /** The user's password: letters, digits, "-" and "_". */
  readonly password: SecretKey;
  /** Partitions of a topic, which is made when a client first asks for it. @default 10 */
  readonly partitions?: number;
}

/** Properties of {@link standalonePostgres}. */
export interface StandalonePostgresProps extends StandaloneSizeProps {
  /** Name of the StatefulSet and the Service. @default - the construct's id */
  readonly name?: string;
  /** Image. @default 'postgres:15.13-bookworm' */
  readonly image?: string;
  /** The database that is made. */
  readonly database: string;
  /** Its owner. */
  readonly username: SecretKey;
  /** The owner's password. */
  readonly password: SecretKey;
}

/** Properties of {@link standaloneRedis}. */
export interface StandaloneRedisProps extends StandaloneSizeProps {
  /** Name of the StatefulSet and the Service. @default - the construct's id */
  readonly name?: string;
  /** Image. @default 'redis:7.0.15-bookworm' */
  readonly image?: string;
  /** The password: no quotation mark, backslash or line break. */
  readonly password: SecretKey;
}

/**
 * Kafka 3.5.0 as one process, broker and controller in one, that takes the clients of the real cluster as they are:
 * SASL_PLAINTEXT with SCRAM-SHA-512 on port 9092, the user made when the storage is formatted (Kafka 3.5's `--add-scram`).
 * A later password reaches a store with a volume only when the volume is new.
 *
 * There is no official image before 3.7, so this is Strimzi's: the very image that the operator runs in production.
 */
export function standaloneKafka(scope: Construct, id: string, props: StandaloneKafkaProps): StandaloneStore {
  const where = `${scope.node.path}/${id}`;
  const {
    name = id,
    image = 'quay.io/strimzi/kafka:0.39.0-kafka-3.5.0',
    username,
    password,
    partitions = 10,
    ...rest
  } = props;
  requireInteger(where, 'partitions', partitions, 1);
  const { memoryLimit = Size.gibibytes(1), ...size } = rest;
  const heap = Math.floor(memoryLimit.toKibibytes() / 2048);
  const host = qualifiedHostName({ name, ports: {} }, Chart.of(scope).namespace);
  return new StandaloneStore(scope, id, {
    ...size,
    memoryLimit,
    memoryRequest: size.memoryRequest ?? Size.mebibytes(512),
    name,
    image,
    port: 9092,
    dataPath: '/var/lib/kafka',
    uid: 1001,
    env: {
      KAFKA_USERNAME: username,
      KAFKA_PASSWORD: password,
      KAFKA_HEAP_OPTS: `-Xms${heap}m -Xmx${heap}m`,
      KAFKA_LOG4J_OPTS: '-Dlog4j.configuration=file:/tmp/log4j.properties',
      LOG_DIR: '/tmp',
    },
    command: ['/bin/sh', '-ec', kafkaScript(host, partitions)],
  });
}

/** PostgreSQL 15 as one process, with the database and its owner. The clients' URL is the real cluster's. */
export function standalonePostgres(scope: Construct, id: string, props: StandalonePostgresProps): StandaloneStore {
  const { name = id, image = 'postgres:15.13-bookworm', database, username, password, ...size } = props;
  requireText(`${scope.node.path}/${id}`, 'database', database);
  return new StandaloneStore(scope, id, {
    ...size,
    name,
    image,
    port: 5432,
    dataPath: '/var/lib/postgresql/data',
    uid: 999,
    scratchPaths: ['/var/run/postgresql'],
    env: {
      POSTGRES_DB: database,
      POSTGRES_USER: username,
      POSTGRES_PASSWORD: password,
      // A folder below the mount, since initdb wants one that is empty and its own.
      PGDATA: '/var/lib/postgresql/data/pgdata',
    },
    readinessCommand: ['sh', '-c', POSTGRES_QUERY],
  });
}

/** Redis 7.0 as a cluster of one node that holds all slots, so that a cluster client works as it does with the real one. */
export function standaloneRedis(scope: Construct, id: string, props: StandaloneRedisProps): StandaloneStore {
  const { name = id, image = 'redis:7.0.15-bookworm', password, ...size } = props;
  return new StandaloneStore(scope, id, {
    ...size,
    name,
    image,
    port: 6379,
    dataPath: '/data',
    uid: 999,
    env: { REDISCLI_AUTH: password },
    command: ['/bin/sh', '-ec', REDIS_SCRIPT],
    readinessCommand: ['sh', '-c', 'redis-cli cluster info | grep -q cluster_state:ok'],
  });
}

/**
 * A query as the clients' own: to the pod's address, where the server that prepares the database does not listen and where a
 * password is asked for, as the owner, of the database. A server whose first start was killed has neither that database nor an
 * entry for clients, and pg_isready would call it ready.
 */
const POSTGRES_QUERY =
  'PGPASSWORD="$POSTGRES_PASSWORD" PGCONNECT_TIMEOUT=4 exec psql -XAtqw -h "$(hostname -i | cut -d\' \' -f1)" ' +
  '-U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "select 1"';

/**
 * Only the clients' listener leaves the pod: the broker reaches itself, and the controller in it, on the loopback interface.
 *
 * The storage is formatted beside its place and then moved there: Kafka 3.5 takes a folder for formatted before the user is in
 * it, so that a broker whose first start was killed would refuse every client for ever, its port open.
 */
function kafkaScript(host: string, partitions: number): string {
  return `umask 077
cat > /tmp/server.properties <<END
process.roles=broker,controller
node.id=0
controller.quorum.voters=0@127.0.0.1:9093
listeners=CLIENT://:9092,INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093
advertised.listeners=CLIENT://${host}:9092,INTERNAL://127.0.0.1:9094
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs=/var/lib/kafka/data
num.partitions=${partitions}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
END
cat > /tmp/log4j.properties <<END
log4j.rootLogger=WARN, stdout
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
END
if [ ! -d /var/lib/kafka/data ]; then
rm -rf /var/lib/kafka/formatting
sed 's,^log.dirs=.*,log.dirs=/var/lib/kafka/formatting,' /tmp/server.properties > /tmp/format.properties
/opt/kafka/bin/kafka-storage.sh format --config /tmp/format.properties --cluster-id ${CLUSTER_ID} --add-scram "SCRAM-SHA-512=[name=$KAFKA_USERNAME,password=$KAFKA_PASSWORD]"
mv /var/lib/kafka/formatting /var/lib/kafka/data
fi
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
`;
}

/** Any will do that stays the same: a volume refuses a broker of another cluster. */
const CLUSTER_ID = 'YXV0b25vbW91cy1vcC1haQ';

/**
 * A node without a file of the cluster's nodes would own no slot; this one is the only node, and owns them all. The address
 * in the file is the last pod's, so that the present one is announced. The file is there as a whole or not at all.
 */
const REDIS_SCRIPT = `umask 077
if [ ! -f /data/nodes.conf ]; then
cat > /data/nodes.conf.new <<END
0000000000000000000000000000000000000001 127.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383
vars currentEpoch 1 lastVoteEpoch 0
END
mv /data/nodes.conf.new /data/nodes.conf
fi
cat > /tmp/redis.conf <<END
dir /data
appendonly yes
cluster-enabled yes
cluster-config-file nodes.conf
cluster-announce-ip $(hostname -i | cut -d' ' -f1)
requirepass "$REDISCLI_AUTH"
masterauth "$REDISCLI_AUTH"
END
exec redis-server /tmp/redis.conf
`;
