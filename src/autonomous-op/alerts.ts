import { repository } from '../../package.json';
import { elasticsearchAlerts } from '../constructs/elasticsearch/elasticsearch-alerts';
import { kafkaAlerts, kafkaBrokerAlerts } from '../constructs/kafka/kafka-alerts';
import { Alert, Rule } from '../constructs/observability/alert-rules';
import { certificateAlerts, podAlerts, volumeAlerts, watchdogAlert } from '../constructs/observability/cluster-alerts';
import { logAlerts, monitoringAlerts } from '../constructs/observability/monitoring-alerts';
import { ScrapedTarget } from '../constructs/observability/monitors';
import { scrapeAlerts } from '../constructs/observability/scrape-alerts';
import { postgresAlerts, postgresBackupAlerts, postgresServerAlerts } from '../constructs/postgres/postgres-alerts';
import { DEFAULT_POOL_SIZE } from '../constructs/postgres/postgres-cluster';
import { redisAlerts } from '../constructs/redis/redis-alerts';
import { autoscalingAlerts } from '../constructs/scaling/autoscaling-alerts';
import { gpuAlerts } from '../constructs/service/gpu-alerts';
import { InferenceRuntime } from '../constructs/service/inference-runtime';
import { serviceAlerts } from '../constructs/service/service-alerts';
import { sloRules } from '../constructs/service/slo';
import { defined } from '../core/defined';
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

/** What the rules have to know of what is scraped, the stores, the nodes and the model server. */
interface Measured {
  /** What Prometheus scrapes. */
  readonly targets: readonly ScrapedTarget[];
  /** Server connections of a PgBouncer pod. @default - those of a PostgresCluster as it comes */
  readonly poolSize?: number | undefined;
  /** Replicas of PostgreSQL's primary. @default - those of a PostgresCluster as it comes */
  readonly replicas?: number | undefined;
  /** Whether PostgreSQL is backed up. @default true */
  readonly backups?: boolean;
  /** Whether there are GPUs. @default true */
  readonly gpus?: boolean;
  /** What serves the model: the objectives are of Spring Boot's metrics. @default InferenceRuntime.SPRING_BOOT */
  readonly inferenceRuntime?: InferenceRuntime;
}

/** The groups of rules by name, in the order in which they are added: the document's own first. */
export function ruleGroups(measured: Measured): Readonly<Record<string, readonly Rule[]>> {
  const { gpus = true, inferenceRuntime = InferenceRuntime.SPRING_BOOT } = measured;
  const groups: Readonly<Record<string, readonly Rule[]>> = {
    'autonomous-op.rules': documentAlerts.filter(({ expr }) => gpus || !expr.includes(gpuUtilization)),
    'autonomous-op.stores': storeAlerts(measured),
    'autonomous-op.availability': availabilityAlerts(gpus),
    'autonomous-op.autoscaling': autoscalingAlerts({ namespace }),
    'autonomous-op.monitoring': ownAlerts(measured),
    'autonomous-op.slo': sloRules({ namespace, services: springBootNames(inferenceRuntime), ...objectives }),
  };
  return mapValues(groups, (rules) => rules.map((rule) => ('record' in rule ? rule : withRunbook(rule))));
}

/** Whether anybody would hear of it. The services have an alert of their own. */
function ownAlerts({ targets }: Measured): Alert[] {
  return [
    ...scrapeAlerts({ targets: targets.filter(({ job }) => !serviceNames.includes(job)) }),
    ...monitoringAlerts({ namespace }),
    ...logAlerts({ namespace: logNamespace }),
    watchdogAlert(),
  ];
}

/** Whether everything runs. */
function availabilityAlerts(gpus: boolean): Alert[] {
  return [
    ...serviceAlerts({ namespace, services: serviceNames }),
    ...podAlerts({ namespaces: [namespace, logNamespace] }),
    ...(gpus ? gpuAlerts() : []),
    ...certificateAlerts(),
  ];
}

/** Whether the stores serve, and what they run out of. Elasticsearch has traces only. */
function storeAlerts({ poolSize = DEFAULT_POOL_SIZE, backups = true, replicas }: Measured): Alert[] {
  const { kafkaPartitions: partitions, postgresConnections: connections, redisMemory: memory } = storeThresholds;
  return [
    ...kafkaBrokerAlerts({ namespace }),
    ...kafkaAlerts({ consumerGroup, topics: Object.values(topics).map(({ name }) => name), partitions }),
    ...postgresServerAlerts({ namespace, ...defined({ replicas }) }),
    ...postgresAlerts({ namespace, poolSize, connections }),
    ...redisAlerts({ namespace, memory }),
    ...elasticsearchAlerts({ namespace, severity: 'warning' }),
    ...volumeAlerts({ namespace }),
    ...(backups ? postgresBackupAlerts({ namespace }) : []),
  ];
}

function withRunbook(alert: Alert): Alert {
  return { ...alert, runbook: `${runbooks}/${alert.name}.md` };
}
