import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { ElasticsearchCluster } from '../../constructs/elasticsearch/elasticsearch-cluster';
import { ElasticsearchExporter } from '../../constructs/elasticsearch/elasticsearch-exporter';
import { KafkaCluster } from '../../constructs/kafka/kafka-cluster';
import { KafkaS3Sink } from '../../constructs/kafka/kafka-s3-sink';
import { ObservabilityStack } from '../../constructs/observability/observability-stack';
import { NetworkedWorkload } from '../../constructs/network/connection';
import { PostgresCluster } from '../../constructs/postgres/postgres-cluster';
import { RedisCluster } from '../../constructs/redis/redis-cluster';
import { standaloneKafka, standalonePostgres, standaloneRedis } from '../../constructs/standalone/laptop-stores';
import { Scrapeable } from '../../constructs/workload/metrics-endpoint';
import { Settings } from '../environments';
import { apiServerOf, objectStoreOf } from '../external-systems';
import { namespace } from '../names';
import { topics } from '../scaling';
import { copiedSecrets, database, databaseOwner, jaegerIndexPrefix, kafkaUser, secrets } from '../secrets';
import { StoreKey, stores } from '../stores';
import { DeclaredConnection, peers, targetsOf } from '../topology';

/** What a store takes from the settings. */
type StoreSettings = Pick<Settings, 'stores' | 'storageClass' | 'zoneSpread'>;

/** What the chart takes from the settings. */
type StoresSettings = StoreSettings &
  Pick<Settings, 'storesBy' | 'apiServerCidrs' | 'objectStore' | 'kafkaConnectImage'>;

/** The stores that the services and Jaeger keep their data in. */
export class StoresChart extends Chart {
  /** The stores, and what runs beside them. */
  readonly workloads: readonly NetworkedWorkload[];
  /** Kafka, if the operator runs it. */
  readonly kafka?: KafkaCluster;
  /** PostgreSQL, if the operator runs it. */
  readonly postgres?: PostgresCluster;
  /** Redis, if the operator runs it. */
  readonly redis?: RedisCluster;
  /** Elasticsearch, if the operator runs it. */
  readonly elasticsearch?: ElasticsearchCluster;
  /** Those that have metrics. */
  readonly scrapeables: readonly Scrapeable[];

  /** Whether PostgreSQL's backups go to S3. */
  readonly backups: boolean;

  private readonly connections: readonly DeclaredConnection[];

  constructor(
    scope: Construct,
    id: string,
    settings: StoresSettings,
    connections: readonly DeclaredConnection[],
    stack: ObservabilityStack,
  ) {
    super(scope, id, { namespace });
    this.connections = connections;
    this.backups = targetsOf('postgres', connections).includes('s3');
    if (settings.storesBy === 'pods') {
      this.workloads = this.addPods(settings);
      this.scrapeables = [];
    } else {
      this.kafka = this.addKafka(settings);
      this.elasticsearch = this.addElasticsearch(settings);
      const archive = this.addArchive(this.kafka, settings, stack);
      this.postgres = this.addPostgres(settings);
      this.redis = this.addRedis(settings);
      const exporter = this.addElasticsearchExporter(this.elasticsearch);
      this.scrapeables = [this.kafka, ...archive, this.postgres, this.redis, exporter];
      this.workloads = [this.kafka, ...archive, this.postgres, this.redis, this.elasticsearch, exporter];
    }
  }

  private addKafka(settings: StoreSettings & Pick<Settings, 'apiServerCidrs'>): KafkaCluster {
    const kafka = new KafkaCluster(this, peers.kafka.name, {
      ...volumesOf('kafka', settings),
      version: stores.kafka.version,
      brokers: settings.stores.kafka.replicas,
      apiServer: apiServerOf(settings),
    });
    kafka.addUser(kafkaUser, secrets.kafkaPassword);
    Object.values(topics).forEach(({ name, partitions }) => kafka.addTopic(name, { partitions }));
    return kafka;
  }

  /** Kafka's connections: to S3, and to Jaeger with the traces of what it sends there. */
  private addArchive(kafka: KafkaCluster, settings: StoresSettings, stack: ObservabilityStack): KafkaS3Sink[] {
    const targets = targetsOf('kafka', this.connections);
    if (!targets.includes('s3')) return [];
    const { bucket, region } = settings.objectStore;
    const sink = new KafkaS3Sink(this, 'kafka-s3-sink', {
      kafka,
      topics: Object.values(topics).map(({ name }) => name),
      bucket,
      region,
      objectStore: objectStoreOf(settings.objectStore),
      accessKey: secrets.s3AccessKey,
      secretKey: secrets.s3SecretKey,
      image: settings.kafkaConnectImage,
      ...(targets.includes('jaeger')
        ? { traceCollector: stack.traceCollector, samplingRatio: stack.samplingRatio }
        : {}),
      zoneSpread: settings.zoneSpread,
    });
    return [sink];
  }

  private addPostgres(settings: StoresSettings): PostgresCluster {
    return new PostgresCluster(this, peers.postgres.name, {
      ...volumesOf('postgres', settings),
      instances: settings.stores.postgres.replicas,
      database,
      owner: databaseOwner,
      credentialsSecret: copiedSecrets.postgres.name,
      apiServer: apiServerOf(settings),
      ...(this.backups ? backupTo(settings.objectStore) : {}),
    });
  }

  private addRedis(settings: StoreSettings): RedisCluster {
    return new RedisCluster(this, peers.redis.name, {
      ...volumesOf('redis', settings),
      shards: settings.stores.redis.replicas,
      password: secrets.redisPassword,
    });
  }

  private addElasticsearch(settings: StoreSettings): ElasticsearchCluster {
    return new ElasticsearchCluster(this, peers.elasticsearch.name, {
      ...volumesOf('elasticsearch', settings),
      nodes: settings.stores.elasticsearch.replicas,
      userSecret: copiedSecrets.elasticsearch.name,
      indexPrefix: jaegerIndexPrefix,
    });
  }

  private addElasticsearchExporter(elasticsearch: ElasticsearchCluster): ElasticsearchExporter {
    const { elasticsearchUsername: username, elasticsearchPassword: password } = secrets;
    return new ElasticsearchExporter(this, 'elasticsearch-exporter', { elasticsearch, username, password });
  }

  /** A pod each: the same names, the same Secret, the same arrows, on a laptop. */
  private addPods({ stores: sizes }: StoreSettings): NetworkedWorkload[] {
    const { kafkaUsername, kafkaPassword, datasourceUsername, datasourcePassword, redisPassword } = secrets;
    const { kafka, postgres, redis } = peers;
    return [
      standaloneKafka(this, kafka.name, { ...sizes.kafka.size, username: kafkaUsername, password: kafkaPassword }),
      standalonePostgres(this, postgres.name, {
        ...sizes.postgres.size,
        database,
        username: datasourceUsername,
        password: datasourcePassword,
      }),
      standaloneRedis(this, redis.name, { ...sizes.redis.size, password: redisPassword }),
    ];
  }
}

/** The backups of PostgreSQL. */
function backupTo(store: Settings['objectStore']) {
  return {
    objectStore: objectStoreOf(store),
    backupDestination: `s3://${store.bucket}/postgres`,
    accessKey: secrets.s3AccessKey,
    secretKey: secrets.s3SecretKey,
  };
}

/** What every store takes from the settings. */
function volumesOf(key: StoreKey, { stores: { [key]: store }, storageClass, zoneSpread }: StoreSettings) {
  return {
    ...store.size,
    storageSize: store.storage,
    zoneSpread,
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}
