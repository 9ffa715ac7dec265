import { NAMESPACE_LABEL } from '../../core/names';
import { KubeObject, ManifestSet } from '../read';
import { contains, difference, intersection, Ranges, union } from './ranges';
import { at, labelsAt, listAt, numberAt, textAt, textsAt, Value } from '../value';
import { containersOf, templateOf } from '../workloads';
import { addressesOf } from './addresses';
import { isAnyPod, Labels, mentioned, namespaceOf, Place, PodPlace, selects } from './places';
import { ContainerPorts, everyPort, portKey, PortNames } from './ports';

/** What a rule of a policy allows to or from whom. No peers are all, no ports too. */
interface Rule {
  /** Of its policy. */
  readonly namespace: string;
  readonly peers: readonly Value[];
  readonly ports: readonly Value[];
}

/** Pods as they are on one side, with the rules of the policies that select them: undefined where none does. */
interface Pods {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly ports: ContainerPorts;
  readonly policies: readonly KubeObject[];
  readonly ingress: readonly Rule[] | undefined;
  readonly egress: readonly Rule[] | undefined;
}

/** What the NetworkPolicies of one side leave open. */
export class Network {
  private readonly policies: readonly KubeObject[];
  private readonly pods = new Map<Place, Pods>();
  private readonly mentioned: (place: PodPlace) => boolean;

  constructor(
    private readonly manifests: ManifestSet,
    private readonly portNames: PortNames,
  ) {
    this.policies = manifests.ofKind('NetworkPolicy');
    this.mentioned = mentioned(manifests);
  }

  /** Whether there is anything in a place: addresses always, pods where something runs them or a policy speaks of them. */
  has(place: Place): boolean {
    if (place.type === 'addresses' || isAnyPod(place)) return true;
    return place.workload === undefined ? this.mentioned(place) : this.workloadIn(place) !== undefined;
  }

  /** The policies that select the pods of a place. */
  policiesOf(place: Place): readonly KubeObject[] {
    return this.podsIn(place)?.policies ?? [];
  }

  /** Whether a policy restricts what a place opens, or what is opened to it. */
  restricts(place: Place, direction: 'ingress' | 'egress'): boolean {
    return this.podsIn(place)?.[direction] !== undefined;
  }

  /** The ports that one place may open to another: those that both ends allow. */
  open(from: Place, to: Place): Ranges {
    const server = this.podsIn(to);
    const ports = server?.ports;
    return intersection(this.allowed(this.podsIn(from)?.egress, to, ports), this.allowed(server?.ingress, from, ports));
  }

  /** What one end allows: everything where no policy selects it, and otherwise what one of its rules does. */
  private allowed(rules: readonly Rule[] | undefined, other: Place, ports: ContainerPorts | undefined): Ranges {
    if (rules === undefined) return everyPort;
    const pods = this.podsIn(other);
    const allowing = rules.filter(
      ({ namespace, peers }) => peers.length === 0 || peers.some((peer) => means(peer, namespace, other, pods)),
    );
    return union(...allowing.map((rule) => this.portNames.portsOf(rule.ports, ports)));
  }

  private podsIn(place: Place): Pods | undefined {
    if (place.type === 'addresses') return undefined;
    const known = this.pods.get(place) ?? this.read(place);
    this.pods.set(place, known);
    return known;
  }

  private read(place: PodPlace): Pods {
    const workload = this.workloadIn(place);
    const template = workload && templateOf(workload);
    const labels = template === undefined ? place.labels : labelsAt(template, 'metadata', 'labels');
    const { namespace, namespaceLabels } = place;
    const selecting = this.policies.filter(
      (policy) => namespaceOf(policy) === namespace && selects(at(policy.body, 'spec', 'podSelector'), labels),
    );
    return {
      namespace,
      namespaceLabels: namespace === '' ? namespaceLabels : this.labelsOfNamespace(namespace),
      labels,
      ports: new Map(containersOf(template).flatMap(portsOfContainer)),
      policies: selecting,
      ingress: rulesOf(selecting, 'ingress', 'from'),
      egress: rulesOf(selecting, 'egress', 'to'),
    };
  }

  private workloadIn({ workload }: PodPlace): KubeObject | undefined {
    return workload && this.manifests.find(workload.kind, workload.namespace, workload.name);
  }

  private labelsOfNamespace(name: string): Labels {
    const object = this.manifests.find('Namespace', '', name);
    return new Map([...labelsAt(object?.body, 'metadata', 'labels'), [NAMESPACE_LABEL, name]]);
  }
}

function portsOfContainer(container: Value): [string, number][] {
  return listAt(container, 'ports').flatMap((port): [string, number][] => {
    const number = numberAt(port, 'containerPort');
    return number === undefined ? [] : [[portKey(port), number]];
  });
}

/** The rules of some policies together; undefined where none of them is one for the direction. */
function rulesOf(policies: readonly KubeObject[], direction: 'ingress' | 'egress', peers: string): Rule[] | undefined {
  const applying = policies.filter(({ body }) => isFor(direction, at(body, 'spec')));
  if (applying.length === 0) return undefined;
  return applying.flatMap((policy) =>
    listAt(policy.body, 'spec', direction).map((rule) => ({
      namespace: namespaceOf(policy),
      peers: listAt(rule, peers),
      ports: listAt(rule, 'ports'),
    })),
  );
}

/** Without types a policy is one for ingress, and for egress where it has rules for it. */
function isFor(direction: 'ingress' | 'egress', spec: Value | undefined): boolean {
  const types = textsAt(spec, 'policyTypes').map((type) => type.toLowerCase());
  if (types.length > 0) return types.includes(direction);
  return direction === 'ingress' || listAt(spec, 'egress').length > 0;
}

/** Whether a peer of a rule means a place; one without a namespaceSelector means pods of the policy's own namespace. */
function means(peer: Value, ownNamespace: string, place: Place, pods: Pods | undefined): boolean {
  const block = at(peer, 'ipBlock');
  if (place.type === 'addresses') {
    const except = union(...textsAt(block, 'except').map(addressesOf));
    return contains(difference(addressesOf(textAt(block, 'cidr') ?? ''), except), [place.range]);
  }
  const [podSelector, namespaceSelector] = [at(peer, 'podSelector'), at(peer, 'namespaceSelector')];
  if (pods === undefined || (podSelector === undefined && namespaceSelector === undefined)) return false;
  const inNamespace =
    namespaceSelector === undefined
      ? pods.namespace === ownNamespace
      : selects(namespaceSelector, pods.namespaceLabels);
  return inNamespace && selects(podSelector, pods.labels);
}
