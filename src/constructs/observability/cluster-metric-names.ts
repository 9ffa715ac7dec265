import { metric, MetricNames } from './metric';

const hpa = 'horizontalpodautoscaler';
const cadvisorCounter = metric('cAdvisor', 'counter');
const cadvisorGauge = metric('cAdvisor', 'gauge');
const kubelet = metric('kubelet', 'gauge');
const state = metric('kube-state-metrics', 'gauge');
const stateCounter = metric('kube-state-metrics', 'counter');
const certManager = metric('cert-manager', 'gauge');
const issuer = ['issuer_name', 'issuer_kind', 'issuer_group'];

/** What the cluster exposes of itself: the kubelet with its cAdvisor, kube-state-metrics, cert-manager. */
export const clusterMetricNames: MetricNames = {
  container_cpu_usage_seconds_total: cadvisorCounter('cpu', 'image', 'id', 'name'),
  container_memory_working_set_bytes: cadvisorGauge('image', 'id', 'name'),

  kubelet_volume_stats_used_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_capacity_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_inodes_free: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_inodes: kubelet('persistentvolumeclaim'),

  kube_pod_status_phase: state('uid', 'phase'),
  kube_pod_status_ready: state('uid', 'condition'),
  kube_pod_container_status_restarts_total: stateCounter('uid'),
  kube_pod_container_resource_requests: state('uid', 'resource', 'unit'),
  kube_pod_container_resource_limits: state('uid', 'resource', 'unit'),
  kube_deployment_status_replicas_available: state('deployment'),
  kube_horizontalpodautoscaler_spec_min_replicas: state(hpa),
  kube_horizontalpodautoscaler_spec_max_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_current_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_desired_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_target_metric: state(hpa, 'metric_name', 'metric_target_type'),
  kube_horizontalpodautoscaler_status_condition: state(hpa, 'condition', 'status'),
  kube_node_status_allocatable: state('resource', 'unit'),

  certmanager_certificate_expiration_timestamp_seconds: certManager('name', ...issuer),
  certmanager_certificate_ready_status: certManager('name', 'condition', ...issuer),
};
