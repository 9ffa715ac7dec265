// The deployment with the services of the document alone: what a page shows of a command stays as it is when a service is added.
import { SecretOrigin } from '../../src/autonomous-op/charts/secrets';
import { autonomousOp } from '../../src/autonomous-op/deployment';
import { Settings } from '../../src/autonomous-op/environments';
import { serviceNames } from '../../src/autonomous-op/services';
import { ManifestFile, renderManifests } from '../../src/synth/manifests';

const documentServices = ['gateway', 'autonomous-op', 'fms', 'tms', 'scm', 'ml-service'];
const laterServices = serviceNames.filter((name) => !documentServices.includes(name));

/** Manifests without the services that are not the document's, and without their scalers. Secrets have no values unless they are given. */
export function renderDocument(settings: Settings, secrets: SecretOrigin = { values: new Map() }): ManifestFile[] {
  const app = autonomousOp(settings, secrets);
  for (const chart of app.node.children) {
    for (const name of laterServices) chart.node.tryRemoveChild(name);
  }
  return renderManifests(app);
}
