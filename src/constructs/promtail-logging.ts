import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { requireDnsLabel } from '../core/validation';
import { firstPort, Peer, qualifiedHostName } from './peer';

/** Properties of {@link PromtailLogging}. */
export interface PromtailLoggingProps {
  /** Name of the ConfigMap. */
  readonly configName: string;
  /** Namespace of Promtail, whose pods mount the nodes' log folders. */
  readonly namespace: string;
  /** The Loki that takes the logs. */
  readonly loki: Peer;
  /** Namespace of Loki, where it is not the peer's own. */
  readonly lokiNamespace: string | undefined;
}

/** The configuration of Promtail: which files it reads, how it understands them, where it sends them. */
export class PromtailLogging extends Construct {
  constructor(scope: Construct, id: string, props: PromtailLoggingProps) {
    super(scope, id);
    const namespace = requireDnsLabel(this.node.path, props.namespace);
    const loki = `http://${qualifiedHostName(props.loki, props.lokiNamespace)}:${firstPort(this.node.path, props.loki)}`;
    new k8s.KubeConfigMap(this, 'config', {
      metadata: { name: props.configName, namespace },
      data: { 'promtail.yaml': stringify(configuration(loki), { lineWidth: 0 }) },
    });
  }
}

function configuration(loki: string) {
  return {
    server: { http_listen_port: 9080, grpc_listen_port: 0 },
    positions: { filename: '/tmp/positions.yaml' },
    clients: [{ url: `${loki}/loki/api/v1/push` }],
    scrape_configs: [
      {
        job_name: 'kubernetes-pods',
        kubernetes_sd_configs: [{ role: 'pod' }],
        // Container runtimes write one line a record, with time, stream and flags before the text.
        pipeline_stages: [{ cri: {} }],
        relabel_configs: [
          { source_labels: ['__meta_kubernetes_pod_label_app'], target_label: 'app' },
          { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
          { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
          { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
          // The kubelet writes to /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log.
          {
            source_labels: ['__meta_kubernetes_pod_uid', '__meta_kubernetes_pod_container_name'],
            separator: '/',
            target_label: '__path__',
            replacement: '/var/log/pods/*$1/*.log',
          },
        ],
      },
    ],
  };
}
