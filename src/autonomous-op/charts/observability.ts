import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { autoscalingDashboard } from '../../constructs/scaling/autoscaling-dashboard';
import { gpuInferenceDashboard } from '../../constructs/service/gpu-inference-dashboard';
import { kafkaDashboard } from '../../constructs/kafka/kafka-dashboard';
import { platformOverviewDashboard } from '../../constructs/observability/platform-overview-dashboard';
import { postgresDashboard } from '../../constructs/postgres/postgres-dashboard';
import { redisDashboard } from '../../constructs/redis/redis-dashboard';
import { serviceDashboard } from '../../constructs/service/service-dashboard';
import { kubeStateMetrics } from '../../constructs/observability/kube-state-metrics';
import { certManagerMetrics } from '../../constructs/observability/cert-manager-metrics';
import { kedaMetrics } from '../../constructs/scaling/keda-metrics';
import { dcgmMetrics } from '../../constructs/service/dcgm-metrics';
import { AutonomousOpService } from '../../constructs/service/autonomous-op-service';
import { GpuInferenceService } from '../../constructs/service/gpu-inference-service';
import { TraceStorage } from '../../constructs/observability/jaeger-tracing';
import { KedaScaler } from '../../constructs/scaling/keda-scaler';
import { LogStorage } from '../../constructs/observability/loki-server';
import { ObservabilityStack } from '../../constructs/observability/observability-stack';
import { PrometheusServer } from '../../constructs/observability/prometheus-server';
import { vocabulary } from '../../constructs/vocabulary';
import { defined } from '../../core/defined';
import { ruleGroups } from '../alerts';
import { Settings } from '../environments';
import { apiServerOf } from '../external-systems';
import { logNamespace, namespace } from '../names';
import { receivers } from '../receivers';
import { jaegerIndexPrefix, secrets } from '../secrets';
import { springBootNames } from '../services';
import { peers } from '../topology';
import { StoresChart } from './stores';

/** What the chart takes from the settings. */
type ObservabilitySettings = Pick<
  Settings,
  | 'storesBy'
  | 'storageClass'
  | 'observability'
  | 'metricsStorage'
  | 'logs'
  | 'inferenceRuntime'
  | 'logStorage'
  | 'apiServerCidrs'
  | 'nodeCidrs'
  | 'gpu'
>;

/** The stores that operators run, each with a dashboard. */
type ShownStores = Pick<StoresChart, 'kafka' | 'postgres' | 'redis'>;

/** The services, by any key. */
interface ShownServices {
  readonly services: Readonly<Record<string, AutonomousOpService>>;
}

/** What is measured and shown of the stores. */
type ObservedStores = ShownStores & Pick<StoresChart, 'scrapeables' | 'backups'>;

/** The metrics, the alerts, the dashboards, the logs and the traces. */
export class ObservabilityChart extends Chart {
  /** What collects traces and tells whom to connect to whom. */
  readonly stack: ObservabilityStack;

  private readonly settings: ObservabilitySettings;

  constructor(scope: Construct, id: string, settings: ObservabilitySettings) {
    super(scope, id, { namespace });
    this.settings = settings;
    const { storageClass, observability: parts } = settings;
    this.stack = new ObservabilityStack(this, 'autonomous-op', {
      ...receivers,
      vocabulary,
      apiServer: apiServerOf(settings),
      traceStorage:
        settings.storesBy === 'pods'
          ? TraceStorage.memory()
          : TraceStorage.elasticsearch(peers.elasticsearch, secrets.elasticsearchPassword.secret, jaegerIndexPrefix),
      samplingRatio: 0.1,
      jaegerReplicas: 2,
      metricsStorage: settings.metricsStorage,
      ...defined({
        prometheusUrl: parts.prometheus.url,
        alertmanagerUrl: parts.alertmanager.url,
        prometheusSize: parts.prometheus.size,
        alertmanagerSize: parts.alertmanager.size,
        grafanaSize: parts.grafana.size,
        jaegerSize: parts.jaeger.size,
      }),
      ...(settings.logs ? { logStorage: LogStorage.volume(settings.logStorage), logNamespace } : {}),
      grafanaUser: secrets.grafanaUser,
      grafanaPassword: secrets.grafanaPassword,
      ...(storageClass === undefined ? {} : { storageClass }),
    });
  }

  /** Measures and shows what the other charts run. */
  observe({ services }: ShownServices, stores: ObservedStores, scalers: readonly KedaScaler[]): void {
    const { prometheus } = this.stack;
    if (prometheus === undefined) {
      return;
    }
    [...Object.values(services), ...stores.scrapeables].forEach((target) => prometheus.scrape(target));
    this.measureCluster(prometheus);
    this.addRules(prometheus, stores);
    this.addDashboards(services, stores, scalers);
  }

  private addRules({ targets }: PrometheusServer, { postgres, backups }: ObservedStores): void {
    const { gpu, inferenceRuntime } = this.settings;
    const servers = { poolSize: postgres?.poolSize, replicas: postgres?.replicas, backups };
    const groups = ruleGroups({ targets, ...servers, gpus: gpu !== 'none', inferenceRuntime });
    Object.entries(groups).forEach(([group, rules]) => {
      this.stack.addAlerts(group, rules);
    });
  }

  private measureCluster(prometheus: PrometheusServer): void {
    prometheus.scrape(kedaMetrics());
    if (this.settings.gpu !== 'none') prometheus.scrape(dcgmMetrics());
    prometheus.scrape(certManagerMetrics());
    const namespaces = [namespace, logNamespace];
    prometheus.scrape(kubeStateMetrics({ namespaces }));
    prometheus.scrapeKubelets({ nodeCidrs: this.settings.nodeCidrs, namespaces });
  }

  private addDashboards(
    services: ShownServices['services'],
    { kafka, postgres, redis }: ShownStores,
    scalers: readonly KedaScaler[],
  ): void {
    const { grafana } = this.stack;
    const { inferenceRuntime, logs } = this.settings;
    const names = Object.values(services).map(({ name }) => name);
    grafana
      ?.addDashboard(platformOverviewDashboard({ namespace, services: names }))
      .addDashboard(serviceDashboard({ namespace, services: springBootNames(inferenceRuntime), logs }))
      .addDashboard(autoscalingDashboard({ namespace, scalers }));
    for (const service of Object.values(services).filter((each) => each instanceof GpuInferenceService)) {
      const { name, gpuCount, pool, runtime } = service;
      grafana?.addDashboard(gpuInferenceDashboard({ namespace, service: name, gpu: pool.gpu, gpuCount, runtime }));
    }
    if (kafka !== undefined) grafana?.addDashboard(kafkaDashboard({ namespace, name: kafka.name }));
    if (postgres !== undefined) {
      const { name, replicas } = postgres;
      grafana?.addDashboard(postgresDashboard({ namespace, name, instances: replicas + 1 }));
    }
    if (redis !== undefined) {
      const { name, nodeCount: nodes } = redis;
      grafana?.addDashboard(redisDashboard({ namespace, name, nodes }));
    }
  }
}
