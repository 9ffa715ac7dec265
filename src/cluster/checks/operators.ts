/* The operators and exporters that the manifests need: their APIs, their pods where the policies expect them, their release. */

import { isRelease, kedaNamesOf } from '../../manifests/keda';
import { describeLabels, PodPlace } from '../../manifests/network/places';
import { Cluster, hasLabels, holds, Pod } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';
import { installationOf, namespacesOf, Operator, operators, placeOf } from '../operators';
import { notServed } from './api';

/** A check of each operator that an object or a policy needs, and of all other pods that the policies name. */
export function operatorChecks(needs: Needs): { subject: string; run: (cluster: Cluster) => Promise<Finding[]> }[] {
  const groups = new Set([...needs.manifests.objects.values()].map(({ group }) => group));
  const needed = operators.filter(
    (operator) => operator.groups.some((group) => groups.has(group)) || placeOf(operator, needs) !== undefined,
  );
  const others = needs.foreignPods.filter((place) => !isOfOperator(place, needed));
  return [
    ...needed.map((operator) => ({
      subject: operator.name,
      run: async (cluster: Cluster) => [await operatorFinding(cluster, needs, operator)],
    })),
    ...others.map((place) => ({
      subject: describeLabels(place.labels),
      run: async (cluster: Cluster) => [await foreignFinding(cluster, place)],
    })),
  ];
}

function isOfOperator({ labels }: PodPlace, known: readonly Operator[]): boolean {
  return known.some((operator) => hasLabels(Object.fromEntries(labels), operator.labels));
}

async function operatorFinding(cluster: Cluster, needs: Needs, operator: Operator): Promise<Finding> {
  const { name, groups, labels } = operator;
  const { commands } = cluster;
  const objects = [...needs.manifests.objects.values()].filter(({ group }) => groups.includes(group));
  const place = placeOf(operator, needs);
  const install = installationOf(operator, commands, needs);

  const [missing] = await notServed(cluster, objects);
  if (missing !== undefined) return problem(name, missing, ...install);
  const {
    running,
    reason,
    remedy = install,
  } = await located(cluster, place === undefined ? { labels } : soughtOf(place));
  if (running === undefined) return problem(name, reason, ...(await otherwiseLabelled(cluster, operator)), ...remedy);
  const unwatched = namespacesOf(needs.manifests, groups).filter((each) => !watches(running, operator, each));
  return unwatched.length > 0
    ? problem(name, `it does not watch ${unwatched.join(', ')}`, ...install)
    : released(needs, operator, running);
}

/** Pods of the operator's image that have other labels, as another way of installing it gives them: policies do not know them. */
async function otherwiseLabelled(cluster: Cluster, { image, labels }: Operator): Promise<string[]> {
  const strangers = (await cluster.pods()).filter(
    (pod) => !hasLabels(pod.metadata.labels, labels) && imageOf(pod, image) !== undefined,
  );
  return strangers.map(({ metadata }) => {
    const pod = `${metadata.namespace}/${metadata.name}`;
    return `# ${pod} has an image of that name: if it is the one, label it ${selectorOf(labels)} for the policies to know it`;
  });
}

function watches({ metadata, spec }: Pod, { watches: variable }: Operator, namespace: string): boolean {
  const found = spec.containers.flatMap(({ env }) => env).find(({ name }) => name === variable);
  // A value that comes from elsewhere is the operator's own namespace.
  const watched = found?.value === '' ? [metadata.namespace] : (found?.value.split(',') ?? ['*']);
  return watched.includes('*') || watched.includes(namespace);
}

/** Says which release runs, and whether it is the one that the constructs are written for. */
function released({ manifests }: Needs, { name, groups, image, release }: Operator, pod: Pod): Finding {
  const seen = releaseOf(pod, image);
  const place = `in ${pod.metadata.namespace}`;
  if (seen === undefined) {
    return warning(name, `runs ${place}; its release can't be read from its image or labels`);
  }
  const names = groups.includes('keda.sh') ? kedaNamesOf(manifests) : undefined;
  if (names !== undefined && !isRelease(names, seen)) {
    const value = `${seen} ${place}, and the manifests use the metric names of ${names}`;
    return problem(name, value, `# synthesize the manifests for KEDA ${seen} (kedaRelease), or install KEDA ${names}`);
  }
  return release === undefined || `${seen}.`.startsWith(`${release}.`)
    ? ok(name, `${seen} ${place}`)
    : warning(name, `${seen} ${place}; the constructs are written for ${release}, and this one has not been tried`);
}

/** Other pods that the policies name: they may be clients that are not there yet. The cluster's DNS has to be there. */
async function foreignFinding(cluster: Cluster, place: PodPlace): Promise<Finding> {
  const sought = soughtOf(place);
  const selector = selectorOf(sought.labels);
  const subject = describeLabels(place.labels);
  const label = [`# label its pods ${selector}; there are:`, show(cluster, sought)];
  const { running, reason, remedy = label } = await located(cluster, sought);
  if (running !== undefined) return ok(subject, `${selector} in ${running.metadata.namespace}`);
  return sought.labels['k8s-app'] === 'kube-dns'
    ? problem(subject, reason, ...remedy)
    : warning(subject, `${reason}; the policies name it`, ...remedy);
}

/** The pods that something is known by. */
interface Sought {
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
}

function soughtOf({ namespace, labels }: PodPlace): Sought {
  return { namespace, labels: Object.fromEntries(labels) };
}

function selectorOf(labels: Sought['labels']): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** A pod that is ready, or what is wrong. */
interface Located {
  readonly running?: Pod;
  readonly reason: string;
  /** What to do if there is a pod, but none that will do. */
  readonly remedy?: readonly string[];
}

async function located(cluster: Cluster, { namespace, labels }: Sought): Promise<Located> {
  const selector = selectorOf(labels);
  const labelled = (await cluster.pods()).filter(({ metadata }) => hasLabels(metadata.labels, labels));
  const here = labelled.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const running = here.find(({ status }) => holds(status, 'Ready'));
  if (running !== undefined) return { running, reason: '' };
  const [pod] = here;
  if (pod !== undefined) {
    const reason = `${pod.metadata.namespace}/${pod.metadata.name} (${selector}) is not ready`;
    return { reason, remedy: [describe(cluster, pod, selector)] };
  }
  if (namespace === undefined) return { reason: `no pod ${selector}` };
  const missing = `no pod ${selector} in the namespace ${namespace}`;
  const elsewhere = [...new Set(labelled.map(({ metadata }) => metadata.namespace))].join(', ');
  // A second one of the same kind might fight the first.
  return selector === '' || elsewhere === ''
    ? { reason: missing }
    : {
        reason: `${missing}, where the policies expect it, but in ${elsewhere}`,
        remedy: [`# move it to ${namespace}, or name ${elsewhere} where the manifests name ${namespace}`],
      };
}

function describe(cluster: Cluster, { metadata: { namespace } }: Pod, selector: string): string {
  return cluster.commands.kubectl('describe', 'pods', '--namespace', namespace, '--selector', selector);
}

function show(cluster: Cluster, { namespace = 'default' }: Sought): string {
  return cluster.commands.kubectl('get', 'pods', '--namespace', namespace, '--show-labels');
}

/** The release, by the tag of the image, or by the label if the image is a digest or has another name. */
function releaseOf(pod: Pod, image: string): string | undefined {
  const written = /:v?(\d+\.[\d.]*\d)[^/]*$/.exec(imageOf(pod, image) ?? '')?.[1];
  return written ?? /^v?(\d+\.[\d.]*\d)/.exec(pod.metadata.labels['app.kubernetes.io/version'] ?? '')?.[1];
}

/** The image of a pod that has this name, whatever its registry and its tag. */
function imageOf({ spec }: Pod, name: string): string | undefined {
  return spec.containers.map(({ image }) => image).find((image) => new RegExp(`(^|/)${name}[:@]`).test(image));
}
