/* kube-state-metrics 2.10.1 as its own manifests install it: in kube-system, with the label and the ports that the monitor expects. */

import { kubeStateMetricsImage } from './images';
import { apply, onReservedNode } from './operators';

const name = 'kube-state-metrics';
const metadata = { name, namespace: 'kube-system', labels: { 'app.kubernetes.io/name': name } };

/** Starts it. It may read everything, of which it asks for less. */
export async function startKubeStateMetrics(): Promise<void> {
  await apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace: metadata.namespace }],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: metadata.labels },
        template: {
          metadata: { labels: metadata.labels },
          spec: {
            ...onReservedNode,
            serviceAccountName: name,
            automountServiceAccountToken: true,
            containers: [
              {
                name,
                image: kubeStateMetricsImage,
                ports: [
                  { name: 'http-metrics', containerPort: 8080 },
                  { name: 'telemetry', containerPort: 8081 },
                ],
                readinessProbe: { httpGet: { path: '/', port: 8081 } },
              },
            ],
          },
        },
      },
    },
  );
}
