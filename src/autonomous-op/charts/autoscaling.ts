import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { AutonomousOpService } from '../../constructs/service/autonomous-op-service';
import { KedaScaler } from '../../constructs/scaling/keda-scaler';
import { Settings } from '../environments';
import { namespace } from '../names';
import { triggersOf } from '../scaling';
import { ServiceKey, serviceKeys } from '../services';

/** A scaler for each service. */
export class AutoscalingChart extends Chart {
  /** The scalers, in the order of the services. */
  readonly scalers: readonly KedaScaler[];

  constructor(
    scope: Construct,
    id: string,
    settings: Pick<Settings, 'services' | 'kedaRelease' | 'gpu' | 'inferenceRuntime'>,
    services: Readonly<Record<ServiceKey, AutonomousOpService>>,
  ) {
    super(scope, id, { namespace });
    this.scalers = serviceKeys.map((key) => {
      const { replicas } = settings.services[key];
      return new KedaScaler(this, services[key].name, {
        target: services[key],
        minReplicas: replicas.min,
        maxReplicas: replicas.max,
        triggers: triggersOf(key, settings),
        kedaRelease: settings.kedaRelease,
      });
    });
  }
}
