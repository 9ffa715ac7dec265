import { App } from 'cdk8s';
import { Option } from 'commander';
import { autonomousOp } from '../autonomous-op/deployment';
import { environments, settingsOf } from '../autonomous-op/environments';

/** `-e, --environment`: whose deployment a command is about. */
export function environmentOption(): Option {
  return new Option('-e, --environment <name>', `whose deployment: ${Object.keys(environments).join(', ')}`)
    .env('AOP_ENV')
    .default('production');
}

/** `--context`: which cluster. It has no default, as the current context may be anybody's production. */
export function contextOption(): Option {
  return new Option('--context <name>', 'context of the kubeconfig; it has to be named');
}

/** `--kubeconfig`: where the contexts are. */
export function kubeconfigOption(): Option {
  return new Option('--kubeconfig <file>', 'path of the kubeconfig (default: KUBECONFIG, or ~/.kube/config)');
}

/** `-o, --output`: the form of the result, the first being the one where none is asked for. */
export function outputOption(...formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'form of the result').choices(formats).default(formats[0]);
}

/** The deployment of an environment, without any secret. */
export function deploymentOf(environment: string): App {
  return autonomousOp(settingsOf(environment), { clusterSecretStore: 'not-read' });
}
