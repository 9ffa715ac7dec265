/* Which exporter tells of what is scraped at a pod. */

import { serviceNames } from '../../../../src/autonomous-op/services';
import { family } from '../exposition';
import { Pod } from '../pod';
import type { World } from '../world';
import { certManager, dcgm, keda } from './cluster';
import { elasticsearch } from './elasticsearch';
import { broker, connect, kafkaExporter, zookeeper } from './kafka';
import { kubeStateMetrics } from './kube-state-metrics';
import { kubelet } from './kubelet';
import { promtail } from './logging';
import { instance, pgbouncer } from './postgres';
import { redis } from './redis';
import { springBoot } from './spring-boot';

type Exporter = (world: World, pod: Pod, path: string) => string;

/** By the workload that they run in; Prometheus and Alertmanager tell of themselves. */
const exporters: Readonly<Record<string, Exporter>> = {
  ...Object.fromEntries(serviceNames.map((name) => [name, (_: World, pod: Pod) => springBoot(pod)])),
  'kube-state-metrics': kubeStateMetrics,
  kubelet,
  'kafka brokers': broker,
  'kafka zookeeper': zookeeper,
  'kafka exporter': kafkaExporter,
  'kafka-s3-sink': connect,
  'redis leaders': redis,
  'redis followers': redis,
  'postgres-cluster': instance,
  'postgres pooler': pgbouncer,
  'elasticsearch-exporter': elasticsearch,
  'keda-operator': keda,
  'nvidia-dcgm-exporter': dcgm,
  'cert-manager-controller': certManager,
  promtail,
  loki: () => family('loki_build_info', 'gauge', [[{ version: '2.9.17' }, 1]]),
  grafana: () => family('grafana_build_info', 'gauge', [[{ version: '10.2.0' }, 1]]),
};

/** What a pod tells at a path; undefined if nothing answers there. */
export function exposition(world: World, pod: Pod, path: string): string | undefined {
  return pod.runs && pod.exports ? exporters[pod.spec.workload]?.(world, pod, path) : undefined;
}
