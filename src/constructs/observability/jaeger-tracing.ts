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
} from '../../../imports/jaegertracing.io';
import { InvalidInputError } from '../../core/errors';
import { ContainerSize, customResourceRequirements, requireContainerSize } from '../../core/quantities';
import { requireDnsLabel, requireDnsSubdomain, requireInteger } from '../../core/validation';
import { Connection, connection, NetworkedWorkload } from '../network/connection';
import { Endpoint, firstPort, hostName, Peer } from '../network/peer';
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
  private readonly port: number;

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
    this.port = firstPort('TraceStorage.elasticsearch', server);
    this._server = server;
  }

  _spec(namespace: string | undefined) {
    const url = `http://${hostName(this._server, namespace)}:${this.port}`;
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
  /** Name of the Jaeger object. */
  readonly name: string;
  /** Where traces are kept. */
  readonly storage: TraceStorage;
  /** How long traces are kept in Elasticsearch: whole days. In memory the newest are. */
  readonly retention: Duration;
  /** Share of the traces that is kept, from 0 to 1. */
  readonly samplingRatio: number;
  /** Collectors, and as many queries. Only the production strategy has a number. */
  readonly replicas: number;
  /** What a collector, and a query, asks of its node. */
  readonly size: ContainerSize;
}

/** A Jaeger of the Jaeger operator, that receives traces by OTLP. */
export class JaegerTracing extends Construct implements NetworkedWorkload {
  /** The collector: `otlp-http` is where services send their traces. */
  readonly collector: Peer;
  /** The query, whose web page is on its port `http`. */
  readonly query: Peer;
  /** Collectors and queries. */
  readonly pods: readonly Peer[];
  /** What Jaeger itself connects to. */
  readonly connections: readonly Connection[];

  constructor(scope: Construct, id: string, props: JaegerTracingProps) {
    super(scope, id);
    const where = this.node.path;
    requireDnsLabel(where, props.name);
    requireInteger(where, 'replicas', props.replicas, 1);
    requireContainerSize(where, props.size);
    if (!(props.samplingRatio >= 0 && props.samplingRatio <= 1)) {
      throw new InvalidInputError(
        where,
        `samplingRatio is ${props.samplingRatio}`,
        'Set samplingRatio to a number from 0 to 1',
      );
    }
    const production = props.storage._strategy === 'production';
    this.collector = this.component(props.name, 'collector', production);
    this.query = this.component(props.name, 'query', production);
    const server = props.storage._server;
    this.pods = [this.collector, this.query, ...(server === undefined ? [] : [this.cleaner(props.name)])];
    this.connections = server === undefined ? [] : this.pods.map((pods) => connection(pods, server));
    this.createJaeger(props, production);
  }

  private createJaeger(
    { name, storage, retention, samplingRatio, replicas, size }: JaegerTracingProps,
    production: boolean,
  ): void {
    const collector = customResourceRequirements(
      size,
      JaegerSpecCollectorResourcesLimits.fromString,
      JaegerSpecCollectorResourcesRequests.fromString,
    );
    const query = customResourceRequirements(
      size,
      JaegerSpecQueryResourcesLimits.fromString,
      JaegerSpecQueryResourcesRequests.fromString,
    );
    const allInOne = customResourceRequirements(
      size,
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
          ? // The query would otherwise carry an agent of its own, to trace Jaeger itself.
            {
              collector: { image: image('jaeger-collector'), replicas, resources: collector },
              query: { image: image('jaeger-query'), replicas, resources: query, tracingEnabled: false },
            }
          : { allInOne: { image: image('all-in-one'), resources: allInOne, tracingEnabled: false } }),
        storage: {
          ...storage._spec(Chart.of(this).namespace),
          ...(production ? cleaning(requireDays(this.node.path, retention)) : {}),
        },
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

/** Jaeger's images, of the document's release. */
function image(part: string): string {
  return `jaegertracing/${part}:1.48.0`;
}

/** Indices are deleted every night; the map of who calls whom, which would take a Spark job, is not made. */
function cleaning(numberOfDays: number) {
  const esIndexCleaner = {
    enabled: true,
    image: image('jaeger-es-index-cleaner'),
    numberOfDays,
    schedule: '55 23 * * *',
  };
  return { esIndexCleaner, dependencies: { enabled: false } };
}

function requireDays(where: string, retention: Duration): number {
  return requireInteger(where, 'traceRetention in days', retention.toDays({ integral: false }), 1);
}
