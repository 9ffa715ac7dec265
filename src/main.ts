import { basename } from 'node:path';
import { SecretOrigin } from './autonomous-op/charts/secrets';
import { autonomousOp } from './autonomous-op/deployment';
import { Settings, settingsOf } from './autonomous-op/environments';
import { secretFallbacks } from './autonomous-op/secrets';
import { InvalidInputError, ValidationError } from './core/errors';
import { keepManifests, restoreManifests } from './core/kept-manifests';
import { renderManifests, writeManifests } from './core/manifests';
import { readSecrets } from './core/secret-source';

/** The environment whose manifests are committed, in the folder that no other may use. */
const PRODUCTION = { environment: 'production', folder: 'dist' };

const folder = process.env['CDK8S_OUTDIR'] ?? PRODUCTION.folder;
try {
  const settings = settingsOf(process.env['AOP_ENV'] ?? PRODUCTION.environment);
  requireOwnFolder(settings.environment);
  writeManifests(renderManifests(autonomousOp(settings, secretOrigin(settings))), folder);
  keepManifests(folder);
} catch (error) {
  restoreManifests(folder);
  if (!(error instanceof InvalidInputError || error instanceof ValidationError)) {
    throw error;
  }
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 1;
}

function requireOwnFolder(environment: string): void {
  if (environment !== PRODUCTION.environment && basename(folder) === PRODUCTION.folder) {
    throw new InvalidInputError(
      'AOP_ENV',
      `"${environment}" would overwrite the manifests of ${PRODUCTION.environment} in ${folder}`,
      `Give it a folder of its own: npx cdk8s synth -o ${PRODUCTION.folder}-${environment}`,
    );
  }
}

function secretOrigin(settings: Settings): SecretOrigin {
  return settings.secrets === 'external'
    ? { clusterSecretStore: settings.secretStore }
    : {
        values: readSecrets(secretFallbacks, {
          environment: process.env,
          file: `secrets.${settings.environment}.env`,
          strict: settings.secrets === 'strict',
          say: (message) => process.stderr.write(`secrets: ${message}\n`),
        }),
      };
}
