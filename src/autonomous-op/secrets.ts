import { KafkaCredentials } from '../constructs/trigger';
import { Fallback } from '../core/secret-source';
import { SecretKey, secretKey } from '../core/secrets';

const application = 'autonomous-op-secrets';

/** The document's Secret, key by key; a key that is not here does not exist. */
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
} as const;

/** How every client of Kafka, KEDA included, says who it is. */
export const kafkaCredentials: KafkaCredentials = {
  mechanism: 'scram_sha512',
  username: secrets.kafkaUsername,
  password: secrets.kafkaPassword,
};

/** What each key is where nobody has set it: names and addresses are known, passwords are made up. */
export const secretFallbacks: ReadonlyMap<SecretKey, Fallback> = new Map<SecretKey, Fallback>([
  [secrets.datasourceUrl, { value: 'jdbc:postgresql://postgres:5432/autonomous_op' }],
  [secrets.datasourceUsername, { value: 'autonomous_op' }],
  [secrets.datasourcePassword, 'random'],
  [secrets.kafkaUsername, { value: 'autonomous-op' }],
  [secrets.kafkaPassword, 'random'],
  [secrets.redisPassword, 'random'],
  [secrets.elasticsearchUsername, { value: 'elastic' }],
  [secrets.elasticsearchPassword, 'random'],
]);
