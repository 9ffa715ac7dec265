/* An account for pods that get no token of the Kubernetes API by it. */

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

/**
 * Makes a ServiceAccount whose token no pod gets, unless the pod itself asks for it: the namespace's default one, and those that
 * operators make, give theirs to every pod.
 *
 * @returns its name
 */
export function accountWithoutToken(scope: Construct, name: string, labels?: Readonly<Record<string, string>>): string {
  new k8s.KubeServiceAccount(scope, 'service-account', {
    metadata: { name, ...(labels === undefined ? {} : { labels: { ...labels } }) },
    automountServiceAccountToken: false,
  });
  return name;
}
