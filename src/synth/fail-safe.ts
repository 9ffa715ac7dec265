import { InvalidInputError, ValidationError } from '../core/errors';
import { restoreManifests } from './kept-manifests';

/** The folder of production's manifests. */
export const defaultFolder = 'dist';

/** The folder that this run writes to. */
export const outputFolder = process.env['CDK8S_OUTDIR'] ?? defaultFolder;

// Whatever fails from here on, a module that is being loaded included, leaves the folder as it was. Somebody's mistake is said
// in its own words; only what nobody foresaw shows its stack.
process.once('uncaughtException', (error) => {
  restoreManifests(outputFolder);
  const mistake = error instanceof InvalidInputError || error instanceof ValidationError;
  process.stderr.write(mistake ? `Error: ${error.message}\n` : `${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
