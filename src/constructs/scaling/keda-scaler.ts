/* The autoscaler of a service: a HorizontalPodAutoscaler, and KEDA's ScaledObject. */

import { ApiObject, Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct, IConstruct } from 'constructs';
import * as z from 'zod';
import { ScaledObject, TriggerAuthentication } from '../../../imports/keda.sh';
import { describeProblem, InvalidInputError } from '../../core/errors';
import { lazily } from '../../core/lazy';
import { requireDnsSubdomain, requireInteger, requireSeconds } from '../../core/validation';
import { AutonomousOpService } from '../service/autonomous-op-service';
import { KafkaCredentials, KedaRelease, Trigger } from './trigger';

/** Properties of {@link KedaScaler}. */
export interface KedaScalerProps {
  /** The service to scale. */
  readonly target: AutonomousOpService;
  /** Pods that always run, at least 1. */
  readonly minReplicas: number;
  /** Pods that run at most. */
  readonly maxReplicas: number;
  /** Reasons to run more pods; {@link KedaScaler.addTrigger} adds others. @default - none */
  readonly triggers?: readonly Trigger[];
  /** Name of the HorizontalPodAutoscaler. @default - `<target>-hpa` */
  readonly hpaName?: string;
  /** Name of the ScaledObject, and of its TriggerAuthentications before their number. @default - `<target>-keda` */
  readonly scaledObjectName?: string;
  /** Release of KEDA in the cluster. @default '2.11' */
  readonly kedaRelease?: KedaRelease;
  /**
   * How long a need for more pods must last. An HPA has one such window for all its metrics.
   * @default - Duration.minutes(5) if cpu and memory are the only triggers, none otherwise
   */
  readonly scaleUpWindow?: Duration;
  /** How long a need for fewer pods must last. @default Duration.minutes(5) (the HPA's own default) */
  readonly scaleDownWindow?: Duration;
}

/** KEDA takes an HPA over that carries this mark, instead of refusing the ScaledObject. */
const TRANSFER_OWNERSHIP = { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' };

/**
 * Scales a service on CPU, memory, Kafka lag and Prometheus queries: a HorizontalPodAutoscaler and, if a trigger needs
 * KEDA, the ScaledObject that agrees with it.
 *
 * KEDA derives an HPA from a ScaledObject. Here both are the same object with the same spec, so that KEDA finds what it would
 * have written, nobody fights, and a second `kubectl apply` changes nothing.
 *
 * @example
 * new KedaScaler(chart, 'scaling', { target: orders, minReplicas: 2, maxReplicas: 12, triggers: [Trigger.cpu(70), Trigger.memory(80)] });
 */
export class KedaScaler extends Construct {
  /** The service that is scaled. */
  readonly target: AutonomousOpService;
  /** Pods that always run. */
  readonly minReplicas: number;
  /** Pods that run at most. */
  readonly maxReplicas: number;
  /** Name of the HorizontalPodAutoscaler. */
  readonly hpaName: string;

  private readonly declared: Trigger[] = [];
  private readonly scaledObjectName: string;
  private readonly release: KedaRelease;
  /** In seconds. */
  private readonly scaleUpWindow: number | undefined;
  /** In seconds. */
  private readonly scaleDownWindow: number;
  private readonly hpa: k8s.KubeHorizontalPodAutoscalerV2;
  private hasScaledObject = false;
  private readonly authentications = new Map<string, string>();

  /** @throws InvalidInputError if a number is out of its range, or another autoscaler owns the target */
  constructor(scope: Construct, id: string, props: KedaScalerProps) {
    super(scope, id);
    const where = this.node.path;
    this.target = props.target;
    this.requireTargetNamespace();
    this.minReplicas = requireInteger(where, 'minReplicas', props.minReplicas, 1);
    this.maxReplicas = requireInteger(where, 'maxReplicas', props.maxReplicas, 1);
    if (this.minReplicas > this.maxReplicas) {
      throw new InvalidInputError(
        where,
        `minReplicas (${this.minReplicas}) is greater than maxReplicas (${this.maxReplicas})`,
        'Lower the one or raise the other',
      );
    }
    this.hpaName = requireDnsSubdomain(where, props.hpaName ?? `${props.target.name}-hpa`);
    this.scaledObjectName = requireDnsSubdomain(where, props.scaledObjectName ?? `${props.target.name}-keda`);
    this.release = props.kedaRelease ?? '2.11';
    this.scaleUpWindow = this.window('scaleUpWindow', props.scaleUpWindow);
    this.scaleDownWindow = this.window('scaleDownWindow', props.scaleDownWindow) ?? 300;
    this.target._scaleWith(this);
    this.hpa = this.createAutoscaler();
    props.triggers?.forEach((trigger) => this.addTrigger(trigger));
    this.node.addValidation({ validate: () => this.validateTriggers() });
    checkForeignAutoscalers(this.node.root);
  }

  /** The triggers, in the order in which KEDA counts them. */
  get triggers(): readonly Trigger[] {
    return this.declared;
  }

  /**
   * Adds a reason to run more pods.
   *
   * @throws InvalidInputError if more pods could run than a topic has partitions, or two triggers measure the same
   */
  addTrigger(trigger: Trigger): this {
    const where = this.node.path;
    if (trigger.parallelism !== undefined && this.maxReplicas > trigger.parallelism.limit) {
      const { limit, topic } = trigger.parallelism;
      throw new InvalidInputError(
        where,
        `maxReplicas (${this.maxReplicas}) is greater than the ${limit} partitions of topic "${topic}": consumers beyond them would idle`,
        `Lower maxReplicas to ${limit}, or give the topic more partitions and say so in \`partitions\``,
      );
    }
    if (this.declared.some(({ metric }) => metric === trigger.metric)) {
      throw new InvalidInputError(
        where,
        `there are two triggers on ${trigger.metric}`,
        'Keep the one with the lower threshold',
      );
    }
    if (trigger.needsKeda && this.scaledObjectName.length > 63) {
      throw new InvalidInputError(
        where,
        `scaledObjectName "${this.scaledObjectName}" has ${this.scaledObjectName.length} characters, and KEDA makes a label of it`,
        'Set scaledObjectName to at most 63 characters',
      );
    }
    this.declared.push(trigger);
    if (trigger.credentials !== undefined) this.authenticate(trigger.credentials);
    if (trigger.needsKeda && !this.hasScaledObject) {
      this.hasScaledObject = true;
      this.createScaledObject();
    }
    return this;
  }

  private requireTargetNamespace(): void {
    const { namespace } = Chart.of(this);
    const nameOf = (of: string | undefined) => (of === undefined ? 'no namespace' : `namespace "${of}"`);
    if (this.target.namespace !== namespace) {
      throw new InvalidInputError(
        this.node.path,
        `its target "${this.target.name}" is in ${nameOf(this.target.namespace)}, and the chart in ${nameOf(namespace)}`,
        "Make it in a chart of the target's namespace",
      );
    }
  }

  /** The seconds of a window, which an HPA limits to an hour. */
  private window(name: keyof KedaScalerProps, window: Duration | undefined): number | undefined {
    if (window === undefined) {
      return undefined;
    }
    const seconds = requireSeconds(this.node.path, name, window, 0);
    return requireInteger(this.node.path, `${name} in seconds`, seconds, 0, 3600);
  }

  private createAutoscaler(): k8s.KubeHorizontalPodAutoscalerV2 {
    return new k8s.KubeHorizontalPodAutoscalerV2(this, 'hpa', {
      metadata: { name: this.hpaName },
      spec: lazily((): k8s.HorizontalPodAutoscalerSpecV2 => ({
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this.target.name },
        minReplicas: this.minReplicas,
        maxReplicas: this.maxReplicas,
        behavior: this.behavior(),
        metrics: this.metrics(),
      })),
    });
  }

  private createScaledObject(): void {
    // KEDA copies the ScaledObject's annotations onto the HPA that it takes over: without them here every diff would show one.
    Object.entries(TRANSFER_OWNERSHIP).forEach(([key, value]) => {
      this.hpa.metadata.addAnnotation(key, value);
    });
    new ScaledObject(this, 'scaled-object', {
      metadata: { name: this.scaledObjectName, annotations: { ...TRANSFER_OWNERSHIP } },
      spec: lazily(() => ({
        scaleTargetRef: { name: this.target.name },
        minReplicaCount: this.minReplicas,
        maxReplicaCount: this.maxReplicas,
        advanced: { horizontalPodAutoscalerConfig: { name: this.hpaName, behavior: this.behavior() } },
        triggers: this.declared.map((trigger, index) => trigger._trigger(this.context(trigger, index))),
      })),
    });
  }

  /** One TriggerAuthentication serves all triggers with the same credentials. */
  private authenticate(credentials: KafkaCredentials): void {
    const key = accountOf(credentials);
    if (this.authentications.has(key)) {
      return;
    }
    const number = this.authentications.size + 1;
    const name = number === 1 ? `${this.scaledObjectName}-kafka` : `${this.scaledObjectName}-kafka-${number}`;
    this.authentications.set(key, name);
    new TriggerAuthentication(this, `authentication-${number}`, {
      metadata: { name },
      spec: {
        secretTargetRef: [
          { parameter: 'username', name: credentials.username.secret, key: credentials.username.key },
          { parameter: 'password', name: credentials.password.secret, key: credentials.password.key },
        ],
      },
    });
  }

  private context(trigger: Trigger, index: number) {
    const authentication =
      trigger.credentials === undefined ? undefined : this.authentications.get(accountOf(trigger.credentials));
    return { index, namespace: Chart.of(this).namespace, release: this.release, authentication };
  }

  /** As KEDA orders them: external metrics first, in the order of their triggers, then cpu and memory. */
  private metrics(): k8s.MetricSpecV2[] {
    const metrics = this.declared.map((trigger, index) => ({
      needsKeda: trigger.needsKeda,
      spec: trigger._metric(this.context(trigger, index), this.scaledObjectName),
    }));
    return [...metrics.filter(({ needsKeda }) => needsKeda), ...metrics.filter(({ needsKeda }) => !needsKeda)].map(
      ({ spec }) => spec,
    );
  }

  private behavior(): k8s.HorizontalPodAutoscalerBehaviorV2 {
    return {
      scaleUp: { stabilizationWindowSeconds: this.scaleUpWindow ?? (this.hasScaledObject ? 0 : 300) },
      scaleDown: { stabilizationWindowSeconds: this.scaleDownWindow },
    };
  }

  private validateTriggers(): string[] {
    return this.declared.length > 0
      ? []
      : [
          describeProblem(
            this.node.path,
            'it has no trigger, so it would never scale',
            'Add one, such as Trigger.cpu(70)',
          ),
        ];
  }
}

/** The user and password of credentials, which is what a TriggerAuthentication holds of them. */
function accountOf({ username, password }: KafkaCredentials): string {
  return JSON.stringify([username.secret, username.key, password.secret, password.key]);
}

const checkedTrees = new WeakSet<IConstruct>();

/** Checks a tree once per synthesis, not once per scaler, for autoscalers of other making on the same Deployments. */
function checkForeignAutoscalers(root: IConstruct): void {
  if (!checkedTrees.has(root)) {
    checkedTrees.add(root);
    root.node.addValidation({ validate: () => foreignAutoscalers(root) });
  }
}

function foreignAutoscalers(root: IConstruct): string[] {
  const tree = root.node.findAll();
  const scalers = tree.filter((construct) => construct instanceof KedaScaler);
  const owners = new Map(scalers.map((scaler) => [deploymentKey(scaler.target.namespace, scaler.target.name), scaler]));
  const own = new Set(scalers.flatMap((scaler) => scaler.node.children));
  return tree.filter(ApiObject.isApiObject).flatMap((object) => {
    if (own.has(object) || !['HorizontalPodAutoscaler', 'ScaledObject'].includes(object.kind)) {
      return [];
    }
    const target = scaledDeployment(object);
    const owner = target === undefined ? undefined : owners.get(deploymentKey(object.metadata.namespace, target));
    return owner === undefined
      ? []
      : [
          describeProblem(
            owner.node.path,
            `${object.kind} "${object.name}" (${object.node.path}) scales Deployment "${owner.target.name}" too, and two autoscalers fight`,
            'Remove one of them',
          ),
        ];
  });
}

function deploymentKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

const autoscaler = z.object({
  spec: z.object({ scaleTargetRef: z.object({ name: z.string(), kind: z.string().default('Deployment') }) }),
});

/** Name of the Deployment that an HPA or a ScaledObject scales, if it is one. */
function scaledDeployment(object: ApiObject): string | undefined {
  const parsed = autoscaler.safeParse(object.toJson());
  const target = parsed.data?.spec.scaleTargetRef;
  return target?.kind === 'Deployment' ? target.name : undefined;
}
