export { AlertRules } from './constructs/observability/alert-rules';
export type {
  Alert,
  AlertInhibition,
  AlertRulesProps,
  RecordingRule,
  Rule,
  Severity,
} from './constructs/observability/alert-rules';
export { Receiver } from './constructs/observability/alert-routing';
export type {
  AlertRoutingProps,
  EmailReceiverProps,
  PagerDutyReceiverProps,
  SlackReceiverProps,
} from './constructs/observability/alert-routing';
export { AlertmanagerServer } from './constructs/observability/alertmanager-server';
export type { AlertmanagerServerProps } from './constructs/observability/alertmanager-server';
export { autoscalingDashboard } from './constructs/scaling/autoscaling-dashboard';
export type { AutoscalingDashboardProps, ShownScaler } from './constructs/scaling/autoscaling-dashboard';
export { gpuInferenceDashboard } from './constructs/service/gpu-inference-dashboard';
export type { GpuInferenceDashboardProps } from './constructs/service/gpu-inference-dashboard';
export { kafkaDashboard } from './constructs/kafka/kafka-dashboard';
export type { StoreDashboardProps } from './constructs/observability/panels';
export { platformOverviewDashboard } from './constructs/observability/platform-overview-dashboard';
export type { PlatformOverviewProps } from './constructs/observability/platform-overview-dashboard';
export { postgresDashboard } from './constructs/postgres/postgres-dashboard';
export type { PostgresDashboardProps } from './constructs/postgres/postgres-dashboard';
export { redisDashboard } from './constructs/redis/redis-dashboard';
export type { RedisDashboardProps } from './constructs/redis/redis-dashboard';
export { serviceDashboard } from './constructs/service/service-dashboard';
export type { ServiceDashboardProps } from './constructs/service/service-dashboard';
export { ElasticsearchExporter } from './constructs/elasticsearch/elasticsearch-exporter';
export type { ElasticsearchExporterProps } from './constructs/elasticsearch/elasticsearch-exporter';
export { ExistingPrometheus } from './constructs/observability/existing-prometheus';
export type { ExistingPrometheusProps } from './constructs/observability/existing-prometheus';
export { certManagerMetrics } from './constructs/observability/cert-manager-metrics';
export { dcgmMetrics } from './constructs/service/dcgm-metrics';
export { kedaMetrics } from './constructs/scaling/keda-metrics';
export { kubeStateMetrics } from './constructs/observability/kube-state-metrics';
export type { KubeStateMetricsProps } from './constructs/observability/kube-state-metrics';
export type { KubeletMetricsProps } from './constructs/observability/kubelets';
export type { ScrapedTarget, Scraper } from './constructs/observability/monitors';
export { strimziMetrics } from './constructs/kafka/strimzi';
export type { MetricsEndpoint, Scrapeable } from './constructs/workload/metrics-endpoint';
export { GrafanaServer } from './constructs/observability/grafana-server';
export type { GrafanaServerProps } from './constructs/observability/grafana-server';
export { LogStorage, LokiServer } from './constructs/observability/loki-server';
export type { LokiServerProps, S3LogStorageProps } from './constructs/observability/loki-server';
export { PrometheusServer } from './constructs/observability/prometheus-server';
export type { PrometheusServerProps } from './constructs/observability/prometheus-server';
export { PromtailLogging } from './constructs/observability/promtail-logging';
export type { PromtailLoggingProps } from './constructs/observability/promtail-logging';
export type { Vocabulary } from './core/promql';
export { autoscalingAlerts } from './constructs/scaling/autoscaling-alerts';
export type { AutoscalingAlertsProps } from './constructs/scaling/autoscaling-alerts';
export { logAlerts, monitoringAlerts } from './constructs/observability/monitoring-alerts';
export type { LogAlertsProps, MonitoringAlertsProps } from './constructs/observability/monitoring-alerts';
export { scrapeAlerts } from './constructs/observability/scrape-alerts';
export type { ScrapeAlertsProps } from './constructs/observability/scrape-alerts';
export { elasticsearchAlerts } from './constructs/elasticsearch/elasticsearch-alerts';
export type { ElasticsearchAlertsProps } from './constructs/elasticsearch/elasticsearch-alerts';
export { certificateAlerts, podAlerts, volumeAlerts, watchdogAlert } from './constructs/observability/cluster-alerts';
export type {
  CertificateAlertsProps,
  PodAlertsProps,
  VolumeAlertsProps,
} from './constructs/observability/cluster-alerts';
export { gpuAlerts } from './constructs/service/gpu-alerts';
export { kafkaAlerts, kafkaBrokerAlerts } from './constructs/kafka/kafka-alerts';
export type { KafkaAlertsProps, KafkaBrokerAlertsProps } from './constructs/kafka/kafka-alerts';
export { postgresAlerts, postgresBackupAlerts, postgresServerAlerts } from './constructs/postgres/postgres-alerts';
export type {
  PostgresAlertsProps,
  PostgresBackupAlertsProps,
  PostgresServerAlertsProps,
} from './constructs/postgres/postgres-alerts';
export { redisAlerts } from './constructs/redis/redis-alerts';
export type { RedisAlertsProps } from './constructs/redis/redis-alerts';
export { serviceAlerts } from './constructs/service/service-alerts';
export type { ServiceAlertsProps } from './constructs/service/service-alerts';
export { sloRules } from './constructs/service/slo';
export type { SloRulesProps } from './constructs/service/slo';
export { vocabulary } from './constructs/vocabulary';
export { AutonomousOpService } from './constructs/service/autonomous-op-service';
export type {
  AutonomousOpServiceProps,
  ConnectOptions,
  ImagePullPolicy,
} from './constructs/service/autonomous-op-service';
export { ElasticsearchCluster } from './constructs/elasticsearch/elasticsearch-cluster';
export type { ElasticsearchClusterProps } from './constructs/elasticsearch/elasticsearch-cluster';
export { GpuType } from './core/gpu-type';
export { GpuNodePool } from './constructs/service/gpu';
export type { GpuNodePoolProps } from './constructs/service/gpu';
export { GpuInferenceService } from './constructs/service/gpu-inference-service';
export type { GpuInferenceServiceProps } from './constructs/service/gpu-inference-service';
export { InferenceRuntime } from './constructs/service/inference-runtime';
export type { InferenceMetrics, InferenceRuntimeProps } from './constructs/service/inference-runtime';
export type { HealthCheck, ServerPort } from './constructs/network/health-check';
export { JaegerTracing, TraceStorage } from './constructs/observability/jaeger-tracing';
export type { JaegerTracingProps } from './constructs/observability/jaeger-tracing';
export { KedaScaler } from './constructs/scaling/keda-scaler';
export type { KedaScalerProps } from './constructs/scaling/keda-scaler';
export { KafkaCluster } from './constructs/kafka/kafka-cluster';
export type { DeclaredTopic, KafkaClusterProps, KafkaTopicProps } from './constructs/kafka/kafka-cluster';
export { KafkaS3Sink } from './constructs/kafka/kafka-s3-sink';
export type { ConnectPlugin, KafkaS3SinkProps } from './constructs/kafka/kafka-s3-sink';
export { NetworkPolicyBundle } from './constructs/network/network-policy-bundle';
export type { NetworkPolicyBundleProps } from './constructs/network/network-policy-bundle';
export { ObservabilityStack } from './constructs/observability/observability-stack';
export type { ObservabilityStackProps } from './constructs/observability/observability-stack';
export { connection, connectionsToAll } from './constructs/network/connection';
export { Endpoint } from './constructs/network/peer';
export { Port } from './constructs/network/port';
export type { Protocol, Scheme } from './constructs/network/port';
export type { Connection, NetworkedWorkload } from './constructs/network/connection';
export type { ExternalEndpointProps, InClusterEndpointProps, Peer } from './constructs/network/peer';
export type { ResourceProps } from './constructs/workload/resources';
export type { ZoneSpread } from './constructs/workload/pod-security';
export { PostgresCluster } from './constructs/postgres/postgres-cluster';
export type { PostgresClusterProps } from './constructs/postgres/postgres-cluster';
export { PublicIngress } from './constructs/network/public-ingress';
export type {
  AcmCertificate,
  CertManagerCertificate,
  IngressCertificate,
  IngressTarget,
  PublicIngressProps,
} from './constructs/network/public-ingress';
export { RedisCluster } from './constructs/redis/redis-cluster';
export type { RedisClusterProps, RedisEvictionPolicy } from './constructs/redis/redis-cluster';
export { StandaloneStore } from './constructs/standalone/standalone-store';
export type { StandaloneSizeProps, StandaloneStoreProps } from './constructs/standalone/standalone-store';
export { standaloneKafka, standalonePostgres, standaloneRedis } from './constructs/standalone/laptop-stores';
export type {
  StandaloneKafkaProps,
  StandalonePostgresProps,
  StandaloneRedisProps,
} from './constructs/standalone/laptop-stores';
export { Trigger } from './constructs/scaling/trigger';
export type {
  KafkaCredentials,
  KafkaLagProps,
  KedaRelease,
  Parallelism,
  PrometheusTriggerProps,
} from './constructs/scaling/trigger';
export { InvalidInputError } from './core/errors';
export type { ContainerSize } from './core/quantities';
export { secretKey } from './core/secrets';
export type { SecretKey } from './core/secrets';
