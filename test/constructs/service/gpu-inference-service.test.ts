import { Chart, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutonomousOpServiceProps } from '../../../src/constructs/service/autonomous-op-service';
import { GpuType } from '../../../src/core/gpu-type';
import { GpuNodePool } from '../../../src/constructs/service/gpu';
import { GpuInferenceService, GpuInferenceServiceProps } from '../../../src/constructs/service/gpu-inference-service';
import { InferenceRuntime } from '../../../src/constructs/service/inference-runtime';
import { KedaScaler } from '../../../src/constructs/scaling/keda-scaler';
import { Trigger } from '../../../src/constructs/scaling/trigger';
import { InvalidInputError } from '../../../src/core/errors';
import { deploymentOf, newChart } from '../../synthesize';

const image = 'acme/model:1';

function newPool(chart: Chart, nodes = 2, gpusPerNode = 4): GpuNodePool {
  const names = Array.from({ length: nodes }, (_, index) => `gpu-node-${index}`);
  return new GpuNodePool(chart, 'gpu', { nodes: names, gpu: GpuType.V100, gpusPerNode });
}

function model(props: Partial<GpuInferenceServiceProps> = {}): GpuInferenceService {
  const chart = newChart();
  return new GpuInferenceService(chart, 'model', { image, pool: newPool(chart), ...props });
}

const otherPool = new GpuNodePool(newChart(), 'other', { nodes: ['n'], gpu: GpuType.A100, gpusPerNode: 8 });

/** A value for every prop, none of them the default. A prop that is missing here does not compile. */
const allProps: Required<GpuInferenceServiceProps> = {
  pool: otherPool,
  gpuCount: 2,
  runtime: InferenceRuntime.TRITON,
  preferredGpus: [GpuType.A100, GpuType.T4],
  image: 'acme/model:2',
  name: 'llm',
  replicas: 3,
  cpuRequest: Cpu.units(1),
  cpuLimit: Cpu.units(6),
  memoryRequest: Size.gibibytes(2),
  memoryLimit: Size.gibibytes(12),
  httpPort: 9000,
  managementPort: 9001,
  maxHeap: Size.gibibytes(1),
  imagePullPolicy: 'Never',
  livenessDelay: Duration.seconds(1),
  livenessPeriod: Duration.seconds(2),
  readinessDelay: Duration.seconds(3),
  readinessPeriod: Duration.seconds(4),
  startupTimeout: Duration.minutes(10),
  drainDelay: Duration.seconds(20),
  shutdownTimeout: Duration.seconds(90),
  zoneSpread: 'DoNotSchedule',
  serviceAccount: { name: 'shared' },
  mountServiceAccountToken: true,
  env: { MODE: 'quick' },
  podAnnotations: { 'example.com/team': 'models' },
  scrapeInterval: Duration.seconds(15),
};

/** The props that an AutonomousOpService does not have, and those whose default is another here. */
type OwnDefault =
  | Exclude<keyof GpuInferenceServiceProps, keyof AutonomousOpServiceProps>
  | 'cpuRequest'
  | 'memoryRequest'
  | 'httpPort'
  | 'managementPort'
  | 'livenessDelay'
  | 'livenessPeriod'
  | 'readinessPeriod'
  | 'zoneSpread';

type Effect = readonly [read: (service: GpuInferenceService) => unknown, byDefault: unknown, whenSet: unknown];

const effects: Record<OwnDefault, Effect> = {
  pool: [(s) => [s.pool.gpus, s.pool.spareGpus], [8, 6], [8, 2]],
  gpuCount: [
    (s) => {
      const { requests, limits } = deploymentOf(s).container.resources;
      return [s.gpuCount, requests['nvidia.com/gpu'], limits['nvidia.com/gpu']];
    },
    [1, '1', '1'],
    [2, '2', '2'],
  ],
  runtime: [(s) => s.metrics.map(({ path }) => path), ['/actuator/prometheus'], ['/metrics']],
  preferredGpus: [preferredProducts, ['Tesla-V100-SXM2-16GB'], ['NVIDIA-A100-SXM4-40GB', 'Tesla-T4']],
  cpuRequest: [(s) => deploymentOf(s).container.resources.requests['cpu'], '2', '1'],
  memoryRequest: [(s) => deploymentOf(s).container.resources.requests['memory'], '4Gi', '2Gi'],
  httpPort: [(s) => s.ports.http, 8082, 9000],
  managementPort: [(s) => s.ports.management, 8083, 9001],
  livenessDelay: [(s) => deploymentOf(s).container.livenessProbe.initialDelaySeconds, 90, 1],
  livenessPeriod: [(s) => deploymentOf(s).container.livenessProbe.periodSeconds, 15, 2],
  readinessPeriod: [(s) => deploymentOf(s).container.readinessProbe.periodSeconds, 10, 4],
  zoneSpread: [
    (s) => deploymentOf(s).pod.topologySpreadConstraints.map(({ whenUnsatisfiable }) => whenUnsatisfiable),
    ['ScheduleAnyway', 'ScheduleAnyway'],
    ['DoNotSchedule', 'ScheduleAnyway'],
  ],
};

/** The products that the pods' affinity prefers. */
function preferredProducts(service: GpuInferenceService): unknown {
  const [affinity] = JSON.stringify(deploymentOf(service).pod.affinity).match(/"nvidia.com\/gpu.product".*?\]/) ?? [];
  return affinity?.match(/(?<=")[A-Z][^"]*\d[^"]*(?=")/g);
}

describe('every prop', () => {
  const plain = model();
  const custom = model(allProps);

  it.each(Object.entries(effects))('%s has its default and its effect', (_, [read, byDefault, whenSet]) => {
    expect(read(plain)).toEqual(byDefault);
    expect(read(custom)).toEqual(whenSet);
  });

  it('of an AutonomousOpService has its effect here too', () => {
    expect([custom.name, custom.replicas, deploymentOf(custom).container.image]).toEqual(['llm', 3, 'acme/model:2']);
    expect(deploymentOf(custom).container.resources.limits).toEqual({
      cpu: '6',
      memory: '12Gi',
      'nvidia.com/gpu': '2',
    });
    expect(deploymentOf(custom).pod.terminationGracePeriodSeconds).toBe(115);
  });
});

describe('the pods', () => {
  it('tolerate the GPU taint, in the pod template', () => {
    expect(deploymentOf(model()).pod.tolerations).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ]);
  });

  it('run on nodes with a GPU only, and prefer the products that are named', () => {
    expect(deploymentOf(model({ preferredGpus: [GpuType.V100, GpuType.T4] })).pod.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'nvidia.com/gpu.present', operator: 'In', values: ['true'] }] },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            preference: {
              matchExpressions: [
                { key: 'nvidia.com/gpu.product', operator: 'In', values: ['Tesla-V100-SXM2-16GB', 'Tesla-T4'] },
              ],
            },
          },
        ],
      },
    });
  });

  it('are refused where their number of GPUs is wrong, on no node, or their products are none', () => {
    const wrong: readonly [Partial<GpuInferenceServiceProps>, string, string][] = [
      [{ gpuCount: 0 }, 'gpuCount is 0', 'Set gpuCount to a whole number of at least 1'],
      [{ gpuCount: 0.5 }, 'gpuCount is 0.5', 'Set gpuCount to a whole number of at least 1'],
      [
        { gpuCount: 5 },
        'gpuCount (5) is greater than the 4 GPUs of a node of test/gpu, so that no node has room for a pod',
        'Lower gpuCount, or declare nodes with more GPUs',
      ],
      [{ preferredGpus: [] }, 'preferredGpus is empty', 'Name at least one product, or leave it out'],
      [{ replicas: 0 }, 'replicas is 0', 'Set replicas to a whole number of at least 1'],
    ];
    for (const [props, problem, remedy] of wrong) {
      expect(() => model(props)).toThrow(new InvalidInputError('test/model', problem, remedy));
    }
  });
});

describe('a roll-out', () => {
  const rolling = (maxSurge: number, maxUnavailable: number) => ({
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge, maxUnavailable },
  });

  it('starts a new pod first where the pool has a GPU to spare', () => {
    expect(deploymentOf(model({ replicas: 7 })).spec.strategy).toEqual(rolling(1, 0));
  });

  it('stops an old pod first where every GPU is taken', () => {
    expect(deploymentOf(model({ replicas: 8 })).spec.strategy).toEqual(rolling(0, 1));
  });

  it('needs as many spare GPUs as a pod takes', () => {
    const chart = newChart();
    const pool = newPool(chart, 2, 6);
    const large = new GpuInferenceService(chart, 'large', { image, pool, gpuCount: 3, replicas: 2 });
    expect(deploymentOf(large).spec.strategy).toEqual(rolling(1, 0));
    new GpuInferenceService(chart, 'small', { image, pool, replicas: 4 });
    expect(pool.spareGpus).toBe(2);
    expect(deploymentOf(large).spec.strategy).toEqual(rolling(0, 1));
  });

  it("counts the autoscaler's maximum, although the autoscaler comes after the service", () => {
    const service = model({ replicas: 2 });
    expect(deploymentOf(service).spec.strategy).toEqual(rolling(1, 0));
    new KedaScaler(service, 'scaling', {
      target: service,
      minReplicas: 2,
      maxReplicas: 8,
      triggers: [Trigger.cpu(70)],
    });
    expect(deploymentOf(service).spec.strategy).toEqual(rolling(0, 1));
  });

  it('of one of several services of a pool counts what the others take', () => {
    const chart = newChart();
    const pool = newPool(chart);
    const first = new GpuInferenceService(chart, 'first', { image, pool, replicas: 4 });
    expect(deploymentOf(first).spec.strategy).toEqual(rolling(1, 0));
    const second = new GpuInferenceService(chart, 'second', { image, pool, replicas: 4 });
    expect([deploymentOf(first).spec.strategy, deploymentOf(second).spec.strategy]).toEqual([
      rolling(0, 1),
      rolling(0, 1),
    ]);
  });

  it('never asks for more GPUs than there are, and always makes progress, whatever the pool', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          maxLength: 3,
        }),
        (nodes, gpusPerNode, workloads) => {
          const chart = newChart();
          const pool = newPool(chart, nodes, gpusPerNode);
          const services = workloads
            .filter(([, gpuCount]) => gpuCount <= gpusPerNode)
            .map(
              ([replicas, gpuCount], index) =>
                new GpuInferenceService(chart, `model-${index}`, { image, pool, replicas, gpuCount }),
            );
          const pods = services.flatMap((service) => Array<number>(service.replicas).fill(service.gpuCount));
          const free = Array<number>(nodes).fill(gpusPerNode);
          for (const service of services) {
            const { strategy } = deploymentOf(service).spec;
            expect([rolling(1, 0), rolling(0, 1)]).toContainEqual(strategy);
            if (!fits([...pods, service.gpuCount], free)) expect(strategy).toEqual(rolling(0, 1));
          }
        },
      ),
    );
  });
});

/** Whether pods of so many GPUs each fit nodes with so many free ones, found by trying every way. */
function fits([pod, ...others]: readonly number[], free: readonly number[]): boolean {
  if (pod === undefined) return true;
  return [...new Set(free)].some((gpus) => {
    const node = free.indexOf(gpus);
    return (
      gpus >= pod &&
      fits(
        others,
        free.map((its, index) => (index === node ? its - pod : its)),
      )
    );
  });
}
