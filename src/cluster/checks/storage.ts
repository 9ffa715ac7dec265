import { z } from 'zod';
import { Cluster, metadata } from '../cluster';
import { Finding, ok, unknown, wrong } from '../finding';
import { Needs } from '../needs';
import { valuesOf } from '../needs';

const storageClass = z.object({
  metadata,
  provisioner: z.string(),
  volumeBindingMode: z.string().default('Immediate'),
});

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** The StorageClass of the volumes. */
export async function storage(cluster: Cluster, { objects, storageClass: named }: Needs): Promise<Finding[]> {
  const volumes = ['volumeClaimTemplate', 'volumeClaimTemplates'].flatMap((key) => valuesOf(objects, key));
  if (volumes.length === 0) return [];
  const classes = await cluster.list('/apis/storage.k8s.io/v1/storageclasses', storageClass);
  const names = classes.map(({ metadata: { name } }) => name);
  const found = classes.find(({ metadata: { name, annotations } }) =>
    named === undefined ? annotations[DEFAULT] === 'true' : name === named,
  );
  if (found === undefined) {
    const problem =
      named === undefined
        ? `no StorageClass is the default one${names.length === 0 ? '' : ` of ${names.join(', ')}`}`
        : `there is no StorageClass ${named}`;
    return [wrong('StorageClass', problem, ...remedies(cluster, named, names))];
  }
  const seen = `${found.metadata.name} (${found.provisioner}, ${found.volumeBindingMode})`;
  return found.volumeBindingMode === 'Immediate'
    ? [
        unknown(
          'StorageClass',
          `${seen}: a volume may be made in a zone where its pod has no room; WaitForFirstConsumer waits`,
        ),
      ]
    : [ok('StorageClass', seen)];
}

function remedies(cluster: Cluster, named: string | undefined, names: readonly string[]): string[] {
  const [first] = names;
  if (named !== undefined) return [`# make the class, or set storageClass in the settings: ${names.join(', ')}`];
  if (first === undefined) return ['# install a CSI driver with a StorageClass'];
  const patch = JSON.stringify({ metadata: { annotations: { [DEFAULT]: 'true' } } });
  return [cluster.commands.kubectl('patch', 'storageclass', first, `--patch=${patch}`)];
}
