import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import {
  ElasticsearchCluster,
  ElasticsearchClusterProps,
} from '../../../src/constructs/elasticsearch/elasticsearch-cluster';
import { Endpoint } from '../../../src/constructs/network/peer';
import { anyObject, newChart, objectOf } from '../../synthesize';

function elasticsearch(props: Partial<ElasticsearchClusterProps> = {}) {
  const chart = newChart();
  const construct = new ElasticsearchCluster(chart, 'elasticsearch', {
    userSecret: 'orders-elasticsearch',
    indexPrefix: 'jaeger-orders',
    ...props,
  });
  return { chart, construct, one: (kind: string) => objectOf(chart, kind, anyObject) };
}

describe('by default', () => {
  test('three nodes of 7.17 stand apart in zones, with a heap of half their memory', () => {
    expect(elasticsearch().one('Elasticsearch')).toMatchObject({
      metadata: {
        name: 'elasticsearch',
        namespace: 'shop',
        annotations: { 'eck.k8s.elastic.co/downward-node-labels': 'topology.kubernetes.io/zone' },
      },
      spec: {
        version: '7.17.22',
        http: { tls: { selfSignedCertificate: { disabled: true } } },
        nodeSets: [
          {
            name: 'default',
            count: 3,
            config: {
              'node.store.allow_mmap': false,
              'node.attr.zone': '${ZONE}',
              'cluster.routing.allocation.awareness.attributes': 'k8s_node_name,zone',
            },
            podTemplate: {
              metadata: { labels: { app: 'elasticsearch' } },
              spec: {
                topologySpreadConstraints: [
                  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
                  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
                ],
                containers: [
                  {
                    name: 'elasticsearch',
                    resources: { requests: { cpu: '1', memory: '4Gi' }, limits: { cpu: '2', memory: '4Gi' } },
                    env: [{ name: 'ES_JAVA_OPTS', value: '-Xms2048m -Xmx2048m' }, { name: 'ZONE' }],
                  },
                ],
              },
            },
            volumeClaimTemplates: [
              { metadata: { name: 'elasticsearch-data' }, spec: { resources: { requests: { storage: '50Gi' } } } },
            ],
          },
        ],
      },
    });
    expect(JSON.stringify(elasticsearch().one('Elasticsearch').spec)).not.toContain('matchLabelKeys');
  });

  test('the claims outlive the cluster', () => {
    expect(elasticsearch().one('Elasticsearch').spec).toMatchObject({
      volumeClaimDeletePolicy: 'DeleteOnScaledownOnly',
    });
  });

  test('no container, the operator’s own included, has a right it does not need', () => {
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(elasticsearch().one('Elasticsearch').spec).toMatchObject({
      nodeSets: [
        {
          podTemplate: {
            spec: {
              automountServiceAccountToken: false,
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 1000,
                fsGroup: 1000,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              initContainers: [
                { name: 'elastic-internal-init-filesystem', securityContext },
                { name: 'elastic-internal-suspend', securityContext },
              ],
              containers: [{ name: 'elasticsearch', securityContext }],
            },
          },
        },
      ],
    });
  });

  test('the user of the Secret may do what the role allows, with its own indices only', () => {
    const { construct, one } = elasticsearch();
    expect(one('Elasticsearch').spec).toMatchObject({
      auth: { fileRealm: [{ secretName: 'orders-elasticsearch' }], roles: [{ secretName: 'elasticsearch-roles' }] },
    });
    expect(construct.role).toBe('elasticsearch-client');
    const roles = Buffer.from(one('Secret').data?.['roles.yml'] ?? '', 'base64').toString();
    expect(roles).toBe(
      [
        'elasticsearch-client:',
        '  cluster:',
        '    - monitor',
        '    - manage_index_templates',
        '  indices:',
        '    - names:',
        '        - jaeger-orders-*',
        '      privileges:',
        '        - create_index',
        '        - write',
        '        - read',
        '        - view_index_metadata',
        '        - monitor',
        '        - delete_index',
        '',
      ].join('\n'),
    );
  });

  test('clients reach it by the Service that has its name', () => {
    expect(elasticsearch().one('Service')).toMatchObject({
      metadata: { name: 'elasticsearch' },
      spec: { selector: { app: 'elasticsearch' }, ports: [{ name: 'http', port: 9200, targetPort: 9200 }] },
    });
  });
});

test('every prop has its effect', () => {
  const { one } = elasticsearch({
    name: 'traces',
    version: '7.17.25',
    nodes: 5,
    cpuRequest: Cpu.millis(500),
    cpuLimit: Cpu.millis(700),
    memoryRequest: Size.gibibytes(2),
    memoryLimit: Size.gibibytes(3),
    storageSize: Size.gibibytes(7),
    storageClass: 'gp3',
    zoneSpread: 'ScheduleAnyway',
  });
  expect(one('Elasticsearch')).toMatchObject({
    metadata: { name: 'traces' },
    spec: {
      version: '7.17.25',
      nodeSets: [
        {
          count: 5,
          config: { 'node.store.allow_mmap': false },
          podTemplate: {
            metadata: { labels: { app: 'traces' } },
            spec: {
              topologySpreadConstraints: [
                { whenUnsatisfiable: 'ScheduleAnyway' },
                { whenUnsatisfiable: 'ScheduleAnyway' },
              ],
              containers: [
                {
                  resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { cpu: '700m', memory: '3Gi' } },
                  env: [{ name: 'ES_JAVA_OPTS', value: '-Xms1024m -Xmx1024m' }],
                },
              ],
            },
          },
          volumeClaimTemplates: [{ spec: { storageClassName: 'gp3', resources: { requests: { storage: '7Gi' } } } }],
        },
      ],
    },
  });
  // Without zone labels the pods would wait for one for ever.
  expect(one('Elasticsearch').metadata).not.toHaveProperty('annotations');
  expect(JSON.stringify(one('Elasticsearch').spec)).not.toContain('ZONE');
});

test('the nodes reach each other, and the operator reaches them', () => {
  const arrows = (props: Partial<ElasticsearchClusterProps>) =>
    elasticsearch(props).construct.connections.map(({ from, to, port }) => `${from.name} > ${to.name}:${port}`);
  expect(arrows({})).toEqual([
    'elasticsearch-nodes > elasticsearch-nodes:9300',
    'elasticsearch-nodes > elasticsearch-nodes:9200',
    'elastic-operator > elasticsearch-nodes:9200',
  ]);
  const operator = Endpoint.inCluster('other', { namespace: 'operators', labels: { app: 'other' } });
  expect(arrows({ operator })).toContain('other > elasticsearch-nodes:9200');
});

test.each<[string, Partial<ElasticsearchClusterProps>]>([
  ['version is "8.13.0"', { version: '8.13.0' }],
  ['nodes is 0', { nodes: 0 }],
  ['indexPrefix is "Jaeger"', { indexPrefix: 'Jaeger' }],
  ['"My User" is not a valid object name', { userSecret: 'My User' }],
  ['"GP3" is not a valid object name', { storageClass: 'GP3' }],
  ['storageSize is 0 KiB', { storageSize: Size.gibibytes(0) }],
  ['memoryRequest (4Gi) is greater than memoryLimit (1Gi)', { memoryLimit: Size.gibibytes(1) }],
])('says what is wrong: %s', (message, props) => {
  expect(() => elasticsearch(props)).toThrow(message);
});
