import { numberAt, textAt, Value } from '../value';
import { contains, intersection, Range, Ranges, union } from './ranges';

/* Ports as numbers on one line, a block for each protocol. A name that no container has is a port behind the highest number. */

const HIGHEST = 65_535n;
const BLOCK = 1n << 20n;
const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** The ports of the containers of some pods, by name. */
export type ContainerPorts = ReadonlyMap<string, number>;

/** Every port of a protocol, the named ones that nobody knows the number of among them. */
const wholeBlock = (index: number): Range => ({ from: BigInt(index) * BLOCK + 1n, to: BigInt(index + 1) * BLOCK - 1n });

/** Every port there is. */
export const everyPort: Ranges = protocols.map((_, index) => wholeBlock(index));

/** What the names of ports stand for, the same before and after. */
export class PortNames {
  private readonly names: string[] = [];

  /** The ports of a rule of a NetworkPolicy, where it leads to pods that have these ports. */
  portsOf(rulePorts: readonly Value[], target: ContainerPorts): Ranges {
    return rulePorts.length === 0 ? everyPort : union(...rulePorts.map((port) => this.rangesOf(port, target)));
  }

  private rangesOf(port: Value, target: ContainerPorts): Ranges {
    const index = protocols.findIndex((protocol) => protocol === (textAt(port, 'protocol') ?? 'TCP'));
    if (index === -1) return [];
    const name = textAt(port, 'port');
    if (name === undefined) return [wholeBlock(index)];
    const number = numberAt(port, 'port') ?? target.get(name);
    const from = number === undefined ? this.numberOf(name) : BigInt(number);
    const to = BigInt(numberAt(port, 'endPort') ?? from);
    return [{ from: BigInt(index) * BLOCK + from, to: BigInt(index) * BLOCK + to }];
  }

  private numberOf(name: string): bigint {
    if (!this.names.includes(name)) this.names.push(name);
    return HIGHEST + 1n + BigInt(this.names.indexOf(name));
  }

  /** `8080, 9090-9099, 53/UDP`, or `every port`. */
  describe(ports: Ranges): string {
    if (contains(ports, everyPort)) return 'every port';
    return protocols
      .flatMap((protocol, index) => {
        const suffix = protocol === 'TCP' ? '' : `/${protocol}`;
        const block = wholeBlock(index);
        return union(intersection(ports, [block])).map(({ from, to }) =>
          from === block.from && to === block.to
            ? `every ${protocol} port`
            : `${this.describeRange(from - BigInt(index) * BLOCK, to - BigInt(index) * BLOCK)}${suffix}`,
        );
      })
      .join(', ');
  }

  private describeRange(from: bigint, to: bigint): string {
    if (from > HIGHEST) return this.names[Number(from - HIGHEST - 1n)] ?? 'every named port';
    const last = to > HIGHEST ? HIGHEST : to;
    return from === last ? `${from}` : `${from}-${last}`;
  }
}
