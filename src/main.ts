// The cdk8s app: renders the environment that AOP_ENV names and writes its manifests.
import { basename } from 'node:path';
import { SecretOrigin } from './autonomous-op/charts/secrets';
import { autonomousOp } from './autonomous-op/deployment';
import { Settings, settingsOf, withSecretsFrom } from './autonomous-op/environments';
import { requireReceivers } from './autonomous-op/receivers';
import { secretFallbacks } from './autonomous-op/secrets';
import { InvalidInputError } from './core/errors';
import { renderManifests } from './synth/manifests';
import { linkFolder, replaceFolder, restoreFolder } from './synth/output-folder';
import { readSecrets } from './synth/secret-source';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment whose manifests are committed, in the folder that no other may use. */
const PRODUCTION = { environment: 'production', folder: 'dist' };

/**
 * `output` of cdk8s.yaml. The CLI removes it before it starts the app, and lists the files in it afterwards: a link to the folder that
 * was written serves it, and the folder itself is out of its reach.
 */
const LAST_SYNTH = '.last-synth';

main(process.env);

function main(variables: Environment): void {
  const { AOP_ENV = PRODUCTION.environment, AOP_SECRETS, CDK8S_OUTDIR = LAST_SYNTH } = variables;
  const isDefault = CDK8S_OUTDIR === LAST_SYNTH;
  const folder = isDefault ? folderOf(AOP_ENV) : requireOwnFolder(CDK8S_OUTDIR, AOP_ENV);
  restoreFolder(folder);
  const settings = withSecretsFrom(AOP_SECRETS, settingsOf(AOP_ENV));
  const secrets = secretOrigin(settings, variables);
  if (settings.secrets === 'strict') requireReceivers();
  const files = renderManifests(autonomousOp(settings, secrets));
  replaceFolder(folder, files);
  if (isDefault) {
    linkFolder(LAST_SYNTH, folder);
    tell(`Wrote ${folder}/; ${LAST_SYNTH} is a link to it.`);
  }
}

/** The folder of an environment's manifests. */
function folderOf(environment: string): string {
  return environment === PRODUCTION.environment ? PRODUCTION.folder : `${PRODUCTION.folder}-${environment}`;
}

/** A folder that somebody names himself, by `-o`. */
function requireOwnFolder(folder: string, environment: string): string {
  if (environment !== PRODUCTION.environment && basename(folder) === PRODUCTION.folder) {
    throw new InvalidInputError(
      'AOP_ENV',
      `"${environment}" would overwrite the manifests of ${PRODUCTION.environment} in ${folder}`,
      `Leave -o out: without it they are written to ${folderOf(environment)}/`,
    );
  }
  return folder;
}

function secretOrigin(settings: Settings, variables: Environment): SecretOrigin {
  return settings.secrets === 'external'
    ? { clusterSecretStore: settings.secretStore }
    : {
        values: readSecrets(secretFallbacks, {
          environment: variables,
          file: `secrets.${settings.environment}.env`,
          strict: settings.secrets === 'strict',
          report: (message) => {
            tell(`secrets: ${message}`);
          },
        }),
      };
}

function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}
