import { metric, MetricNames } from '../observability/metric';

const labels = ['metric', 'scaledObject', 'scaler', 'scalerIndex'];
const kedaCounter = metric('KEDA', 'counter');
const kedaGauge = metric('KEDA', 'gauge');

/** What KEDA exposes of its ScaledObjects. */
export const kedaMetricNames: MetricNames = {
  // The namespace is the ScaledObject's if KEDA is scraped with honorLabels.
  keda_scaler_active: kedaGauge(...labels),
  keda_scaler_metrics_value: kedaGauge(...labels),
  keda_scaler_metrics_latency: kedaGauge(...labels),
  keda_scaler_errors: kedaCounter(...labels),
  keda_scaler_errors_total: kedaCounter(),
  keda_scaled_object_errors: kedaCounter('scaledObject'),
  keda_internal_scale_loop_latency: kedaGauge('type', 'resource'),
  keda_resource_totals: kedaGauge('type'),
  keda_trigger_totals: kedaGauge('type'),
};
