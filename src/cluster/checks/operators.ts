import { Peer } from '../../constructs/peer';
import { Cluster, hasLabels, holds, Pod } from '../cluster';
import { Finding, ok, unknown, wrong } from '../finding';
import { groupOf, Needs } from '../needs';
import { installationOf, namespacesOf, Operator, operators } from '../operators';
import { notServed } from './api';

/** What the manifests need of the operators: their APIs, their pods where the policies expect them, their release. */
export function operatorChecks(needs: Needs): { subject: string; run: (cluster: Cluster) => Promise<Finding[]> }[] {
  const groups = new Set(needs.objects.map(groupOf));
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
  const objects = needs.objects.filter((object) => groups.includes(groupOf(object)));
  const peer = needs.peers.find((each) => each.name === operator.peer);
  const sought: Sought = peer === undefined ? { labels } : soughtOf(peer);
  const install = installationOf(operator, commands, needs);

  const [missing] = await notServed(cluster, objects);
  if (missing !== undefined) return wrong(name, missing, ...install);
  const { running, problem } = await located(cluster, sought);
  if (running === undefined) {
    return wrong(name, problem, ...(problem.includes('not ready') ? [describe(cluster, sought)] : install));
  }
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
  if (groups.includes('keda.sh')) return kedaRelease(needs, name, seen, place);
  return release === undefined || `${seen}.`.startsWith(`${release}.`)
    ? ok(name, `${seen} ${place}`)
    : unknown(name, `${seen} ${place}; the constructs are written for ${release}, and this one has not been tried`);
}

/** KEDA 2.12 changed the names of metrics, which the HPAs of the manifests use. */
function kedaRelease(needs: Needs, name: string, seen: string, place: string): Finding {
  const [major = 0, minor = 0] = seen.split('.').map(Number);
  const names = major > 2 || minor >= 12 ? '2.12' : '2.11';
  if (names === needs.kedaRelease) return ok(name, `${seen} ${place}`);
  const problem = `${seen} ${place}, and the manifests use the metric names of ${needs.kedaRelease}`;
  return wrong(name, problem, `# set kedaRelease to '${names}' in the settings, then: ${needs.synth}`);
}

async function peerFinding(cluster: Cluster, peer: Peer): Promise<Finding> {
  const sought = soughtOf(peer);
  const { running, problem } = await located(cluster, sought);
  if (running !== undefined) return ok(peer.name, `${selectorOf(sought.labels)} in ${running.metadata.namespace}`);
  return problem.includes('not ready')
    ? wrong(peer.name, problem, describe(cluster, sought))
    : wrong(peer.name, problem, `# label its pods ${selectorOf(sought.labels)}; there are:`, show(cluster, sought));
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
async function located(cluster: Cluster, { namespace, labels }: Sought): Promise<{ running?: Pod; problem: string }> {
  const selector = selectorOf(labels);
  const labelled = (await cluster.pods()).filter(({ metadata }) => hasLabels(metadata.labels, labels));
  const here = labelled.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const running = here.find(({ status }) => holds(status, 'Ready'));
  if (running !== undefined) return { running, problem: '' };
  const place = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  const [pod] = here;
  if (pod !== undefined) {
    return { problem: `${pod.metadata.namespace}/${pod.metadata.name} (${selector}) is not ready` };
  }
  const elsewhere = [...new Set(labelled.map(({ metadata }) => metadata.namespace))];
  return elsewhere.length > 0 && selector !== ''
    ? { problem: `no pod ${selector}${place}, where the policies expect it, but in ${elsewhere.join(', ')}` }
    : { problem: `no pod ${selector}${place}` };
}

function describe(cluster: Cluster, { namespace, labels }: Sought): string {
  const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
  return cluster.commands.kubectl('describe', 'pods', ...where, '--selector', selectorOf(labels));
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
