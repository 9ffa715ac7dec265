import { metric, MetricNames } from './metric';

const hpa = 'horizontalpodautoscaler';
const cadvisorCounter = metric('cAdvisor', 'counter');
const cadvisorGauge = metric('cAdvisor', 'gauge');
const kubelet = metric('kubelet', 'gauge');
const state = metric('kube-state-metrics', 'gauge');
const stateCounter = metric('kube-state-metrics', 'counter');
const certManager = metric('cert-manager', 'gauge');

/** What the cluster exposes of itself: the kubelet with its cAdvisor, kube-state-metrics, cert-manager. */
export const clusterMetricNames: MetricNames = {
  container_cpu_usage_seconds_total: cadvisorCounter('cpu', 'image', 'id', 'name'),
  container_cpu_cfs_periods_total: cadvisorCounter('image', 'id', 'name'),
  container_cpu_cfs_throttled_periods_total: cadvisorCounter('image', 'id', 'name'),
  container_memory_working_set_bytes: cadvisorGauge('image', 'id', 'name'),
  container_network_receive_bytes_total: cadvisorCounter('interface', 'image', 'id', 'name'),
  container_network_transmit_bytes_total: cadvisorCounter('interface', 'image', 'id', 'name'),
  container_fs_usage_bytes: cadvisorGauge('device', 'image', 'id', 'name'),

  kubelet_volume_stats_used_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_available_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_capacity_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_inodes_free: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_inodes: kubelet('persistentvolumeclaim'),

  kube_pod_info: state('host_ip', 'pod_ip', 'uid', 'created_by_kind', 'created_by_name', 'priority_class'),
  kube_pod_labels: state('label_app'),
  kube_pod_status_phase: state('uid', 'phase'),
  kube_pod_status_ready: state('uid', 'condition'),
  kube_pod_container_status_restarts_total: stateCounter('uid'),
  kube_pod_container_status_waiting_reason: state('uid', 'reason'),
  kube_pod_container_status_last_terminated_reason: state('uid', 'reason'),
  kube_pod_container_resource_requests: state('uid', 'resource', 'unit'),
  kube_pod_container_resource_limits: state('uid', 'resource', 'unit'),
  kube_deployment_spec_replicas: state('deployment'),
  kube_deployment_status_replicas: state('deployment'),
  kube_deployment_status_replicas_available: state('deployment'),
  kube_deployment_status_replicas_unavailable: state('deployment'),
  kube_statefulset_replicas: state('statefulset'),
  kube_statefulset_status_replicas_ready: state('statefulset'),
  kube_daemonset_status_number_unavailable: state('daemonset'),
  kube_horizontalpodautoscaler_spec_min_replicas: state(hpa),
  kube_horizontalpodautoscaler_spec_max_replicas: state(hpa),
  kube_horizontalpodautoscaler_spec_target_metric: state(hpa, 'metric_name', 'metric_target_type'),
  kube_horizontalpodautoscaler_status_current_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_desired_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_target_metric: state(hpa, 'metric_name', 'metric_target_type'),
  kube_horizontalpodautoscaler_status_condition: state(hpa, 'condition', 'status'),
  kube_node_info: state('kernel_version', 'kubelet_version', 'os_image'),
  kube_node_status_condition: state('condition', 'status'),
  kube_node_status_allocatable: state('resource', 'unit'),
  kube_node_status_capacity: state('resource', 'unit'),
  kube_persistentvolumeclaim_info: state('persistentvolumeclaim', 'storageclass', 'volumename'),
  kube_persistentvolumeclaim_resource_requests_storage_bytes: state('persistentvolumeclaim'),

  certmanager_certificate_expiration_timestamp_seconds: certManager('name', 'issuer_name', 'issuer_kind'),
  certmanager_certificate_ready_status: certManager('name', 'condition'),
};
