import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settingsOf } from '../../src/autonomous-op/environments';
import { GpuType } from '../../src/core/gpu-type';
import { amountOf, containerOf, entriesAt, fakeValue, listAt, production, textAt, valueAt } from './production';

// Everything that docs/deviations.md does not change. The titles are the document's headings.

/** What an object has at each path. */
function has(kind: string, name: string, rows: readonly (readonly [path: string, value: unknown])[]): void {
  for (const [path, value] of rows) {
    test(`${kind} ${name}: ${path} is ${JSON.stringify(value)}`, () => {
      expect(valueAt(production.get(kind, name), path)).toEqual(value);
    });
  }
}

/** The same for quantities, which are emitted in canonical form: "1" for 1000m. */
function hasQuantities(kind: string, name: string, rows: readonly (readonly [path: string, quantity: string])[]): void {
  for (const [path, quantity] of rows) {
    test(`${kind} ${name}: ${path} is ${quantity}`, () => {
      expect(amountOf(valueAt(production.get(kind, name), path))).toBe(amountOf(quantity));
    });
  }
}

/** The same for texts of which the document gives a part. */
function contains(kind: string, name: string, rows: readonly (readonly [path: string, part: string])[]): void {
  for (const [path, part] of rows) {
    test(`${kind} ${name}: ${path} contains ${part}`, () => {
      expect(textAt(production.get(kind, name), path)).toContain(part);
    });
  }
}

describe('Every object of the document', () => {
  test.each([
    ['v1', 'Namespace', 'autonomous-op', undefined],
    ['v1', 'ServiceAccount', 'autonomous-op-sa', 'autonomous-op'],
    ['rbac.authorization.k8s.io/v1', 'Role', 'autonomous-op-role', 'autonomous-op'],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'autonomous-op-rolebinding', 'autonomous-op'],
    ['apps/v1', 'Deployment', 'autonomous-op', 'autonomous-op'],
    ['v1', 'Service', 'autonomous-op', 'autonomous-op'],
    ['apps/v1', 'Deployment', 'ml-service', 'autonomous-op'],
    ['v1', 'Service', 'ml-service', 'autonomous-op'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler', 'autonomous-op-hpa', 'autonomous-op'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler', 'ml-service-hpa', 'autonomous-op'],
    ['keda.sh/v1alpha1', 'ScaledObject', 'autonomous-op-keda', 'autonomous-op'],
    ['keda.sh/v1alpha1', 'ScaledObject', 'ml-service-keda', 'autonomous-op'],
    ['monitoring.coreos.com/v1', 'ServiceMonitor', 'autonomous-op-monitor', 'autonomous-op'],
    ['monitoring.coreos.com/v1', 'ServiceMonitor', 'ml-service-monitor', 'autonomous-op'],
    ['v1', 'ConfigMap', 'promtail-config', 'autonomous-op-logging'], // D23
    ['jaegertracing.io/v1', 'Jaeger', 'autonomous-op-jaeger', 'autonomous-op'],
    ['monitoring.coreos.com/v1', 'PrometheusRule', 'autonomous-op-alerts', 'autonomous-op'],
    ['networking.k8s.io/v1', 'NetworkPolicy', 'autonomous-op-network-policy', 'autonomous-op'],
    ['v1', 'Secret', 'autonomous-op-secrets', 'autonomous-op'],
  ])('%s %s %s in namespace %s', (apiVersion, kind, name, namespace) => {
    const object = production.get(kind, name);
    expect([object.apiVersion, object.metadata.namespace]).toEqual([apiVersion, namespace]);
  });
});

describe('Deployment Diagram', () => {
  const services = ['gateway', 'fms', 'tms', 'scm', 'autonomous-op', 'ml-service'];

  test.each(services)('%s is a Deployment with a Service', (name) => {
    expect(valueAt(production.get('Deployment', name), 'spec selector matchLabels')).toEqual({ app: name });
    expect(valueAt(production.get('Service', name), 'spec selector')).toEqual({ app: name });
  });

  test.each([
    ['gateway', 'fms', 8080],
    ['gateway', 'tms', 8080],
    ['gateway', 'scm', 8080],
    ['gateway', 'autonomous-op', 8080],
    ['autonomous-op', 'kafka', 9092],
    ['autonomous-op', 'postgres', 5432],
    ['autonomous-op', 'redis', 6379],
    ['autonomous-op', 'ml-service', 8082],
    ['fms', 'kafka', 9092],
    ['fms', 'postgres', 5432],
    ['tms', 'kafka', 9092],
    ['tms', 'postgres', 5432],
    ['scm', 'kafka', 9092],
    ['scm', 'postgres', 5432],
  ])('%s --> %s: port %i is open at both ends', (from, to, port) => {
    expect(egressOf(from)).toContainEqual([{ app: to }, port]);
    expect(ingressOf(to)).toContainEqual([{ app: from }, port]);
  });

  test.each(['fms', 'tms', 'scm', 'autonomous-op'])('%s --> jaeger: traces may leave, and arrive', (from) => {
    const collector = {
      app: 'jaeger',
      'app.kubernetes.io/component': 'collector',
      'app.kubernetes.io/instance': 'autonomous-op-jaeger',
    };
    expect(egressOf(from)).toContainEqual([collector, 4318]);
    expect(ingressOf('autonomous-op-jaeger-collector')).toContainEqual([{ app: from }, 4318]);
  });

  test('ingress --> gateway: the Nginx controller reaches it on port 8080', () => {
    expect(ingressOf('gateway')).toContainEqual([{ 'app.kubernetes.io/name': 'ingress-nginx' }, 8080]);
  });

  test.each(['autonomous-op', 'fms', 'tms', 'scm', 'ml-service'])('HPA --> %s', (name) => {
    expect(valueAt(production.get('HorizontalPodAutoscaler', `${name}-hpa`), 'spec scaleTargetRef')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name,
    });
  });

  test.each(['autonomous-op', 'ml-service'])('KEDA --> HPA of %s', (name) => {
    expect(
      valueAt(production.get('ScaledObject', `${name}-keda`), 'spec advanced horizontalPodAutoscalerConfig name'),
    ).toBe(`${name}-hpa`);
  });

  test('KEDA is release 2.11', () => {
    expect(settingsOf('production').kedaRelease).toBe('2.11');
  });
});

describe('Cluster Architecture', () => {
  has('Namespace', 'autonomous-op', [
    ['metadata labels name', 'autonomous-op'],
    ['metadata labels environment', 'production'],
  ]);
  has('Role', 'autonomous-op-role', [
    [
      'rules',
      [
        { apiGroups: [''], resources: ['pods', 'services', 'endpoints'], verbs: ['get', 'watch', 'list'] },
        { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['get', 'watch', 'list'] },
      ],
    ],
  ]);
  has('RoleBinding', 'autonomous-op-rolebinding', [
    ['subjects', [{ kind: 'ServiceAccount', name: 'autonomous-op-sa', namespace: 'autonomous-op' }]],
    ['roleRef', { kind: 'Role', name: 'autonomous-op-role', apiGroup: 'rbac.authorization.k8s.io' }],
  ]);
});

describe('Autonomous-OP Deployment', () => {
  const container = 'spec template spec containers autonomous-op';
  has('Deployment', 'autonomous-op', [
    ['metadata labels app', 'autonomous-op'],
    ['spec strategy type', 'RollingUpdate'],
    ['spec strategy rollingUpdate maxSurge', 1],
    ['spec strategy rollingUpdate maxUnavailable', 0],
    ['spec selector matchLabels', { app: 'autonomous-op' }],
    ['spec template metadata labels app', 'autonomous-op'],
    ['spec template spec serviceAccountName', 'autonomous-op-sa'],
    [`${container} image`, 'nodeorb/autonomous-op:1.0.0'],
    [`${container} imagePullPolicy`, 'Always'],
    [`${container} ports http containerPort`, 8080],
    [`${container} ports management containerPort`, 8081],
    [`${container} livenessProbe httpGet path`, '/actuator/health/liveness'],
    [`${container} livenessProbe httpGet port`, 'management'],
    [`${container} livenessProbe initialDelaySeconds`, 60],
    [`${container} livenessProbe periodSeconds`, 10],
    [`${container} livenessProbe timeoutSeconds`, 5],
    [`${container} readinessProbe httpGet path`, '/actuator/health/readiness'],
    [`${container} readinessProbe httpGet port`, 'management'],
    [`${container} readinessProbe periodSeconds`, 5],
    [`${container} readinessProbe timeoutSeconds`, 3],
    [`${container} env SPRING_PROFILES_ACTIVE value`, 'prod'],
    [
      `${container} env SPRING_DATASOURCE_URL valueFrom secretKeyRef`,
      { name: 'autonomous-op-secrets', key: 'spring.datasource.url' },
    ],
    [
      `${container} env SPRING_DATASOURCE_USERNAME valueFrom secretKeyRef`,
      { name: 'autonomous-op-secrets', key: 'spring.datasource.username' },
    ],
    [
      `${container} env SPRING_DATASOURCE_PASSWORD valueFrom secretKeyRef`,
      { name: 'autonomous-op-secrets', key: 'spring.datasource.password' },
    ],
    [`${container} env SPRING_KAFKA_BOOTSTRAP_SERVERS value`, 'kafka:9092'],
    [`${container} env SPRING_REDIS_HOST value`, 'redis'],
    [`${container} env SPRING_REDIS_PORT value`, '6379'],
  ]);
  hasQuantities('Deployment', 'autonomous-op', [
    [`${container} resources requests cpu`, '1000m'],
    [`${container} resources requests memory`, '2Gi'],
    [`${container} resources limits cpu`, '2000m'],
    [`${container} resources limits memory`, '4Gi'],
  ]);
  has('Service', 'autonomous-op', [
    ['metadata labels app', 'autonomous-op'],
    ['spec type', 'ClusterIP'],
    ['spec selector', { app: 'autonomous-op' }],
    ['spec ports http', { name: 'http', port: 8080, targetPort: 8080 }],
    ['spec ports management', { name: 'management', port: 8081, targetPort: 8081 }],
  ]);
});

describe('ML Service Deployment with GPU', () => {
  const container = 'spec template spec containers ml-service';
  has('Deployment', 'ml-service', [
    ['metadata labels app', 'ml-service'],
    ['spec strategy type', 'RollingUpdate'],
    ['spec strategy rollingUpdate maxSurge', 1],
    ['spec strategy rollingUpdate maxUnavailable', 0],
    ['spec selector matchLabels', { app: 'ml-service' }],
    ['spec template metadata labels app', 'ml-service'],
    [`${container} image`, 'nodeorb/ml-service:1.0.0'],
    [`${container} imagePullPolicy`, 'Always'],
    [`${container} ports http containerPort`, 8082],
    [`${container} ports management containerPort`, 8083],
    [`${container} livenessProbe httpGet path`, '/actuator/health/liveness'],
    [`${container} livenessProbe httpGet port`, 'management'],
    [`${container} livenessProbe initialDelaySeconds`, 90],
    [`${container} livenessProbe periodSeconds`, 15],
    [`${container} livenessProbe timeoutSeconds`, 5],
    [`${container} readinessProbe httpGet path`, '/actuator/health/readiness'],
    [`${container} readinessProbe httpGet port`, 'management'],
    [`${container} readinessProbe periodSeconds`, 10],
    [`${container} readinessProbe timeoutSeconds`, 3],
    [`${container} env SPRING_PROFILES_ACTIVE value`, 'prod'],
    [`${container} env SPRING_KAFKA_BOOTSTRAP_SERVERS value`, 'kafka:9092'],
    [`${container} env SPRING_REDIS_HOST value`, 'redis'],
    [`${container} env SPRING_REDIS_PORT value`, '6379'],
    [`${container} env GPU_ENABLED value`, 'true'],
    [`${container} env TF_ENABLE_GPU value`, 'true'],
  ]);
  has('Service', 'ml-service', [
    ['metadata labels app', 'ml-service'],
    ['spec type', 'ClusterIP'],
    ['spec selector', { app: 'ml-service' }],
    ['spec ports http', { name: 'http', port: 8082, targetPort: 8082 }],
    ['spec ports management', { name: 'management', port: 8083, targetPort: 8083 }],
  ]);
});

describe('Horizontal Pod Autoscaler (HPA)', () => {
  has('HorizontalPodAutoscaler', 'autonomous-op-hpa', [
    ['spec scaleTargetRef', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'autonomous-op' }],
    ['spec minReplicas', 3],
    ['spec maxReplicas', 10],
  ]);
  has('HorizontalPodAutoscaler', 'ml-service-hpa', [
    ['spec scaleTargetRef', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ml-service' }],
    ['spec minReplicas', 2],
    ['spec maxReplicas', 6],
  ]);

  test.each(['autonomous-op-hpa', 'ml-service-hpa'])('%s follows cpu at 70 % and memory at 80 %', (name) => {
    expect(metricsOf(name)).toEqual(expect.objectContaining({ cpu: 70, memory: 80 }));
  });

  test.each([
    ['autonomous-op-hpa', 's2-prometheus-http_requests_per_second', 1000],
    ['ml-service-hpa', 's0-prometheus-inference_requests_per_second', 500],
    ['ml-service-hpa', 's1-prometheus-gpu_utilization', 80],
  ])('%s follows %s at %i a pod', (name, metric, value) => {
    expect(metricsOf(name)).toEqual(expect.objectContaining({ [metric]: value }));
  });
});

describe('KEDA (Kubernetes Event-driven Autoscaling)', () => {
  has('ScaledObject', 'autonomous-op-keda', [
    ['spec scaleTargetRef name', 'autonomous-op'],
    ['spec minReplicaCount', 3],
    ['spec maxReplicaCount', 10],
    ['spec triggers 0 type', 'kafka'],
    ['spec triggers 0 metadata topic', 'vehicle-telemetry'],
    ['spec triggers 0 metadata lagThreshold', '1000'],
    ['spec triggers 0 metadata offsetResetPolicy', 'earliest'],
    ['spec triggers 1 type', 'kafka'],
    ['spec triggers 1 metadata topic', 'route-updates'],
    ['spec triggers 1 metadata lagThreshold', '500'],
    ['spec triggers 1 metadata offsetResetPolicy', 'earliest'],
    ['spec triggers 2 type', 'prometheus'],
    ['spec triggers 2 metadata metricName', 'http_requests_per_second'],
    ['spec triggers 2 metadata threshold', '1000'],
  ]);
  contains('ScaledObject', 'autonomous-op-keda', [
    ['spec triggers 2 metadata query', 'sum(rate(http_server_requests_seconds_count{app="autonomous-op"}[2m]))'],
  ]);
  has('ScaledObject', 'ml-service-keda', [
    ['spec scaleTargetRef name', 'ml-service'],
    ['spec minReplicaCount', 2],
    ['spec maxReplicaCount', 6],
    ['spec triggers 0 type', 'prometheus'],
    ['spec triggers 0 metadata metricName', 'inference_requests_per_second'],
    ['spec triggers 0 metadata threshold', '500'],
    ['spec triggers 1 type', 'prometheus'],
    ['spec triggers 1 metadata metricName', 'gpu_utilization'],
    ['spec triggers 1 metadata threshold', '80'],
  ]);
  contains('ScaledObject', 'ml-service-keda', [
    ['spec triggers 0 metadata query', 'sum(rate(inference_requests_seconds_count{app="ml-service"}[2m]))'],
  ]);
});

describe('Node Labeling and Taints', () => {
  test('the GPU nodes are gpu-node-01 and gpu-node-02', () => {
    expect(settingsOf('production').gpuNodes).toEqual(['gpu-node-01', 'gpu-node-02']);
  });
});

describe('Node Affinity for ML Service', () => {
  const affinity = 'spec template spec affinity nodeAffinity';
  has('Deployment', 'ml-service', [
    [
      `${affinity} requiredDuringSchedulingIgnoredDuringExecution nodeSelectorTerms`,
      [{ matchExpressions: [{ key: 'nvidia.com/gpu.present', operator: 'In', values: ['true'] }] }],
    ],
    [`${affinity} preferredDuringSchedulingIgnoredDuringExecution 0 weight`, 100],
    [
      `${affinity} preferredDuringSchedulingIgnoredDuringExecution 0 preference matchExpressions 0 key`,
      'nvidia.com/gpu.product',
    ],
    [`${affinity} preferredDuringSchedulingIgnoredDuringExecution 0 preference matchExpressions 0 operator`, 'In'],
  ]);
});

describe('GPU Resource Limits and Requests', () => {
  const resources = 'spec template spec containers ml-service resources';
  hasQuantities('Deployment', 'ml-service', [
    [`${resources} requests cpu`, '2000m'],
    [`${resources} requests memory`, '4Gi'],
    [`${resources} requests nvidia.com/gpu`, '1'],
    [`${resources} limits cpu`, '4000m'],
    [`${resources} limits memory`, '8Gi'],
    [`${resources} limits nvidia.com/gpu`, '1'],
  ]);
});

describe('Metrics Collection with Prometheus', () => {
  for (const service of ['autonomous-op', 'ml-service']) {
    has('ServiceMonitor', `${service}-monitor`, [
      ['metadata labels release', 'prometheus'],
      ['spec selector matchLabels', { app: service }],
      ['spec endpoints', [{ port: 'management', path: '/actuator/prometheus', interval: '30s' }]],
    ]);
  }
});

describe('Logging with Loki and Promtail', () => {
  const promtail: unknown = parse(textAt(production.get('ConfigMap', 'promtail-config'), 'data promtail.yaml'));
  const relabelled = (label: string) =>
    listAt(promtail, 'scrape_configs 0 relabel_configs').find((rule) => textAt(rule, 'target_label') === label);

  test.each([
    ['server http_listen_port', 9080],
    ['server grpc_listen_port', 0],
    ['positions filename', '/tmp/positions.yaml'],
    ['scrape_configs 0 job_name', 'kubernetes-pods'],
    ['scrape_configs 0 kubernetes_sd_configs 0 role', 'pod'],
  ])('promtail.yaml: %s is %j', (path, value) => {
    expect(valueAt(promtail, path)).toEqual(value);
  });

  test('promtail.yaml sends to port 3100 and /loki/api/v1/push of loki', () => {
    expect(textAt(promtail, 'clients 0 url')).toMatch(/^http:\/\/loki\b.*:3100\/loki\/api\/v1\/push$/);
  });

  test.each([
    ['app', '__meta_kubernetes_pod_label_app'],
    ['pod', '__meta_kubernetes_pod_name'],
    ['namespace', '__meta_kubernetes_namespace'],
    ['container', '__meta_kubernetes_pod_container_name'],
  ])('promtail.yaml: label %s comes from %s', (label, source) => {
    expect(relabelled(label)).toEqual({ source_labels: [source], target_label: label });
  });
});

describe('Tracing with Jaeger', () => {
  has('Jaeger', 'autonomous-op-jaeger', [
    ['spec strategy', 'production'],
    ['spec collector replicas', 2],
    ['spec query replicas', 2],
    ['spec storage type', 'elasticsearch'],
    ['spec storage options es server-urls', 'http://elasticsearch:9200'],
    ['spec storage options es index-prefix', 'jaeger-autonomous-op'],
  ]);
  hasQuantities('Jaeger', 'autonomous-op-jaeger', [
    ['spec collector resources limits cpu', '1000m'],
    ['spec collector resources limits memory', '2Gi'],
    ['spec query resources limits cpu', '1000m'],
    ['spec query resources limits memory', '2Gi'],
  ]);

  test('one trace in ten is kept, by chance', () => {
    expect(valueAt(production.get('Jaeger', 'autonomous-op-jaeger'), 'spec sampling options default_strategy')).toEqual(
      {
        type: 'probabilistic',
        param: 0.1,
      },
    );
  });

  test('the services sample as many as Jaeger keeps', () => {
    expect(valueAt(containerOf(production, 'autonomous-op'), 'env MANAGEMENT_TRACING_SAMPLING_PROBABILITY value')).toBe(
      '0.1',
    );
  });

  test('Elasticsearch answers at the address, in a version that Jaeger 1.48 speaks', () => {
    expect(valueAt(production.get('Service', 'elasticsearch'), 'spec ports http port')).toBe(9200);
    expect(textAt(production.get('Elasticsearch', 'elasticsearch'), 'spec version')).toMatch(/^7\.17\./);
  });
});

describe('Alerting with Alertmanager', () => {
  const rules = 'spec groups autonomous-op.rules rules';
  has('PrometheusRule', 'autonomous-op-alerts', [
    ['metadata labels release', 'prometheus'],
    [`${rules} HighCpuUsage for`, '5m'],
    [`${rules} HighCpuUsage labels severity`, 'warning'],
    [`${rules} HighCpuUsage annotations summary`, 'High CPU usage in Autonomous-OP'],
    [`${rules} HighCpuUsage annotations description`, 'CPU usage has been > 85% for 5 minutes'],
    [`${rules} HighMemoryUsage for`, '5m'],
    [`${rules} HighMemoryUsage labels severity`, 'warning'],
    [`${rules} HighMemoryUsage annotations summary`, 'High memory usage in Autonomous-OP'],
    [`${rules} HighMemoryUsage annotations description`, 'Memory usage has been > 90% for 5 minutes'],
    [`${rules} GPUUtilizationTooHigh for`, '3m'],
    [`${rules} GPUUtilizationTooHigh labels severity`, 'critical'],
    [`${rules} GPUUtilizationTooHigh annotations summary`, 'GPU utilization too high'],
    [`${rules} GPUUtilizationTooHigh annotations description`, 'GPU utilization has been > 90% for 3 minutes'],
    [`${rules} KafkaLagTooHigh for`, '5m'],
    [`${rules} KafkaLagTooHigh labels severity`, 'critical'],
    [`${rules} KafkaLagTooHigh annotations summary`, 'Kafka consumer lag too high'],
    [`${rules} KafkaLagTooHigh annotations description`, 'Kafka consumer lag for vehicle-telemetry topic is > 1000'],
  ]);
  contains('PrometheusRule', 'autonomous-op-alerts', [
    [
      `${rules} HighCpuUsage expr`,
      '(rate(container_cpu_usage_seconds_total{container="autonomous-op", namespace="autonomous-op"}[5m]))',
    ],
    [`${rules} HighCpuUsage expr`, ') * 100 > 85'],
    [
      `${rules} HighMemoryUsage expr`,
      '(container_memory_working_set_bytes{container="autonomous-op", namespace="autonomous-op"})',
    ],
    [`${rules} HighMemoryUsage expr`, ') * 100 > 90'],
    [`${rules} GPUUtilizationTooHigh expr`, ') > 90'],
    [`${rules} KafkaLagTooHigh expr`, 'sum(clamp_min(kafka_consumergroup_lag{'],
    [`${rules} KafkaLagTooHigh expr`, 'topic="vehicle-telemetry"}, 0)) > 1000'],
  ]);

  test('there are four alerts', () => {
    expect(listAt(production.get('PrometheusRule', 'autonomous-op-alerts'), rules)).toHaveLength(4);
  });
});

describe('General Service Sizing', () => {
  test.each([
    // service, CPU request, CPU limit, memory request, memory limit, replicas (min/max)
    ['autonomous-op', '1000m', '2000m', '2Gi', '4Gi', 3, 10],
    ['fms', '500m', '1000m', '1Gi', '2Gi', 2, 5],
    ['tms', '500m', '1000m', '1Gi', '2Gi', 2, 5],
    ['scm', '500m', '1000m', '1Gi', '2Gi', 2, 5],
    ['ml-service', '2000m', '4000m', '4Gi', '8Gi', 2, 6],
  ])('%s: CPU %s to %s, memory %s to %s, %i to %i replicas', (service, cpu, maxCpu, memory, maxMemory, min, max) => {
    const container = containerOf(production, service);
    const hpa = production.get('HorizontalPodAutoscaler', `${service}-hpa`);
    expect({
      cpu: amountOf(valueAt(container, 'resources requests cpu')),
      maxCpu: amountOf(valueAt(container, 'resources limits cpu')),
      memory: amountOf(valueAt(container, 'resources requests memory')),
      maxMemory: amountOf(valueAt(container, 'resources limits memory')),
      min: valueAt(hpa, 'spec minReplicas'),
      max: valueAt(hpa, 'spec maxReplicas'),
    }).toEqual({
      cpu: amountOf(cpu),
      maxCpu: amountOf(maxCpu),
      memory: amountOf(memory),
      maxMemory: amountOf(maxMemory),
      min,
      max,
    });
  });
});

describe('Deployment Diagram', () => {
  test('Apache Kafka 3.5.0, which answers at kafka:9092', () => {
    expect(valueAt(production.get('Kafka', 'kafka'), 'spec kafka version')).toBe('3.5.0');
    expect(valueAt(production.get('Service', 'kafka'), 'spec ports 0 port')).toBe(9092);
    expect(valueAt(production.get('Service', 'kafka'), 'spec selector')).toEqual({ app: 'kafka' });
  });

  test('PostgreSQL 15, whose pooler is the Service postgres', () => {
    expect(textAt(production.get('Cluster', 'postgres-cluster'), 'spec imageName')).toMatch(/:15\./);
    expect(valueAt(production.get('Pooler', 'postgres'), 'spec cluster name')).toBe('postgres-cluster');
    expect(valueAt(production.get('Pooler', 'postgres'), 'spec template metadata labels')).toEqual({ app: 'postgres' });
  });

  test('Redis Cluster 7.0, which answers at redis:6379', () => {
    expect(textAt(production.get('RedisCluster', 'redis'), 'spec kubernetesConfig image')).toMatch(/:v7\.0\./);
    expect(valueAt(production.get('Service', 'redis'), 'spec ports redis port')).toBe(6379);
  });

  test('the ingress controller leads to the gateway', () => {
    const ingress = production.get('Ingress', 'autonomous-op-ingress');
    expect(valueAt(ingress, 'spec rules 0 http paths 0 backend service name')).toBe('gateway');
  });
});

describe('Infrastructure Sizing', () => {
  // component, its object, where the resources and the replicas are, then the row
  test.each([
    ['Kafka', 'kafka', 'spec kafka resources', 'spec kafka replicas', '1000m', '2000m', '2Gi', '4Gi', 3],
    ['Cluster', 'postgres-cluster', 'spec resources', 'spec instances', '1000m', '2000m', '4Gi', '8Gi', 3],
    ['RedisCluster', 'redis', 'spec kubernetesConfig resources', 'spec clusterSize', '500m', '1000m', '1Gi', '2Gi', 3],
  ])('%s %s', (kind, name, resources, replicas, ...row) => {
    const object = production.get(kind, name);
    const [cpuRequest, cpuLimit, memoryRequest, memoryLimit, count] = row;
    expect(valueAt(object, replicas)).toBe(count);
    expect(
      ['requests cpu', 'limits cpu', 'requests memory', 'limits memory'].map((path) =>
        amountOf(valueAt(object, `${resources} ${path}`)),
      ),
    ).toEqual([cpuRequest, cpuLimit, memoryRequest, memoryLimit].map(amountOf));
  });

  test('Jaeger: 2 replicas, and one collector and one query together ask for 1000m to 2000m and 2Gi to 4Gi', () => {
    const jaeger = production.get('Jaeger', 'autonomous-op-jaeger');
    const sum = (path: string) =>
      amountOf(valueAt(jaeger, `spec collector resources ${path}`)) +
      amountOf(valueAt(jaeger, `spec query resources ${path}`));
    expect(sum('requests cpu')).toBe(amountOf('1000m'));
    expect(sum('limits cpu')).toBe(amountOf('2000m'));
    expect(sum('requests memory')).toBe(amountOf('2Gi'));
    expect(sum('limits memory')).toBe(amountOf('4Gi'));
    expect([valueAt(jaeger, 'spec collector replicas'), valueAt(jaeger, 'spec query replicas')]).toEqual([2, 2]);
  });
});

describe('GPU Sizing', () => {
  test.each([
    // GPU type, memory in GB, inference speed and maximum throughput in req/sec, cost in USD/hr
    [GpuType.V100, 'Tesla V100', 16, 1000, 2000, 0.7],
    [GpuType.T4, 'Tesla T4', 16, 800, 1600, 0.5],
    [GpuType.A100, 'Tesla A100', 40, 1500, 3000, 1.2],
  ])('$name', (gpu, name, memory, inferenceSpeed, maxThroughput, pricePerHour) => {
    expect(gpu).toMatchObject({ name, inferenceSpeed, maxThroughput, pricePerHour });
    expect(gpu.memory.toGibibytes()).toBe(memory);
  });

  test('there are three types', () => {
    expect(GpuType.all).toEqual([GpuType.V100, GpuType.T4, GpuType.A100]);
  });
});

describe('Scaling Triggers', () => {
  test('Autonomous-OP: CPU > 70 %, memory > 80 %, HTTP > 1000 requests per second, Kafka lag > 1000 and 500 messages', () => {
    expect(metricsOf('autonomous-op-hpa')).toEqual({
      's0-kafka-vehicle-telemetry': 1000,
      's1-kafka-route-updates': 500,
      's2-prometheus-http_requests_per_second': 1000,
      cpu: 70,
      memory: 80,
    });
  });

  test('ML Service: CPU > 70 %, memory > 80 %, inference > 500 requests per second, GPU > 80 % for 3 minutes', () => {
    expect(metricsOf('ml-service-hpa')).toEqual({
      's0-prometheus-inference_requests_per_second': 500,
      's1-prometheus-gpu_utilization': 80,
      cpu: 70,
      memory: 80,
    });
    expect(textAt(production.get('ScaledObject', 'ml-service-keda'), 'spec triggers 1 metadata query')).toContain(
      '[3m:',
    );
  });

  test.each(['fms', 'tms', 'scm', 'gateway'])('%s: CPU > 70 % and memory > 80 % for 5 minutes', (service) => {
    const hpa = production.get('HorizontalPodAutoscaler', `${service}-hpa`);
    expect(metricsOf(`${service}-hpa`)).toEqual({ cpu: 70, memory: 80 });
    expect(valueAt(hpa, 'spec behavior scaleUp stabilizationWindowSeconds')).toBe(300);
  });
});

describe('Network Policies', () => {
  has('NetworkPolicy', 'autonomous-op-network-policy', [
    ['spec podSelector', { matchLabels: { app: 'autonomous-op' } }],
    ['spec policyTypes', ['Ingress', 'Egress']],
  ]);

  test.each([
    ['gateway', 8080],
    ['prometheus', 8081],
  ])('from %s to port %i', (from, port) => {
    expect(ingressOf('autonomous-op')).toContainEqual([{ app: from }, port]);
  });

  test.each([
    ['kafka', 9092],
    ['postgres', 5432],
    ['redis', 6379],
  ])('to %s on port %i', (to, port) => {
    expect(egressOf('autonomous-op')).toContainEqual([{ app: to }, port]);
  });

  test('every port is a TCP port', () => {
    const policy = production.get('NetworkPolicy', 'autonomous-op-network-policy');
    const ports = ['spec ingress', 'spec egress'].flatMap((path) =>
      listAt(policy, path).flatMap((rule) => listAt(rule, 'ports')),
    );
    expect(new Set(ports.map((port) => valueAt(port, 'protocol')))).toEqual(new Set(['TCP']));
  });
});

describe('Secrets Management', () => {
  const keys = [
    'spring.datasource.url',
    'spring.datasource.username',
    'spring.datasource.password',
    'spring.kafka.username',
    'spring.kafka.password',
    'spring.redis.password',
  ];
  const secret = production.get('Secret', 'autonomous-op-secrets');

  has('Secret', 'autonomous-op-secrets', [['type', 'Opaque']]);

  test.each(keys)('%s is base64 of its value', (key) => {
    const value = fakeValue({ secret: 'autonomous-op-secrets', key });
    expect(Buffer.from(textAt(secret, `data ${key}`), 'base64').toString()).toBe(value);
  });

  test('there is no other key', () => {
    expect(Object.keys(entriesAt(secret, 'data')).sort()).toEqual([...keys].sort());
  });
});

/** Labels and port of everything a peer's policy lets out. */
function egressOf(peer: string): unknown[] {
  return rulesOf(peer, 'egress', 'to');
}

/** Labels and port of everything a peer's policy lets in. */
function ingressOf(peer: string): unknown[] {
  return rulesOf(peer, 'ingress', 'from');
}

function rulesOf(peer: string, direction: string, side: string): unknown[] {
  const policy = production.get('NetworkPolicy', `${peer}-network-policy`);
  return listAt(policy, `spec ${direction}`).flatMap((rule) =>
    listAt(rule, side).flatMap((end) =>
      listAt(rule, 'ports').map((port) => [valueAt(end, 'podSelector matchLabels'), valueAt(port, 'port')]),
    ),
  );
}

/** Target of each metric of an HPA: percent, or a value a pod. */
function metricsOf(hpa: string): Record<string, unknown> {
  return Object.fromEntries(
    listAt(production.get('HorizontalPodAutoscaler', hpa), 'spec metrics').map((metric) =>
      valueAt(metric, 'type') === 'Resource'
        ? [textAt(metric, 'resource name'), valueAt(metric, 'resource target averageUtilization')]
        : [textAt(metric, 'external metric name'), amountOf(valueAt(metric, 'external target averageValue'))],
    ),
  );
}
