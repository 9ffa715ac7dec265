import { Duration } from 'cdk8s';
import { Alert } from '../constructs/observability/alert-rules';
import { namespace } from './names';
import { consumerGroup, gpuUtilization, thresholds, topics } from './scaling';
import { services } from './services';

/** Percent of the CPU limit, of the memory limit and of the GPUs beyond which autonomous-op and the inference are overloaded. */
export const overload = { cpu: 85, memory: 90, gpu: 90 } as const;

const container = `container="${services.autonomousOp.name}", namespace="${namespace}"`;

/** The alerts that the document writes out. */
export const documentAlerts: readonly Alert[] = [
  {
    name: 'HighCpuUsage',
    expr:
      `sum(rate(container_cpu_usage_seconds_total{${container}}[5m]))` +
      ` / sum(kube_pod_container_resource_limits{${container}, resource="cpu"}) * 100 > ${overload.cpu}`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'High CPU usage in Autonomous-OP',
    description: `CPU usage has been > ${overload.cpu}% for 5 minutes`,
  },
  {
    name: 'HighMemoryUsage',
    expr:
      `sum(container_memory_working_set_bytes{${container}})` +
      ` / sum(kube_pod_container_resource_limits{${container}, resource="memory"}) * 100 > ${overload.memory}`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'High memory usage in Autonomous-OP',
    description: `Memory usage has been > ${overload.memory}% for 5 minutes`,
  },
  {
    name: 'GPUUtilizationTooHigh',
    expr: `sum(${gpuUtilization}) / count(${gpuUtilization}) > ${overload.gpu}`,
    for: Duration.minutes(3),
    severity: 'critical',
    summary: 'GPU utilization too high',
    description: `GPU utilization has been > ${overload.gpu}% for 3 minutes`,
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
