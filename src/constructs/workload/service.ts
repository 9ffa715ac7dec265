/* The Service by whose name clients reach the pods of a construct. */

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

/** What the Service is of. */
interface Served extends Construct {
  readonly name: string;
  readonly podLabels: Readonly<Record<string, string>>;
}

/**
 * Makes the Service `<name>` inside the cluster.
 *
 * @param ports the ports by name, the same at the pods
 * @param further labels of the pods beside `podLabels`, and whether the pods' ports are found by their names
 */
export function createService(
  construct: Served,
  ports: Readonly<Record<string, number>>,
  { labels = {}, byName = false }: { labels?: Readonly<Record<string, string>>; byName?: boolean } = {},
): void {
  const { name: service, podLabels } = construct;
  const { IntOrString } = k8s;
  new k8s.KubeService(construct, 'service', {
    metadata: { name: service, labels: { ...podLabels } },
    spec: {
      type: 'ClusterIP',
      selector: { ...podLabels, ...labels },
      ports: Object.entries(ports).map(([name, port]) => ({
        name,
        port,
        targetPort: byName ? IntOrString.fromString(name) : IntOrString.fromNumber(port),
      })),
    },
  });
}
