/* Who a construct is in the cluster: its name, its namespace, and the label by which its pods are found. */

import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { requireDnsLabel } from '../../core/validation';

/** The name and place of a construct's pods. */
export interface Identity {
  /** Name of its objects, and the value of the label `app`. */
  readonly name: string;
  /** Namespace of the chart. */
  readonly namespace: string | undefined;
  /** Labels that select the pods. */
  readonly podLabels: Readonly<Record<'app', string>>;
}

/** The identity of a construct, called as its id if no name is given. Fails if the name cannot name a Service. */
export function identityOf(construct: Construct, name: string = construct.node.id): Identity {
  return {
    name: requireDnsLabel(construct.node.path, name),
    namespace: Chart.of(construct).namespace,
    podLabels: { app: name },
  };
}
