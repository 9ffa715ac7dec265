import { z } from 'zod';
import { Cluster } from '../cluster';
import { Finding, ok, wrong } from '../finding';
import { Manifest, Needs, valuesOf } from '../needs';

/** A Secret that objects name, and the keys that they need of it. */
interface Reference {
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
}

const secret = z.object({ data: z.record(z.string(), z.unknown()).default({}) });

/** Only the names of the keys are looked at: no value goes any further than the answer of the API server. */
const keysOf = secret.transform(({ data }) => Object.keys(data));

/** The keys that an ExternalSecret fetches. */
const fetched = z.array(z.string());

/** Each Secret that the objects need: whether it is there with its keys, or comes with the manifests. */
export async function secretFindings(cluster: Cluster, needs: Needs, reference: Reference): Promise<Finding[]> {
  const { namespace, name, keys } = reference;
  const subject = `Secret ${name}`;
  const source = needs.objects.find((object) => makes(object, reference));
  const made =
    source?.kind === 'Secret' ? Object.keys(source.data) : fetched.parse(valuesOf(source?.spec, 'secretKey'));
  const place = ['--namespace', namespace];
  const wanted = [...new Set([...keys, ...made])];
  const found = await cluster.find(`/api/v1/namespaces/${namespace}/secrets/${name}`, keysOf);
  const lacking = wanted.filter((key) => found?.includes(key) !== true);
  if (found !== undefined && lacking.length === 0) return [ok(subject, `has ${wanted.join(', ')}`)];
  const remedy =
    source === undefined
      ? byHand(cluster, reference, found)
      : [
          needs.synth,
          cluster.commands.kubectl('apply', '-f', needs.foundation, '-f', `${needs.folder}/${source.file}`),
        ];
  if (found !== undefined) return [wrong(subject, `lacks ${lacking.join(', ')}`, ...remedy)];
  // Nothing is applied yet, and what makes it is among the manifests.
  const fresh = (await cluster.find(`/api/v1/namespaces/${namespace}`, z.unknown())) === undefined;
  if (source !== undefined && fresh) return [ok(subject, `comes with ${source.file}`)];
  const whose = source === undefined ? ', and the manifests do not make it' : '';
  return [wrong(subject, `is not in ${place[1] ?? ''}${whose}`, ...remedy)];
}

/** Values stay out of the command, and so out of the shell's history: kubectl reads each from a file. */
function byHand(
  cluster: Cluster,
  { namespace, name, keys }: Reference,
  found: readonly string[] | undefined,
): string[] {
  const place = ['--namespace', namespace];
  if (found !== undefined) return [cluster.commands.kubectl('edit', 'secret', name, ...place)];
  const files = keys.map((key) => `--from-file=${key}`);
  return [cluster.commands.kubectl('create', 'secret', 'generic', name, ...place, ...files)];
}

const target = z.object({ target: z.object({ name: z.string() }) });

/** Whether an object of the manifests makes the Secret, at once or by an operator. */
function makes({ kind, metadata, spec }: Manifest, { namespace, name }: Reference): boolean {
  if (metadata.namespace !== namespace) return false;
  return kind === 'ExternalSecret'
    ? target.safeParse(spec).data?.target.name === name
    : kind === 'Secret' && metadata.name === name;
}

/** The Secrets that the manifests name, or make; not those that an operator makes. */
export function secretsOf(objects: readonly Manifest[]): Reference[] {
  const users = objects.filter(({ kind }) => kind === 'KafkaUser').map(({ metadata }) => metadata.name);
  const references = objects.flatMap(({ kind, metadata: { name, namespace }, spec }) => {
    if (kind === 'Secret') return [{ namespace, name, keys: [] }];
    // cert-manager makes an Ingress' certificate; an ExternalSecret names another store's.
    return kind === 'Ingress' || kind === 'ExternalSecret'
      ? []
      : named(spec, '').map((each) => ({ namespace, ...each }));
  });
  const byName = new Map<string, Reference>();
  for (const each of references) {
    const id = `${each.namespace}/${each.name}`;
    const keys = [...(byName.get(id)?.keys ?? []), ...each.keys];
    byName.set(id, { ...each, keys: [...new Set(keys)].sort() });
  }
  // Strimzi makes a Secret of each KafkaUser's name.
  return [...byName.values()].filter(({ name }) => !users.includes(name));
}

const asVolume = z.object({ secretName: z.string(), items: z.array(z.object({ key: z.string() })).default([]) });
const asKey = z.object({ name: z.string(), key: z.string().optional() });

/** The Secrets that a value names, in the forms that Kubernetes and the operators have for that. */
function named(value: unknown, property: string): Omit<Reference, 'namespace'>[] {
  if (property === 'configSecret' && typeof value === 'string') return [{ name: value, keys: [] }];
  if (typeof value !== 'object' || value === null) return [];
  const volume = asVolume.safeParse(value);
  if (volume.success) return [{ name: volume.data.secretName, keys: volume.data.items.map(({ key }) => key) }];
  const reference = /secret|accessKeyId/i.test(property) ? asKey.safeParse(value) : undefined;
  if (reference?.success === true) {
    return [{ name: reference.data.name, keys: reference.data.key === undefined ? [] : [reference.data.key] }];
  }
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    named(inner, Array.isArray(value) ? property : key),
  );
}
