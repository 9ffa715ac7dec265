import { App } from 'cdk8s';
import { AutoscalingChart } from './charts/autoscaling';
import { FoundationChart } from './charts/foundation';
import { ObservabilityChart } from './charts/observability';
import { PoliciesChart } from './charts/policies';
import { SecretOrigin, SecretsChart } from './charts/secrets';
import { ServicesChart } from './charts/services';
import { Settings } from './environments';

/** The whole deployment: a chart a file of dist/, numbered in the order in which they are applied. */
export function autonomousOp(settings: Settings, secrets: SecretOrigin): App {
  const app = new App();
  const { account } = new FoundationChart(app, '00-foundation', settings.environment);
  new SecretsChart(app, '01-secrets', secrets);
  const { stack } = new ObservabilityChart(app, '04-observability', settings);
  const { services } = new ServicesChart(app, '03-services', settings, account, stack);
  const { scalers } = new AutoscalingChart(app, '05-autoscaling', settings, services);
  new PoliciesChart(app, '06-policies', services, scalers, stack);
  return app;
}
