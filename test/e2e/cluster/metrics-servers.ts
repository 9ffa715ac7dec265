import { noResources, serveApis } from './aggregated-api';

/** A server in the place of metrics-server and KEDA's, which has no metric. */
export class MetricsServers {
  private away: (() => Promise<void>) | undefined;

  /** Starts the server, and makes the Services and APIServices. */
  async start(): Promise<void> {
    this.away = await serveApis(
      [
        { group: 'metrics.k8s.io', namespace: 'kube-system', service: 'metrics-server' },
        { group: 'external.metrics.k8s.io', namespace: 'keda', service: 'keda-operator-metrics-apiserver' },
      ],
      noResources,
    );
  }

  /** Takes all of it away. */
  async stop(): Promise<void> {
    await this.away?.();
  }
}
