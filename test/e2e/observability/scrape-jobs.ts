/* The scrape jobs that the Prometheus operator makes of the emitted monitors, with the pods of the world in the place of Kubernetes. */

import { kubeServices, Monitor, MonitoredEndpoint, monitors, Service } from './emitted';
import { Pod } from './pod';
import { faster, INTERVAL } from './time';
import { ownNamespaces } from './workloads';

type Texts = Readonly<Record<string, string>>;

interface Relabeling {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly target_label?: string;
  readonly regex?: string;
  readonly replacement?: string;
  readonly action?: 'keep' | 'drop' | 'replace';
}

/** A target as Prometheus discovers it, before it is relabeled. */
interface Discovered {
  readonly targets: readonly string[];
  readonly labels: Texts;
}

/** A job for each endpoint of each monitor. Every request goes to the proxy, which plays the network of the pods. */
export function scrapeJobs(pods: readonly Pod[], proxy: string) {
  return monitors.flatMap((monitor) => {
    const isService = monitor.kind === 'ServiceMonitor';
    const endpoints = isService ? monitor.spec.endpoints : monitor.spec.podMetricsEndpoints;
    return endpoints.map((endpoint, index) => ({
      job_name: `${isService ? 'serviceMonitor' : 'podMonitor'}/${idOf(monitor)}/${index}`,
      honor_labels: endpoint.honorLabels,
      honor_timestamps: endpoint.honorTimestamps,
      scrape_interval: faster(INTERVAL),
      // The emitted 10 s would leave a busy machine a sixth of a second.
      scrape_timeout: faster(INTERVAL),
      metrics_path: endpoint.path,
      proxy_url: proxy,
      static_configs: isService ? behindServices(monitor, pods) : inNamespaces(monitor, pods),
      relabel_configs: isService ? relabelingsOfService(monitor, endpoint) : relabelingsOfPod(monitor, endpoint),
      metric_relabel_configs: endpoint.metricRelabelings.map(({ sourceLabels, ...rest }) => ({
        source_labels: sourceLabels,
        ...rest,
      })),
    }));
  });
}

function idOf({ metadata: { namespace, name } }: Monitor): string {
  return `${namespace}/${name}`;
}

function namespacesOf({ metadata, spec }: Monitor): readonly string[] {
  return spec.namespaceSelector?.matchNames ?? [metadata.namespace];
}

/* What Kubernetes' discovery finds. */

function inNamespaces(monitor: Monitor, pods: readonly Pod[]): Discovered[] {
  const namespaces = namespacesOf(monitor);
  return pods.filter(({ spec }) => namespaces.includes(spec.namespace)).flatMap((pod) => targetAt(pod, podMeta(pod)));
}

/** The operator keeps it, and no manifest has it. */
const kubeletService: Service = {
  metadata: { name: 'kubelet', namespace: 'kube-system', labels: { 'k8s-app': 'kubelet' } },
  spec: { selector: { 'k8s-app': 'kubelet' }, ports: [{ name: 'https-metrics', targetPort: 'https-metrics' }] },
};

function behindServices(monitor: Monitor, pods: readonly Pod[]): Discovered[] {
  const namespaces = namespacesOf(monitor);
  return [...kubeServices, kubeletService]
    .filter(({ metadata }) => namespaces.includes(metadata.namespace))
    .flatMap((service) =>
      pods
        .filter(
          ({ spec }) => spec.namespace === service.metadata.namespace && selects(service.spec.selector, spec.labels),
        )
        .flatMap((pod) => endpointsOf(service, pod)),
    );
}

function selects(selector: Texts, labels: Texts): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

function endpointsOf({ metadata, spec }: Service, pod: Pod): Discovered[] {
  return spec.ports
    .filter(({ targetPort }) => targetPort === pod.spec.port?.name || targetPort === pod.spec.port?.number)
    .flatMap(({ name }) =>
      targetAt(pod, {
        ...(ownNamespaces.includes(metadata.namespace) ? podMeta(pod) : {}),
        ...meta('service_label', metadata.labels),
        __meta_kubernetes_namespace: metadata.namespace,
        __meta_kubernetes_service_name: metadata.name,
        __meta_kubernetes_endpoint_port_name: name,
        __meta_kubernetes_endpoint_address_target_kind: pod.spec.workload === 'kubelet' ? 'Node' : 'Pod',
        __meta_kubernetes_endpoint_address_target_name: pod.spec.workload === 'kubelet' ? pod.spec.node : pod.spec.name,
      }),
    );
}

function targetAt({ spec: { ip, port } }: Pod, labels: Texts): Discovered[] {
  return port === undefined ? [] : [{ targets: [`${ip}:${port.number}`], labels }];
}

function podMeta({ spec: { name, namespace, labels, port } }: Pod): Texts {
  return {
    ...meta('pod_label', labels),
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: name,
    __meta_kubernetes_pod_container_name: port?.container ?? '',
    __meta_kubernetes_pod_container_port_name: port?.name ?? '',
  };
}

/** The labels of an object as discovery tells them, and that it has them at all. */
function meta(kind: string, labels: Texts): Texts {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => [
      [`__meta_kubernetes_${kind}_${sanitized(name)}`, value],
      [`__meta_kubernetes_${kind.replace('_label', '_labelpresent')}_${sanitized(name)}`, 'true'],
    ]),
  );
}

function sanitized(name: string): string {
  return name.replace(/\W/g, '_');
}

/* What the operator makes of a monitor, in its order. */

function relabelingsOfPod(monitor: Monitor, { port }: MonitoredEndpoint): Relabeling[] {
  const { selector, podTargetLabels, jobLabel } = monitor.spec;
  return [
    ...selected('pod', selector.matchLabels),
    { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: port, action: 'keep' },
    copy('__meta_kubernetes_namespace', 'namespace'),
    copy('__meta_kubernetes_pod_container_name', 'container'),
    copy('__meta_kubernetes_pod_name', 'pod'),
    ...podTargetLabels.map((label) => copyFilled(`__meta_kubernetes_pod_label_${sanitized(label)}`, sanitized(label))),
    { target_label: 'job', replacement: idOf(monitor) },
    ...jobOf('pod', jobLabel),
    { target_label: 'endpoint', replacement: port },
  ];
}

function relabelingsOfService(monitor: Monitor, { port }: MonitoredEndpoint): Relabeling[] {
  const { selector, targetLabels, jobLabel } = monitor.spec;
  const address = ['kind', 'name'].map((part) => `__meta_kubernetes_endpoint_address_target_${part}`);
  const target = (kind: string, label: string) => ({
    source_labels: address,
    separator: ';',
    regex: `${kind};(.*)`,
    target_label: label,
  });
  return [
    ...selected('service', selector.matchLabels),
    { source_labels: ['__meta_kubernetes_endpoint_port_name'], regex: port, action: 'keep' },
    target('Node', 'node'),
    target('Pod', 'pod'),
    copy('__meta_kubernetes_namespace', 'namespace'),
    copy('__meta_kubernetes_service_name', 'service'),
    copyFilled('__meta_kubernetes_pod_name', 'pod'),
    copy('__meta_kubernetes_pod_container_name', 'container'),
    ...targetLabels.map((label) => copyFilled(`__meta_kubernetes_service_label_${sanitized(label)}`, sanitized(label))),
    copy('__meta_kubernetes_service_name', 'job'),
    ...jobOf('service', jobLabel),
    { target_label: 'endpoint', replacement: port },
  ];
}

function selected(kind: string, labels: Texts): Relabeling[] {
  return Object.entries(labels).map(([name, value]) => ({
    source_labels: ['label', 'labelpresent'].map((part) => `__meta_kubernetes_${kind}_${part}_${sanitized(name)}`),
    regex: `(${value});true`,
    action: 'keep',
  }));
}

function jobOf(kind: string, label: string | undefined): Relabeling[] {
  return label === undefined ? [] : [copyFilled(`__meta_kubernetes_${kind}_label_${sanitized(label)}`, 'job')];
}

function copy(from: string, to: string): Relabeling {
  return { source_labels: [from], target_label: to };
}

function copyFilled(from: string, to: string): Relabeling {
  return { source_labels: [from], regex: '(.+)', target_label: to };
}
