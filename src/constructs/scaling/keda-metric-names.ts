import { metric, MetricNames } from '../observability/metric';

const labels = ['metric', 'scaledObject', 'scaler', 'scalerIndex'];
const kedaCounter = metric('KEDA', 'counter');

/** What KEDA exposes of its ScaledObjects. */
export const kedaMetricNames: MetricNames = {
  // The namespace is the ScaledObject's if KEDA is scraped with honorLabels.
  keda_scaler_errors: kedaCounter(...labels),
  keda_scaled_object_errors: kedaCounter('scaledObject'),
};
