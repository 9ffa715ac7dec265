import { Duration } from 'cdk8s';
import { Alert } from '../constructs/alert-rules';
import { consumerGroup, gpuUtilization, thresholds, topics } from './scaling';

const container = 'container="autonomous-op", namespace="autonomous-op"';

/** The document's alerts, group `autonomous-op.rules`. */
export const alerts: readonly Alert[] = [
  {
    name: 'HighCpuUsage',
    expr:
      `sum(rate(container_cpu_usage_seconds_total{${container}}[5m]))` +
      ` / sum(kube_pod_container_resource_limits{${container}, resource="cpu"}) * 100 > 85`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'High CPU usage in Autonomous-OP',
    description: 'CPU usage has been > 85% for 5 minutes',
  },
  {
    name: 'HighMemoryUsage',
    expr:
      `sum(container_memory_working_set_bytes{${container}})` +
      ` / sum(kube_pod_container_resource_limits{${container}, resource="memory"}) * 100 > 90`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'High memory usage in Autonomous-OP',
    description: 'Memory usage has been > 90% for 5 minutes',
  },
  {
    name: 'GPUUtilizationTooHigh',
    expr: `sum(${gpuUtilization}) / count(${gpuUtilization}) > 90`,
    for: Duration.minutes(3),
    severity: 'critical',
    summary: 'GPU utilization too high',
    description: 'GPU utilization has been > 90% for 3 minutes',
  },
  {
    name: 'KafkaLagTooHigh',
    expr:
      `sum(kafka_consumergroup_lag{consumergroup="${consumerGroup}", topic="${topics.vehicleTelemetry.name}"})` +
      ` > ${thresholds.vehicleTelemetryLag}`,
    for: Duration.minutes(5),
    severity: 'critical',
    summary: 'Kafka consumer lag too high',
    description: `Kafka consumer lag for ${topics.vehicleTelemetry.name} topic is > ${thresholds.vehicleTelemetryLag}`,
  },
];
