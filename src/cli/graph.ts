/* `aop graph`: who may talk to whom. */

import { Command } from 'commander';
import { InvalidInputError } from '../core/errors';
import {
  ConnectionEnd,
  Connections,
  connectionsIn,
  isPartOf,
  OpenConnection,
  shownEnd,
} from '../manifests/network/connections';
import { customResourceOf } from '../manifests/custom-resources';
import { openedByOperators } from '../manifests/operators/objects';
import { ManifestSet } from '../manifests/read';
import { manifestsIn, manifestsOption, outputOption } from './options';
import { columns, paint, Terminal } from './terminal';

interface GraphOptions {
  readonly manifests: string;
  readonly output: string;
  readonly from?: string;
  readonly to?: string;
}

/** Makes the command. */
export function graphCommand(terminal: Terminal): Command {
  return new Command('graph')
    .description('Who may talk to whom: every connection that the network policies open. Everything else is closed.')
    .option('--from <name>', 'only what this one may open')
    .option('--to <name>', 'only what may be opened to this one')
    .addOption(manifestsOption())
    .addOption(outputOption('table', 'mermaid', 'json'))
    .action(({ manifests, output, from, to }: GraphOptions) => {
      const set = manifestsIn(manifests);
      const connections = connectionsIn(set);
      const [clients, servers] = [endsCalled(connections, '--from', from), endsCalled(connections, '--to', to)];
      const shown = connections.open.filter(
        (each) =>
          isAmong(each.from, clients, (end) => isOpenToAll(connections, 'from', end)) &&
          isAmong(each.to, servers, (end) => isOpenToAll(connections, 'to', end)),
      );
      if (shown.length === 0) terminal.err(`${from ?? 'nobody'} may not open anything to ${to ?? 'anybody'}\n`);
      terminal.out(written(shown, output, terminal));
      if (output !== 'json' && from === undefined && to === undefined)
        terminal.out(openedBeside(set, output === 'mermaid' ? '%% ' : ''));
    });
}

/** The ends that a name on the command line means, the namespace of which may be left out; undefined if it names none. */
function endsCalled({ ends }: Connections, option: string, name: string | undefined): ConnectionEnd[] | undefined {
  if (name === undefined) return undefined;
  const called = ends.filter(
    (end) => end.name === name || (end.namespace !== undefined && end.name.endsWith(`/${name}`)),
  );
  if (called.length > 0) return called;
  const names = [...new Set(ends.map((end) => end.name))].sort();
  throw new InvalidInputError(option, `the policies know no "${name}"`, `Use one of: ${names.join(', ')}`);
}

/** Whether an end of a connection is one of some ends, or stands for one. */
function isAmong(
  end: ConnectionEnd,
  ends: readonly ConnectionEnd[] | undefined,
  isOpen: (end: ConnectionEnd) => boolean,
): boolean {
  if (ends === undefined) return true;
  return ends.some((each) => each.name === end.name || isPartOf(each, end) || (end.name === '*' && isOpen(each)));
}

/** Whether no policy restricts what an end opens (`from`), or what is opened to it (`to`). */
function isOpenToAll({ open }: Connections, side: 'from' | 'to', end: ConnectionEnd): boolean {
  const other = side === 'from' ? 'to' : 'from';
  return open.some((each) => each[other].name === '*' && (each[side].name === end.name || isPartOf(end, each[side])));
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
      const isOpen = connections.some(({ from, to }) => from.name === '*' || to.name === '*');
      return columns([header, ...rows]) + (isOpen ? '* is everything, as far as its own policies allow it\n' : '');
    }
  }
}

/** What operators open by objects of their own, a line each. */
function openedBeside(manifests: ManifestSet, comment: string): string {
  return openedByOperators(manifests)
    .map(({ object, made }) => {
      const operator = customResourceOf(object)?.operator ?? 'an operator';
      return `${comment}${operator} makes ${made.kind} ${made.name}, which opens ${made.opens ?? ''}\n`;
    })
    .join('');
}

/**
 * A flowchart: a box around each namespace but that of most objects, round ends for what is outside the cluster. The ids are
 * numbers, as Mermaid takes words such as `end` for its own.
 */
function mermaid(connections: readonly OpenConnection[]): string {
  const ends = new Map(connections.flatMap(({ from, to }) => [from, to]).map((end) => [shownEnd(end), end]));
  const ids = new Map([...ends.keys()].map((name, index) => [name, `n${index}`]));
  const idOf = (end: ConnectionEnd) => ids.get(shownEnd(end)) ?? '';
  const boxes = new Map<string, string[]>([['', []]]);
  for (const end of ends.values()) {
    const [name, namespace] = end.name.startsWith(`${end.namespace ?? ''}/`)
      ? [end.name.slice((end.namespace ?? '').length + 1), end.namespace ?? '']
      : [end.name, ''];
    const label = [name, ...(shownEnd(end) === end.name ? [] : [end.cidrs?.join(', ')])]
      .join('<br>')
      .replaceAll('"', '#quot;');
    const shape = end.cidrs === undefined ? `["${label}"]` : `(["${label}"])`;
    boxes.set(namespace, [...(boxes.get(namespace) ?? []), `${idOf(end)}${shape}`]);
  }
  const lines = [...boxes].flatMap(([namespace, nodes], index) =>
    namespace === '' ? nodes : [`subgraph b${index}["${namespace}"]`, ...nodes.map((node) => `  ${node}`), 'end'],
  );
  const arrows = connections.map(({ from, to, ports }) => `${idOf(from)} -->|${ports.join(', ')}| ${idOf(to)}`);
  return ['graph LR', ...[...lines, ...arrows].map((line) => `  ${line}`), ''].join('\n');
}
