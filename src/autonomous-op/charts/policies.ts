import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { KedaScaler } from '../../constructs/scaling/keda-scaler';
import { NetworkPolicyBundle } from '../../constructs/network/network-policy-bundle';
import { connection, NetworkedWorkload } from '../../constructs/network/connection';
import { Settings } from '../environments';
import { namespace } from '../names';
import { peers } from '../topology';
import { ServicesChart } from './services';

/** What is open to whom; everything else is closed. */
export class PoliciesChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    { datadog, podCidrs }: Pick<Settings, 'datadog' | 'podCidrs'>,
    { services, ingress }: ServicesChart,
    scalers: readonly KedaScaler[],
    others: readonly NetworkedWorkload[],
  ) {
    super(scope, id, { namespace });
    const all = Object.values(services);
    const measured = scalers.flatMap(({ triggers }) => triggers.flatMap(({ source }) => source ?? []));
    new NetworkPolicyBundle(this, 'network', {
      podCidrs,
      workloads: [...all, ...(ingress === undefined ? [] : [ingress]), ...others],
      connections: [
        ...measured.map((source) => connection(peers.keda, source)),
        ...(datadog ? all.map((service) => connection(peers.datadogAgent, service, 'management')) : []),
      ],
    });
  }
}
