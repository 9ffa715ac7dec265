import { KafkaCredentials } from '../constructs/scaling/trigger';
import { Fallback } from '../synth/secret-source';
import { SecretKey, secretKey } from '../core/secrets';
import { peers } from './topology';

const application = 'autonomous-op-secrets';
const objectStorage = 'autonomous-op-object-storage';

/** The services' database. */
export const database = 'autonomous_op';

/** The owner of the database, as whom the services log in. */
export const databaseOwner = 'autonomous_op';

/** Begins the names of Jaeger's indices in Elasticsearch. */
export const jaegerIndexPrefix = 'jaeger-autonomous-op';

/** The document's Secret, key by key, and what the stores need beside it; a key that is not here does not exist. */
export const secrets = {
  datasourceUrl: secretKey(application, 'spring.datasource.url'),
  datasourceUsername: secretKey(application, 'spring.datasource.username'),
  datasourcePassword: secretKey(application, 'spring.datasource.password'),
  kafkaUsername: secretKey(application, 'spring.kafka.username'),
  kafkaPassword: secretKey(application, 'spring.kafka.password'),
  redisPassword: secretKey(application, 'spring.redis.password'),
  /** The operator hands a whole Secret to Jaeger, so it is one of its own. */
  elasticsearchUsername: secretKey('autonomous-op-jaeger-elasticsearch', 'ES_USERNAME'),
  elasticsearchPassword: secretKey('autonomous-op-jaeger-elasticsearch', 'ES_PASSWORD'),
  grafanaUser: secretKey('autonomous-op-grafana', 'admin-user'),
  grafanaPassword: secretKey('autonomous-op-grafana', 'admin-password'),
  /** Of the S3 or MinIO user that may write backups and the Kafka archive. */
  s3AccessKey: secretKey(objectStorage, 'ACCESS_KEY_ID'),
  s3SecretKey: secretKey(objectStorage, 'SECRET_ACCESS_KEY'),
} as const;

/** The name that Kafka knows the services and KEDA by: the KafkaUser's. */
export const kafkaUser = 'autonomous-op';

/** How every client of Kafka, KEDA included, says who it is. */
export const kafkaCredentials: KafkaCredentials = {
  mechanism: 'scram_sha512',
  username: secrets.kafkaUsername,
  password: secrets.kafkaPassword,
};

/** What each key is where nobody has set it: names and addresses follow from the manifests, passwords are made up. */
export const secretFallbacks: ReadonlyMap<SecretKey, Fallback> = new Map<SecretKey, Fallback>([
  // The pooler hands a connection to another client after each transaction, which a server-side prepared statement does not survive.
  // The timeout, in seconds, is for the answer of a server whose node is lost: without it a request waits for that for ever.
  [
    secrets.datasourceUrl,
    { value: `jdbc:postgresql://${peers.postgres.name}:5432/${database}?prepareThreshold=0&socketTimeout=60` },
  ],
  [secrets.datasourceUsername, { value: databaseOwner, exact: true }],
  [secrets.datasourcePassword, 'random'],
  [secrets.kafkaUsername, { value: kafkaUser, exact: true }],
  [secrets.kafkaPassword, 'random'],
  [secrets.redisPassword, 'random'],
  [secrets.elasticsearchUsername, { value: 'jaeger', exact: true }],
  [secrets.elasticsearchPassword, 'random'],
  [secrets.grafanaUser, { value: 'admin' }],
  [secrets.grafanaPassword, 'random'],
  [secrets.s3AccessKey, 'external'],
  [secrets.s3SecretKey, 'external'],
]);

/** A Secret with values of others, in the form that an operator wants them. */
export interface CopiedSecret {
  /** Name of the Secret. */
  readonly name: string;
  /** Type of the Secret. */
  readonly type: string;
  /** Labels of the Secret. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its keys, and what they repeat. */
  readonly copies: Readonly<Record<string, SecretKey>>;
  /** Further keys, with values that are no secret. */
  readonly literals: Readonly<Record<string, string>>;
}

/** The role that Elasticsearch gives Jaeger's user; ElasticsearchCluster makes it. */
const jaegerRole = `${peers.elasticsearch.name}-client`;

/** CloudNativePG takes a new value of a Secret with this label at once. */
const reloadLabels = { 'cnpg.io/reload': 'true' };

/** The labels of a Secret whose values are its own. */
export function labelsOf(secretName: string): Readonly<Record<string, string>> {
  return secretName === objectStorage ? reloadLabels : {};
}

/** The credentials of the stores, as their operators want them. */
export const copiedSecrets = {
  postgres: {
    name: 'autonomous-op-postgres',
    type: 'kubernetes.io/basic-auth',
    labels: reloadLabels,
    copies: { username: secrets.datasourceUsername, password: secrets.datasourcePassword },
    literals: {},
  },
  elasticsearch: {
    name: 'autonomous-op-elasticsearch',
    type: 'kubernetes.io/basic-auth',
    labels: {},
    copies: { username: secrets.elasticsearchUsername, password: secrets.elasticsearchPassword },
    literals: { roles: jaegerRole },
  },
} as const satisfies Readonly<Record<string, CopiedSecret>>;
