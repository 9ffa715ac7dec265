import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { TraceStorage } from '../../constructs/jaeger-tracing';
import { ObservabilityStack } from '../../constructs/observability-stack';
import { alerts } from '../alerts';
import { Settings } from '../environments';
import { jaegerIndexPrefix, secrets } from '../secrets';
import { peers } from '../topology';
import { logNamespace, namespace } from './foundation';

/** The alerts, the traces and the logs. */
export class ObservabilityChart extends Chart {
  /** What collects traces and tells whom to connect to whom. */
  readonly stack: ObservabilityStack;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, { namespace });
    this.stack = new ObservabilityStack(this, 'autonomous-op', {
      traceStorage:
        settings.storesBy === 'pods'
          ? TraceStorage.memory()
          : TraceStorage.elasticsearch(peers.elasticsearch, secrets.elasticsearchPassword.secret, jaegerIndexPrefix),
      samplingRatio: 0.1,
      jaegerReplicas: 2,
      loki: peers.loki,
      logNamespace,
    });
    this.stack.addAlerts('autonomous-op.rules', alerts);
  }
}
