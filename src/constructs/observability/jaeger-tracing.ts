/* Jaeger, run by its operator, and where it keeps traces. */

import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Jaeger,
  JaegerSpecAllInOneResourcesLimits,
  JaegerSpecAllInOneResourcesRequests,
  JaegerSpecCollectorResourcesLimits,
  JaegerSpecCollectorResourcesRequests,
  JaegerSpecQueryResourcesLimits,
  JaegerSpecQueryResourcesRequests,
  JaegerSpecStorageEsIndexCleanerResourcesLimits,
  JaegerSpecStorageEsIndexCleanerResourcesRequests,
} from '../../../imports/jaegertracing.io';
import { InvalidInputError } from '../../core/errors';
import { NODE_LABEL, ZONE_LABEL } from '../../core/names';
import { ContainerSize, customResourceRequirements, requireContainerSize, size } from '../../core/quantities';
import { requireDnsLabel, requireDnsSubdomain, requireInteger } from '../../core/validation';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { Endpoint, hostName, Peer, portOf } from '../network/peer';
import { Port, urlOf } from '../network/port';
import { accountWithoutToken } from '../workload/service-account';
import { disruptionBudget } from '../workload/disruption-budget';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';

/** Where traces are kept. */
export abstract class TraceStorage {
  /**
   * In Elasticsearch, by Jaeger's `production` strategy: collectors and queries are Deployments of their own.
   *
   * @param server the Elasticsearch server
   * @param secretName Secret with the keys `ES_USERNAME` and `ES_PASSWORD`
   * @param indexPrefix begins the name of every index
   */
  static elasticsearch(server: Peer, secretName: string, indexPrefix: string): TraceStorage {
    return new ElasticsearchStorage(server, secretName, indexPrefix);
  }

  /** In the memory of one process, lost when it stops: for a laptop. */
  static memory(): TraceStorage {
    return new MemoryStorage();
  }

  /** @internal */
  abstract readonly _strategy: 'production' | 'allinone';
  /** Where Jaeger has to connect to keep traces. @internal */
  readonly _server?: Peer;
  /** @internal */
  abstract _spec(namespace: string | undefined): {
    type: string;
    secretName?: string;
    options: Record<string, unknown>;
  };
}

class ElasticsearchStorage extends TraceStorage {
  readonly _strategy = 'production';
  override readonly _server: Peer;
  private readonly port: Port;

  constructor(
    server: Peer,
    private readonly secretName: string,
    private readonly indexPrefix: string,
  ) {
    super();
    requireDnsSubdomain('TraceStorage.elasticsearch', secretName);
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(indexPrefix)) {
      throw new InvalidInputError(
        'TraceStorage.elasticsearch',
        `indexPrefix is "${indexPrefix}"`,
        'Use lower-case letters, digits, "-" and "_"',
      );
    }
    this.port = portOf('TraceStorage.elasticsearch', server);
    this._server = server;
  }

  _spec(namespace: string | undefined) {
    const url = urlOf(hostName(this._server, namespace), this.port);
    return {
      type: 'elasticsearch',
      secretName: this.secretName,
      options: { es: { 'server-urls': url, 'index-prefix': this.indexPrefix } },
    };
  }
}

class MemoryStorage extends TraceStorage {
  readonly _strategy = 'allinone';

  _spec() {
    return { type: 'memory', options: { memory: { 'max-traces': 50000 } } };
  }
}

/** Properties of {@link JaegerTracing}. */
export interface JaegerTracingProps {
  /** Name of the Jaeger object. @default - the construct's id */
  readonly name?: string;
  /** Where traces are kept. @default TraceStorage.memory() */
  readonly storage?: TraceStorage;
  /** How long traces are kept in Elasticsearch: whole days. In memory the newest are. @default Duration.days(7) */
  readonly retention?: Duration;
  /** Share of the traces that is kept, from 0 to 1. @default 0.1 */
  readonly samplingRatio?: number;
  /** Collectors, and as many queries, if traces are kept in Elasticsearch. @default 2 */
  readonly replicas?: number;
  /** What a collector, and a query, asks of its node. @default - 500m to 1 CPU, 1 to 2 GiB */
  readonly size?: ContainerSize;
}

function defaults(name: string): Required<JaegerTracingProps> {
  return {
    name,
    storage: TraceStorage.memory(),
    retention: Duration.days(7),
    samplingRatio: 0.1,
    replicas: 2,
    size: size('500m', '1', '1Gi', '2Gi'),
  };
}

/**
 * A Jaeger 1.48 of the Jaeger operator, that receives traces by OTLP.
 *
 * @example
 * const jaeger = new JaegerTracing(chart, 'jaeger', { samplingRatio: 0.05 });
 * orders.connectTo(jaeger.collector, { port: 'otlp-http', urlEnv: 'MANAGEMENT_OTLP_TRACING_ENDPOINT', urlPath: '/v1/traces' });
 */
export class JaegerTracing extends Construct implements NetworkedWorkload {
  /** The collector: `otlp-http` is where services send their traces. */
  readonly collector: Peer;
  /** The query, whose web page is on its port `http`. */
  readonly query: Peer;
  /** Collectors and queries. */
  readonly pods: readonly Peer[];
  /** What Jaeger itself connects to. */
  readonly connections: readonly Connection[];
  /** Share of the traces that is kept, for those who send them. */
  readonly samplingRatio: number;

  /** @throws InvalidInputError if a prop is out of its range, or a name is not valid */
  constructor(scope: Construct, id: string, props: JaegerTracingProps = {}) {
    super(scope, id);
    const where = this.node.path;
    const all = { ...defaults(id), ...props };
    const { name, storage } = all;
    requireDnsLabel(where, name);
    requireInteger(where, 'replicas', all.replicas, 1);
    requireContainerSize(where, all.size);
    this.samplingRatio = all.samplingRatio;
    if (!(this.samplingRatio >= 0 && this.samplingRatio <= 1)) {
      throw new InvalidInputError(
        where,
        `samplingRatio is ${this.samplingRatio}`,
        'Set samplingRatio to a number from 0 to 1',
      );
    }
    const production = storage._strategy === 'production';
    this.collector = this.component(name, 'collector', production);
    this.query = this.component(name, 'query', production);
    const server = storage._server;
    this.pods = [this.collector, this.query, ...(server === undefined ? [] : [this.cleaner(name)])];
    this.connections = server === undefined ? [] : this.pods.map((pods) => connection(pods, server));
    this.createJaeger(all, production);
    if (production) {
      for (const { name: budget, podLabels = {} } of [this.collector, this.query]) {
        disruptionBudget(new Construct(this, budget), budget, podLabels);
      }
    }
  }

  private createJaeger(
    { name, storage, retention, samplingRatio, replicas, size: asked }: Required<JaegerTracingProps>,
    production: boolean,
  ): void {
    const collector = customResourceRequirements(
      asked,
      JaegerSpecCollectorResourcesLimits.fromString,
      JaegerSpecCollectorResourcesRequests.fromString,
    );
    const query = customResourceRequirements(
      asked,
      JaegerSpecQueryResourcesLimits.fromString,
      JaegerSpecQueryResourcesRequests.fromString,
    );
    const allInOne = customResourceRequirements(
      asked,
      JaegerSpecAllInOneResourcesLimits.fromString,
      JaegerSpecAllInOneResourcesRequests.fromString,
    );
    const { securityContext, volumes } = restrictedPod();
    const { securityContext: containerSecurityContext, volumeMounts } = restrictedContainer();
    new Jaeger(this, 'jaeger', {
      metadata: { name },
      spec: {
        strategy: storage._strategy,
        sampling: { options: { default_strategy: { type: 'probabilistic', param: samplingRatio } } },
        ...(production
          ? {
              collector: {
                ...{ image: image('jaeger-collector'), replicas, resources: collector },
                affinity: keptApart(this.collector),
              },
              query: {
                ...{ image: image('jaeger-query'), replicas, resources: query, affinity: keptApart(this.query) },
                // It would otherwise carry an agent of its own, to trace Jaeger itself.
                tracingEnabled: false,
              },
            }
          : { allInOne: { image: image('all-in-one'), resources: allInOne, tracingEnabled: false } }),
        storage: {
          ...storage._spec(Chart.of(this).namespace),
          ...(production ? cleaning(requireDays(this.node.path, retention)) : {}),
        },
        // Without this the operator makes one, for every host and without a password.
        ingress: { enabled: false },
        serviceAccount: accountWithoutToken(this, `${name}-pods`),
        securityContext,
        containerSecurityContext,
        volumes,
        volumeMounts,
      },
    });
  }

  /** The operator's job that deletes old indices. */
  private cleaner(name: string): Peer {
    return Endpoint.inCluster(`${name}-es-index-cleaner`, {
      labels: {
        app: 'jaeger',
        'app.kubernetes.io/instance': name,
        'app.kubernetes.io/component': 'cronjob-es-index-cleaner',
      },
    });
  }

  /** The pods of one of Jaeger's parts, by the name of its Service, with the labels that the operator gives them. */
  private component(name: string, part: 'collector' | 'query', production: boolean): Peer {
    return Endpoint.inCluster(`${name}-${part}`, {
      labels: {
        app: 'jaeger',
        'app.kubernetes.io/instance': name,
        'app.kubernetes.io/component': production ? part : 'all-in-one',
      },
      ports: part === 'query' ? { http: 16686 } : { 'otlp-http': 4318 },
    });
  }
}

/** Jaeger's images, of the release that the operator 1.48 was made with. */
function image(part: string): string {
  return `jaegertracing/${part}:1.48.0`;
}

/** The cleaner asks Elasticsearch for the names of its indices, and to delete some. */
const CLEANER_SIZE = size('50m', '200m', '64Mi', '128Mi');

/**
 * Pods that are alike in other zones and on other nodes, if it can be done: the operator knows no rule that counts zones, and
 * one that forbids would leave a pod pending if there are fewer zones than pods.
 */
function keptApart({ podLabels }: Peer) {
  const apart = (topologyKey: string, weight: number) => ({
    weight,
    podAffinityTerm: { topologyKey, labelSelector: { matchLabels: { ...podLabels } } },
  });
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [apart(ZONE_LABEL, 100), apart(NODE_LABEL, 50)],
    },
  };
}

/** Indices are deleted every night; the map of who calls whom, which would take a Spark job, is not made. */
function cleaning(numberOfDays: number) {
  const esIndexCleaner = {
    enabled: true,
    image: image('jaeger-es-index-cleaner'),
    numberOfDays,
    schedule: '55 23 * * *',
    // The operator takes everything else of the pod from the whole Jaeger's settings, this from here only.
    containerSecurityContext: restrictedContainer().securityContext,
    resources: customResourceRequirements(
      CLEANER_SIZE,
      JaegerSpecStorageEsIndexCleanerResourcesLimits.fromString,
      JaegerSpecStorageEsIndexCleanerResourcesRequests.fromString,
    ),
  };
  return { esIndexCleaner, dependencies: { enabled: false } };
}

function requireDays(where: string, retention: Duration): number {
  return requireInteger(where, 'traceRetention in days', retention.toDays({ integral: false }), 1);
}
