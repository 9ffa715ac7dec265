/* Which JMX beans of brokers and ZooKeeper become metrics. */

import { JmxRule } from './strimzi';

/** The keys of the rules in their ConfigMap. */
export const METRICS_KEYS = { kafka: 'kafka.yaml', zookeeper: 'zookeeper.yaml' } as const;

/** What an operator of Kafka looks at: traffic, replication, the controller, requests and their latency, sizes. */
export const KAFKA_RULES: readonly JmxRule[] = [
  {
    pattern: String.raw`kafka.server<type=BrokerTopicMetrics, name=(\w+)PerSec, topic=(.+)><>Count`,
    name: 'kafka_server_brokertopicmetrics_$1_total',
    type: 'COUNTER',
    labels: { topic: '$2' },
  },
  {
    pattern: String.raw`kafka.server<type=ReplicaManager, name=(\w+)PerSec><>Count`,
    name: 'kafka_server_replicamanager_$1_total',
    type: 'COUNTER',
  },
  {
    pattern: String.raw`kafka.server<type=ReplicaManager, name=(\w+)><>Value`,
    name: 'kafka_server_replicamanager_$1',
    type: 'GAUGE',
  },
  {
    pattern: String.raw`kafka.controller<type=KafkaController, name=(\w+)><>Value`,
    name: 'kafka_controller_kafkacontroller_$1',
    type: 'GAUGE',
  },
  {
    pattern: String.raw`kafka.controller<type=ControllerStats, name=(\w+)PerSec><>Count`,
    name: 'kafka_controller_controllerstats_$1_total',
    type: 'COUNTER',
  },
  {
    pattern: String.raw`kafka.network<type=RequestMetrics, name=RequestsPerSec, request=(\w+), version=(\d+)><>Count`,
    name: 'kafka_network_requestmetrics_requests_total',
    type: 'COUNTER',
    labels: { request: '$1', version: '$2' },
  },
  {
    pattern: String.raw`kafka.network<type=RequestMetrics, name=ErrorsPerSec, request=(\w+), error=(\w+)><>Count`,
    name: 'kafka_network_requestmetrics_errors_total',
    type: 'COUNTER',
    labels: { request: '$1', error: '$2' },
  },
  {
    pattern: String.raw`kafka.network<type=RequestMetrics, name=TotalTimeMs, request=(Produce|FetchConsumer|FetchFollower)><>(50|95|99|999)thPercentile`,
    name: 'kafka_network_requestmetrics_totaltimems',
    type: 'GAUGE',
    labels: { request: '$1', quantile: '0.$2' },
  },
  {
    pattern: 'kafka.server<type=KafkaRequestHandlerPool, name=RequestHandlerAvgIdlePercent><>OneMinuteRate',
    name: 'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent',
    type: 'GAUGE',
  },
  {
    pattern: 'kafka.network<type=SocketServer, name=NetworkProcessorAvgIdlePercent><>Value',
    name: 'kafka_network_socketserver_networkprocessoravgidle_percent',
    type: 'GAUGE',
  },
  {
    pattern: String.raw`kafka.log<type=Log, name=(Size|LogStartOffset|LogEndOffset), topic=(.+), partition=(\d+)><>Value`,
    name: 'kafka_log_log_$1',
    type: 'GAUGE',
    labels: { topic: '$2', partition: '$3' },
  },
  {
    pattern: String.raw`kafka.cluster<type=Partition, name=(UnderReplicated|UnderMinIsr), topic=(.+), partition=(\d+)><>Value`,
    name: 'kafka_cluster_partition_$1',
    type: 'GAUGE',
    labels: { topic: '$2', partition: '$3' },
  },
  {
    pattern: 'kafka.server<type=KafkaServer, name=BrokerState><>Value',
    name: 'kafka_server_kafkaserver_brokerstate',
    type: 'GAUGE',
  },
];

/** Latency, connections and znodes of ZooKeeper; a server on its own has another MBean than one of a quorum. */
export const ZOOKEEPER_RULES: readonly JmxRule[] = [
  {
    pattern: String.raw`org.apache.ZooKeeperService<name0=StandaloneServer_port\d+><>(\w+)`,
    name: 'zookeeper_$1',
    type: 'GAUGE',
  },
  {
    pattern: String.raw`org.apache.ZooKeeperService<name0=ReplicatedServer_id\d+><>(\w+)`,
    name: 'zookeeper_$1',
    type: 'GAUGE',
  },
  {
    pattern: String.raw`org.apache.ZooKeeperService<name0=ReplicatedServer_id\d+, name1=replica.(\d+), name2=(\w+)><>(\w+)`,
    name: 'zookeeper_$3',
    type: 'GAUGE',
    labels: { replica: '$1', role: '$2' },
  },
  {
    pattern: String.raw`org.apache.ZooKeeperService<name0=ReplicatedServer_id\d+, name1=replica.(\d+), name2=(\w+), name3=InMemoryDataTree><>(\w+)`,
    name: 'zookeeper_inmemorydatatree_$3',
    type: 'GAUGE',
    labels: { replica: '$1', role: '$2' },
  },
];
