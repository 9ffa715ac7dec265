/* Alerts on the scaling itself. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';

/** Properties of {@link autoscalingAlerts}. */
export interface AutoscalingAlertsProps {
  /** Namespace of the autoscalers. */
  readonly namespace: string;
}

/** Whether the autoscalers can still do something; needs kubeStateMetrics and kedaMetrics. */
export function autoscalingAlerts({ namespace }: AutoscalingAlertsProps): Alert[] {
  // One series an autoscaler, whichever pods of kube-state-metrics tell of it.
  const hpa = (metric: string, matchers = '') =>
    'max by (namespace, horizontalpodautoscaler)' +
    ` (kube_horizontalpodautoscaler_${metric}{namespace="${namespace}"${matchers}})`;
  return [
    {
      // An autoscaler whose minimum is its maximum, as on a laptop, is always there.
      name: 'AutoscalerAtMaximum',
      expr:
        `${hpa('status_current_replicas')} >= ${hpa('spec_max_replicas')}` +
        ` and ${hpa('spec_max_replicas')} > ${hpa('spec_min_replicas')}`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'An autoscaler is at its maximum',
      description:
        '{{ $labels.horizontalpodautoscaler }} has run its {{ $value }} pods, the most it may, for 15 minutes',
    },
    {
      // KEDA says of a ScaledObject whether it is ready in its status only, which no exporter shows; the HPA that it owns stops with it.
      name: 'ScaledObjectNotReady',
      expr: `${hpa('status_condition', ', condition="ScalingActive", status="false"')} == 1`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'A service is no longer scaled',
      description:
        '{{ $labels.horizontalpodautoscaler }} has had no metric for 5 minutes: its pods stay as many as they are',
    },
    {
      name: 'KedaScalerErrors',
      // A short window: the errors of one minute, as of a store that starts, would fill five.
      expr: 'sum by (scaledObject) (increase(keda_scaled_object_errors[2m])) > 0',
      for: Duration.minutes(5),
      severity: 'warning',
      summary: 'KEDA cannot measure a trigger',
      description: '{{ $labels.scaledObject }} had {{ $value | printf "%.0f" }} errors in 2 minutes, for 5 minutes',
    },
  ];
}
