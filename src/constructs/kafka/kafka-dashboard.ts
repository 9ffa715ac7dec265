/* The dashboard of a Kafka cluster. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard, labelValues, PanelProps, perSecond, StoreDashboardProps } from '../observability/panels';

/** A Kafka cluster: whether every partition is safe, what goes through it, and who is behind. */
export function kafkaDashboard({ namespace, name }: StoreDashboardProps): Dashboard {
  const brokers = `namespace="${namespace}", app="${name}"`;
  return createDashboard({
    uid: `kafka-${name}`,
    title: `Kafka: ${name}`,
    tags: ['store'],
    variables: [labelValues('topic', 'Topic', `kafka_log_log_size{${brokers}}`)],
    rows: {
      Health: health(brokers),
      Topics: topics(`${brokers}, topic=~"$topic"`, `namespace="${namespace}", topic=~"$topic"`),
      Brokers: requests(brokers),
    },
  });
}

function health(brokers: string): PanelProps[] {
  const sum = (metric: string, title: string, limit: number, atLeast = 0): PanelProps => ({
    title,
    unit: units.Short,
    latest: true,
    limits: [limit],
    atLeast,
    curves: [[`sum(${metric}{${brokers}})`, title]],
  });
  return [
    // One is right: two would be a controller that does not know that it has been replaced.
    sum('kafka_controller_kafkacontroller_activecontrollercount', 'Active controllers', 2, 1),
    sum('kafka_controller_kafkacontroller_offlinepartitionscount', 'Offline partitions', 1),
    sum('kafka_server_replicamanager_underreplicatedpartitions', 'Under-replicated partitions', 1),
    sum('kafka_cluster_partition_underminisr', 'Partitions that refuse writes', 1),
  ];
}

function topics(brokers: string, exporter: string): PanelProps[] {
  const traffic = (direction: string) =>
    `sum by (topic) (${perSecond(`kafka_server_brokertopicmetrics_${direction}_total{${brokers}}`)})`;
  return [
    {
      title: 'Consumer lag',
      unit: units.Short,
      curves: [[`sum by (consumergroup, topic) (kafka_consumergroup_lag{${exporter}})`, '{{consumergroup}} {{topic}}']],
    },
    { title: 'Messages', unit: units.CountsPerSecond, curves: [[traffic('messagesin'), '{{topic}}']] },
    {
      title: 'Traffic',
      unit: units.BytesPerSecondIEC,
      curves: [
        [traffic('bytesin'), '{{topic}} in'],
        [traffic('bytesout'), '{{topic}} out'],
      ],
    },
    {
      title: 'Size on disk, with all replicas',
      unit: units.BytesIEC,
      curves: [[`sum by (topic) (kafka_log_log_size{${brokers}})`, '{{topic}}']],
    },
  ];
}

/** Answers that are errors by name, but steps of a client on its way to its coordinator and into its group. */
const JOINING = 'MEMBER_ID_REQUIRED|COORDINATOR_NOT_AVAILABLE';

function requests(brokers: string): PanelProps[] {
  const answers = (matcher: string) => perSecond(`kafka_network_requestmetrics_errors_total{${brokers}${matcher}}`);
  const failed = answers(`, error!~"NONE|${JOINING}"`);
  return [
    {
      title: 'Duration of 99 % of the requests',
      description: 'A fetch waits for records: those of idle topics take 500 ms, and nobody waits for them.',
      unit: units.Milliseconds,
      curves: [
        [`max by (request) (kafka_network_requestmetrics_totaltimems{${brokers}, quantile="0.99"})`, '{{request}}'],
      ],
    },
    {
      title: 'Failed requests',
      unit: units.EventsPerSecond,
      // A broker counts an error from its first one on; what it answers without one it counts from the start.
      curves: [
        [`sum(${failed}) or sum(${answers('')}) * 0`, 'all'],
        [`sum by (error) (${failed})`, '{{error}}'],
      ],
    },
    {
      title: 'Idle threads',
      description: 'Below 30 % a broker has more to do than it can.',
      unit: units.PercentUnit,
      max: 1,
      curves: [
        [`kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent{${brokers}}`, '{{pod}} requests'],
        [`kafka_network_socketserver_networkprocessoravgidle_percent{${brokers}}`, '{{pod}} network'],
      ],
    },
  ];
}
