import { Command } from 'commander';
import { ConnectionEnd, OpenConnection, openConnections, shownEnd } from '../autonomous-op/connections';
import { InvalidInputError } from '../core/errors';
import { deploymentOf, environmentOption, outputOption } from './options';
import { columns, paint, Terminal } from './terminal';

interface GraphOptions {
  readonly environment: string;
  readonly output: string;
  readonly from?: string;
  readonly to?: string;
}

/** `aop graph`: who may talk to whom. */
export function graphCommand(terminal: Terminal): Command {
  return new Command('graph')
    .description(
      'Who may talk to whom: every connection that the network policies open. Everything else is closed, but for DNS, which is open to every pod.',
    )
    .option('--from <name>', 'only what this one may open')
    .option('--to <name>', 'only what may be opened to this one')
    .addOption(environmentOption())
    .addOption(outputOption('table', 'mermaid', 'json'))
    .action(({ environment, output, from, to }: GraphOptions) => {
      const all = openConnections(deploymentOf(environment));
      requireKnown(all, 'from', from);
      requireKnown(all, 'to', to);
      const shown = all.filter((each) => isMeant(each.from, from) && isMeant(each.to, to));
      if (shown.length === 0) terminal.err(`${from ?? ''} may not open anything to ${to ?? ''}\n`);
      terminal.out(written(shown, output, terminal));
    });
}

/** Whether a name on the command line means an end; the namespace may be left out. */
function isMeant(end: ConnectionEnd, name: string | undefined): boolean {
  return name === undefined || end.name === name || end.name.endsWith(`/${name}`);
}

function requireKnown(connections: readonly OpenConnection[], end: 'from' | 'to', name: string | undefined): void {
  const ends = connections.map((connection) => connection[end]);
  if (!ends.some((each) => isMeant(each, name))) {
    const names = [...new Set(ends.map((each) => each.name))].sort();
    const opens = end === 'from' ? 'opens no connection' : 'is opened no connection';
    throw new InvalidInputError(`--${end}`, `"${name ?? ''}" ${opens}`, `Use one of: ${names.join(', ')}`);
  }
}

function written(connections: readonly OpenConnection[], output: string, terminal: Terminal): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(connections, null, 2)}\n`;
    case 'mermaid':
      return mermaid(connections);
    default: {
      const header = ['from', 'to', 'ports'].map((title) => paint(terminal, 'bold', title));
      const rows = connections.map(({ from, to, ports }) => [shownEnd(from), shownEnd(to), ports.join(', ')]);
      return columns([header, ...rows]);
    }
  }
}

/**
 * A flowchart: a box around each namespace but the deployment's, round ends for what is outside the cluster. The ids are numbers, as
 * Mermaid takes words such as `end` for its own.
 */
function mermaid(connections: readonly OpenConnection[]): string {
  const ends = new Map(connections.flatMap(({ from, to }) => [from, to]).map((end) => [shownEnd(end), end]));
  const ids = new Map([...ends.keys()].map((name, index) => [name, `n${index}`]));
  const idOf = (end: ConnectionEnd) => ids.get(shownEnd(end)) ?? '';
  const boxes = new Map<string, string[]>([['', []]]);
  for (const end of ends.values()) {
    const [name = '', namespace = ''] = end.name.split('/').reverse();
    const shape = end.cidrs === undefined ? `["${name}"]` : `(["${name}<br>${end.cidrs.join(', ')}"])`;
    boxes.set(namespace, [...(boxes.get(namespace) ?? []), `${idOf(end)}${shape}`]);
  }
  const lines = [...boxes].flatMap(([namespace, nodes], index) =>
    namespace === '' ? nodes : [`subgraph b${index}["${namespace}"]`, ...nodes.map((node) => `  ${node}`), 'end'],
  );
  const arrows = connections.map(({ from, to, ports }) => `${idOf(from)} -->|${ports.join(', ')}| ${idOf(to)}`);
  return ['graph LR', ...[...lines, ...arrows].map((line) => `  ${line}`), ''].join('\n');
}
