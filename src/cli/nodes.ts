import { Command, Option } from 'commander';
import { Cluster } from '../cluster/cluster';
import { Commands } from '../cluster/commands';
import { ApiError, connect, KubeApi } from '../cluster/kube-api';
import { changeOf, gpuNodes, isNothing, kubectlOf, labelNode, NodeChange } from '../cluster/node-labels';
import { InvalidInputError } from '../core/errors';
import { contextOption, kubeconfigOption, outputOption } from './options';
import { Terminal } from './terminal';

interface LabelOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly output: string;
  readonly apply?: boolean;
  readonly withoutGpus?: boolean;
}

/** What happened to a node, or would. */
interface Outcome extends NodeChange {
  /** Whether it has been changed. */
  readonly applied: boolean;
  /** The same as commands of kubectl. */
  readonly kubectl: readonly string[];
}

/** `aop nodes`: what the nodes need before the manifests. */
export function nodesCommand(terminal: Terminal): Command {
  return new Command('nodes')
    .description('The nodes of a cluster.')
    .helpCommand(false)
    .addCommand(labelCommand(terminal));
}

function labelCommand(terminal: Terminal): Command {
  return new Command('label')
    .description('The label and the taint of GPU nodes. Without --apply it only says what it would do.')
    .argument('[nodes...]', 'names of nodes (default: every node of the cluster with GPUs)')
    .addOption(contextOption())
    .addOption(kubeconfigOption())
    .addOption(new Option('--apply', 'do it'))
    .addOption(new Option('--without-gpus', 'take nodes that offer no GPU, as before their device plugin is installed'))
    .addOption(outputOption('text', 'json'))
    .addHelpText('after', '\nExit code: 0 = OK, 1 = something would be changed, 2 = could not check.')
    .action(async (names: string[], options: LabelOptions) => {
      const outcomes = await label(await connect(options), [...new Set(names)], options);
      if (options.apply !== true && !outcomes.every(isNothing)) terminal.exitCode = 1;
      terminal.out(options.output === 'json' ? `${JSON.stringify(outcomes, null, 2)}\n` : outcomes.map(shown).join(''));
    });
}

/** Nothing is changed if one of the nodes is refused. */
async function label(api: KubeApi, names: readonly string[], options: LabelOptions): Promise<Outcome[]> {
  const commands = new Commands(options);
  const outcomes: Outcome[] = [];
  try {
    for (const node of await gpuNodes(new Cluster(api, commands), names, options.withoutGpus === true)) {
      const change = options.apply === true ? await labelNode(api, node.metadata.name) : changeOf(node);
      outcomes.push({
        ...change,
        applied: options.apply === true && !isNothing(change),
        kubectl: kubectlOf(change, commands),
      });
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const done = outcomes.filter(({ applied }) => applied).map(({ node }) => node);
    const changed = done.length === 0 ? 'Nothing has been changed' : `${done.join(', ')} has been changed before`;
    throw new InvalidInputError('nodes', error.message, changed);
  }
  return outcomes;
}

function shown(outcome: Outcome): string {
  const { node, label, taint, applied, kubectl } = outcome;
  if (isNothing(outcome)) return `${node} is labelled and tainted already\n`;
  const what = [...(label ? ['labelled'] : []), ...(taint ? ['tainted'] : [])].join(' and ');
  return applied
    ? `${node} is now ${what}\n`
    : `${node} would be ${what}\n${kubectl.map((line) => `    ${line}\n`).join('')}`;
}
