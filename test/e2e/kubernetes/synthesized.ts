/* The manifests of an environment, with secrets that are kept nowhere. */

import { secretFallbacks } from '../../../src/autonomous-op/secrets';
import { variableOf } from '../../../src/synth/secret-source';
import { run } from './control-plane';

/** Synthesizes an environment into a folder, as `npx cdk8s synth` does; fails if it says anything on standard error. */
export async function synthesizeInto(folder: string, environment: string): Promise<void> {
  const secrets = [...secretFallbacks].map(([key, fallback]): [string, string] => [
    variableOf(key),
    typeof fallback === 'object' ? fallback.value : `value-of-${key.key.replaceAll('.', '-')}`,
  ]);
  const { stderr } = await run(process.execPath, ['scripts/app.mjs'], {
    env: {
      ...process.env,
      ...Object.fromEntries(secrets),
      AOP_ENV: environment,
      // Strict mode would want somebody who is told of alerts.
      AOP_SECRETS: 'generated',
      CDK8S_OUTDIR: folder,
    },
  });
  if (stderr !== '') throw new Error(`the synth of ${environment} says: ${stderr}`);
}
