import { describe, expect, it } from 'vitest';
import { Manifests, synthesizeWith, containerOf, textAt, valueAt, production } from '../../autonomous-op/production';
import { GpuNodePool } from '../../../src/constructs/service/gpu';
import { GpuInferenceService } from '../../../src/constructs/service/gpu-inference-service';
import { InferenceRuntime, InferenceRuntimeProps } from '../../../src/constructs/service/inference-runtime';
import { vocabulary } from '../../../src/constructs/vocabulary';
import { GpuType } from '../../../src/core/gpu-type';
import { metricsIn, requireKnownMetrics } from '../../../src/core/promql';
import { deploymentOf, environmentOf, newChart } from '../../synthesize';

const { SPRING_BOOT, TRITON, TORCH_SERVE, VLLM } = InferenceRuntime;

/** A runtime that is in no table. */
const other: InferenceRuntimeProps = {
  name: 'other',
  httpPort: 7000,
  livenessPath: '/healthz',
  metrics: { requests: 'other_requests_total' },
};

function served(runtime: InferenceRuntime, ports: { httpPort?: number; managementPort?: number } = {}) {
  const chart = newChart();
  const pool = new GpuNodePool(chart, 'gpu', { nodes: ['n'], gpu: GpuType.V100, gpusPerNode: 8 });
  return new GpuInferenceService(chart, 'model', { image: 'acme/model:1', pool, runtime, ...ports });
}

const asked = (service: GpuInferenceService) => {
  const { startupProbe, livenessProbe, readinessProbe } = deploymentOf(service).container;
  return [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet);
};

describe.each([
  [SPRING_BOOT, { http: 8082, management: 8083 }, 'management', '/actuator/prometheus'],
  [TRITON, { http: 8000, management: 8002 }, 'management', '/metrics'],
  [TORCH_SERVE, { http: 8080, management: 8082 }, 'management', '/metrics'],
  [VLLM, { http: 8000 }, 'http', '/metrics'],
] as const)('a pod of $name', (runtime, ports, metricsPort, path) => {
  const service = served(runtime);

  it('listens on the ports of its documentation, each once', () => {
    const declared = deploymentOf(service).container.ports.map(({ name, containerPort }) => [name, containerPort]);
    expect(declared).toEqual(Object.entries(ports));
  });

  it('is scraped on the port and path of its metrics', () => {
    expect(service.metrics).toMatchObject([{ port: metricsPort, path }]);
  });

  it('has metrics that are in the vocabulary', () => {
    expect(Object.values(runtime.metrics).filter((name: string) => !vocabulary.has(name))).toEqual([]);
  });
});

describe('the probes', () => {
  const http = (path: string) => ({ path, port: 'http' });

  it("of Triton wait for the models, and ask for a restart only if the server doesn't answer", () => {
    const [ready, live] = [http('/v2/health/ready'), http('/v2/health/live')];
    expect(asked(served(TRITON))).toEqual([ready, live, ready]);
  });

  it('of TorchServe and vLLM have one path', () => {
    expect(asked(served(TORCH_SERVE))).toEqual(Array(3).fill(http('/ping')));
    expect(asked(served(VLLM))).toEqual(Array(3).fill(http('/health')));
  });

  it('of another runtime follow from its paths, on the port that it says', () => {
    const on = { ...other, metricsPort: 7001, probePort: 'management', readinessPath: '/ready' } as const;
    const at = (path: string) => ({ path, port: 'management' });
    expect(asked(served(InferenceRuntime.of(on)))).toEqual([at('/ready'), at('/healthz'), at('/ready')]);
    expect(served(InferenceRuntime.of(on)).readiness).toEqual(at('/ready'));
  });
});

describe('the environment', () => {
  it('is that of Spring only for Spring Boot', () => {
    expect(environmentOf(served(SPRING_BOOT))).toMatchObject({ SERVER_PORT: '8082', MANAGEMENT_SERVER_PORT: '8083' });
    expect([TRITON, VLLM].map((runtime) => environmentOf(served(runtime)))).toEqual([{}, {}]);
  });

  it('lets TorchServe write its logs where it can', () => {
    expect(environmentOf(served(TORCH_SERVE))).toEqual({ LOG_LOCATION: '/tmp/logs', METRICS_LOCATION: '/tmp/logs' });
  });
});

describe.each([TRITON, TORCH_SERVE, VLLM])('the deployment with $name', (inferenceRuntime) => {
  const manifests = synthesizeWith({ inferenceRuntime });
  const queries = (kind: string, name: string, path: string) =>
    [...textAt(manifests.get(kind, name), path).matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) =>
      String(JSON.parse(text)).replaceAll('$__rate_interval', '2m'),
    );

  it('has no variable of Spring in the pods of the model', () => {
    const names = JSON.stringify([valueAt(containerOf(manifests, 'ml-service'), 'env')]);
    expect(names).not.toMatch(/SPRING|SERVER_PORT|MANAGEMENT/);
    expect(JSON.stringify(valueAt(containerOf(production, 'ml-service'), 'env'))).toMatch(/SPRING/);
  });

  it('scales on a metric that the runtime has', () => {
    const query = textAt(manifests.get('ScaledObject', 'ml-service-keda'), 'spec triggers 0 metadata query');
    expect(metricsIn(requireKnownMetrics('trigger', query, vocabulary))).toEqual([inferenceRuntime.metrics.requests]);
  });

  it('shows what the runtime measures, and nothing that it does not', () => {
    const shown = queries('ConfigMap', 'grafana-dashboard-gpu-ml-service', 'data gpu-ml-service.json');
    const used = shown.flatMap((query) => metricsIn(requireKnownMetrics('panel', query, vocabulary)));
    const own = [...new Set(used)].filter((name) => !name.startsWith('DCGM_'));
    const { durationBuckets, durationMicroseconds, ...rest } = inferenceRuntime.metrics;
    const duration = durationBuckets ?? durationMicroseconds ?? '';
    expect(own.sort()).toEqual([...Object.values(rest), duration].sort());
  });

  it('has no objective for HTTP metrics of Spring that the model server lacks', () => {
    const objectives = (of: Manifests) =>
      (JSON.stringify(of.ofKind('PrometheusRule')).match(/http_server_requests[^}]*\}/g) ?? []).filter((selection) =>
        selection.includes('ml-service'),
      );
    expect(objectives(manifests)).toEqual([]);
    expect(objectives(production)).not.toEqual([]);
  });
});

it('a server without a GPU is of Spring Boot', () => {
  expect(() => synthesizeWith({ gpu: 'none', inferenceRuntime: VLLM })).toThrow(
    'inferenceRuntime is vLLM, and gpu is "none"',
  );
});

describe('it refuses', () => {
  it.each<[string, Partial<InferenceRuntimeProps>, string]>([
    ['a port out of its range', { httpPort: 70000 }, 'httpPort'],
    ['a path without its beginning', { livenessPath: 'ping' }, 'livenessPath is "ping"'],
    ['what is no name of a metric', { metrics: { requests: 'rate(x[2m])' } }, 'requests is "rate(x[2m])"'],
    ['what is no name of a variable', { env: { '1 2': '' } }, '1 2'],
    ['an empty name', { name: '' }, 'name'],
  ])('%s', (_, props, message) => {
    expect(() => InferenceRuntime.of({ ...other, ...props })).toThrow(message);
  });

  it('two ports for a server that has one, and one port for a server that has two', () => {
    expect(served(VLLM, { httpPort: 9000 }).ports).toEqual({ http: 9000, management: 9000 });
    expect(() => served(VLLM, { managementPort: 8001 })).toThrow('vLLM serves its metrics on httpPort, 8000');
    expect(() => served(TRITON, { httpPort: 8002 })).toThrow('httpPort and managementPort are both 8002');
  });
});
