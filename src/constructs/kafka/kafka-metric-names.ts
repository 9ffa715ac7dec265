import { metric, MetricNames } from '../observability/metric';

const kafka = metric('Kafka exporter', 'gauge');
const jmxCounter = metric('Kafka JMX', 'counter');
const jmxGauge = metric('Kafka JMX', 'gauge');

/** What Strimzi's Kafka exporter and the JMX exporter in the brokers expose. */
export const kafkaMetricNames: MetricNames = {
  kafka_brokers: kafka(),
  kafka_topic_partitions: kafka('topic'),
  kafka_topic_partition_current_offset: kafka('topic', 'partition'),
  kafka_topic_partition_oldest_offset: kafka('topic', 'partition'),
  kafka_topic_partition_in_sync_replica: kafka('topic', 'partition'),
  kafka_topic_partition_replicas: kafka('topic', 'partition'),
  kafka_topic_partition_under_replicated_partition: kafka('topic', 'partition'),
  kafka_consumergroup_current_offset: kafka('consumergroup', 'topic', 'partition'),
  kafka_consumergroup_lag: kafka('consumergroup', 'topic', 'partition'),
  kafka_consumergroup_members: kafka('consumergroup'),

  // The names are those of the rules in kafka-metrics.ts, in lower case.
  kafka_server_brokertopicmetrics_messagesin_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_bytesin_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_bytesout_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_failedproducerequests_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_failedfetchrequests_total: jmxCounter('topic'),
  kafka_server_replicamanager_isrshrinks_total: jmxCounter(),
  kafka_server_replicamanager_isrexpands_total: jmxCounter(),
  kafka_server_replicamanager_underreplicatedpartitions: jmxGauge(),
  kafka_server_replicamanager_underminisrpartitioncount: jmxGauge(),
  kafka_server_replicamanager_offlinereplicacount: jmxGauge(),
  kafka_server_replicamanager_partitioncount: jmxGauge(),
  kafka_server_replicamanager_leadercount: jmxGauge(),
  kafka_controller_kafkacontroller_activecontrollercount: jmxGauge(),
  kafka_controller_kafkacontroller_offlinepartitionscount: jmxGauge(),
  kafka_controller_controllerstats_uncleanleaderelections_total: jmxCounter(),
  kafka_network_requestmetrics_requests_total: jmxCounter('request', 'version'),
  kafka_network_requestmetrics_errors_total: jmxCounter('request', 'error'),
  kafka_network_requestmetrics_totaltimems: jmxGauge('request', 'quantile'),
  kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent: jmxGauge(),
  kafka_network_socketserver_networkprocessoravgidle_percent: jmxGauge(),
  kafka_log_log_size: jmxGauge('topic', 'partition'),
  kafka_log_log_logstartoffset: jmxGauge('topic', 'partition'),
  kafka_log_log_logendoffset: jmxGauge('topic', 'partition'),
  kafka_cluster_partition_underreplicated: jmxGauge('topic', 'partition'),
  kafka_cluster_partition_underminisr: jmxGauge('topic', 'partition'),
  kafka_server_kafkaserver_brokerstate: jmxGauge(),
  zookeeper_avgrequestlatency: jmxGauge(),
  zookeeper_outstandingrequests: jmxGauge(),
  zookeeper_quorumsize: jmxGauge(),
  zookeeper_numaliveconnections: jmxGauge('replica', 'role'),
  zookeeper_inmemorydatatree_nodecount: jmxGauge('replica', 'role'),
};
