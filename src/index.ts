export { AlertRules } from './constructs/alert-rules';
export type { Alert, AlertRulesProps, RecordingRule, Rule, Severity } from './constructs/alert-rules';
export { Receiver } from './constructs/alert-routing';
export type {
  AlertRoutingProps,
  EmailReceiverProps,
  PagerDutyReceiverProps,
  SlackReceiverProps,
} from './constructs/alert-routing';
export { AlertmanagerServer } from './constructs/alertmanager-server';
export type { AlertmanagerServerProps } from './constructs/alertmanager-server';
export { autoscalingDashboard } from './constructs/dashboards/autoscaling';
export type { AutoscalingDashboardProps, ShownScaler } from './constructs/dashboards/autoscaling';
export { gpuInferenceDashboard } from './constructs/dashboards/gpu-inference';
export type { GpuInferenceDashboardProps } from './constructs/dashboards/gpu-inference';
export { kafkaDashboard } from './constructs/dashboards/kafka';
export type { StoreDashboardProps } from './constructs/dashboards/panels';
export { platformOverviewDashboard } from './constructs/dashboards/platform-overview';
export type { PlatformOverviewProps } from './constructs/dashboards/platform-overview';
export { postgresDashboard } from './constructs/dashboards/postgres';
export { redisDashboard } from './constructs/dashboards/redis';
export { serviceDashboard } from './constructs/dashboards/service';
export type { ServiceDashboardProps } from './constructs/dashboards/service';
export {
  certManagerMetrics,
  dcgmMetrics,
  ElasticsearchExporter,
  kedaMetrics,
  KubeletMetrics,
  kubeStateMetrics,
  PodMetrics,
  strimziMetrics,
} from './constructs/exporter-monitors';
export type {
  ElasticsearchExporterProps,
  KubeletMetricsProps,
  KubeStateMetricsProps,
  PodMetricsProps,
} from './constructs/exporter-monitors';
export { GrafanaServer } from './constructs/grafana-server';
export type { GrafanaServerProps } from './constructs/grafana-server';
export { LogStorage, LokiServer } from './constructs/loki-server';
export type { LokiServerProps, S3LogStorageProps } from './constructs/loki-server';
export { PrometheusServer } from './constructs/prometheus-server';
export type { PrometheusServerProps } from './constructs/prometheus-server';
export { PromtailLogging } from './constructs/promtail-logging';
export type { PromtailLoggingProps } from './constructs/promtail-logging';
export type { Vocabulary } from './core/promql';
export { AutonomousOpService } from './constructs/autonomous-op-service';
export type { AutonomousOpServiceProps, ConnectOptions, ImagePullPolicy } from './constructs/autonomous-op-service';
export { ElasticsearchCluster } from './constructs/elasticsearch-cluster';
export type { ElasticsearchClusterProps } from './constructs/elasticsearch-cluster';
export { GpuNodePool, GpuType } from './constructs/gpu';
export type { GpuNodePoolProps } from './constructs/gpu';
export { GpuInferenceService } from './constructs/gpu-inference-service';
export type { GpuInferenceServiceProps } from './constructs/gpu-inference-service';
export { TraceStorage } from './constructs/jaeger-tracing';
export { KedaScaler } from './constructs/keda-scaler';
export type { KedaScalerProps } from './constructs/keda-scaler';
export { KafkaCluster } from './constructs/kafka-cluster';
export type { DeclaredTopic, KafkaClusterProps, KafkaTopicProps, MetadataMode } from './constructs/kafka-cluster';
export { KafkaS3Sink } from './constructs/kafka-s3-sink';
export type { ConnectPlugin, KafkaS3SinkProps } from './constructs/kafka-s3-sink';
export { NetworkPolicyBundle } from './constructs/network-policy-bundle';
export type { NetworkPolicyBundleProps } from './constructs/network-policy-bundle';
export { ObservabilityStack } from './constructs/observability-stack';
export type { ObservabilityStackProps } from './constructs/observability-stack';
export { connection, connectionsToAll, Endpoint } from './constructs/peer';
export type {
  Connection,
  ExternalEndpointProps,
  InClusterEndpointProps,
  NetworkedWorkload,
  Peer,
} from './constructs/peer';
export type { ZoneSpread } from './constructs/pod-security';
export { PostgresCluster } from './constructs/postgres-cluster';
export type { PostgresClusterProps } from './constructs/postgres-cluster';
export { PublicIngress } from './constructs/public-ingress';
export type {
  AcmCertificate,
  CertManagerCertificate,
  IngressCertificate,
  PublicIngressProps,
} from './constructs/public-ingress';
export { RedisCluster } from './constructs/redis-cluster';
export type { RedisClusterProps, RedisEvictionPolicy } from './constructs/redis-cluster';
export { StandaloneStore } from './constructs/standalone-store';
export type { StandaloneSizeProps, StandaloneStoreProps } from './constructs/standalone-store';
export { standaloneKafka, standalonePostgres, standaloneRedis } from './constructs/standalone-stores';
export type {
  StandaloneKafkaProps,
  StandalonePostgresProps,
  StandaloneRedisProps,
} from './constructs/standalone-stores';
export { Trigger } from './constructs/trigger';
export type {
  KafkaCredentials,
  KafkaLagProps,
  KedaRelease,
  Parallelism,
  PrometheusTriggerProps,
} from './constructs/trigger';
export { InvalidInputError } from './core/errors';
export type { ContainerSize } from './core/quantities';
export { secretKey } from './core/secrets';
export type { SecretKey } from './core/secrets';
