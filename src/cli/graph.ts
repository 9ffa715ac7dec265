import { App } from 'cdk8s';
import { Command } from 'commander';
import { namespace } from '../autonomous-op/charts/foundation';
import { NetworkPolicyBundle } from '../constructs/network-policy-bundle';
import { Connection, Peer } from '../constructs/peer';
import { InvalidInputError } from '../core/errors';
import { deploymentOf, environmentOption, outputOption } from './options';
import { columns, paint, Terminal } from './terminal';

interface GraphOptions {
  readonly environment: string;
  readonly output: string;
  readonly from?: string;
  readonly to?: string;
}

/** An open connection, as it is shown. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** `aop graph`: who may talk to whom. */
export function graphCommand(terminal: Terminal): Command {
  return new Command('graph')
    .description('Who may talk to whom: every connection that the network policies open.')
    .option('--from <name>', 'only what this one may open')
    .option('--to <name>', 'only what may be opened to this one')
    .addOption(environmentOption())
    .addOption(outputOption('table', 'mermaid', 'json'))
    .action((options: GraphOptions) => {
      const all = arrowsOf(deploymentOf(options.environment));
      const ends = { from: knownEnd(all, 'from', options.from), to: knownEnd(all, 'to', options.to) };
      const shown = all.filter(
        ({ from, to }) => (ends.from === undefined || from === ends.from) && (ends.to === undefined || to === ends.to),
      );
      terminal.out(written(shown, options.output, terminal));
    });
}

/** Every open connection of a deployment, sorted, a peer of another namespace with the namespace in its name. */
function arrowsOf(app: App): Arrow[] {
  const bundles = app.node.findAll().filter((construct) => construct instanceof NetworkPolicyBundle);
  const arrows = bundles.flatMap(({ connections }) => connections).map(arrowOf);
  const unique = new Map(arrows.map((arrow) => [Object.values(arrow).join(' '), arrow]));
  const order = new Intl.Collator('en', { numeric: true });
  return [...unique].sort(([one], [other]) => order.compare(one, other)).map(([, arrow]) => arrow);
}

function arrowOf({ from, to, port }: Connection): Arrow {
  return { from: nameOf(from), to: nameOf(to), port };
}

function nameOf(peer: Peer): string {
  return peer.namespace === undefined || peer.namespace === namespace ? peer.name : `${peer.namespace}/${peer.name}`;
}

function knownEnd(arrows: readonly Arrow[], end: 'from' | 'to', name: string | undefined): string | undefined {
  const known = new Set(arrows.map((arrow) => arrow[end]));
  if (name !== undefined && !known.has(name)) {
    const opens = end === 'from' ? 'opens no connection' : 'is opened no connection';
    throw new InvalidInputError(`--${end}`, `"${name}" ${opens}`, `Use one of: ${[...known].sort().join(', ')}`);
  }
  return name;
}

function written(arrows: readonly Arrow[], output: string, terminal: Terminal): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(arrows, null, 2)}\n`;
    case 'mermaid':
      return mermaid(arrows);
    default: {
      const header = ['from', 'to', 'port'].map((title) => paint(terminal, 'bold', title));
      return columns([header, ...arrows.map(({ from, to, port }) => [from, to, `${port}`])]);
    }
  }
}

/** One line a pair, with all its ports; the ids are numbers, as Mermaid takes words such as `end` for its own. */
function mermaid(arrows: readonly Arrow[]): string {
  const ids = new Map(
    [...new Set(arrows.flatMap(({ from, to }) => [from, to]))].map((name, index) => [name, `n${index}`]),
  );
  const ports = new Map<string, number[]>();
  for (const { from, to, port } of arrows) {
    const pair = `${ids.get(from) ?? ''} %% ${ids.get(to) ?? ''}`;
    ports.set(pair, [...(ports.get(pair) ?? []), port]);
  }
  return [
    'graph LR',
    ...[...ids].map(([name, id]) => `  ${id}["${name}"]`),
    ...[...ports].map(([pair, numbers]) => `  ${pair.replace('%%', `-->|${numbers.join(', ')}|`)}`),
    '',
  ].join('\n');
}
