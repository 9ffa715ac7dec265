/* The dashboard of the scalers: what they ask for, and why. */

import { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { KedaScaler } from './keda-scaler';
import { Trigger } from './trigger';
import { createDashboard, PanelProps, perSecond } from '../observability/panels';

/** A scaler, as far as a dashboard shows it. */
export type ShownScaler = Pick<KedaScaler, 'hpaName' | 'minReplicas' | 'maxReplicas' | 'triggers'> & {
  /** What it scales. */
  readonly target: Pick<KedaScaler['target'], 'name'>;
};

/** What {@link autoscalingDashboard} shows. */
export interface AutoscalingDashboardProps {
  /** Namespace of the scalers. */
  readonly namespace: string;
  /** The scalers, with all their triggers. */
  readonly scalers: readonly ShownScaler[];
}

/** Each scaler's pods between their bounds, and each trigger against its threshold: why a service has as many pods as it has. */
export function autoscalingDashboard({ namespace, scalers }: AutoscalingDashboardProps): Dashboard {
  const ofScalers = scalers.map((scaler): [string, PanelProps[]] => [
    scaler.target.name,
    [replicas(namespace, scaler), ...scaler.triggers.map((trigger, index) => load(namespace, scaler, trigger, index))],
  ]);
  return createDashboard({
    uid: 'autoscaling',
    title: 'Autoscaling',
    tags: ['autoscaling'],
    rows: { ...Object.fromEntries(ofScalers), KEDA: keda(namespace) },
  });
}

function replicas(namespace: string, { target, hpaName, minReplicas, maxReplicas }: ShownScaler): PanelProps {
  const selection = `{namespace="${namespace}", horizontalpodautoscaler="${hpaName}"}`;
  return {
    title: `Pods of ${target.name}`,
    description: `The lines are the bounds: at least ${minReplicas}, at most ${maxReplicas}.`,
    unit: units.Short,
    limits: [minReplicas, maxReplicas],
    curves: [
      [`max(kube_horizontalpodautoscaler_status_current_replicas${selection})`, 'running'],
      [`max(kube_horizontalpodautoscaler_status_desired_replicas${selection})`, 'wanted'],
    ],
  };
}

/** What the HPA itself has measured: the value that it compares with the threshold. */
function load(namespace: string, scaler: ShownScaler, trigger: Trigger, index: number): PanelProps {
  const { metric, threshold, needsKeda } = trigger;
  // KEDA begins the name of a metric with the number of its trigger.
  const measured = needsKeda
    ? `metric_name=~"s${index}-.+", metric_target_type="average"`
    : `metric_name="${metric}", metric_target_type="utilization"`;
  const selection = `namespace="${namespace}", horizontalpodautoscaler="${scaler.hpaName}", ${measured}`;
  return {
    title: needsKeda ? `${metric}, per pod` : `${metric}, of the request`,
    description: `The line is the threshold of ${threshold}, beyond which pods are added.`,
    unit: needsKeda ? units.Short : units.Percent,
    limits: [threshold],
    empty: 'Not measured',
    curves: [[`max(kube_horizontalpodautoscaler_status_target_metric{${selection}})`, metric]],
  };
}

function keda(namespace: string): PanelProps[] {
  const errors = perSecond(`keda_scaler_errors{namespace="${namespace}"}`);
  return [
    {
      title: 'Triggers that KEDA could not measure',
      unit: units.EventsPerSecond,
      curves: [[`sum by (scaledObject, scaler) (${errors})`, '{{scaledObject}} {{scaler}}']],
    },
  ];
}
