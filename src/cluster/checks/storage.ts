/* The StorageClasses of the volumes. */

import { z } from 'zod';
import { storageClassesOf } from '../../manifests/storage';
import { Cluster, metadata } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';

const storageClass = z.object({
  metadata,
  provisioner: z.string(),
  volumeBindingMode: z.string().default('Immediate'),
});

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** Whether every class that a claim names is there, and a default one if a claim names none. */
export async function storage(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const wanted = [...storageClassesOf(manifests)];
  if (wanted.length === 0) return [];
  const classes = await cluster.list('/apis/storage.k8s.io/v1/storageclasses', storageClass);
  return wanted.map((name) => classFinding(cluster, name, classes));
}

function classFinding(
  cluster: Cluster,
  named: string | undefined,
  classes: readonly z.output<typeof storageClass>[],
): Finding {
  const names = classes.map(({ metadata: { name } }) => name);
  const found = classes.find(({ metadata: { name, annotations } }) =>
    named === undefined ? annotations[DEFAULT] === 'true' : name === named,
  );
  if (found === undefined) {
    const value =
      named === undefined
        ? `no StorageClass is the default one${names.length === 0 ? '' : ` of ${names.join(', ')}`}`
        : `there is no StorageClass ${named}`;
    return problem('StorageClass', value, remedy(cluster, named, names));
  }
  const seen = `${found.metadata.name} (${found.provisioner}, ${found.volumeBindingMode})`;
  const risk = 'a volume may be made in a zone where its pod has no room; WaitForFirstConsumer waits';
  return found.volumeBindingMode === 'Immediate'
    ? warning('StorageClass', `${seen}: ${risk}`)
    : ok('StorageClass', seen);
}

function remedy(cluster: Cluster, named: string | undefined, names: readonly string[]): string {
  const [first] = names;
  if (first === undefined) return '# install a CSI driver with a StorageClass';
  if (named !== undefined) return `# create the class, or name one of these in the manifests: ${names.join(', ')}`;
  const patch = JSON.stringify({ metadata: { annotations: { [DEFAULT]: 'true' } } });
  return cluster.commands.kubectl('patch', 'storageclass', first, `--patch=${patch}`);
}
