import { describe, expect, it } from 'vitest';
import { effectsOf, effectsOfEdit } from './reported';

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  replicas: 3
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart } }
    spec:
      initContainers:
      - { name: begin, image: 'acme/begin:1', resources: { requests: { cpu: 2 } } }
      containers:
      - name: cart
        image: acme/cart:1.0.0
        env:
        - { name: COLOUR, valueFrom: { configMapKeyRef: { name: settings, key: colour } } }
        resources: { requests: { cpu: 1000m, memory: 1Gi }, limits: { cpu: '2', memory: 2Gi } }
        volumeMounts: [{ name: rules, mountPath: /rules }]
      volumes: [{ name: rules, configMap: { name: rules } }]
`;

describe('pods', () => {
  it('are restarted by a change of their template, as their strategy has it', () => {
    expect(effectsOfEdit(deployment, 'cart:1.0.0', 'cart:1.1.0')).toEqual([
      'restarts pods: Deployment cart: a rolling update, no pods fewer and 1 more at a time: spec.containers[cart].image acme/cart:1.0.0 → acme/cart:1.1.0',
    ]);
    const recreated = deployment.replace(/strategy:.*/, 'strategy: { type: Recreate }');
    expect(effectsOfEdit(recreated, 'cart:1.0.0', 'cart:1.1.0')).toEqual([
      'restarts pods: Deployment cart: all are stopped before a new one starts: spec.containers[cart].image acme/cart:1.0.0 → acme/cart:1.1.0',
    ]);
    const daemons = deployment
      .replace('Deployment', 'DaemonSet')
      .replace(/strategy:.*/, 'updateStrategy: { type: OnDelete }');
    expect(effectsOfEdit(daemons, 'cart:1.0.0', 'cart:1.1.0')).toEqual([
      'needs a restart: DaemonSet cart: each pod only once it is deleted (OnDelete): spec.containers[cart].image acme/cart:1.0.0 → acme/cart:1.1.0',
    ]);
  });

  it.each([
    ['a label of the Deployment', 'name: cart, namespace', 'name: cart, labels: { team: a }, namespace'],
    ['its strategy', 'maxSurge: 1', 'maxSurge: 2'],
    ['a quantity in other words', 'cpu: 1000m', "cpu: '1'"],
  ])('stay through a change of %s', (_, text, replacement) => {
    expect(effectsOfEdit(deployment, text, replacement)).toEqual([]);
  });

  it('do not see what changes in a ConfigMap: who must restart them is told, and how', () => {
    const maps = `${deployment}---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: settings, namespace: shop }, data: { colour: red, size: big } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: rules, namespace: shop }, data: { all: '1' } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: settings, namespace: other }, data: { colour: red } }
`;
    const command = 'kubectl rollout restart deployment/cart -n shop';
    expect(effectsOfEdit(maps, 'colour: red, size', 'colour: blue, size')).toEqual([
      `needs a restart: Deployment cart: uses ConfigMap settings, which its pods read only as they start: ${command}`,
    ]);
    expect(effectsOfEdit(maps, "all: '1'", "all: '2'")).toEqual([
      `may need a restart: Deployment cart: uses ConfigMap rules, whose files change in its pods within minutes; if the program reads them only once: ${command}`,
    ]);
    const partly = maps.replace('mountPath: /rules', 'mountPath: /rules, subPath: all');
    expect(effectsOfEdit(partly, "all: '1'", "all: '2'")).toEqual([
      `needs a restart: Deployment cart: uses ConfigMap rules, which its pods read only as they start: ${command}`,
    ]);
    // Another key, another namespace, and a template that differs as well.
    expect(effectsOfEdit(maps, 'size: big', 'size: small')).toEqual([]);
    expect(effectsOfEdit(maps, 'data: { colour: red }', 'data: { colour: blue }')).toEqual([]);
    expect(effectsOf(maps, maps.replace("all: '1'", "all: '2'").replace('cart:1.0.0', 'cart:1.1.0'))).toEqual([
      expect.stringMatching(/^restarts pods: /),
    ]);
  });

  it('can not start without a Secret or ConfigMap that is removed', () => {
    const map = `${deployment}---\n{ apiVersion: v1, kind: ConfigMap, metadata: { name: rules, namespace: shop } }\n`;
    expect(effectsOf(map, deployment)).toEqual([
      "may interrupt: Deployment cart: refers to ConfigMap rules, which is removed: its next pod can't start",
    ]);
    const optional = (manifest: string) =>
      manifest.replace('configMap: { name: rules }', 'configMap: { name: rules, optional: true }');
    expect(effectsOf(optional(map), optional(deployment))).toEqual([]);
  });

  it('of an operator are its own business', () => {
    const kafka = `{ apiVersion: kafka.strimzi.io/v1beta2, kind: Kafka, metadata: { name: kafka, namespace: shop }, spec: { kafka: { replicas: 3, metricsConfig: { valueFrom: { configMapKeyRef: { name: metrics, key: a } } } } } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: metrics, namespace: shop }, data: { a: b } }`;
    expect(effectsOfEdit(kafka, 'replicas: 3', 'replicas: 4')).toEqual([
      'left to an operator: Kafka kafka: Strimzi acts on it, and may restart its pods: kafka.replicas 3 → 4',
    ]);
    expect(effectsOfEdit(kafka, 'a: b', 'a: c')).toEqual([
      'left to an operator: Kafka kafka: refers to ConfigMap metrics, which its operator reads',
    ]);
  });
});

describe('what an operator makes by itself', () => {
  const jaeger = `{ apiVersion: jaegertracing.io/v1, kind: Jaeger, metadata: { name: traces, namespace: shop }, spec: { ingress: { enabled: false } } }`;

  it('is told when it opens something, and when it does no more', () => {
    const ingress = 'Ingress traces-query: every host to its page with all traces, without a password';
    expect(effectsOfEdit(jaeger, 'enabled: false', 'enabled: true')).toContain(
      `opens a connection: Jaeger traces: the Jaeger operator makes ${ingress}`,
    );
    expect(effectsOfEdit(jaeger.replace('false', 'true'), 'enabled: true', 'enabled: false')).toContain(
      `closes a connection: Jaeger traces: the Jaeger operator makes no more ${ingress}`,
    );
  });

  it('is told of a new object', () => {
    const made =
      'Service traces-collector, Service traces-collector-headless, Service traces-query, ServiceAccount traces';
    expect(effectsOf('', jaeger)).toContain(`left to an operator: Jaeger traces: the Jaeger operator makes ${made}`);
  });
});

describe('an immutable field', () => {
  it('is told with what to do', () => {
    expect(effectsOfEdit(deployment, 'matchLabels: { app: cart }', 'matchLabels: { app: basket }')).toEqual([
      'replaces an immutable field: Deployment cart: spec.selector.matchLabels.app: needs delete, and its pods stop unless with --cascade=orphan',
    ]);
    const binding =
      '{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: { name: a, namespace: shop }, roleRef: { kind: Role, name: a } }';
    expect(effectsOfEdit(binding, 'Role, name: a', 'Role, name: b')).toEqual([
      'replaces an immutable field: RoleBinding a: roleRef.name: needs delete',
    ]);
  });
});

const scaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: cart-hpa, namespace: shop }
spec: { minReplicas: 2, maxReplicas: 5, scaleTargetRef: { kind: Deployment, name: cart }, metrics: [{ type: Resource, resource: { name: cpu, target: { averageUtilization: 70 } } }] }
`;

describe('scaling', () => {
  it('differs in bounds and thresholds', () => {
    expect(effectsOfEdit(scaler, 'averageUtilization: 70', 'averageUtilization: 80')).toEqual([
      'scales differently: HorizontalPodAutoscaler cart-hpa: metrics[Resource cpu].resource.target.averageUtilization 70 → 80',
    ]);
    expect(effectsOfEdit(scaler, 'maxReplicas: 5', 'maxReplicas: 6')).toEqual([
      'scales differently: HorizontalPodAutoscaler cart-hpa: maxReplicas 5 → 6',
    ]);
  });

  it('begins and ends', () => {
    expect(effectsOf('', scaler)).toEqual([
      'scales differently: HorizontalPodAutoscaler cart-hpa: scales Deployment cart from 2 to 5 pods',
    ]);
    expect(effectsOf(scaler, '')).toEqual([
      'scales differently: HorizontalPodAutoscaler cart-hpa: no longer scales Deployment cart, which keeps the pods it has',
    ]);
  });

  it('by hand asks for more', () => {
    expect(effectsOfEdit(deployment, 'replicas: 3', 'replicas: 4')).toEqual([
      'scales differently: Deployment cart: replicas 3 → 4',
      'asks for more: all workloads: CPU 6 → 8, memory 3Gi → 4Gi',
    ]);
  });

  it("by KEDA has KEDA's defaults", () => {
    const scaled =
      '{ apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: { name: cart-keda, namespace: shop }, spec: { scaleTargetRef: { name: cart } } }';
    expect(effectsOf(deployment, `${deployment}---\n${scaled}`)).toEqual([
      'scales differently: ScaledObject cart-keda: scales Deployment cart from 0 to 100 pods',
      'asks for more: all workloads: CPU 6 → 0 to 200, memory 3Gi → 0Gi to 100Gi',
    ]);
  });
});

describe('what is asked for', () => {
  const kafka = `
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: { name: kafka, namespace: shop }
spec:
  kafka: { replicas: 3, resources: { requests: { cpu: 1, memory: 2Gi } } }
  zookeeper: { replicas: 3, resources: { requests: { cpu: 500m, memory: 1Gi } } }
`;

  it('counts the pods that operators run', () => {
    expect(effectsOfEdit(kafka, 'replicas: 3', 'replicas: 4')).toContain(
      'asks for more: all workloads: CPU 4.5 → 5.5, memory 9Gi → 11Gi',
    );
    expect(effectsOf(kafka, '')).toContain('asks for less: all workloads: CPU 4.5 → 0, memory 9Gi → 0Gi');
  });
});

describe('the monthly cost', () => {
  const gpu = (product: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  template:
    spec:
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 10, preference: { matchExpressions: [{ key: nvidia.com/gpu.product, operator: In, values: [Tesla-T4] }] } },
        { weight: 90, preference: { matchExpressions: [{ key: nvidia.com/gpu.product, operator: In, values: [${product}, Tesla-T4] }] } }] } }
      containers: [{ name: cart, resources: { limits: { nvidia.com/gpu: 2 } } }]
---${scaler}`;

  it('rises with the most pods, at the price of the product that the pods would have first', () => {
    // 2 GPUs more at 0.70 $ for 730 hours.
    expect(effectsOfEdit(gpu('Tesla-V100-SXM2-16GB'), 'maxReplicas: 5', 'maxReplicas: 6')).toEqual([
      'scales differently: HorizontalPodAutoscaler cart-hpa: maxReplicas 5 → 6',
      'raises the monthly cost: GPUs: by $0 to $1,022: GPUs $2,044 to $5,110 → $2,044 to $6,132, fewest to most pods, 730 hours',
      'asks for more: all workloads: GPUs 4 to 10 → 4 to 12',
    ]);
  });

  it('falls with the product', () => {
    expect(effectsOf(gpu('NVIDIA-A100-SXM4-40GB'), gpu('Tesla-T4'))).toContain(
      'lowers the monthly cost: GPUs: by $2,044 to $5,110: GPUs $3,504 to $8,760 → $1,460 to $3,650, fewest to most pods, 730 hours',
    );
  });

  it('is not made up for a product without a price', () => {
    expect(effectsOf(gpu('Tesla-T4'), gpu('NVIDIA-H100'))).toContain(
      'lowers the monthly cost: GPUs: by $1,460 to $3,650: GPUs $1,460 to $3,650 → $0, fewest to most pods, 730 hours, without Deployment cart, whose GPU has no price',
    );
  });
});

describe('what is removed', () => {
  const custom = (apiVersion: string, kind: string, spec: string) =>
    `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: a, namespace: shop }, spec: ${spec} }`;
  const stateful = (whenDeleted: string) =>
    custom(
      'apps/v1',
      'StatefulSet',
      `{ volumeClaimTemplates: [{}], persistentVolumeClaimRetentionPolicy: { whenDeleted: ${whenDeleted} } }`,
    );
  const elastic = (policy: string) =>
    custom('elasticsearch.k8s.elastic.co/v1', 'Elasticsearch', `{ volumeClaimDeletePolicy: ${policy} }`);

  it.each([
    [
      custom('v1', 'PersistentVolumeClaim', '{}'),
      'PersistentVolumeClaim a: its volume, unless the reclaim policy is Retain',
    ],
    ['{ apiVersion: v1, kind: Namespace, metadata: { name: a } }', 'Namespace a: everything in it, volumes too'],
    [stateful('Delete'), 'StatefulSet a: its claims, as whenDeleted is Delete'],
    [
      custom('kafka.strimzi.io/v1beta2', 'Kafka', '{ kafka: { storage: { deleteClaim: true } } }'),
      'Kafka a: the claims of its brokers, as deleteClaim is true',
    ],
    [
      custom('kafka.strimzi.io/v1beta2', 'KafkaTopic', '{}'),
      'KafkaTopic a: the topic and its records, unless delete.topic.enable is false',
    ],
    [
      custom('postgresql.cnpg.io/v1', 'Cluster', '{}'),
      'Cluster a: the claims of its instances, which CloudNativePG makes its own',
    ],
    [
      custom('redis.redis.opstreelabs.in/v1beta2', 'RedisCluster', '{}'),
      'RedisCluster a: the claims of its nodes, as keepAfterDelete is not true',
    ],
    [
      elastic('DeleteOnScaledownAndClusterDeletion'),
      'Elasticsearch a: the claims of its nodes, as volumeClaimDeletePolicy is not DeleteOnScaledownOnly',
    ],
  ])('deletes data where it is %s', (manifest, expected) => {
    expect(effectsOf(manifest, '')).toContain(`deletes data: ${expected}, once it is deleted or pruned`);
  });

  it.each([
    stateful('Retain'),
    elastic('DeleteOnScaledownOnly'),
    custom('kafka.strimzi.io/v1beta2', 'Kafka', '{ kafka: { storage: { deleteClaim: false } } }'),
  ])('only stops where the claims stay: %s', (manifest) => {
    expect(effectsOf(manifest, '').filter((effect) => !effect.startsWith('asks for less'))).toEqual([
      expect.stringMatching(
        /^may interrupt: \w+ a: is removed: its pods stop once it is deleted or pruned, and its claims stay$/,
      ),
    ]);
  });

  it('interrupts where it runs pods, keeps them from being drained together, or answers', () => {
    const budget =
      '{ apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: { name: cart-pdb, namespace: shop }, spec: { maxUnavailable: 1 } }';
    const service =
      '{ apiVersion: v1, kind: Service, metadata: { name: cart, namespace: shop }, spec: { selector: { app: cart } } }';
    expect(effectsOf(deployment, '')[0]).toBe(
      'may interrupt: Deployment cart: is removed: its pods stop once it is deleted or pruned',
    );
    expect(effectsOf(budget, '')).toEqual([
      'may interrupt: PodDisruptionBudget cart-pdb: is removed: drains may take all of the pods at once',
    ]);
    expect(effectsOfEdit(budget, 'maxUnavailable: 1', 'maxUnavailable: 2')).toEqual([
      'may interrupt: PodDisruptionBudget cart-pdb: drains may take other numbers of pods: maxUnavailable 1 → 2',
    ]);
    expect(effectsOf(service, '')).toEqual([
      'routes differently: Service cart: is removed: nothing answers there once it is deleted or pruned',
    ]);
    expect(effectsOfEdit(service, 'app: cart', 'app: basket')).toEqual([
      'routes differently: Service cart: selector.app cart → basket',
    ]);
  });
});

describe('an alert', () => {
  const rules = `
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: rules, namespace: shop }
spec:
  groups:
  - name: cart
    rules:
    - { record: 'cart:errors:rate5m', expr: 'sum(rate(errors[5m]))' }
    - { alert: CartFailing, expr: 'cart:errors:rate5m > 1', for: 5m, labels: { severity: critical }, annotations: { summary: Failing } }
`;

  it.each([
    ['for: 5m', 'for: 7m', ['fires differently: alert CartFailing: for 5m → 7m']],
    [
      'severity: critical',
      'severity: warning',
      ['fires differently: alert CartFailing: labels.severity critical → warning'],
    ],
    ['summary: Failing', 'summary: Broken', []],
    [
      'errors[5m]',
      'errors[1m]',
      [
        'fires differently: record cart:errors:rate5m: expr sum(rate(errors[5m])) → sum(rate(errors[1m])), asked for by CartFailing',
      ],
    ],
  ])('that has "%s" as "%s" is told where it fires in other situations', (text, replacement, expected) => {
    expect(effectsOfEdit(rules, text, replacement)).toEqual(expected);
  });

  it('is new, or removed', () => {
    expect(effectsOf('', rules)).toEqual(['fires differently: alert CartFailing: is new, critical']);
    expect(effectsOf(rules, '')).toContain('fires differently: alert CartFailing: is removed, and never fires again');
  });
});

describe('permissions', () => {
  const role = (rules: string) =>
    `{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: reader, namespace: shop }, rules: ${rules} }`;
  const pods = '[{ apiGroups: [""], resources: [pods], verbs: [get, list] }]';

  it('are compared by what they allow, not by how it is written', () => {
    const split =
      '[{ apiGroups: [""], resources: [pods], verbs: [list] }, { apiGroups: [""], resources: [pods], verbs: [get] }]';
    expect(effectsOf(role(pods), role(split))).toEqual([]);
    expect(effectsOf(role(pods), role(pods.replace('[pods]', '[pods, secrets]')))).toEqual([
      'widens permissions: Role reader: allows get, list secrets',
    ]);
    expect(effectsOf(role(pods), role(pods.replace('list', "'*'")))).toEqual([
      'widens permissions: Role reader: allows * pods',
    ]);
    expect(effectsOf(role(pods.replace('list', "'*'")), role(pods))).toEqual([
      'narrows permissions: Role reader: no longer allows * pods',
    ]);
    const named = pods.replace('verbs', 'resourceNames: [one], verbs');
    expect(effectsOf(role(named), role(pods))).toEqual(['widens permissions: Role reader: allows get, list pods']);
  });

  it('are given to others', () => {
    const binding =
      '{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: { name: readers, namespace: shop }, roleRef: { kind: Role, name: reader }, subjects: [{ kind: ServiceAccount, name: cart, namespace: shop }] }';
    const more = binding.replace(' }] }', ' }, { kind: Group, name: everyone }] }');
    expect(effectsOf(binding, more)).toEqual([
      'widens permissions: RoleBinding readers: gives Role reader to Group everyone',
    ]);
    expect(effectsOf(binding, '')).toEqual([
      'narrows permissions: RoleBinding readers: no longer gives Role reader to ServiceAccount cart',
    ]);
  });

  it('of pods on their node are told', () => {
    expect(
      effectsOfEdit(
        deployment,
        'volumes: [',
        'hostNetwork: true\n      volumes: [{ name: host, hostPath: { path: /etc } }, ',
      ),
    ).toContain("widens permissions: Deployment cart: runs with hostNetwork; the host's /etc");
    expect(
      effectsOfEdit(
        deployment,
        'image: acme/cart',
        'securityContext: { privileged: true, capabilities: { add: [NET_ADMIN] } }\n        image: acme/cart',
      ),
    ).toContain('widens permissions: Deployment cart: runs with privileged in cart; capability NET_ADMIN in cart');
    const namespace =
      '{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } } }';
    expect(effectsOfEdit(namespace, 'restricted', 'baseline')).toEqual([
      'widens permissions: Namespace shop: enforces Pod Security baseline, was restricted',
    ]);
  });
});
