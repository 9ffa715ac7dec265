/* The programs that serve models: what each listens on, and how its metrics are called. */

import { InvalidInputError } from '../../core/errors';
import { requireEnvName, requirePort, requireText } from '../../core/validation';
import { HealthCheck, ServerPort } from '../network/health-check';
import { Server, springBoot } from './server';

/** The metrics by which the load of a model server is asked, by the names that Prometheus has. */
export interface InferenceMetrics {
  /** Counter of the inference requests. */
  readonly requests: string;
  /** Buckets of a histogram of the requests' durations in seconds. @default - it has none, and no quantile is shown */
  readonly durationBuckets?: string;
  /** Counter of the microseconds that all {@link requests} took; a mean is shown if there are no buckets. @default - it has none */
  readonly durationMicroseconds?: string;
  /** Gauge of the requests that wait for a GPU. @default - it has none, and no queue is shown */
  readonly waiting?: string;
}

/** Properties of {@link InferenceRuntime.of}. */
export interface InferenceRuntimeProps {
  /** Name, as people call it. */
  readonly name: string;
  /** Port of the application. */
  readonly httpPort: number;
  /** Port of the metrics. @default - {@link httpPort} */
  readonly metricsPort?: number;
  /** Path of the metrics. @default '/metrics' */
  readonly metricsPath?: string;
  /** The port that answers the probes: `http`, or `management` for that of the metrics. @default 'http' */
  readonly probePort?: 'http' | 'management';
  /** Path that fails if the server has to be restarted. */
  readonly livenessPath: string;
  /** Path that fails while the server can't take requests. @default - {@link livenessPath} */
  readonly readinessPath?: string;
  /** Path that fails until the models are loaded. @default - {@link readinessPath} */
  readonly startupPath?: string;
  /** Environment variables that it needs on a read-only root file system, on which only `/tmp` can be written. @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /** Its metrics. */
  readonly metrics: InferenceMetrics;
}

/**
 * A program that serves models: its ports, the paths of its probes and metrics, and the names by which the load is asked. The page
 * of GpuInferenceService says where each fact is from.
 *
 * @example
 * InferenceRuntime.of({
 *   name: 'TensorFlow Serving', httpPort: 8501, metricsPath: '/monitoring/prometheus/metrics',
 *   livenessPath: '/v1/models/detector', metrics: { requests: ':tensorflow:serving:request_count' },
 * });
 */
export class InferenceRuntime {
  /** Spring Boot, with a Micrometer Timer `inference.requests` that the application records. */
  static readonly SPRING_BOOT = new InferenceRuntime(
    { ...springBoot, ports: { http: 8082, management: 8083 } },
    { requests: 'inference_requests_seconds_count', durationBuckets: 'inference_requests_seconds_bucket' },
  );
  /** NVIDIA Triton Inference Server. */
  static readonly TRITON = InferenceRuntime.of({
    name: 'Triton',
    httpPort: 8000,
    metricsPort: 8002,
    livenessPath: '/v2/health/live',
    readinessPath: '/v2/health/ready',
    metrics: {
      requests: 'nv_inference_request_success',
      durationMicroseconds: 'nv_inference_request_duration_us',
      waiting: 'nv_inference_pending_request_count',
    },
  });
  /** TorchServe. Its management API, on 8081, stays closed. */
  static readonly TORCH_SERVE = InferenceRuntime.of({
    name: 'TorchServe',
    httpPort: 8080,
    metricsPort: 8082,
    livenessPath: '/ping',
    // Both are `logs` in the working directory by default, which is read-only.
    env: { LOG_LOCATION: '/tmp/logs', METRICS_LOCATION: '/tmp/logs' },
    metrics: {
      requests: 'ts_inference_requests_total',
      durationMicroseconds: 'ts_inference_latency_microseconds',
    },
  });
  /** vLLM's server with the API of OpenAI. */
  static readonly VLLM = InferenceRuntime.of({
    name: 'vLLM',
    httpPort: 8000,
    livenessPath: '/health',
    metrics: {
      requests: 'vllm:request_success_total',
      durationBuckets: 'vllm:e2e_request_latency_seconds_bucket',
      waiting: 'vllm:num_requests_waiting',
    },
  });
  /** Every runtime that is known. */
  static readonly all: readonly InferenceRuntime[] = [
    InferenceRuntime.SPRING_BOOT,
    InferenceRuntime.TRITON,
    InferenceRuntime.TORCH_SERVE,
    InferenceRuntime.VLLM,
  ];

  /**
   * Another runtime. To use its metrics in rules, add them to the `vocabulary`.
   *
   * @throws InvalidInputError if a port is out of its range, a path does not begin with "/", or a name is no name of a metric or variable
   */
  static of(props: InferenceRuntimeProps): InferenceRuntime {
    const name = requireText('InferenceRuntime', 'name', props.name);
    const where = `InferenceRuntime ${name}`;
    const { httpPort, metricsPort = httpPort, metricsPath = '/metrics', probePort: port = 'http', env = {} } = props;
    requirePort(where, 'httpPort', httpPort);
    requirePort(where, 'metricsPort', metricsPort);
    const { livenessPath, readinessPath = livenessPath, startupPath = readinessPath } = props;
    Object.entries({ metricsPath, livenessPath, readinessPath, startupPath }).forEach(([prop, path]) => {
      requirePath(where, prop, path);
    });
    Object.keys(env).forEach((variable) => requireEnvName(where, variable));
    Object.entries(props.metrics).forEach(([prop, metric]: [string, string]) => {
      requireMetricName(where, prop, metric);
    });
    const probes = {
      startup: { port, path: startupPath },
      liveness: { port, path: livenessPath },
      readiness: { port, path: readinessPath },
    };
    const ports = { http: httpPort, management: metricsPort };
    return new InferenceRuntime({ name, isSpringBoot: false, ports, probes, metricsPath, env }, props.metrics);
  }

  /** Name, as people call it. */
  readonly name: string;
  /** Whether it takes its settings from Spring Boot's environment variables. */
  readonly isSpringBoot: boolean;
  /** The ports that it listens on by itself: of the application and of the metrics, which may be the same. */
  readonly ports: Readonly<Record<ServerPort, number>>;
  /** What the probes of its pods ask. */
  readonly probes: Readonly<Record<'startup' | 'liveness' | 'readiness', HealthCheck>>;
  /** Path of the metrics. */
  readonly metricsPath: string;
  /** Environment variables that it needs on a read-only root file system. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(
    server: Server,
    /** The metrics by which its load is asked. */
    readonly metrics: InferenceMetrics,
  ) {
    ({ name: this.name, isSpringBoot: this.isSpringBoot, ports: this.ports, probes: this.probes } = server);
    ({ metricsPath: this.metricsPath, env: this.env } = server);
  }
}

function requirePath(where: string, prop: string, path: string): void {
  if (!path.startsWith('/')) {
    throw new InvalidInputError(where, `${prop} is "${path}"`, 'Write it from the "/" on, such as "/health"');
  }
}

function requireMetricName(where: string, prop: string, metric: string): void {
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)) {
    throw new InvalidInputError(
      where,
      `${prop} is "${metric}", which is no name of a metric`,
      'Write the name alone, without labels and functions',
    );
  }
}
