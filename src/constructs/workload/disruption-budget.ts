/* How many pods a drain may take at a time. */

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

/** The pods with these labels, of which a drain takes one at a time. */
export function disruptionBudget(scope: Construct, name: string, labels: Readonly<Record<string, string>>): void {
  new k8s.KubePodDisruptionBudget(scope, 'disruption-budget', {
    metadata: { name: `${name}-pdb` },
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: { ...labels } },
      // A pod that is not healthy anyway must not hold up the drain of its node.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
