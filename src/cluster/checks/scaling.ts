import { z } from 'zod';
import { Cluster, condition } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';

const withConditions = z.object({
  status: z.object({ conditions: z.array(condition).default([]) }).default({ conditions: [] }),
});

/** The conditions that a scaler needs, by its kind, and the collection that it is in. */
const kinds = [
  { kind: 'ScaledObject', collection: 'keda.sh/v1alpha1', plural: 'scaledobjects', needed: ['Ready'] },
  {
    kind: 'HorizontalPodAutoscaler',
    collection: 'autoscaling/v2',
    plural: 'horizontalpodautoscalers',
    needed: ['AbleToScale', 'ScalingActive'],
  },
];

/** The scalers that are applied already: whether they can do their work. */
export async function scaling(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const findings = kinds.map(async ({ kind, collection, plural, needed }) => {
    const wanted = manifests.ofKind(kind);
    const present = await Promise.all(
      wanted.map(async ({ name, namespace }) => ({
        name,
        namespace,
        found: await cluster.find(`/apis/${collection}/namespaces/${namespace}/${plural}/${name}`, withConditions),
      })),
    );
    const applied = present.flatMap(({ name, namespace, found }) =>
      found === undefined ? [] : [{ name, namespace, found }],
    );
    const broken = applied.flatMap(({ name, namespace, found }) => {
      const known = found.status.conditions.filter(({ type }) => needed.includes(type));
      if (known.length === 0) return [warning(kind, `${name} has no status from its controller`)];
      const failed = known.find(({ status }) => status === 'False');
      if (failed === undefined) return [];
      const remedy = cluster.commands.kubectl('describe', plural, name, '--namespace', namespace);
      return [problem(kind, `${name}: ${failed.message === '' ? failed.reason : failed.message}`, remedy)];
    });
    const fine = applied.length - broken.length;
    return [...(fine === 0 ? [] : [ok(kind, `${fine} of ${wanted.length} applied and able to scale`)]), ...broken];
  });
  return (await Promise.all(findings)).flat();
}
