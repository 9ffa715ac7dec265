// First: it catches what fails while the others load, such as a wrong number in the document's data.
import { defaultFolder, outputFolder } from './synth/fail-safe';
import { basename } from 'node:path';
import { SecretOrigin } from './autonomous-op/charts/secrets';
import { autonomousOp } from './autonomous-op/deployment';
import { Settings, settingsOf, withSecretsFrom } from './autonomous-op/environments';
import { secretFallbacks } from './autonomous-op/secrets';
import { InvalidInputError } from './core/errors';
import { keepManifests } from './synth/kept-manifests';
import { renderManifests, writeManifests } from './synth/manifests';
import { readSecrets } from './synth/secret-source';

/** The environment whose manifests are committed, in the folder that no other may use. */
const PRODUCTION = 'production';

const settings = withSecretsFrom(process.env['AOP_SECRETS'], settingsOf(process.env['AOP_ENV'] ?? PRODUCTION));
requireOwnFolder(settings.environment);
writeManifests(renderManifests(autonomousOp(settings, secretOrigin(settings))), outputFolder);
keepManifests(outputFolder);

function requireOwnFolder(environment: string): void {
  if (environment !== PRODUCTION && basename(outputFolder) === defaultFolder) {
    throw new InvalidInputError(
      'AOP_ENV',
      `"${environment}" would overwrite the manifests of ${PRODUCTION} in ${outputFolder}`,
      `Give it a folder of its own: npx cdk8s synth -o ${defaultFolder}-${environment}`,
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
