import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settingsOf } from '../../src/autonomous-op/environments';
import { pruneLabel } from '../../src/autonomous-op/pruning';
import { objectives } from '../../src/autonomous-op/objectives';
import { secretFallbacks, secrets } from '../../src/autonomous-op/secrets';
import { serviceNames } from '../../src/autonomous-op/services';
import { GpuType } from '../../src/core/gpu-type';
import {
  amountOf,
  containerOf,
  entriesAt,
  listAt,
  production,
  synthesize,
  synthesizeWith,
  textAt,
  valueAt,
} from './production';

const services = serviceNames;
const hpas = ['autonomous-op-hpa', 'ml-service-hpa'];
const scaledObjects = ['autonomous-op-keda', 'ml-service-keda'];

const podOf = (service: string) => valueAt(production.get('Deployment', service), 'spec template spec');
const hpa = (name: string) => production.get('HorizontalPodAutoscaler', name);
const triggersOf = (name: string) => listAt(production.get('ScaledObject', name), 'spec triggers');
const queries = scaledObjects
  .flatMap(triggersOf)
  .filter((trigger) => valueAt(trigger, 'type') === 'prometheus')
  .map((trigger) => textAt(trigger, 'metadata query'));
const alert = (name: string) =>
  textAt(production.get('PrometheusRule', 'autonomous-op-alerts'), `spec groups 0 rules ${name} expr`);
const promtail: unknown = parse(textAt(production.get('ConfigMap', 'promtail-config'), 'data promtail.yaml'));
const policy = (peer: string) => production.get('NetworkPolicy', `${peer}-network-policy`);
const dataOf = (secret: string) => entriesAt(production.get('Secret', secret), 'data');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const tcp = (port: number) => [{ port, protocol: 'TCP' }];
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });

/** A check for each deviation, by its heading in docs/deviations.md. */
const deviations: Readonly<Record<string, () => void>> = {
  'D1 An HPA and a ScaledObject for one Deployment': () => {
    for (const service of ['autonomous-op', 'ml-service']) {
      const scaledObject = production.get('ScaledObject', `${service}-keda`);
      const spec = valueAt(hpa(`${service}-hpa`), 'spec');
      const annotations = { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' };
      expect(scaledObject.metadata['annotations']).toEqual(annotations);
      expect(hpa(`${service}-hpa`).metadata['annotations']).toEqual(annotations);
      expect(valueAt(scaledObject, 'spec advanced horizontalPodAutoscalerConfig')).toEqual({
        name: `${service}-hpa`,
        behavior: valueAt(spec, 'behavior'),
      });
      expect([valueAt(scaledObject, 'spec minReplicaCount'), valueAt(scaledObject, 'spec maxReplicaCount')]).toEqual([
        valueAt(spec, 'minReplicas'),
        valueAt(spec, 'maxReplicas'),
      ]);
      expect(listAt(spec, 'metrics').map(agreed)).toEqual(triggersOf(`${service}-keda`).map(demanded));
      expect(listAt(spec, 'metrics').map((metric) => valueAt(metric, 'type'))).not.toContain('Pods');
    }
  },

  'D2 The GPU as a Resource metric': () => {
    const metrics = hpas.flatMap((name) => listAt(hpa(name), 'spec metrics'));
    const resources = metrics.filter((metric) => valueAt(metric, 'type') === 'Resource');
    expect(new Set(resources.map((metric) => textAt(metric, 'resource name')))).toEqual(new Set(['cpu', 'memory']));
    expect(metrics.map((metric) => valueAt(metric, 'external metric name'))).toContain('s1-prometheus-gpu_utilization');
  },

  'D3 Requests per second in thousandths': () => {
    const target = (name: string, index: number) =>
      amountOf(valueAt(hpa(name), `spec metrics ${index} external target averageValue`));
    expect(target('autonomous-op-hpa', 2)).toBe(1000);
    expect(target('ml-service-hpa', 0)).toBe(500);
  },

  'D4 Tolerations outside the pod template': () => {
    expect(valueAt(production.get('Deployment', 'ml-service'), 'spec tolerations')).toBeUndefined();
    expect(valueAt(podOf('ml-service'), 'tolerations')).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ]);
  },

  "D5 Jaeger's sampler and password": () => {
    const jaeger = production.get('Jaeger', 'autonomous-op-jaeger');
    expect(valueAt(jaeger, 'spec sampler')).toBeUndefined();
    expect(valueAt(jaeger, 'spec sampling options default_strategy')).toEqual({ type: 'probabilistic', param: 0.1 });
    expect(Object.keys(entriesAt(jaeger, 'spec storage options es'))).toEqual(['index-prefix', 'server-urls']);
    expect(valueAt(jaeger, 'spec storage secretName')).toBe('autonomous-op-jaeger-elasticsearch');
    expect(Object.keys(entriesAt(production.get('Secret', 'autonomous-op-jaeger-elasticsearch'), 'data'))).toEqual([
      'ES_PASSWORD',
      'ES_USERNAME',
    ]);
  },

  'D6 Queries divided by the number of pods': () => {
    expect(queries.join('\n')).not.toMatch(/kube_pod_info|\//);
    const triggers = scaledObjects.flatMap(triggersOf).filter((trigger) => valueAt(trigger, 'type') === 'prometheus');
    expect(triggers.map((trigger) => valueAt(trigger, 'metadata ignoreNullValues'))).toEqual(
      triggers.map(() => 'false'),
    );
  },

  'D7 The rate of a gauge': () => {
    const gauge = 'DCGM_FI_DEV_GPU_UTIL{namespace="autonomous-op", container="ml-service"}';
    expect(queries[2]).toContain(gauge);
    expect(queries[2]).not.toContain('rate(');
    expect(alert('GPUUtilizationTooHigh')).toBe(`sum(${gauge}) / count(${gauge}) > 90`);
    const monitor = production.get('PodMonitor', 'dcgm-monitor');
    expect(valueAt(monitor, 'spec podMetricsEndpoints 0 honorLabels')).toBe(true);
  },

  'D8 Two names for one consumer group': () => {
    const group = 'autonomous-op';
    expect(valueAt(containerOf(production, 'autonomous-op'), 'env SPRING_KAFKA_CONSUMER_GROUP_ID value')).toBe(group);
    expect([0, 1].map((index) => valueAt(triggersOf('autonomous-op-keda')[index], 'metadata consumerGroup'))).toEqual([
      group,
      group,
    ]);
    expect(alert('KafkaLagTooHigh')).toContain(`{consumergroup="${group}", `);
  },

  'D9 Metrics that kube-state-metrics no longer has': () => {
    const running = 'and on (namespace, pod) kube_pod_status_phase{namespace="autonomous-op", phase="Running"} == 1)';
    const limits = (resource: string) =>
      ` ${running} / sum(max by (namespace, pod, container) (kube_pod_container_resource_limits{container="autonomous-op", ` +
      `namespace="autonomous-op", resource="${resource}"}) ${running} * 100 > `;
    expect(alert('HighCpuUsage')).toContain(limits('cpu'));
    expect(alert('HighMemoryUsage')).toContain(limits('memory'));
    expect(valueAt(production.get('PodMonitor', 'kube-state-metrics-monitor'), 'spec namespaceSelector')).toEqual({
      matchNames: ['kube-system'],
    });
  },

  'D10 The label app on a series': () => {
    const monitors = production.ofKind('ServiceMonitor').filter(({ metadata }) => metadata.name !== 'kubelet-monitor');
    expect(monitors.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(services.map((name) => `${name}-monitor`)),
    );
    expect(monitors.map((monitor) => valueAt(monitor, 'spec targetLabels'))).toEqual(monitors.map(() => ['app']));
    // The label is copied from the Service, so each must have it.
    expect(services.map((name) => valueAt(production.get('Service', name), 'metadata labels app'))).toEqual(services);
  },

  'D11 A network policy that cuts off and leaves open': () => {
    const policies = production.ofKind('NetworkPolicy');
    expect(valueAt(production.get('NetworkPolicy', 'default-deny'), 'spec')).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    const dns = production.get('NetworkPolicy', 'allow-dns');
    expect(valueAt(dns, 'spec podSelector')).toEqual({});
    expect(valueAt(dns, 'spec egress 0 ports')).toEqual([
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ]);
    expect(listAt(policy('autonomous-op'), 'spec ingress')).toEqual([
      { from: [app('gateway')], ports: tcp(8080) },
      { from: [app('prometheus')], ports: tcp(8081) },
    ]);
    expect(listAt(policy('autonomous-op'), 'spec egress')).toContainEqual({
      to: [app('ml-service')],
      ports: tcp(8082),
    });
    expect(listAt(policy('autonomous-op'), 'spec egress').map((rule) => valueAt(rule, 'ports 0 port'))).toContain(4318);
    const stores = ['postgres', 'kafka', 'redis', 'elasticsearch'];
    const parts = [
      ...['kafka-zookeeper', 'kafka-entity-operator', 'kafka-exporter', 'kafka-s3-sink'],
      ...['postgres-cluster', 'postgres-pooler', 'postgres-initdb', 'postgres-join'],
      ...['redis-nodes', 'elasticsearch-nodes'],
      ...['autonomous-op-jaeger-collector', 'autonomous-op-jaeger-query', 'autonomous-op-jaeger-es-index-cleaner'],
    ];
    const watching = ['prometheus', 'alertmanager', 'grafana', 'loki', 'promtail', 'elasticsearch-exporter'];
    const peers = [...services, ...stores, ...parts, ...watching, 'acme-http-solver'];
    expect(policies.map(({ metadata }) => metadata.name).sort()).toEqual(
      ['default-deny', 'allow-dns', ...peers.map((peer) => `${peer}-network-policy`)].sort(),
    );
    expect(policies.flatMap(halfOpen)).toEqual([]);
    expect(policies.flatMap(rulesWithoutPortOrPeer)).toEqual([]);
  },

  "D12 The Secret's values": () => {
    const values = production.ofKind('Secret').flatMap((secret) => Object.values(entriesAt(secret, 'data')));
    for (const value of values) {
      expect(value).toMatch(/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
    }
    const read = services
      .flatMap((service) => listAt(containerOf(production, service), 'env'))
      .map((variable) => valueAt(variable, 'valueFrom secretKeyRef'));
    const application = Object.values(secrets).filter(({ secret }) => secret === 'autonomous-op-secrets');
    expect(Object.keys(dataOf('autonomous-op-secrets')).sort()).toEqual(application.map(({ key }) => key).sort());
    for (const { secret, key } of application) {
      expect(read).toContainEqual({ name: secret, key });
    }
    const git = readFileSync(join(__dirname, '../..', '.gitignore'), 'utf8').split('\n');
    expect(git).toEqual(expect.arrayContaining(['dist/*-secrets.k8s.yaml', 'secrets.*.env']));
  },

  'D13 Promtail finds no file': () => {
    expect(listAt(promtail, 'scrape_configs 0 relabel_configs')).toContainEqual({
      source_labels: ['__meta_kubernetes_pod_uid', '__meta_kubernetes_pod_container_name'],
      separator: '/',
      target_label: '__path__',
      replacement: '/var/log/pods/*$1/*.log',
    });
    expect(valueAt(promtail, 'scrape_configs 0 pipeline_stages 0')).toMatchObject({ cri: {} });
    expect(valueAt(promtail, 'scrape_configs 0 kubernetes_sd_configs')).toEqual([
      { role: 'pod', namespaces: { names: ['autonomous-op'] } },
    ]);
    const role = production.get('Role', 'autonomous-op-logging-promtail');
    expect(role.metadata.namespace).toBe('autonomous-op');
    expect(role['rules']).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]);
    expect(valueAt(promtail, 'positions filename')).toBe('/tmp/positions.yaml');
    const pod = valueAt(production.get('DaemonSet', 'promtail'), 'spec template spec');
    expect(valueAt(pod, 'containers promtail volumeMounts positions mountPath')).toBe('/tmp');
    expect(valueAt(pod, 'volumes positions hostPath type')).toBe('DirectoryOrCreate');
    expect(valueAt(production.get('Service', 'loki'), 'spec ports http port')).toBe(3100);
  },

  'D14 A roll-out on GPUs that are all taken': () => {
    const strategy = (gpusPerNode: number) =>
      valueAt(synthesizeWith({ gpusPerNode }).get('Deployment', 'ml-service'), 'spec strategy rollingUpdate');
    expect(strategy(4)).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    expect(strategy(3)).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(() => strategy(2)).toThrow('the pool has 4 GPUs, and at their maximum its workloads ask for 6');
    expect(settingsOf('production')).toMatchObject({
      gpuNodes: ['gpu-node-01', 'gpu-node-02'],
      gpusPerNode: 4,
      gpu: GpuType.V100,
    });
  },

  'D15 One host name for a Redis Cluster': () => {
    for (const service of ['autonomous-op', 'ml-service']) {
      const value = (variable: string) => valueAt(containerOf(production, service), `env ${variable} value`);
      expect(value('SPRING_REDIS_CLUSTER_NODES')).toBe('redis:6379');
      expect(value('SPRING_DATA_REDIS_CLUSTER_NODES')).toBe('$(SPRING_REDIS_CLUSTER_NODES)');
      expect(value('SPRING_DATA_REDIS_HOST')).toBe('$(SPRING_REDIS_HOST)');
      expect(value('SPRING_DATA_REDIS_PORT')).toBe('$(SPRING_REDIS_PORT)');
      expect(value('SPRING_DATA_REDIS_PASSWORD')).toBe('$(SPRING_REDIS_PASSWORD)');
    }
    const cluster = valueAt(production.get('RedisCluster', 'redis'), 'spec');
    expect(valueAt(cluster, 'clusterSize')).toBe(3);
    // As many followers as leaders, unless it says otherwise.
    expect(Object.keys(entriesAt(cluster, 'redisFollower'))).toContain('affinity');
    expect(valueAt(cluster, 'redisFollower replicas')).toBeUndefined();
  },

  'D16 GPU products by their trade names': () => {
    expect(
      valueAt(
        podOf('ml-service'),
        'affinity nodeAffinity preferredDuringSchedulingIgnoredDuringExecution 0 preference matchExpressions 0 values',
      ),
    ).toEqual(['Tesla-V100-SXM2-16GB', 'Tesla-T4']);
    expect(GpuType.all.map(({ product }) => product)).toEqual([
      'Tesla-V100-SXM2-16GB',
      'Tesla-T4',
      'NVIDIA-A100-SXM4-40GB',
    ]);
  },

  'D17 One account for two services': () => {
    expect(services.map((service) => valueAt(podOf(service), 'serviceAccountName'))).toEqual(
      services.map((service) => `${service}-sa`),
    );
    expect(services.filter((service) => valueAt(podOf(service), 'automountServiceAccountToken') !== false)).toEqual([
      'autonomous-op',
    ]);
    const bound = production.ofKind('RoleBinding').flatMap((binding) => listAt(binding, 'subjects'));
    expect(bound).toEqual([
      { kind: 'ServiceAccount', name: 'autonomous-op-sa', namespace: 'autonomous-op' },
      { kind: 'ServiceAccount', name: 'prometheus-sa', namespace: 'autonomous-op' },
      { kind: 'ServiceAccount', name: 'promtail', namespace: 'autonomous-op-logging' },
    ]);
    for (const service of services) {
      expect(production.get('ServiceAccount', `${service}-sa`)['automountServiceAccountToken']).toBe(false);
    }
  },

  'D18 The replicas of a scaled Deployment': () => {
    for (const service of services) {
      expect(Object.keys(entriesAt(production.get('Deployment', service), 'spec'))).not.toContain('replicas');
    }
    expect(hpas.map((name) => valueAt(hpa(name), 'spec minReplicas'))).toEqual([3, 2]);
  },

  'D19 "For 5 minutes" and "for 3 minutes"': () => {
    expect(queries[2]).toMatch(/^min_over_time\(\(.*\)\[3m:30s\]\)$/);
    const windows = (direction: string) =>
      services.map((service) =>
        valueAt(hpa(`${service}-hpa`), `spec behavior ${direction} stabilizationWindowSeconds`),
      );
    expect(windows('scaleUp')).toEqual(services.map((service) => (hpas.includes(`${service}-hpa`) ? 0 : 300)));
    expect(windows('scaleDown')).toEqual(services.map(() => 300));
  },

  'D20 Limits of stores that no metric has': () => {
    const expr = (name: string) =>
      textAt(
        production.get('PrometheusRule', 'autonomous-op-alerts'),
        `spec groups autonomous-op.stores rules ${name} expr`,
      );
    expect(expr('KafkaPartitionsNearlyUsedUp')).toBe(
      'max(kafka_consumergroup_members{consumergroup="autonomous-op"})' +
        ' / min(kafka_topic_partitions{topic=~"vehicle-telemetry|route-updates"}) * 100 > 80',
    );
    const poolSize = textAt(production.get('Pooler', 'postgres'), 'spec pgbouncer parameters default_pool_size');
    expect(expr('PostgresConnectionPoolNearlyFull')).toMatch(
      new RegExp(String.raw`cnpg_pgbouncer_pools_sv_active.* / ${poolSize} \* 100 > 90$`),
    );
    expect(expr('RedisMemoryNearlyFull')).toMatch(/ \/ \(redis_memory_max_bytes.* > 0\)\) \* 100 > 85$/);
  },

  'D21 A single point of failure': () => {
    for (const service of services) {
      const pod = podOf(service);
      const container = containerOf(production, service);
      const labels = { matchLabels: { app: service } };
      expect(valueAt(production.get('PodDisruptionBudget', `${service}-pdb`), 'spec')).toMatchObject({
        maxUnavailable: 1,
        selector: labels,
      });
      expect(listAt(pod, 'topologySpreadConstraints')).toEqual([
        expect.objectContaining({
          topologyKey: 'topology.kubernetes.io/zone',
          maxSkew: 1,
          whenUnsatisfiable: service === 'ml-service' ? 'ScheduleAnyway' : 'DoNotSchedule',
          labelSelector: labels,
        }),
        expect.objectContaining({ topologyKey: 'kubernetes.io/hostname', maxSkew: 1, labelSelector: labels }),
      ]);
      expect(valueAt(container, 'startupProbe httpGet path')).toBe('/actuator/health/startup');
      expect(valueAt(container, 'lifecycle preStop exec command')).toEqual(['sleep', '10']);
      expect(valueAt(container, 'env SERVER_SHUTDOWN value')).toBe('graceful');
      expect(valueAt(container, 'env SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE value')).toBe('30s');
      expect(valueAt(pod, 'terminationGracePeriodSeconds')).toBe(45);
    }
  },

  'D22 Labels and taints by hand': () => {
    const nodes = settingsOf('production').gpuNodes;
    expect(nodes).toHaveLength(2);
    const manifests = production.files.map(({ yaml }) => yaml).join();
    expect(nodes.filter((node) => manifests.includes(node))).toEqual([]);
    expect(production.ofKind('Node')).toEqual([]);
  },

  'D23 Pods that run as root': () => {
    const label = 'metadata labels pod-security.kubernetes.io/enforce';
    expect(valueAt(production.get('Namespace', 'autonomous-op'), label)).toBe('restricted');
    const jaeger = valueAt(production.get('Jaeger', 'autonomous-op-jaeger'), 'spec');
    const pods = services.map((service) => ({ pod: podOf(service), container: containerOf(production, service) }));
    pods.push({ pod: jaeger, container: { securityContext: valueAt(jaeger, 'containerSecurityContext') } });
    for (const { pod, container } of pods) {
      expect(valueAt(pod, 'securityContext')).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(valueAt(container, 'securityContext')).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(listAt(pod, 'volumes').map((volume) => textAt(volume, 'name'))).toEqual(['tmp']);
    }
    for (const { container } of pods.slice(0, services.length)) {
      expect(valueAt(container, 'volumeMounts')).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
    }
    const kafka = valueAt(production.get('Kafka', 'kafka'), 'spec');
    const redis = valueAt(production.get('RedisCluster', 'redis'), 'spec');
    const connect = valueAt(production.get('KafkaConnect', 'kafka-s3-sink'), 'spec template');
    const nodes = valueAt(production.get('Elasticsearch', 'elasticsearch'), 'spec nodeSets 0 podTemplate spec');
    const stores = [
      valueAt(kafka, 'kafka template pod securityContext'),
      valueAt(kafka, 'zookeeper template pod securityContext'),
      valueAt(kafka, 'entityOperator template pod securityContext'),
      valueAt(kafka, 'kafkaExporter template pod securityContext'),
      valueAt(connect, 'pod securityContext'),
      valueAt(redis, 'podSecurityContext'),
      valueAt(nodes, 'securityContext'),
    ];
    for (const pod of stores) {
      expect(pod).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(valueAt(pod, 'runAsUser')).toBeGreaterThan(0);
    }
    const containers = [
      valueAt(kafka, 'kafka template kafkaContainer'),
      valueAt(kafka, 'kafka template initContainer'),
      valueAt(kafka, 'zookeeper template zookeeperContainer'),
      valueAt(kafka, 'entityOperator template topicOperatorContainer'),
      valueAt(kafka, 'entityOperator template userOperatorContainer'),
      valueAt(kafka, 'kafkaExporter template container'),
      valueAt(connect, 'connectContainer'),
      valueAt(redis, 'redisLeader'),
      valueAt(redis, 'redisFollower'),
      valueAt(redis, 'redisExporter'),
      ...listAt(nodes, 'containers'),
      ...listAt(nodes, 'initContainers'),
    ];
    for (const container of containers) {
      expect(valueAt(container, 'securityContext')).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    }
    const operated = ['Prometheus', 'Alertmanager'].map((kind) => production.get(kind, kind.toLowerCase()));
    const template = (kind: string, name: string) => valueAt(production.get(kind, name), 'spec template spec');
    const watching = [
      { user: 10001, pod: valueAt(operated[0], 'spec') },
      { user: 10001, pod: valueAt(operated[1], 'spec') },
      { user: 10001, pod: template('StatefulSet', 'loki') },
      { user: 10001, pod: template('Deployment', 'elasticsearch-exporter') },
      { user: 472, pod: template('Deployment', 'grafana') },
    ];
    for (const { user, pod } of watching) {
      expect(valueAt(pod, 'securityContext')).toMatchObject({
        runAsNonRoot: true,
        runAsUser: user,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of listAt(pod, 'containers')) {
        expect(valueAt(container, 'securityContext')).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
    expect(production.get('DaemonSet', 'promtail').metadata.namespace).toBe('autonomous-op-logging');
    expect(production.get('ConfigMap', 'promtail-config').metadata.namespace).toBe('autonomous-op-logging');
    expect(valueAt(production.get('Namespace', 'autonomous-op-logging'), label)).toBe('privileged');
  },

  'D24 Names that resolve in one namespace only': () => {
    const addresses = scaledObjects
      .flatMap(triggersOf)
      .flatMap((trigger) =>
        ['metadata bootstrapServers', 'metadata serverAddress'].map((path) => valueAt(trigger, path)),
      )
      .filter((address) => address !== undefined);
    const [kafka, prometheus] = ['kafka.autonomous-op.svc:9092', 'http://prometheus.autonomous-op.svc:9090'];
    expect(addresses).toEqual([kafka, kafka, prometheus, prometheus, prometheus]);
    const keda = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } },
      podSelector: { matchLabels: { app: 'keda-operator' } },
    };
    expect(connections(policy('kafka'), 'ingress')).toContainEqual({ peer: keda, ports: tcp(9092) });
    expect(connections(policy('prometheus'), 'ingress')).toContainEqual({ peer: keda, ports: tcp(9090) });
    expect(valueAt(promtail, 'clients 0 url')).toBe('http://loki.autonomous-op.svc:3100/loki/api/v1/push');
    expect(valueAt(containerOf(production, 'autonomous-op'), 'env SPRING_KAFKA_BOOTSTRAP_SERVERS value')).toBe(
      'kafka:9092',
    );
  },

  'D25 Arrows that the diagram leaves out': () => {
    const egress = listAt(policy('ml-service'), 'spec egress');
    expect(egress.slice(0, 2)).toEqual([
      { to: [app('kafka')], ports: tcp(9092) },
      { to: [app('redis')], ports: tcp(6379) },
    ]);
    expect(egress.slice(2).map((rule) => valueAt(rule, 'ports'))).toEqual([tcp(4318)]);
    expect(connections(policy('gateway'), 'egress').map(({ ports }) => ports)).toContainEqual(tcp(4318));
    for (const store of ['kafka', 'redis']) {
      expect(connections(policy(store), 'ingress').map(({ peer }) => peer)).toContainEqual(app('ml-service'));
    }
    expect(connections(policy('gateway'), 'egress')).toContainEqual({
      peer: { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
      ports: tcp(443),
    });
    expect(
      valueAt(containerOf(production, 'gateway'), 'env SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI value'),
    ).toBe('https://keycloak.example.com/realms/autonomous-op');
  },

  "D26 Jaeger's size, twice": () => {
    for (const part of ['collector', 'query']) {
      expect(valueAt(production.get('Jaeger', 'autonomous-op-jaeger'), `spec ${part} resources`)).toEqual({
        requests: { cpu: '500m', memory: '1Gi' },
        limits: { cpu: '1', memory: '2Gi' },
      });
    }
  },

  "D27 Secrets beside the document's": () => {
    expect(production.ofKind('Secret').map(({ metadata, type }) => [metadata.name, type])).toEqual([
      ['autonomous-op-secrets', 'Opaque'],
      ['autonomous-op-jaeger-elasticsearch', 'Opaque'],
      ['autonomous-op-grafana', 'Opaque'],
      ['autonomous-op-object-storage', 'Opaque'],
      ['autonomous-op-postgres', 'kubernetes.io/basic-auth'],
      ['autonomous-op-elasticsearch', 'kubernetes.io/basic-auth'],
      ['alertmanager-config', 'Opaque'],
      ['elasticsearch-roles', 'Opaque'],
    ]);
    const { 'spring.datasource.username': username, 'spring.datasource.password': password } =
      dataOf('autonomous-op-secrets');
    expect(dataOf('autonomous-op-postgres')).toEqual({ username, password });
    const { ES_USERNAME, ES_PASSWORD } = dataOf('autonomous-op-jaeger-elasticsearch');
    expect(dataOf('autonomous-op-elasticsearch')).toEqual({
      username: ES_USERNAME,
      password: ES_PASSWORD,
      roles: base64('elasticsearch-client'),
    });
    const bootstrap = valueAt(production.get('Cluster', 'postgres-cluster'), 'spec bootstrap initdb secret name');
    expect(bootstrap).toBe('autonomous-op-postgres');
    expect(valueAt(production.get('Elasticsearch', 'elasticsearch'), 'spec auth')).toEqual({
      fileRealm: [{ secretName: 'autonomous-op-elasticsearch' }],
      roles: [{ secretName: 'elasticsearch-roles' }],
    });
  },

  'D28 The user elastic': () => {
    expect(secretFallbacks.get(secrets.elasticsearchUsername)).toEqual({ value: 'jaeger', exact: true });
    const roles = Buffer.from(textAt(dataOf('elasticsearch-roles'), 'roles.yml'), 'base64').toString();
    expect(parse(roles)).toEqual({
      'elasticsearch-client': {
        cluster: ['monitor', 'manage_index_templates'],
        indices: [expect.objectContaining({ names: ['jaeger-autonomous-op-*'] })],
      },
    });
  },

  'D29 A Kafka that nobody logs in to': () => {
    expect(listAt(production.get('Kafka', 'kafka'), 'spec kafka listeners')).toEqual([
      expect.objectContaining({ port: 9092, tls: false, authentication: { type: 'scram-sha-512' } }),
    ]);
    expect(valueAt(production.get('KafkaUser', 'autonomous-op'), 'spec authentication')).toEqual({
      type: 'scram-sha-512',
      password: { valueFrom: { secretKeyRef: { name: 'autonomous-op-secrets', key: 'spring.kafka.password' } } },
    });
    for (const service of ['autonomous-op', 'fms', 'tms', 'scm', 'ml-service']) {
      const value = (variable: string) => valueAt(containerOf(production, service), `env ${variable} value`);
      expect(value('SPRING_KAFKA_SECURITY_PROTOCOL')).toBe('SASL_PLAINTEXT');
      expect(value('SPRING_KAFKA_PROPERTIES_SASL_MECHANISM')).toBe('SCRAM-SHA-512');
      expect(value('SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG')).toContain('password="$(SPRING_KAFKA_PASSWORD)"');
    }
    const lags = triggersOf('autonomous-op-keda').filter((trigger) => valueAt(trigger, 'type') === 'kafka');
    expect(lags.map((trigger) => valueAt(trigger, 'authenticationRef name'))).toEqual([
      'autonomous-op-keda-kafka',
      'autonomous-op-keda-kafka',
    ]);
  },

  'D30 More connections than PostgreSQL takes': () => {
    const pooler = valueAt(production.get('Pooler', 'postgres'), 'spec');
    expect(valueAt(pooler, 'type')).toBe('rw');
    expect(valueAt(pooler, 'pgbouncer poolMode')).toBe('transaction');
    expect(secretFallbacks.get(secrets.datasourceUrl)).toEqual({
      value: 'jdbc:postgresql://postgres:5432/autonomous_op?prepareThreshold=0&socketTimeout=60',
    });
  },

  "D31 Kafka Connect's image": () => {
    const connect = valueAt(production.get('KafkaConnect', 'kafka-s3-sink'), 'spec');
    expect(valueAt(connect, 'image')).toBe(settingsOf('production').kafkaConnectImage);
    expect(valueAt(connect, 'build')).toBeUndefined();
  },

  'D32 Connections beside the arrows': () => {
    const from = (peer: string) =>
      connections(policy(peer), 'ingress').flatMap((connection) => {
        const namespace = valueAt(connection.peer, 'namespaceSelector matchLabels kubernetes.io/metadata.name');
        return namespace === undefined ? [] : [namespace];
      });
    expect(from('acme-http-solver')).toEqual(['ingress-nginx']);
    expect(from('kafka-zookeeper')).toEqual(['strimzi']);
    expect(new Set(from('postgres-cluster'))).toEqual(new Set(['cnpg-system']));
    expect(from('redis-nodes')).toEqual(['ot-operators']);
    expect(from('elasticsearch-nodes')).toEqual(['elastic-system']);
    const topology = readFileSync(join(__dirname, '../..', 'docs', 'topology.md'), 'utf8');
    expect(topology).toMatch(/^\| ingress-nginx\/ingress-nginx +\| acme-http-solver +\| 8089 +\|$/m);
  },

  "D33 The label app of Redis' pods": () => {
    const labels = { app: 'redis', redis_setup_type: 'cluster' };
    const cluster = production.get('RedisCluster', 'redis');
    expect(cluster.metadata['labels']).toEqual({ app: 'redis' });
    expect(['redisLeader', 'redisFollower'].map((role) => valueAt(cluster, `spec ${role} pdb`))).toEqual([
      undefined,
      undefined,
    ]);
    expect(valueAt(production.get('PodDisruptionBudget', 'redis-pdb'), 'spec selector matchLabels')).toEqual(labels);
    expect(valueAt(production.get('Service', 'redis'), 'spec selector')).toEqual(labels);
    expect(valueAt(policy('redis-nodes'), 'spec podSelector matchLabels')).toEqual(labels);
  },

  'D34 Alerts that reach nobody': () => {
    const text = Buffer.from(textAt(dataOf('alertmanager-config'), 'alertmanager.yaml'), 'base64').toString();
    const config: unknown = parse(text);
    expect(valueAt(config, 'receivers')).toEqual([{ name: 'null' }]);
    const routes = [valueAt(config, 'route'), ...listAt(config, 'route routes')];
    expect(routes.map((route) => valueAt(route, 'receiver'))).toEqual(routes.map(() => 'null'));
    expect(valueAt(production.get('Alertmanager', 'alertmanager'), 'spec secrets')).toEqual([]);
  },

  'D35 What Prometheus may read': () => {
    const verbs = ['get', 'list', 'watch'];
    const discovery = [{ apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs }];
    expect(production.get('Role', 'prometheus')['rules']).toEqual(discovery);
    expect(production.ofKind('ClusterRole').map(({ metadata, rules }) => [metadata.name, rules])).toEqual([
      ['autonomous-op-prometheus-discovery', discovery],
      ['autonomous-op-prometheus-kubelet', [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }]],
    ]);
    const account = { kind: 'ServiceAccount', name: 'prometheus-sa', namespace: 'autonomous-op' };
    const subjects = production.ofKind('ClusterRoleBinding').flatMap((binding) => listAt(binding, 'subjects'));
    expect(subjects).toEqual([account, account]);
    expect(valueAt(production.get('Prometheus', 'prometheus'), 'spec serviceAccountName')).toBe('prometheus-sa');
  },

  'D36 Elasticsearch without metrics': () => {
    const name = 'elasticsearch-exporter';
    const containers = listAt(production.get('Deployment', name), 'spec template spec containers');
    const key = { name: 'autonomous-op-jaeger-elasticsearch', key: 'ES_PASSWORD' };
    expect(containers).toHaveLength(1);
    expect(valueAt(containers[0], 'args')).toContain('--es.uri=http://elasticsearch:9200');
    expect(valueAt(containers[0], 'env ES_PASSWORD valueFrom secretKeyRef')).toEqual(key);
    expect(valueAt(production.get('PodMonitor', `${name}-monitor`), 'spec selector matchLabels')).toEqual({
      app: name,
    });
  },

  "D37 Grafana's administrator": () => {
    const grafana = containerOf(production, 'grafana');
    const secretOf = (variable: string) => valueAt(grafana, `env ${variable} valueFrom secretKeyRef`);
    const name = 'autonomous-op-grafana';
    expect(secretOf('GF_SECURITY_ADMIN_USER')).toEqual({ name, key: 'admin-user' });
    expect(secretOf('GF_SECURITY_ADMIN_PASSWORD')).toEqual({ name, key: 'admin-password' });
    expect(secretFallbacks.get(secrets.grafanaPassword)).toBe('random');
    expect(valueAt(grafana, 'env GF_AUTH_ANONYMOUS_ENABLED value')).toBe('false');
    expect(valueAt(grafana, 'env GF_USERS_ALLOW_SIGN_UP value')).toBe('false');
  },

  'D38 Objectives of the services': () => {
    expect(objectives.latency.toMilliseconds()).toBe(500);
    const rule = (name: string) =>
      textAt(
        production.get('PrometheusRule', 'autonomous-op-alerts'),
        `spec groups autonomous-op.slo rules ${name} expr`,
      );
    for (const speed of ['Fast', 'Slow']) {
      expect(rule(`ErrorBudgetBurning${speed}`)).toContain(' * (1 - 0.999)');
      expect(rule(`LatencyBudgetBurning${speed}`)).toContain(' * (1 - 0.99)');
    }
    for (const service of services) {
      const limit = 'env MANAGEMENT_METRICS_DISTRIBUTION_SLO_HTTP_SERVER_REQUESTS value';
      expect(valueAt(containerOf(production, service), limit)).toBe('500ms');
    }
  },

  'D39 An object that is no longer wanted': () => {
    const labelled = new Set(
      production.objects
        .filter((object) => entriesAt({ labels: {}, ...object.metadata }, 'labels')[pruneLabel] === 'true')
        .map(({ kind }) => kind),
    );
    expect([...labelled]).toEqual(expect.arrayContaining(['Deployment', 'Service', 'NetworkPolicy', 'ScaledObject']));
    const keepsData = ['Namespace', 'Secret', 'StatefulSet', 'Kafka', 'KafkaTopic', 'Cluster', 'RedisCluster'];
    expect([...keepsData, 'Elasticsearch', 'Prometheus'].filter((kind) => labelled.has(kind))).toEqual([]);
    const templates = production.ofKind('Deployment').map((each) => valueAt(each, 'spec template metadata labels'));
    expect(templates.filter((labels) => valueAt(labels, pruneLabel) !== undefined)).toEqual([]);
  },
  'D40 A delay behind a startup probe': () => {
    for (const service of services) {
      const container = containerOf(production, service);
      expect(valueAt(container, 'startupProbe failureThreshold')).toBe(60);
      expect(entriesAt(container, 'readinessProbe')).not.toHaveProperty('initialDelaySeconds');
      expect(valueAt(container, 'livenessProbe initialDelaySeconds')).toBe(service === 'ml-service' ? 90 : 60);
    }
  },
  'D41 A Prometheus that Spring Boot refuses': () => {
    expect(valueAt(production.get('Prometheus', 'prometheus'), 'spec version')).toBe('v2.49.1');
  },
};

describe("The document's own text does not come back", () => {
  for (const [heading, check] of Object.entries(deviations)) {
    test(heading, check);
  }
});

test('Each deviation has a section in docs/deviations.md and a test of the same name', () => {
  const document = readFileSync(join(__dirname, '../..', 'docs', 'deviations.md'), 'utf8');
  const headings = [...document.matchAll(/^## (D\d+ .*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(Object.keys(deviations));
});

test('staging keeps the ML pods within its GPUs, without one to spare', () => {
  expect(valueAt(synthesize('staging').get('Deployment', 'ml-service'), 'spec strategy rollingUpdate')).toEqual({
    maxSurge: 0,
    maxUnavailable: 1,
  });
});

/** What a metric of an HPA stands for: its name and the value a pod. */
function agreed(metric: unknown): unknown[] {
  return valueAt(metric, 'type') === 'Resource'
    ? [textAt(metric, 'resource name'), valueAt(metric, 'resource target averageUtilization')]
    : [textAt(metric, 'external metric name'), amountOf(valueAt(metric, 'external target averageValue'))];
}

/** What KEDA 2.11 makes of a trigger: the same. */
function demanded(trigger: unknown, index: number): unknown[] {
  const type = textAt(trigger, 'type');
  switch (type) {
    case 'kafka':
      return [`s${index}-kafka-${textAt(trigger, 'metadata topic')}`, Number(textAt(trigger, 'metadata lagThreshold'))];
    case 'prometheus':
      return [
        `s${index}-prometheus-${textAt(trigger, 'metadata metricName')}`,
        Number(textAt(trigger, 'metadata threshold')),
      ];
    default:
      return [type, Number(textAt(trigger, 'metadata value'))];
  }
}

/** The connections that a policy opens and the policy of the other end, in the same namespace, does not. */
function halfOpen(opening: { kind: string }): unknown[] {
  const own = valueAt(opening, 'spec podSelector');
  const other: Readonly<Record<string, string>> = { egress: 'ingress', ingress: 'egress' };
  return Object.entries(other).flatMap(([direction, opposite]) =>
    connections(opening, direction).filter(({ peer, ports }) => {
      if (valueAt(peer, 'namespaceSelector') !== undefined || valueAt(peer, 'ipBlock') !== undefined) {
        return false;
      }
      const theirs = production
        .ofKind('NetworkPolicy')
        .find((each) => same(valueAt(each, 'spec podSelector'), valueAt(peer, 'podSelector')));
      return !connections(theirs, opposite).some(
        (connection) => same(valueAt(connection.peer, 'podSelector'), own) && same(connection.ports, ports),
      );
    }),
  );
}

/** The rules of a policy that leave a port, or everybody, open. */
function rulesWithoutPortOrPeer(each: unknown): unknown[] {
  return ['ingress', 'egress']
    .flatMap((direction) => connections(each, direction))
    .filter(({ peer, ports }) => peer === undefined || ports === undefined);
}

/** What a policy opens in a direction, a port at a time. */
function connections(each: unknown, direction: string): { peer: unknown; ports: unknown }[] {
  const rules = valueAt(each, `spec ${direction}`);
  return (Array.isArray(rules) ? rules : []).flatMap((rule: unknown) => {
    const peers = valueAt(rule, direction === 'egress' ? 'to' : 'from');
    const ports = valueAt(rule, 'ports');
    return (Array.isArray(peers) ? peers : [undefined]).flatMap((peer: unknown) =>
      Array.isArray(ports) ? ports.map((port: unknown) => ({ peer, ports: [port] })) : [{ peer, ports }],
    );
  });
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
