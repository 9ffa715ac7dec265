import { App } from 'cdk8s';
import { AutoscalingChart } from './charts/autoscaling';
import { FoundationChart } from './charts/foundation';
import { ObservabilityChart } from './charts/observability';
import { PoliciesChart } from './charts/policies';
import { SecretOrigin, SecretsChart } from './charts/secrets';
import { ServicesChart } from './charts/services';
import { StoresChart } from './charts/stores';
import { checkDeclarations, checkScalers } from './declarations';
import { Settings } from './environments';
import { labelForPruning } from './pruning';
import { connections as declared, DeclaredConnection } from './topology';

/**
 * The whole deployment: a chart a file of dist/, numbered in the order in which they are applied.
 *
 * @throws InvalidInputError on a declaration that another one is missing for, with the file to correct
 */
export function autonomousOp(
  settings: Settings,
  secrets: SecretOrigin,
  connections: readonly DeclaredConnection[] = declared,
): App {
  checkDeclarations(connections);
  const app = new App();
  const { account } = new FoundationChart(app, '00-foundation', settings.environment);
  // Git ignores what ends in -secrets; ExternalSecrets hold nothing that it should not see.
  new SecretsChart(app, 'values' in secrets ? '01-secrets' : '01-externalsecrets', secrets);
  const observability = new ObservabilityChart(app, '04-observability', settings);
  const { stack } = observability;
  const stores = new StoresChart(app, '02-stores', settings, connections, stack);
  const services = new ServicesChart(app, '03-services', settings, connections, { account, stack });
  const { scalers } = new AutoscalingChart(app, '05-autoscaling', settings, services.services);
  observability.observe(services, stores, scalers);
  const others = [stack, ...stores.workloads];
  new PoliciesChart(app, '06-policies', settings, services, scalers, others);
  checkScalers(app);
  labelForPruning(app);
  return app;
}
