/* The Secrets that the manifests need, and do or do not make. */

import { z } from 'zod';
import { NeededSecret } from '../../manifests/secrets';
import { Cluster } from '../cluster';
import { Finding, ok, problem } from '../finding';
import { applying, Needs } from '../needs';

const secret = z.object({ data: z.record(z.string(), z.unknown()).default({}) });

/** Only the names of the keys are looked at: no value goes any further than the answer of the API server. */
const keysOf = secret.transform(({ data }) => Object.keys(data));

/** Whether a Secret is there with its keys, or comes with the manifests. */
export async function secretFindings(cluster: Cluster, needs: Needs, needed: NeededSecret): Promise<Finding[]> {
  const { namespace, name, keys, source } = needed;
  const subject = `Secret ${name}`;
  const found = await cluster.find(`/api/v1/namespaces/${namespace}/secrets/${name}`, keysOf);
  const lacking = keys.filter((key) => found?.includes(key) !== true);
  if (found !== undefined && lacking.length === 0) return [ok(subject, `has ${keys.join(', ')}`)];
  const remedy =
    source === undefined ? byHand(cluster, needed, found) : [cluster.commands.kubectl(...applying(needs, source.file))];
  if (found !== undefined) return [problem(subject, `lacks ${lacking.join(', ')}`, ...remedy)];
  if (source === undefined) return [problem(subject, `is not in ${namespace}, and no file here makes it`, ...remedy)];
  const fresh = (await cluster.find(`/api/v1/namespaces/${namespace}`, z.unknown())) === undefined;
  // Nothing is applied yet, and what makes it is among the manifests.
  return [fresh ? ok(subject, `comes with ${source.file}`) : problem(subject, `is not in ${namespace}`, ...remedy)];
}

/** Values stay out of the command, and so out of the shell's history: kubectl reads each from a file. */
function byHand(
  cluster: Cluster,
  { namespace, name, keys }: NeededSecret,
  found: readonly string[] | undefined,
): string[] {
  const place = ['--namespace', namespace];
  if (found !== undefined) return [cluster.commands.kubectl('edit', 'secret', name, ...place)];
  const files = keys.map((key) => `--from-file=${key}`);
  return [
    '# synthesize the manifests again if a file that git ignores makes it, or else create it:',
    cluster.commands.kubectl('create', 'secret', 'generic', name, ...place, ...files),
  ];
}
