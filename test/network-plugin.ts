import { parse, parseCIDR } from 'ipaddr.js';
import { z } from 'zod';
import { anyObject } from './synthesize';

/* NetworkPolicies as a network plugin understands them. */

/** The label that the API server sets on every namespace. */
export const NAMESPACE = 'kubernetes.io/metadata.name';

const labels = z.object({ matchLabels: z.record(z.string(), z.string()).optional() });
const peers = z.array(
  z.object({
    podSelector: labels.optional(),
    namespaceSelector: labels.optional(),
    ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
  }),
);
const ports = z.array(z.object({ protocol: z.string(), port: z.number() }));
/** What is read of a NetworkPolicy. */
export const policy = anyObject.extend({
  spec: z.object({
    podSelector: labels,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.object({ from: peers, ports })).optional(),
    egress: z.array(z.object({ to: peers, ports })).optional(),
  }),
});

/** A pod, or an address outside the cluster, as a network plugin sees it. */
export interface Place {
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address?: string;
}

/** A NetworkPolicy as the bundle writes it. */
export type Policy = z.infer<typeof policy>;

function selects(selector: z.infer<typeof labels>, of: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector.matchLabels ?? {}).every(([key, value]) => of[key] === value);
}

/** Whether an address is in a block; one of IPv4 is in none of IPv6. */
export function inRange(address: string, cidr: string): boolean {
  const [its, [network, prefix]] = [parse(address), parseCIDR(cidr)];
  return its.kind() === network.kind() && its.match(network, prefix);
}

/** Whether one of a rule's peers means the place; a peer without a namespace selector means the policy's own namespace. */
function meets(rulePeers: z.infer<typeof peers>, place: Place, own: string): boolean {
  return rulePeers.some(({ podSelector, namespaceSelector, ipBlock }) => {
    if (ipBlock !== undefined) {
      const { cidr, except = [] } = ipBlock;
      const inBlock = (block: string) => place.address !== undefined && inRange(place.address, block);
      return inBlock(cidr) && !except.some(inBlock);
    }
    if (podSelector === undefined && namespaceSelector === undefined) throw new Error('a peer that selects nothing');
    if (place.namespace === undefined) return false;
    const namespaceMatches =
      namespaceSelector === undefined
        ? place.namespace === own
        : selects(namespaceSelector, { [NAMESPACE]: place.namespace });
    return namespaceMatches && selects(podSelector ?? {}, place.labels);
  });
}

/** What Kubernetes allows: at each end, everything where no policy selects the pod, or what one of its policies allows. */
export function allows(
  policies: readonly Policy[],
  own: string,
  from: Place,
  to: Place,
  port: number,
  protocol = 'TCP',
): boolean {
  const open = (place: Place, type: 'Ingress' | 'Egress', other: Place) => {
    const applying = policies.filter(
      ({ spec }) =>
        place.namespace === own && spec.policyTypes.includes(type) && selects(spec.podSelector, place.labels),
    );
    const rules = applying.flatMap(({ spec }) =>
      type === 'Ingress'
        ? (spec.ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports }))
        : (spec.egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports })),
    );
    return (
      applying.length === 0 ||
      rules.some(
        (rule) =>
          meets(rule.peers, other, own) && rule.ports.some((its) => its.protocol === protocol && its.port === port),
      )
    );
  };
  return open(from, 'Egress', to) && open(to, 'Ingress', from);
}
