import { AutonomousOpService } from 'autonomous-op-cdk8s';
import { App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

/**
 * Fields that the props leave out, through the Deployment itself.
 *
 * The patch meets the typed object of cdk8s-plus, not the YAML: an int-or-string and a quantity are objects there
 * (`k8s.IntOrString`, `k8s.Quantity`). A bare `'25%'` would be dropped without a word, and so is a field that
 * Kubernetes 1.27 does not have.
 */
export function escapeHatch(app: App): Chart {
  const chart = new Chart(app, 'reports', { namespace: 'reports' });
  const reports = new AutonomousOpService(chart, 'reports', { image: 'acme/reports:0.9.4' });

  reports.deployment.addJsonPatch(
    JsonPatch.add('/spec/template/spec/priorityClassName', 'batch'),
    JsonPatch.replace('/spec/strategy/rollingUpdate/maxSurge', k8s.IntOrString.fromString('25%')),
  );

  return chart;
}
