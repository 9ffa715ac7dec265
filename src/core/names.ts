/* What Kubernetes calls things, for all who read or write it. */

/** The label that the API server sets on every namespace: its name. */
export const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** The node label that names its zone. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** The node label that is another one on each node. */
export const NODE_LABEL = 'kubernetes.io/hostname';

/** The namespace label with the level of Pod Security that is enforced. */
export const POD_SECURITY_LABEL = 'pod-security.kubernetes.io/enforce';

/**
 * The annotation of a NetworkPolicy with the names of the systems outside the cluster that its address ranges mean, as JSON:
 * `[{"name":"keycloak.example.com","cidrs":["0.0.0.0/0"],"ports":[443]}]`.
 */
export const EXTERNAL_PEERS_ANNOTATION = 'autonomous-op.nodeorb.com/external-peers';

/** The group of an apiVersion, without its version; empty for the core one. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
}
