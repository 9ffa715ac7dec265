import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { DeclaredConnection, documentConnections, furtherConnections } from '../../src/autonomous-op/topology';
import { connectionsIn, shownEnd } from '../../src/manifests/network/connections';
import { parseManifests } from '../../src/manifests/read';
import { production } from './production';

/** The arrows of the document's diagram, as it writes them. */
const diagram = `
    Ingress --> Gateway
    Gateway --> FMS
    Gateway --> TMS
    Gateway --> SCM
    Gateway --> AutonomousOP
    AutonomousOP --> Kafka
    AutonomousOP --> PostgreSQL
    AutonomousOP --> Redis
    AutonomousOP --> MLService
    FMS --> Kafka
    FMS --> PostgreSQL
    TMS --> Kafka
    TMS --> PostgreSQL
    SCM --> Kafka
    SCM --> PostgreSQL
    MLService --> GPUNodes
    Prometheus --> Grafana
    Prometheus --> Alertmanager
    Kafka --> Jaeger
    FMS --> Jaeger
    TMS --> Jaeger
    SCM --> Jaeger
    AutonomousOP --> Jaeger
    KEDA --> HPA
    HPA --> AutonomousOP
    HPA --> FMS
    HPA --> TMS
    HPA --> SCM
    HPA --> MLService
    PostgreSQL --> S3
    Kafka --> S3`;

/** Arrows that are no connection of the services or stores, and what they are instead. */
const elsewhere: Readonly<Record<string, string>> = {
  'MLService --> GPUNodes': 'scheduling: affinity, toleration and nvidia.com/gpu of the Deployment',
  'Prometheus --> Grafana': 'opened the other way round: Grafana asks Prometheus, as the stack declares',
  'Prometheus --> Alertmanager': 'declared by the stack',
  'KEDA --> HPA': 'the agreeing ScaledObject and HorizontalPodAutoscaler',
  'HPA --> AutonomousOP': 'scaleTargetRef',
  'HPA --> FMS': 'scaleTargetRef',
  'HPA --> TMS': 'scaleTargetRef',
  'HPA --> SCM': 'scaleTargetRef',
  'HPA --> MLService': 'scaleTargetRef',
};

const names: Readonly<Record<string, string>> = {
  ingress: 'Ingress',
  gateway: 'Gateway',
  fms: 'FMS',
  tms: 'TMS',
  scm: 'SCM',
  autonomousOp: 'AutonomousOP',
  mlService: 'MLService',
  kafka: 'Kafka',
  postgres: 'PostgreSQL',
  redis: 'Redis',
  jaeger: 'Jaeger',
  s3: 'S3',
  keycloak: 'Keycloak',
};

const written = ([from, to]: DeclaredConnection) => `${names[from] ?? from} --> ${names[to] ?? to}`;

describe('the topology', () => {
  it("has the arrows of the document's diagram, no more and no fewer", () => {
    const documented = diagram
      .trim()
      .split('\n')
      .map((line) => line.trim());
    const connections = documented.filter((arrow) => !(arrow in elsewhere));
    expect(documentConnections.map(written).sort()).toEqual(connections.sort());
    expect(Object.keys(elsewhere).filter((arrow) => !documented.includes(arrow))).toEqual([]);
  });

  it('is drawn in docs/topology.md, with every open connection', async () => {
    await expect(await format(page(), { parser: 'markdown' })).toMatchFileSnapshot('../../docs/topology.md');
  });
});

function page(): string {
  const { open } = connectionsIn(parseManifests(production.files));
  return [
    '# What is open to whom',
    '',
    'Written by `npx vitest run test/autonomous-op/topology.test.ts -u` from `src/autonomous-op/topology.ts` and the rendered policies of production.',
    '',
    '## The arrows of the diagram',
    '',
    '```mermaid',
    'graph LR',
    ...documentConnections.map((connection) => `  ${written(connection)}`),
    ...furtherConnections.map((connection) => `  ${written(connection).replace('-->', '-.->')}`),
    '```',
    '',
    "A dotted arrow is not in the document's diagram; `furtherConnections` says why it is there.",
    '',
    '## Every connection that is open',
    '',
    'Everything else is closed, in both directions, for every pod of the namespace. Addresses in brackets are outside the cluster, but `0.0.0.0/0` is every address, the pods of other namespaces included unless [`podCidrs`](operating.md#settings-that-open-something) takes them out: on that port their own policies have to keep them shut. The pods of this namespace have such policies. [Settings](operating.md#settings-that-open-something) narrow each range. `*` is everything that the other end allows. [`aop graph`](commands/graph.md) shows the same, by name.',
    '',
    '| from | to | ports |',
    '|---|---|---|',
    ...open.map(({ from, to, ports }) => `| ${shownEnd(from)} | ${shownEnd(to)} | ${ports.join(', ')} |`),
    '',
  ].join('\n');
}
