import { ApiObject, App } from 'cdk8s';

/** The label by which `kubectl apply --prune` finds what it may delete. */
export const pruneLabel = 'autonomous-op.nodeorb.com/prune';

/**
 * The kinds of which an object is deleted when dist/ no longer has it. A newer kubectl than 1.27 deletes them in this order: what
 * leads to a service before the service, what the service needs after it.
 *
 * All of these an apply brings back as they were. Namespaces, Secrets, StatefulSets and what an operator makes a store of are not
 * among them: with those goes what no manifest has.
 */
export const prunedKinds = [
  'networking.k8s.io/v1/Ingress',
  'monitoring.coreos.com/v1/ServiceMonitor',
  'monitoring.coreos.com/v1/PodMonitor',
  'monitoring.coreos.com/v1/PrometheusRule',
  'autoscaling/v2/HorizontalPodAutoscaler',
  'keda.sh/v1alpha1/ScaledObject',
  'keda.sh/v1alpha1/TriggerAuthentication',
  'apps/v1/Deployment',
  'apps/v1/DaemonSet',
  'policy/v1/PodDisruptionBudget',
  'core/v1/Service',
  'core/v1/ConfigMap',
  'rbac.authorization.k8s.io/v1/RoleBinding',
  'rbac.authorization.k8s.io/v1/Role',
  'core/v1/ServiceAccount',
  'networking.k8s.io/v1/NetworkPolicy',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1/ClusterRole',
];

/**
 * Labels the objects of these kinds, and no others: where somebody forgets the list of kinds, kubectl's own has namespaces and claims.
 * It also keeps the label off the resources of operators, which hand their labels on to what they make, Redis' to a selector that
 * can't be changed afterwards.
 */
export function labelForPruning(app: App): void {
  const kinds = new Set(prunedKinds);
  app.node
    .findAll()
    .filter(ApiObject.isApiObject)
    .filter(({ apiVersion, kind }) => kinds.has(`${apiVersion === 'v1' ? 'core/v1' : apiVersion}/${kind}`))
    .forEach(({ metadata }) => {
      metadata.addLabel(pruneLabel, 'true');
    });
}
