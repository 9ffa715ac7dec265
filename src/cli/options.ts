/* Options that several commands have. */

import { Option } from 'commander';
import { InvalidInputError } from '../core/errors';
import { manifestFilesIn } from '../manifests/folder';
import { ManifestSet, parseManifests } from '../manifests/read';

/** `--manifests`: the folder that a command is about. */
export function manifestsOption(): Option {
  return new Option('-m, --manifests <folder>', 'folder with the manifests').default('dist');
}

/**
 * The manifests of a folder.
 *
 * @throws InvalidInputError if it is not a folder, or has no manifests
 */
export function manifestsIn(folder: string): ManifestSet {
  const files = manifestFilesIn('--manifests', folder);
  if (files.length === 0) {
    throw new InvalidInputError('--manifests', `"${folder}" has no manifests`, 'Name the folder that has them');
  }
  return parseManifests(files);
}

/** `--context`: which cluster. It has no default, as the current context may be anybody's production. */
export function contextOption(): Option {
  return new Option('--context <name>', 'context of the kubeconfig; it has to be named');
}

/** `--kubeconfig`: where the contexts are. */
export function kubeconfigOption(): Option {
  return new Option('--kubeconfig <file>', 'path of the kubeconfig (default: KUBECONFIG, or ~/.kube/config)');
}

/** `-o, --output`: the form of the result, the first being the default. */
export function outputOption(...formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'form of the result').choices(formats).default(formats[0]);
}
