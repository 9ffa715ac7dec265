import { groupOf } from '../../core/names';
import { Peer } from '../../constructs/network/peer';
import { KedaRelease } from '../../constructs/scaling/trigger';
import { Cluster, hasLabels, holds, Pod } from '../cluster';
import { Finding, ok, unknown, wrong } from '../finding';
import { Needs } from '../needs';
import { installationOf, namespacesOf, Operator, operators } from '../operators';
import { notServed } from './api';

/** What the manifests need of the operators: their APIs, their pods where the policies expect them, their release. */
export function operatorChecks(needs: Needs): { subject: string; run: (cluster: Cluster) => Promise<Finding[]> }[] {
  const groups = new Set(needs.objects.map(({ apiVersion }) => groupOf(apiVersion)));
  const needed = operators.filter(
    ({ groups: served, peer }) =>
      served.some((group) => groups.has(group)) || needs.peers.some(({ name }) => name === peer),
  );
  const known = needed.map(({ peer }) => peer);
  const others = needs.peers.filter(({ name }) => !known.includes(name));
  return [
    ...needed.map((operator) => ({
      subject: operator.name,
      run: async (cluster: Cluster) => [await operatorFinding(cluster, needs, operator)],
    })),
    ...others.map((peer) => ({
      subject: peer.name,
      run: async (cluster: Cluster) => [await peerFinding(cluster, peer)],
    })),
  ];
}

async function operatorFinding(cluster: Cluster, needs: Needs, operator: Operator): Promise<Finding> {
  const { name, groups, labels = {} } = operator;
  const { commands } = cluster;
  const objects = needs.objects.filter((object) => groups.includes(groupOf(object.apiVersion)));
  const peer = needs.peers.find((each) => each.name === operator.peer);
  const sought: Sought = peer === undefined ? { labels } : soughtOf(peer);
  const install = installationOf(operator, commands, needs);

  const [missing] = await notServed(cluster, objects);
  if (missing !== undefined) return wrong(name, missing, ...install);
  const { running, problem, remedy = install } = await located(cluster, sought);
  if (running === undefined) return wrong(name, problem, ...remedy);
  const unwatched = namespacesOf(needs, groups).filter((namespace) => !watches(running, operator, namespace));
  return unwatched.length > 0
    ? wrong(name, `it does not watch ${unwatched.join(', ')}`, ...install)
    : released(needs, operator, running);
}

function watches({ metadata, spec }: Pod, { watches: variable }: Operator, namespace: string): boolean {
  const found = spec.containers.flatMap(({ env }) => env).find(({ name }) => name === variable);
  // A value that comes from elsewhere is the operator's own namespace.
  const watched = found?.value === '' ? [metadata.namespace] : (found?.value.split(',') ?? ['*']);
  return watched.includes('*') || watched.includes(namespace);
}

/** Says which release runs, and whether it is the one that the constructs are written for. */
function released(needs: Needs, { name, groups, image, release }: Operator, pod: Pod): Finding {
  const seen = releaseOf(pod, image);
  const place = `in ${pod.metadata.namespace}`;
  if (seen === undefined) {
    return unknown(name, `runs ${place}; its release can't be told from its image or labels`);
  }
  const renamed = groups.includes('keda.sh') ? otherNames(needs, seen) : undefined;
  if (renamed !== undefined) {
    const problem = `${seen} ${place}, and the manifests use the metric names of ${needs.kedaRelease}`;
    return wrong(name, problem, `# set kedaRelease to '${renamed}' in the settings, then: ${needs.synth}`);
  }
  return release === undefined || `${seen}.`.startsWith(`${release}.`)
    ? ok(name, `${seen} ${place}`)
    : unknown(name, `${seen} ${place}; the constructs are written for ${release}, and this one has not been tried`);
}

/** The setting for this release of KEDA, where it is another one: KEDA 2.12 changed the names of metrics, which the HPAs use. */
function otherNames({ kedaRelease }: Needs, seen: string): KedaRelease | undefined {
  const [major = 0, minor = 0] = seen.split('.').map(Number);
  const names = major > 2 || minor >= 12 ? '2.12' : '2.11';
  return names === kedaRelease ? undefined : names;
}

async function peerFinding(cluster: Cluster, peer: Peer): Promise<Finding> {
  const sought = soughtOf(peer);
  const selector = selectorOf(sought.labels);
  const label = [`# label its pods ${selector}; there are:`, show(cluster, sought)];
  const { running, problem, remedy = label } = await located(cluster, sought);
  return running === undefined
    ? wrong(peer.name, problem, ...remedy)
    : ok(peer.name, `${selector} in ${running.metadata.namespace}`);
}

/** The pods that something is known by. */
interface Sought {
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
}

function soughtOf({ namespace, podLabels = {} }: Peer): Sought {
  return { labels: podLabels, ...(namespace === undefined ? {} : { namespace }) };
}

function selectorOf(labels: Sought['labels']): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** A pod that is ready, or what is wrong. */
interface Located {
  readonly running?: Pod;
  readonly problem: string;
  /** What to do where there is a pod, but none that will do. */
  readonly remedy?: readonly string[];
}

async function located(cluster: Cluster, { namespace, labels }: Sought): Promise<Located> {
  const selector = selectorOf(labels);
  const labelled = (await cluster.pods()).filter(({ metadata }) => hasLabels(metadata.labels, labels));
  const here = labelled.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const running = here.find(({ status }) => holds(status, 'Ready'));
  if (running !== undefined) return { running, problem: '' };
  const [pod] = here;
  if (pod !== undefined) {
    const problem = `${pod.metadata.namespace}/${pod.metadata.name} (${selector}) is not ready`;
    return { problem, remedy: [describe(cluster, pod, selector)] };
  }
  if (namespace === undefined) return { problem: `no pod ${selector}` };
  const missing = `no pod ${selector} in the namespace ${namespace}`;
  const elsewhere = [...new Set(labelled.map(({ metadata }) => metadata.namespace))].join(', ');
  // A second one of the same kind might fight the first.
  return selector === '' || elsewhere === ''
    ? { problem: missing }
    : {
        problem: `${missing}, where the policies expect it, but in ${elsewhere}`,
        remedy: [`# move it to ${namespace}, or name ${elsewhere} where the manifests name ${namespace}`],
      };
}

function describe(cluster: Cluster, { metadata: { namespace } }: Pod, selector: string): string {
  return cluster.commands.kubectl('describe', 'pods', '--namespace', namespace, '--selector', selector);
}

function show(cluster: Cluster, { namespace = 'default' }: Sought): string {
  return cluster.commands.kubectl('get', 'pods', '--namespace', namespace, '--show-labels');
}

/** The release, by the tag of the image, or by the label where the image is a digest or of another name. */
function releaseOf({ metadata, spec }: Pod, image: string): string | undefined {
  const named = spec.containers.find((container) => new RegExp(`(^|/)${image}[:@]`).test(container.image));
  const written = /:v?(\d+\.[\d.]*\d)[^/]*$/.exec(named?.image ?? '')?.[1];
  return written ?? /^v?(\d+\.[\d.]*\d)/.exec(metadata.labels['app.kubernetes.io/version'] ?? '')?.[1];
}
