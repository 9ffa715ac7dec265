import { repository } from '../../package.json';
import { kafkaAlerts } from '../constructs/kafka/kafka-alerts';
import { Alert, Rule } from '../constructs/observability/alert-rules';
import { certificateAlerts, podAlerts, volumeAlerts, watchdogAlert } from '../constructs/observability/cluster-alerts';
import { postgresAlerts, postgresBackupAlerts } from '../constructs/postgres/postgres-alerts';
import { DEFAULT_POOL_SIZE } from '../constructs/postgres/postgres-cluster';
import { redisAlerts } from '../constructs/redis/redis-alerts';
import { autoscalingAlerts } from '../constructs/scaling/autoscaling-alerts';
import { gpuAlerts } from '../constructs/service/gpu-alerts';
import { InferenceRuntime } from '../constructs/service/inference-runtime';
import { serviceAlerts } from '../constructs/service/service-alerts';
import { sloRules } from '../constructs/service/slo';
import { mapValues } from '../core/records';
import { documentAlerts } from './document-alerts';
import { logNamespace, namespace } from './names';
import { objectives } from './objectives';
import { consumerGroup, gpuUtilization, topics } from './scaling';
import { serviceNames, springBootNames } from './services';

/** Where the pages of docs/runbooks can be read, a page an alert. */
const runbooks = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/docs/runbooks`;

/** The document's infrastructure triggers, in percent; nothing scales a store, so they are alerts. */
export const storeThresholds = { kafkaPartitions: 80, postgresConnections: 90, redisMemory: 85 } as const;

/** What the rules have to know of the stores, the nodes and the model server. */
interface Measured {
  /** Server connections of a PgBouncer pod. @default - those of a PostgresCluster as it comes */
  readonly poolSize?: number | undefined;
  /** Whether PostgreSQL is backed up. @default true */
  readonly backups?: boolean;
  /** Whether there are GPUs. @default true */
  readonly gpus?: boolean;
  /** What serves the model: the objectives are of Spring Boot's metrics. @default InferenceRuntime.SPRING_BOOT */
  readonly inferenceRuntime?: InferenceRuntime;
}

/** The groups of rules by name, in the order in which they are added: the document's own first. */
export function ruleGroups(measured: Measured = {}): Readonly<Record<string, readonly Rule[]>> {
  const { gpus = true, inferenceRuntime = InferenceRuntime.SPRING_BOOT } = measured;
  const groups: Readonly<Record<string, readonly Rule[]>> = {
    'autonomous-op.rules': documentAlerts.filter(({ expr }) => gpus || !expr.includes(gpuUtilization)),
    'autonomous-op.stores': storeAlerts(measured),
    'autonomous-op.availability': availabilityAlerts(gpus),
    'autonomous-op.autoscaling': autoscalingAlerts({ namespace }),
    'autonomous-op.slo': sloRules({ namespace, services: springBootNames(inferenceRuntime), ...objectives }),
  };
  return mapValues(groups, (rules) => rules.map((rule) => ('record' in rule ? rule : withRunbook(rule))));
}

/** Whether everything runs, and whether anybody would hear of it if not. */
function availabilityAlerts(gpus: boolean): Alert[] {
  return [
    ...serviceAlerts({ namespace, services: serviceNames }),
    ...podAlerts({ namespaces: [namespace, logNamespace] }),
    ...(gpus ? gpuAlerts() : []),
    ...certificateAlerts(),
    watchdogAlert(),
  ];
}

/** What the stores run out of. */
function storeAlerts({ poolSize = DEFAULT_POOL_SIZE, backups = true }: Measured): Alert[] {
  const { kafkaPartitions: partitions, postgresConnections: connections, redisMemory: memory } = storeThresholds;
  return [
    ...kafkaAlerts({ consumerGroup, topics: Object.values(topics).map(({ name }) => name), partitions }),
    ...postgresAlerts({ namespace, poolSize, connections }),
    ...redisAlerts({ namespace, memory }),
    ...volumeAlerts({ namespace }),
    ...(backups ? postgresBackupAlerts({ namespace }) : []),
  ];
}

function withRunbook(alert: Alert): Alert {
  return { ...alert, runbook: `${runbooks}/${alert.name}.md` };
}
