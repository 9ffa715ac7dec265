/** A pod as an operator or exporter runs, where its own manifests install it. */
export interface StandIn {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
}

/** What production needs, each in the release that the constructs are written for. */
export const standIns: readonly StandIn[] = [
  {
    namespace: 'keda',
    name: 'keda-operator-0',
    labels: { app: 'keda-operator', 'app.kubernetes.io/version': '2.11.2' },
    image: 'ghcr.io/kedacore/keda:2.11.2',
  },
  {
    namespace: 'monitoring',
    name: 'prometheus-operator-0',
    labels: { 'app.kubernetes.io/name': 'prometheus-operator', 'app.kubernetes.io/version': '0.71.2' },
    image: 'quay.io/prometheus-operator/prometheus-operator:v0.71.2',
  },
  {
    namespace: 'kube-system',
    name: 'kube-state-metrics-0',
    labels: { 'app.kubernetes.io/name': 'kube-state-metrics' },
    image: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.1',
  },
  {
    namespace: 'observability',
    name: 'jaeger-operator-0',
    labels: { name: 'jaeger-operator' },
    image: 'quay.io/jaegertracing/jaeger-operator:1.48.0',
  },
  {
    namespace: 'strimzi',
    name: 'strimzi-cluster-operator-0',
    labels: { name: 'strimzi-cluster-operator' },
    image: 'quay.io/strimzi/operator:0.39.0',
  },
  {
    namespace: 'cnpg-system',
    name: 'cnpg-controller-manager-0',
    labels: { 'app.kubernetes.io/name': 'cloudnative-pg' },
    image: 'ghcr.io/cloudnative-pg/cloudnative-pg:1.22.5',
  },
  {
    namespace: 'ot-operators',
    name: 'redis-operator-0',
    labels: { name: 'redis-operator' },
    image: 'quay.io/opstree/redis-operator:v0.18.0',
  },
  {
    namespace: 'elastic-system',
    name: 'elastic-operator-0',
    labels: { 'control-plane': 'elastic-operator' },
    image: 'docker.elastic.co/eck/eck-operator:2.11.1',
  },
  {
    namespace: 'ingress-nginx',
    name: 'ingress-nginx-controller-0',
    labels: { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' },
    image: 'registry.k8s.io/ingress-nginx/controller:v1.9.5',
  },
  {
    namespace: 'cert-manager',
    name: 'cert-manager-0',
    labels: { 'app.kubernetes.io/name': 'cert-manager', 'app.kubernetes.io/component': 'controller' },
    image: 'quay.io/jetstack/cert-manager-controller:v1.13.3',
  },
  {
    namespace: 'gpu-operator',
    name: 'nvidia-dcgm-exporter-0',
    labels: { app: 'nvidia-dcgm-exporter' },
    image: 'nvcr.io/nvidia/k8s/dcgm-exporter:3.3.0-3.2.0-ubuntu22.04',
  },
  {
    namespace: 'kube-system',
    name: 'coredns-0',
    labels: { 'k8s-app': 'kube-dns' },
    image: 'registry.k8s.io/coredns/coredns:v1.10.1',
  },
];
