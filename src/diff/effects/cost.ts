import { GpuType } from '../../core/gpu-type';
import { gpuProductsOf } from '../../manifests/gpus';
import { ManifestSet } from '../../manifests/read';
import { PodRange, Workload, workloadsOf } from '../../manifests/workloads';
import { ManifestChange } from '../change';
import { Effect } from '../effect';

/** As clouds count a month. */
const HOURS_A_MONTH = 730;

/** What all workloads ask of the cluster, with their fewest and with their most pods. */
export interface Requests {
  /** CPUs. */
  readonly cpu: PodRange;
  /** Bytes. */
  readonly memory: PodRange;
  readonly gpus: PodRange;
  /** US dollars for GPUs, by the table of GPU types; of a product that is not in it, nothing. */
  readonly gpuDollarsAMonth: PodRange;
}

/** Adds up the requests of every workload, those that operators run included. Pods on each node are not counted. */
export function requestsOf(manifests: ManifestSet): Requests {
  const workloads = workloadsOf(manifests);
  const total = (ofPod: (workload: Workload) => number) =>
    workloads.reduce<PodRange>(
      (sum, workload) => {
        const { pods } = workload;
        if (pods === 'every node') return sum;
        const each = ofPod(workload);
        return { min: sum.min + pods.min * each, max: sum.max + pods.max * each };
      },
      { min: 0, max: 0 },
    );
  return {
    cpu: total(({ requests }) => requests['cpu'] ?? 0),
    memory: total(({ requests }) => requests['memory'] ?? 0),
    gpus: total(({ gpus }) => gpus),
    gpuDollarsAMonth: total((workload) => workload.gpus * (gpuOf(workload)?.pricePerHour ?? 0) * HOURS_A_MONTH),
  };
}

/** The product that pods must have, or would have first. */
function gpuOf({ template }: Workload): GpuType | undefined {
  const [product] = gpuProductsOf(template);
  return GpuType.all.find((gpu) => gpu.product === product);
}

/** What the change costs, and what more or less it asks of the nodes. */
export function costEffects(change: ManifestChange): Effect[] {
  const [was, is] = [requestsOf(change.before), requestsOf(change.after)];
  const cost = difference(was.gpuDollarsAMonth, is.gpuDollarsAMonth);
  const unpriced = workloadsOf(change.after).filter((workload) => workload.gpus > 0 && gpuOf(workload) === undefined);
  const asked = (
    [
      ['CPU', was.cpu, is.cpu, count],
      ['memory', was.memory, is.memory, gibibytes],
      ['GPUs', was.gpus, is.gpus, count],
    ] as const
  ).filter(([, before, after]) => !isZero(difference(before, after)));
  const more = asked.some(([, before, after]) => after.min > before.min || after.max > before.max);
  return [
    ...(isZero(cost)
      ? []
      : [
          {
            kind:
              cost.min > 0 || cost.max > 0
                ? ('raises the monthly cost' as const)
                : ('lowers the monthly cost' as const),
            subject: 'GPUs',
            text: costText(cost, was, is) + priceless(change, unpriced),
          },
        ]),
    ...(asked.length === 0
      ? []
      : [
          {
            kind: more ? ('asks for more' as const) : ('asks for less' as const),
            subject: 'all workloads',
            text: asked
              .map(([name, before, after, unit]) => `${name} ${span(before, unit)} → ${span(after, unit)}`)
              .join(', '),
          },
        ]),
  ];
}

function costText(cost: PodRange, was: Requests, is: Requests): string {
  const total = `GPUs ${span(was.gpuDollarsAMonth, dollars)} → ${span(is.gpuDollarsAMonth, dollars)}`;
  const raises = cost.min > 0 || cost.max > 0;
  const by = raises ? cost : { min: -cost.min, max: -cost.max };
  return `by ${span(by, dollars)}: ${total}, fewest to most pods, ${HOURS_A_MONTH} hours`;
}

function priceless(change: ManifestChange, workloads: readonly Workload[]): string {
  return workloads.length === 0
    ? ''
    : `, without ${workloads.map(({ object }) => change.label(object)).join(', ')}, whose GPU has no price`;
}

function difference(before: PodRange, after: PodRange): PodRange {
  return { min: after.min - before.min, max: after.max - before.max };
}

function isZero({ min, max }: PodRange): boolean {
  return Math.abs(min) < 1e-6 && Math.abs(max) < 1e-6;
}

/** `3 to 10 pods` without the pods, or one number if both ends are the same. */
function span({ min, max }: PodRange, unit: (amount: number) => string): string {
  return unit(min) === unit(max) ? unit(min) : `${unit(min)} to ${unit(max)}`;
}

const count = (amount: number) => `${Math.round(amount * 1000) / 1000}`;
const gibibytes = (bytes: number) => `${Math.round((bytes / 2 ** 30) * 100) / 100}Gi`;
const dollars = (amount: number) => `${amount < 0 ? '-' : ''}$${Math.round(Math.abs(amount)).toLocaleString('en-US')}`;
