import { Duration } from 'cdk8s';
import { Alert } from '../constructs/observability/alert-rules';
import { ofRunning } from '../constructs/observability/panels';
import { namespace } from './names';
import { consumerGroup, gpuUtilization, thresholds, topics } from './scaling';
import { services } from './services';

/** Percent of the CPU limit, of the memory limit and of the GPUs beyond which autonomous-op and the inference are overloaded. */
export const overload = { cpu: 85, memory: 90, gpu: 90 } as const;

const container = `container="${services.autonomousOp.name}", namespace="${namespace}"`;

/** Evicted pods keep their limits, and a rate goes on for minutes after the end of a pod: neither counts. */
const sumOfRunning = (series: string) => `sum(${ofRunning(series, `namespace="${namespace}"`)})`;
const limits = (resource: string) =>
  sumOfRunning(`kube_pod_container_resource_limits{${container}, resource="${resource}"}`);

/** The alerts that the document writes out. */
export const documentAlerts: readonly Alert[] = [
  {
    name: 'HighCpuUsage',
    expr:
      sumOfRunning(`rate(container_cpu_usage_seconds_total{${container}}[5m])`) +
      ` / ${limits('cpu')} * 100 > ${overload.cpu}`,
    for: Duration.minutes(5),
    severity: 'warning',
    summary: 'High CPU usage in Autonomous-OP',
    description: `CPU usage has been > ${overload.cpu}% for 5 minutes`,
  },
  {
    name: 'HighMemoryUsage',
    expr:
      sumOfRunning(`container_memory_working_set_bytes{${container}}`) +
      ` / ${limits('memory')} * 100 > ${overload.memory}`,
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
      // -1 is that of a partition of which the group has consumed nothing.
      `sum(clamp_min(kafka_consumergroup_lag{consumergroup="${consumerGroup}", topic="${topics.vehicleTelemetry.name}"}, 0))` +
      ` > ${thresholds.vehicleTelemetryLag}`,
    for: Duration.minutes(5),
    severity: 'critical',
    summary: 'Kafka consumer lag too high',
    description: `Kafka consumer lag for ${topics.vehicleTelemetry.name} topic is > ${thresholds.vehicleTelemetryLag}`,
  },
];
