import { GPU_PRODUCT_LABEL, GPU_RESOURCE, GpuType } from '../../core/gpu-type';
import { ManifestChange } from '../change';
import { Effect } from '../effect';
import { KubeObject, ManifestSet } from '../../manifests/read';
import { quantityAt } from '../quantity';
import { at, listAt, numberAt, textAt, textsAt, Value } from '../../manifests/value';
import { PodRange, podsOf, templateOf } from '../../manifests/workload';

/** As clouds count a month. */
const HOURS_A_MONTH = 730;

/** What the Deployments and StatefulSets ask of the cluster, with their fewest and with their most pods. */
export interface Requests {
  /** CPUs. */
  readonly cpu: PodRange;
  /** Bytes. */
  readonly memory: PodRange;
  readonly gpus: PodRange;
  /** US dollars for GPUs, by the table of GPU types; of a product that is not in it, nothing. */
  readonly gpuDollarsAMonth: PodRange;
}

/** Adds up the requests of every Deployment and StatefulSet. What operators run, and pods on each node, is not among them. */
export function requestsOf(manifests: ManifestSet): Requests {
  const workloads = manifests.ofKind('Deployment', 'StatefulSet');
  const total = (ofPod: (template: Value | undefined) => number) =>
    workloads.reduce<PodRange>(
      (sum, workload) => {
        const [pods, each] = [podsOf(manifests, workload), ofPod(templateOf(workload))];
        return { min: sum.min + pods.min * each, max: sum.max + pods.max * each };
      },
      { min: 0, max: 0 },
    );
  return {
    cpu: total((template) => requestOf(template, 'cpu')),
    memory: total((template) => requestOf(template, 'memory')),
    gpus: total((template) => requestOf(template, GPU_RESOURCE)),
    gpuDollarsAMonth: total(
      (template) => requestOf(template, GPU_RESOURCE) * (gpuOf(template)?.pricePerHour ?? 0) * HOURS_A_MONTH,
    ),
  };
}

/** What the scheduler reserves for a pod: its containers together, or the greatest of those that only begin it. */
function requestOf(template: Value | undefined, resource: string): number {
  const ask = (container: Value) =>
    quantityAt(container, 'resources', 'requests', resource) ??
    quantityAt(container, 'resources', 'limits', resource) ??
    0;
  const running = listAt(template, 'spec', 'containers').reduce<number>((sum, container) => sum + ask(container), 0);
  return Math.max(running, ...listAt(template, 'spec', 'initContainers').map(ask));
}

/** The product that pods must have, or would have first. */
function gpuOf(template: Value | undefined): GpuType | undefined {
  const affinity = at(template, 'spec', 'affinity', 'nodeAffinity');
  const required = listAt(affinity, 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  const preferred = [...listAt(affinity, 'preferredDuringSchedulingIgnoredDuringExecution')]
    .sort((one, other) => (numberAt(other, 'weight') ?? 0) - (numberAt(one, 'weight') ?? 0))
    .map((preference) => at(preference, 'preference'));
  const named = [...required, ...preferred]
    .flatMap((term) => listAt(term, 'matchExpressions'))
    .filter((expression) => textAt(expression, 'key') === GPU_PRODUCT_LABEL && textAt(expression, 'operator') === 'In')
    .flatMap((expression) => textsAt(expression, 'values'));
  const product = textAt(template, 'spec', 'nodeSelector', GPU_PRODUCT_LABEL) ?? named[0];
  return GpuType.all.find((gpu) => gpu.product === product);
}

/** What the change costs, and what more or less it asks of the nodes. */
export function costEffects(change: ManifestChange): Effect[] {
  const [was, is] = [requestsOf(change.before), requestsOf(change.after)];
  const cost = difference(was.gpuDollarsAMonth, is.gpuDollarsAMonth);
  const unpriced = change.after
    .ofKind('Deployment', 'StatefulSet')
    .filter(
      (workload) => requestOf(templateOf(workload), GPU_RESOURCE) > 0 && gpuOf(templateOf(workload)) === undefined,
    );
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

function priceless(change: ManifestChange, workloads: readonly KubeObject[]): string {
  return workloads.length === 0
    ? ''
    : `, without ${workloads.map((workload) => change.label(workload)).join(', ')}, whose GPU has no price`;
}

function difference(before: PodRange, after: PodRange): PodRange {
  return { min: after.min - before.min, max: after.max - before.max };
}

function isZero({ min, max }: PodRange): boolean {
  return Math.abs(min) < 1e-6 && Math.abs(max) < 1e-6;
}

/** `3 to 10 pods` without the pods, or one number where both ends are the same. */
function span({ min, max }: PodRange, unit: (amount: number) => string): string {
  return unit(min) === unit(max) ? unit(min) : `${unit(min)} to ${unit(max)}`;
}

const count = (amount: number) => `${Math.round(amount * 1000) / 1000}`;
const gibibytes = (bytes: number) => `${Math.round((bytes / 2 ** 30) * 100) / 100}Gi`;
const dollars = (amount: number) => `${amount < 0 ? '-' : ''}$${Math.round(Math.abs(amount)).toLocaleString('en-US')}`;
