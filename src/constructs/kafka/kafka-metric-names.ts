import { metric, MetricNames } from '../observability/metric';

const kafka = metric('Kafka exporter', 'gauge');
const jmxCounter = metric('Kafka JMX', 'counter');
const jmxGauge = metric('Kafka JMX', 'gauge');

/** What Strimzi's Kafka exporter and the JMX exporter in the brokers expose. */
export const kafkaMetricNames: MetricNames = {
  kafka_topic_partitions: kafka('topic'),
  kafka_consumergroup_lag: kafka('consumergroup', 'topic', 'partition'),
  kafka_consumergroup_members: kafka('consumergroup'),

  // The names are those of the rules in kafka-metrics.ts, in lower case.
  kafka_server_brokertopicmetrics_messagesin_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_bytesin_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_bytesout_total: jmxCounter('topic'),
  kafka_server_replicamanager_underreplicatedpartitions: jmxGauge(),
  kafka_server_replicamanager_underminisrpartitioncount: jmxGauge(),
  kafka_controller_kafkacontroller_activecontrollercount: jmxGauge(),
  kafka_controller_kafkacontroller_offlinepartitionscount: jmxGauge(),
  kafka_network_requestmetrics_errors_total: jmxCounter('request', 'error'),
  kafka_network_requestmetrics_totaltimems: jmxGauge('request', 'quantile'),
  kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent: jmxGauge(),
  kafka_network_socketserver_networkprocessoravgidle_percent: jmxGauge(),
  kafka_log_log_size: jmxGauge('topic', 'partition'),
  kafka_cluster_partition_underminisr: jmxGauge('topic', 'partition'),
};
