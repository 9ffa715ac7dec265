/* Ports as numbers on one line, a block for each protocol. A name that no container has is a port behind the highest number. */

import { numberAt, textAt, Value } from '../value';
import { contains, intersection, Range, Ranges, union } from './ranges';

const HIGHEST = 65_535n;
const BLOCK = 1n << 20n;
/** The transport protocols that NetworkPolicy knows. */
export const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** The ports of the containers of some pods, by protocol and name: `UDP/dns`. */
export type ContainerPorts = ReadonlyMap<string, number>;

/** The key of a port that has a name: several may share it, each of a protocol of its own. */
export function portKey(port: Value): string {
  return `${textAt(port, 'protocol') ?? 'TCP'}/${textAt(port, 'name') ?? ''}`;
}

/** Every port of a protocol, the named ones that nobody knows the number of among them. */
const wholeBlock = (index: number): Range => ({ from: BigInt(index) * BLOCK + 1n, to: BigInt(index + 1) * BLOCK - 1n });

/** Every port there is. */
export const everyPort: Ranges = protocols.map((_, index) => wholeBlock(index));

/** What the names of ports stand for, the same before and after. */
export class PortNames {
  private readonly names: string[] = [];

  /**
   * The ports of a rule of a NetworkPolicy.
   *
   * @param target the ports of the pods that the rule leads to; undefined if it leads to addresses, where no name means a port
   */
  portsOf(rulePorts: readonly Value[], target: ContainerPorts | undefined): Ranges {
    return rulePorts.length === 0 ? everyPort : union(...rulePorts.map((port) => this.rangesOf(port, target)));
  }

  private rangesOf(port: Value, target: ContainerPorts | undefined): Ranges {
    const protocol = textAt(port, 'protocol') ?? 'TCP';
    const index = protocols.findIndex((each) => each === protocol);
    if (index === -1) return [];
    const name = textAt(port, 'port');
    if (name === undefined) return [wholeBlock(index)];
    const number = numberAt(port, 'port') ?? target?.get(`${protocol}/${name}`);
    if (number === undefined && target === undefined) return [];
    const from = number === undefined ? this.numberOf(name) : BigInt(number);
    const to = BigInt(numberAt(port, 'endPort') ?? from);
    return [{ from: BigInt(index) * BLOCK + from, to: BigInt(index) * BLOCK + to }];
  }

  /** The number of a name that no container has. None is next to another number, so that ranges keep them apart. */
  private numberOf(name: string): bigint {
    if (!this.names.includes(name)) this.names.push(name);
    return HIGHEST + 2n * (1n + BigInt(this.names.indexOf(name)));
  }

  /** `8080, 9090-9099, 53/UDP`, or `every port`. */
  describe(ports: Ranges): string {
    return this.list(ports).join(', ');
  }

  /** The same, one by one. */
  list(ports: Ranges): string[] {
    if (contains(ports, everyPort)) return ['every port'];
    return protocols.flatMap((protocol, index) => {
      const suffix = protocol === 'TCP' ? '' : `/${protocol}`;
      const block = wholeBlock(index);
      return union(intersection(ports, [block])).map(({ from, to }) =>
        from === block.from && to === block.to
          ? `every ${protocol} port`
          : `${this.describeRange(from - BigInt(index) * BLOCK, to - BigInt(index) * BLOCK)}${suffix}`,
      );
    });
  }

  private describeRange(from: bigint, to: bigint): string {
    if (from > HIGHEST) return this.names[Number((from - HIGHEST) / 2n - 1n)] ?? 'every named port';
    const last = to > HIGHEST ? HIGHEST : to;
    return from === last ? `${from}` : `${from}-${last}`;
  }
}
