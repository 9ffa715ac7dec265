import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { AutonomousOpService } from '../../constructs/autonomous-op-service';
import { KedaScaler } from '../../constructs/keda-scaler';
import { NetworkPolicyBundle } from '../../constructs/network-policy-bundle';
import { connection } from '../../constructs/peer';
import { ObservabilityStack } from '../../constructs/observability-stack';
import { ServiceKey } from '../services';
import { peers } from '../topology';
import { namespace } from './foundation';

/** What is open to whom; everything else is closed. */
export class PoliciesChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    services: Readonly<Record<ServiceKey, AutonomousOpService>>,
    scalers: readonly KedaScaler[],
    stack: ObservabilityStack,
  ) {
    super(scope, id, { namespace });
    const all = Object.values(services);
    const measured = scalers.flatMap(({ triggers }) => triggers.flatMap(({ source }) => source ?? []));
    new NetworkPolicyBundle(this, 'network', {
      services: all,
      connections: [
        connection(peers.ingress, services.gateway, 'http'),
        ...all.map((service) => connection(peers.prometheus, service, 'management')),
        ...measured.map((source) => connection(peers.keda, source)),
        ...stack.connections,
      ],
    });
  }
}
