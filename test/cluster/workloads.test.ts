import { describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cluster/checks/secrets';
import { times } from '../../src/cluster/quantity';
import { podsOf, requestsOf } from '../../src/cluster/workloads';
import { needs, needsOfEnvironment } from './ready-cluster';

const shownPods = (environment: string) =>
  podsOf(needsOfEnvironment(environment).objects).map((pods) => {
    const { cpu = 0, memory = 0, ...others } = requestsOf(pods);
    const count = pods.everyNode ? 'every node' : `${pods.min}-${pods.max}`;
    return `${pods.name} ${count}: ${cpu} ${memory / 2 ** 20}Mi ${Object.values(others).join('')}`.trimEnd();
  });

describe('the pods of the manifests', () => {
  it('are those of the services, and those that operators make of the stores', () => {
    expect(shownPods('production').sort()).toMatchInlineSnapshot(`
      [
        "alertmanager 1-1: 0.05 128Mi",
        "autonomous-op 3-10: 1 2048Mi",
        "autonomous-op-jaeger collector 2-2: 0.5 1024Mi",
        "autonomous-op-jaeger query 2-2: 0.5 1024Mi",
        "elasticsearch 3-3: 1 4096Mi",
        "elasticsearch-exporter 1-1: 0.05 64Mi",
        "fms 2-5: 0.5 1024Mi",
        "gateway 2-5: 0.5 1024Mi",
        "grafana 1-1: 0.5 1024Mi",
        "kafka brokers 3-3: 1 2048Mi",
        "kafka entity-operator 1-1: 0.2 512Mi",
        "kafka exporter 1-1: 0.1 128Mi",
        "kafka zookeeper 3-3: 0.25 512Mi",
        "kafka-s3-sink 2-2: 0.5 1024Mi",
        "loki 1-1: 0.25 512Mi",
        "ml-service 2-6: 2 4096Mi 1",
        "postgres pooler 2-2: 0.1 64Mi",
        "postgres-cluster 3-3: 1 4096Mi",
        "prometheus 1-1: 1 4096Mi",
        "promtail every node: 0.05 64Mi",
        "redis 6-6: 0.55 1056Mi",
        "scm 2-5: 0.5 1024Mi",
        "tms 2-5: 0.5 1024Mi",
      ]
    `);
  });

  it('are fewer where each store is one pod', () => {
    expect(shownPods('local').sort()).toMatchInlineSnapshot(`
      [
        "alertmanager 1-1: 0.05 128Mi",
        "autonomous-op 1-2: 0.25 512Mi",
        "autonomous-op-jaeger all-in-one 1-1: 0.5 1024Mi",
        "fms 1-2: 0.25 512Mi",
        "gateway 1-2: 0.25 512Mi",
        "grafana 1-1: 0.5 1024Mi",
        "kafka 1-1: 0.1 512Mi",
        "ml-service 1-1: 0.25 512Mi 1",
        "postgres 1-1: 0.1 256Mi",
        "prometheus 1-1: 1 4096Mi",
        "redis 1-1: 0.1 256Mi",
        "scm 1-2: 0.25 512Mi",
        "tms 1-2: 0.25 512Mi",
      ]
    `);
  });

  it('are told of every object that has a pod in it', () => {
    const known = podsOf(needs.objects).map(({ name }) => name.split(' ')[0]);
    const running = needs.objects.filter((object) =>
      /"(requests|limits)":\{"(cpu|memory)/.test(JSON.stringify(object)),
    );
    expect(running.map(({ metadata }) => metadata.name).filter((name) => !known.includes(name))).toEqual([]);
    expect(running.length).toBeGreaterThan(15);
  });

  it('can take all the GPUs that the document gives them', () => {
    const gpus = podsOf(needs.objects).map((pods) => times(pods.max, requestsOf(pods))['nvidia.com/gpu'] ?? 0);
    expect(gpus.reduce((sum, each) => sum + each)).toBe(6);
  });
});

describe('the Secrets of the manifests', () => {
  it('are those that the objects name, with their keys, but for those of Strimzi and cert-manager', () => {
    const named = secretsOf(needs.objects).map(({ name, keys }) => [name, keys]);
    expect(Object.fromEntries(named)).toEqual({
      'autonomous-op-secrets': [
        'spring.datasource.password',
        'spring.datasource.url',
        'spring.datasource.username',
        'spring.kafka.password',
        'spring.kafka.username',
        'spring.redis.password',
      ],
      'autonomous-op-jaeger-elasticsearch': ['ES_PASSWORD', 'ES_USERNAME'],
      'autonomous-op-grafana': ['admin-password', 'admin-user'],
      'autonomous-op-object-storage': ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'],
      'autonomous-op-postgres': [],
      'autonomous-op-elasticsearch': [],
      'alertmanager-config': [],
      'elasticsearch-roles': [],
    });
  });
});
