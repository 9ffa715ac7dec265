import { z } from 'zod';
import { ZONE_LABEL } from '../core/names';
import { Manifest, valuesOf } from './needs';
import { Amounts, amountsOf, sum } from './quantity';

/** What a container asks and may use. */
interface ContainerAmounts {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** Pods that are all alike. */
export interface Pods {
  readonly name: string;
  readonly namespace: string;
  readonly containers: readonly ContainerAmounts[];
  readonly min: number;
  readonly max: number;
  /** Whether there is one on every node, so that `min` and `max` mean nothing. */
  readonly everyNode: boolean;
}

const quantities = z.record(z.string(), z.string()).default({});
const resources = z
  .object({ requests: quantities, limits: quantities })
  .transform(({ requests, limits }) => ({ requests: amountsOf(requests), limits: amountsOf(limits) }));
const sized = z.object({ resources: resources.optional() });
const podSpec = z.object({ containers: z.array(sized) });
const template = z.object({ spec: podSpec });

type Sized = z.output<typeof sized>;

/** Pods of one kind that an object makes, and how many. */
interface Made {
  readonly suffix?: string;
  readonly containers: readonly (Sized | undefined)[];
  readonly count: number;
}

const replicated = sized.extend({ replicas: z.number().default(1) });

const deployment = z
  .object({ replicas: z.number().default(1), template })
  .transform((spec): Made[] => [{ containers: spec.template.spec.containers, count: spec.replicas }]);

const ofReplicas = replicated.transform((spec): Made[] => [{ containers: [spec], count: spec.replicas }]);

/** The pods that each kind stands for: those of Kubernetes, and those that the operators make. */
const makers: Readonly<Record<string, z.ZodType<Made[]>>> = {
  Deployment: deployment,
  StatefulSet: deployment,
  DaemonSet: deployment,
  Prometheus: ofReplicas,
  Alertmanager: ofReplicas,
  KafkaConnect: ofReplicas,
  Kafka: z
    .object({
      kafka: replicated,
      zookeeper: replicated.optional(),
      entityOperator: z.object({ topicOperator: sized.optional(), userOperator: sized.optional() }).optional(),
      kafkaExporter: sized.optional(),
    })
    .transform(({ kafka, zookeeper, entityOperator, kafkaExporter }): Made[] => [
      { suffix: 'brokers', containers: [kafka], count: kafka.replicas },
      { suffix: 'zookeeper', containers: [zookeeper], count: zookeeper?.replicas ?? 0 },
      {
        suffix: 'entity-operator',
        containers: [entityOperator?.topicOperator, entityOperator?.userOperator],
        count: entityOperator === undefined ? 0 : 1,
      },
      { suffix: 'exporter', containers: [kafkaExporter], count: kafkaExporter === undefined ? 0 : 1 },
    ]),
  // CloudNativePG's.
  Cluster: sized
    .extend({ instances: z.number().default(1) })
    .transform((spec): Made[] => [{ containers: [spec], count: spec.instances }]),
  Pooler: z
    .object({ instances: z.number().default(1), template })
    .transform((spec): Made[] => [
      { suffix: 'pooler', containers: spec.template.spec.containers, count: spec.instances },
    ]),
  // A follower for each leader.
  RedisCluster: z
    .object({ clusterSize: z.number(), kubernetesConfig: sized, redisExporter: sized.optional() })
    .transform((spec): Made[] => [
      { containers: [spec.kubernetesConfig, spec.redisExporter], count: 2 * spec.clusterSize },
    ]),
  Elasticsearch: z
    .object({ nodeSets: z.array(z.object({ count: z.number(), podTemplate: template })) })
    .transform(({ nodeSets }): Made[] =>
      nodeSets.map(({ count, podTemplate }) => ({ containers: podTemplate.spec.containers, count })),
    ),
  Jaeger: z
    .object({ collector: replicated.optional(), query: replicated.optional(), allInOne: sized.optional() })
    .transform(({ collector, query, allInOne }): Made[] => [
      { suffix: 'collector', containers: [collector], count: collector?.replicas ?? 0 },
      { suffix: 'query', containers: [query], count: query?.replicas ?? 0 },
      { suffix: 'all-in-one', containers: [allInOne], count: collector === undefined ? 1 : 0 },
    ]),
};

const scaled = z.object({
  scaleTargetRef: z.object({ name: z.string() }),
  minReplicas: z.number().default(1),
  maxReplicas: z.number(),
});

/** The pods that manifests ask for, as far as they say it: what an operator adds of its own is not among them. */
export function podsOf(objects: readonly Manifest[]): Pods[] {
  const scalers = objects
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
    .map(({ spec }) => scaled.parse(spec));
  return objects.flatMap(({ kind, metadata: { name, namespace }, spec }) => {
    const scaler =
      kind === 'Deployment' ? scalers.find(({ scaleTargetRef: target }) => target.name === name) : undefined;
    const made = makers[kind]?.parse(spec) ?? [];
    return made
      .filter(({ count }) => count > 0)
      .map(({ suffix, containers, count }) => ({
        name: suffix === undefined ? name : `${name} ${suffix}`,
        namespace,
        containers: containers.map((container) => container?.resources ?? { requests: {}, limits: {} }),
        min: scaler?.minReplicas ?? count,
        max: scaler?.maxReplicas ?? count,
        everyNode: kind === 'DaemonSet',
      }));
  });
}

/** What one pod asks of its node. */
export function requestsOf({ containers }: Pods): Amounts {
  return sum(containers.map(({ requests }) => requests));
}

const inZone = z.looseObject({ topologyKey: z.literal(ZONE_LABEL) });

/** Whether a pod of the manifests waits where zones can't be told apart. */
export function needsZones(objects: readonly Manifest[]): boolean {
  const strict = z
    .array(z.unknown())
    .refine((constraints) => constraints.some((each) => strictSpread.safeParse(each).success));
  const strictSpread = inZone.extend({ whenUnsatisfiable: z.literal('DoNotSchedule') });
  return objects.some(
    (object) =>
      zonesOf(object) > 0 ||
      valuesOf(object, 'topologySpreadConstraints').some((constraints) => strict.safeParse(constraints).success),
  );
}

const apart = z.array(z.unknown()).refine((terms) => terms.some((term) => inZone.safeParse(term).success));
const clusterSize = z.object({ clusterSize: z.number() });

/** Zones without which pods of an object wait: as many as may not share one. */
export function zonesOf({ spec }: Manifest): number {
  const strict = valuesOf(spec, 'requiredDuringSchedulingIgnoredDuringExecution').some(
    (terms) => apart.safeParse(terms).success,
  );
  return strict ? clusterSize.catch({ clusterSize: 1 }).parse(spec).clusterSize : 0;
}
