// The app of cdk8s.yaml.
import { runSource } from './source.mjs';

try {
  await runSource('src/main.ts');
} catch (error) {
  if (!('errors' in error)) throw error;
  // The program can't put the output folder back, as it has not started; so this does.
  const { restoreManifests } = await runSource('src/synth/kept-manifests.ts');
  restoreManifests(process.env.CDK8S_OUTDIR ?? 'dist');
  process.exitCode = 1;
}
