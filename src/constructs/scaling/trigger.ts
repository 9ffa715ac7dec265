/* What a service scales on. */

import { k8s } from 'cdk8s-plus-27';
import { ScaledObjectSpecTriggers } from '../../../imports/keda.sh';
import { InvalidInputError } from '../../core/errors';
import { requirePromql } from '../../core/promql';
import { countQuantity } from '../../core/quantities';
import { SecretKey } from '../../core/secrets';
import { requireInteger, requireText } from '../../core/validation';
import { firstPort, Peer, portOf, qualifiedHostName } from '../network/peer';
import { urlOf } from '../network/port';

/**
 * The release of KEDA in the cluster. It decides the names of the metrics: 2.11 puts a Prometheus trigger's
 * `metricName` in them, 2.12 and every later release (meant by '2.12') has no such field.
 */
export type KedaRelease = '2.11' | '2.12';

/** SCRAM or plain credentials of a Kafka client, in a Secret of the chart's namespace. */
export interface KafkaCredentials {
  /** SASL mechanism, as KEDA writes it. @default 'scram_sha512' */
  readonly mechanism?: 'plaintext' | 'scram_sha256' | 'scram_sha512';
  /** User name. */
  readonly username: SecretKey;
  /** Password. */
  readonly password: SecretKey;
}

/** Properties of {@link Trigger.kafkaLag}. */
export interface KafkaLagProps {
  /** The brokers. */
  readonly broker: Peer;
  /** Topic whose lag counts. */
  readonly topic: string;
  /** The group the service consumes with. The lag of any other group is the whole topic, for ever. */
  readonly consumerGroup: string;
  /** Messages behind, per pod, beyond which pods are added. */
  readonly lag: number;
  /** Partitions of the topic: pods beyond them would idle, so maxReplicas may not exceed them. @default - not checked */
  readonly partitions?: number;
  /** Where a group without a committed offset begins. @default 'earliest' */
  readonly offsetResetPolicy?: 'earliest' | 'latest';
  /** Credentials of the broker. @default - none: the broker lets anyone in */
  readonly credentials?: KafkaCredentials;
}

/** Properties of {@link Trigger.prometheus}. */
export interface PrometheusTriggerProps {
  /** The Prometheus server. */
  readonly server: Peer;
  /** Name of the metric in KEDA and in the HPA. */
  readonly metricName: string;
  /** PromQL with one value: the sum over all pods. It is divided by the number of pods already, so don't divide it again. */
  readonly query: string;
  /** Value per pod beyond which pods are added. */
  readonly threshold: number;
}

/** What a trigger needs to know of the scaler it belongs to. */
interface TriggerContext {
  /** Position among the ScaledObject's triggers, from 0. */
  readonly index: number;
  readonly namespace: string | undefined;
  readonly release: KedaRelease;
  /** Name of the TriggerAuthentication that holds the trigger's credentials. */
  readonly authentication: string | undefined;
}

/** The most pods that can share the work of a trigger. */
export interface Parallelism {
  /** That many pods: the partitions of the topic. */
  readonly limit: number;
  /** The topic. */
  readonly topic: string;
}

/**
 * A reason to run more pods. KEDA and the HPA follow the trigger that asks for most.
 */
export abstract class Trigger {
  /**
   * Adds pods while the average CPU use is over `utilization` percent of the request.
   *
   * @throws InvalidInputError if the utilization is not a whole number from 1 to 100
   */
  static cpu(utilization: number): Trigger {
    return new ResourceTrigger('cpu', utilization);
  }

  /**
   * Adds pods while the average memory use is over `utilization` percent of the request.
   *
   * @throws InvalidInputError if the utilization is not a whole number from 1 to 100
   */
  static memory(utilization: number): Trigger {
    return new ResourceTrigger('memory', utilization);
  }

  /**
   * Adds pods while a consumer group is behind on a topic.
   *
   * @throws InvalidInputError if the topic or group is empty, or the lag or partitions are not whole numbers of at least 1
   */
  static kafkaLag(props: KafkaLagProps): Trigger {
    return new KafkaLagTrigger(props);
  }

  /**
   * Adds pods while a query gives more than `threshold` for each pod.
   *
   * @throws InvalidInputError if the query is not valid PromQL (with the position), the name is empty, or the threshold is not above 0
   */
  static prometheus(props: PrometheusTriggerProps): Trigger {
    return new PrometheusTrigger(props);
  }

  /** Whether the trigger needs KEDA; cpu and memory do not. */
  abstract readonly needsKeda: boolean;
  /** What the trigger measures, for tables and dashboards. */
  abstract readonly metric: string;
  /** Value per pod beyond which pods are added: percent, messages, or the query's unit. */
  abstract readonly threshold: number;
  /** The most pods that can share the work, if there is such a limit. */
  readonly parallelism: Parallelism | undefined = undefined;
  /** Credentials KEDA needs to measure. */
  readonly credentials: KafkaCredentials | undefined = undefined;
  /** What KEDA has to connect to, to measure. */
  readonly source: Peer | undefined = undefined;

  /** @internal */
  abstract _trigger(context: TriggerContext): ScaledObjectSpecTriggers;
  /** @internal */
  abstract _metric(context: TriggerContext, scaledObject: string): k8s.MetricSpecV2;
}

class ResourceTrigger extends Trigger {
  readonly needsKeda = false;
  readonly metric: 'cpu' | 'memory';
  readonly threshold: number;

  constructor(resource: 'cpu' | 'memory', utilization: number) {
    super();
    this.metric = resource;
    this.threshold = requireInteger(`Trigger.${resource}`, 'utilization', utilization, 1, 100);
  }

  _trigger(): ScaledObjectSpecTriggers {
    return { type: this.metric, metricType: 'Utilization', metadata: { value: `${this.threshold}` } };
  }

  _metric(): k8s.MetricSpecV2 {
    const target = { type: 'Utilization', averageUtilization: this.threshold };
    return { type: 'Resource', resource: { name: this.metric, target } };
  }
}

class KafkaLagTrigger extends Trigger {
  readonly needsKeda = true;
  readonly metric: string;
  readonly threshold: number;
  override readonly parallelism: Parallelism | undefined;
  override readonly credentials: KafkaCredentials | undefined;
  override readonly source: Peer;
  private readonly props: KafkaLagProps;

  constructor(props: KafkaLagProps) {
    super();
    const where = 'Trigger.kafkaLag';
    this.props = props;
    this.source = props.broker;
    this.metric = `lag of ${requireText(where, 'topic', props.topic)}`;
    requireText(where, 'consumerGroup', props.consumerGroup);
    firstPort(where, props.broker);
    this.threshold = requireInteger(where, 'lag', props.lag, 1);
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(props.topic)) {
      throw new InvalidInputError(
        where,
        `"${props.topic}" is not a topic's name`,
        'Use letters, digits, ".", "_" and "-"',
      );
    }
    this.parallelism =
      props.partitions === undefined
        ? undefined
        : { limit: requireInteger(where, 'partitions', props.partitions, 1), topic: props.topic };
    this.credentials = props.credentials;
  }

  _trigger({ namespace, authentication }: TriggerContext): ScaledObjectSpecTriggers {
    const { broker, topic, consumerGroup, offsetResetPolicy, credentials } = this.props;
    return {
      type: 'kafka',
      metadata: {
        topic,
        bootstrapServers: addressForKeda(broker, namespace),
        consumerGroup,
        lagThreshold: `${this.threshold}`,
        offsetResetPolicy: offsetResetPolicy ?? 'earliest',
        ...(credentials === undefined ? {} : { sasl: credentials.mechanism ?? 'scram_sha512' }),
      },
      ...(authentication === undefined ? {} : { authenticationRef: { name: authentication } }),
    };
  }

  _metric({ index }: TriggerContext, scaledObject: string): k8s.MetricSpecV2 {
    return externalMetric(`s${index}-kafka-${this.props.topic}`, scaledObject, this.threshold);
  }
}

class PrometheusTrigger extends Trigger {
  readonly needsKeda = true;
  readonly metric: string;
  readonly threshold: number;
  override readonly source: Peer;
  private readonly props: PrometheusTriggerProps;

  constructor(props: PrometheusTriggerProps) {
    super();
    const where = 'Trigger.prometheus';
    this.props = props;
    this.source = props.server;
    this.metric = requireText(where, 'metricName', props.metricName);
    requirePromql(`${where} "${props.metricName}"`, props.query);
    firstPort(where, props.server);
    const thousandths = Math.round(props.threshold * 1000);
    if (!(thousandths >= 1) || !Number.isSafeInteger(thousandths) || thousandths / 1000 !== props.threshold) {
      throw new InvalidInputError(
        where,
        `threshold is ${props.threshold}`,
        'Set threshold to a number above 0 with at most three decimals',
      );
    }
    this.threshold = props.threshold;
  }

  _trigger({ namespace, release }: TriggerContext): ScaledObjectSpecTriggers {
    return {
      type: 'prometheus',
      // No longer in the metric, it is said beside it, for those who read the manifests.
      ...(release === '2.11' ? {} : { name: this.metric }),
      metadata: {
        serverAddress: urlOf(qualifiedHostName(this.props.server, namespace), portOf('KedaScaler', this.props.server)),
        ...(release === '2.11' ? { metricName: this.metric } : {}),
        query: this.props.query,
        threshold: `${this.threshold}`,
        // Without a value KEDA would take 0, and scale down a service whose load nobody can see.
        ignoreNullValues: 'false',
      },
    };
  }

  _metric({ index, release }: TriggerContext, scaledObject: string): k8s.MetricSpecV2 {
    const name = release === '2.11' ? `s${index}-prometheus-${this.metric}` : `s${index}-prometheus`;
    return externalMetric(name, scaledObject, this.threshold);
  }
}

/** KEDA's operator dials from a namespace of its own, where a bare Service name does not resolve. */
function addressForKeda(peer: Peer, namespace: string | undefined): string {
  return `${qualifiedHostName(peer, namespace)}:${firstPort('KedaScaler', peer)}`;
}

function externalMetric(name: string, scaledObject: string, threshold: number): k8s.MetricSpecV2 {
  // As KEDA computes it, by cutting off: 1.001 * 1000 is 1000.9999999999999, so 1.
  const averageValue = countQuantity(Math.trunc(threshold * 1000) / 1000);
  return {
    type: 'External',
    external: {
      metric: {
        // As KEDA normalizes the names that it registers with the external metrics API.
        name: name.replace(/[/.:%()]/g, '-'),
        selector: { matchLabels: { 'scaledobject.keda.sh/name': scaledObject } },
      },
      target: { type: 'AverageValue', averageValue: k8s.Quantity.fromString(averageValue) },
    },
  };
}
