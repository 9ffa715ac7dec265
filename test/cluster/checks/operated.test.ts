import { describe, expect, it } from 'vitest';
import { operated } from '../../../src/cluster/checks/operated';
import { Cluster } from '../../../src/cluster/cluster';
import { Commands } from '../../../src/cluster/commands';
import { ApiError } from '../../../src/cluster/kube-api';
import { needs } from '../ready-cluster';

/** What is found when one of production's custom resources is there, with this status. */
function found(path: string, status: unknown) {
  const get = (asked: string) =>
    asked === `/apis/${path}` ? Promise.resolve({ status }) : Promise.reject(new ApiError(404, asked));
  return operated(new Cluster({ get, patch: get }, new Commands({ context: 'test' })), needs);
}

const here = 'namespaces/autonomous-op';
const KAFKA = `kafka.strimzi.io/v1beta2/${here}/kafkas/kafka`;
const CONNECT = `kafka.strimzi.io/v1beta2/${here}/kafkaconnects/kafka-s3-sink`;
const POSTGRES = `postgresql.cnpg.io/v1/${here}/clusters/postgres-cluster`;
const ELASTICSEARCH = `elasticsearch.k8s.elastic.co/v1/${here}/elasticsearches/elasticsearch`;
const REDIS = `redis.redis.opstreelabs.in/v1beta2/${here}/redisclusters/redis`;
const JAEGER = `jaegertracing.io/v1/${here}/jaegers/autonomous-op-jaeger`;
const PROMETHEUS = `monitoring.coreos.com/v1/${here}/prometheuses/prometheus`;

const ready = (type: string, status = 'True', message = '') => ({ type, status, message });

describe('a custom resource that is applied', () => {
  it.each<[string, string, unknown]>([
    ['Kafka kafka', KAFKA, { conditions: [ready('Ready')] }],
    ['KafkaConnect kafka-s3-sink', CONNECT, { conditions: [ready('Ready')] }],
    ['Cluster postgres-cluster', POSTGRES, { conditions: [ready('Ready')] }],
    ['Elasticsearch elasticsearch', ELASTICSEARCH, { health: 'yellow', phase: 'Ready' }],
    ['RedisCluster redis', REDIS, { state: 'Ready', reason: 'RedisCluster is ready' }],
    ['Jaeger autonomous-op-jaeger', JAEGER, { phase: 'Running' }],
    ['Prometheus prometheus', PROMETHEUS, { conditions: [ready('Reconciled'), ready('Available')] }],
  ])('%s is ready if its operator says so', async (subject, path, status) => {
    expect(await found(path, status)).toEqual([{ verdict: 'ok', subject, value: 'ready', remedy: [] }]);
  });

  it.each<[string, unknown, string]>([
    [KAFKA, { conditions: [ready('NotReady', 'True', 'no brokers')] }, 'no brokers'],
    [
      CONNECT,
      { conditions: [ready('NotReady', 'True', 'Secret kafka-s3-sink not found')] },
      'Secret kafka-s3-sink not found',
    ],
    [POSTGRES, { conditions: [ready('Ready', 'False', 'Cluster Is Not Ready')] }, 'Cluster Is Not Ready'],
    [POSTGRES, {}, 'it is not Ready'],
    [ELASTICSEARCH, { health: 'red', phase: 'Ready' }, 'phase Ready, health red'],
    [ELASTICSEARCH, { phase: 'ApplyingChanges', health: 'unknown' }, 'phase ApplyingChanges, health unknown'],
    [REDIS, { state: 'Initializing', reason: 'leaders' }, 'Initializing: leaders'],
    [JAEGER, { phase: 'Failed' }, 'phase Failed'],
    [PROMETHEUS, { conditions: [ready('Reconciled'), ready('Available', 'False', '0/1 pods')] }, '0/1 pods'],
  ])('%s is told with what its operator says: case %#', async (path, status, value) => {
    expect(await found(path, status)).toMatchObject([
      { verdict: 'problem', value, remedy: [expect.stringMatching(/^kubectl --context test describe \w+\./)] },
    ]);
  });

  it('is a warning while its operator has written nothing', async () => {
    expect(await found(KAFKA, undefined)).toMatchObject([
      { verdict: 'warning', subject: 'Kafka kafka', value: 'has no status from its operator' },
    ]);
  });

  it('is not looked for when it is not applied', async () => {
    expect(await found('elsewhere', {})).toEqual([]);
  });
});
