import { leftOut, loadsOf, loadText, memoryText, NOTHING, number, perPodText, priceText, Report, sum } from './report';
import { gpusOf, requestsOf, ScaledService } from './scaled-service';
import { GpuHeadroom, gpuHeadroom, Loads, Saturation, saturations, SteadyState, steadyState } from './steady';

/**
 * What a load that does not change asks of the cluster, and where it is too much.
 *
 * @param pool GPUs of all nodes together @default - not known
 */
export function steadyReport(services: readonly ScaledService[], loads: Loads, pool?: number): Report {
  const states = services.map((service) => steadyState(service, loads));
  const headroom = states.flatMap((state) => gpuHeadroom(state, loads));
  const saturation = shownSaturations(services, loads);
  return {
    header: ['service', 'replicas', 'of', 'decided by', 'cpu', 'memory', 'gpu', 'cost'],
    rows: states.map((state) => row(state, loads)),
    totals: [
      totalRow('total', services, pool, (service) => replicasOf(states, service)),
      totalRow('at maximum', services, pool, ({ maxReplicas }) => maxReplicas),
    ],
    notes: [
      ...(saturation.length === 0
        ? []
        : [`saturates at ${saturation.map((each) => saturationText(each, pool)).join(', ')}`]),
      ...headroom.map(headroomText),
      ...leftOut(services, new Set(loads.keys())),
    ],
    problems: [...problemsOf(states, headroom, loads), ...poolProblems(states, pool)],
    data: {
      loads: Object.fromEntries(loads),
      services: states.map((state) => serviceData(state, loads)),
      total: totalData(services, (service) => replicasOf(states, service)),
      maximum: totalData(services, ({ maxReplicas }) => maxReplicas),
      saturations: saturations(services).map(({ service, trigger, load }) => ({
        load: trigger.load.name,
        service: service.name,
        value: load,
        replicas: service.maxReplicas,
        gpus: gpusOf(service, service.maxReplicas).gpus,
      })),
      gpuHeadroom: headroom.map(({ service, trigger, load, gpus, usual, most }) => ({
        ...{ service: service.name, load: trigger.load.name, value: load },
        ...{ gpus, usualThroughput: usual, maxThroughput: most },
      })),
      notGiven: loadsOf(services).flatMap(({ load }) => (loads.has(load.name) ? [] : [load.name])),
    },
  };
}

/** Those of the loads that are given; where none is, all but the services' own cpu and memory. */
export function shownSaturations(services: readonly ScaledService[], loads: Loads): Saturation[] {
  return saturations(services).filter(({ trigger }) =>
    loads.size === 0 ? trigger.utilization === undefined : loads.has(trigger.load.name),
  );
}

function replicasOf(states: readonly SteadyState[], service: ScaledService): number {
  return states.find((state) => state.service === service)?.replicas ?? 0;
}

function row(state: SteadyState, loads: Loads): string[] {
  const { service, replicas } = state;
  const { cpu, memory } = requestsOf(service, replicas);
  const { gpus, dollarsPerHour } = gpusOf(service, replicas);
  return [
    service.name,
    `${replicas}`,
    `${service.minReplicas}-${service.maxReplicas}`,
    decisionText(state, loads),
    number(cpu),
    memoryText(memory),
    service.gpu === undefined ? NOTHING : `${gpus} × ${service.gpu.name}`,
    priceText(dollarsPerHour),
  ];
}

function decisionText({ service, replicas, needed, decidedBy }: SteadyState, loads: Loads): string {
  if (decidedBy === undefined) return 'its minimum, no load given';
  const load = loadText(decidedBy.load, loads.get(decidedBy.load.name) ?? 0);
  if (needed < replicas) return `its minimum, ${load} needs ${needed}`;
  return needed > service.maxReplicas ? `its maximum, ${load} needs ${needed}` : `${load}, ${perPodText(decidedBy)}`;
}

function totalRow(
  title: string,
  services: readonly ScaledService[],
  pool: number | undefined,
  podsOf: (service: ScaledService) => number,
): string[] {
  const { replicas, cpu, memory, gpus, dollarsPerHour } = totalData(services, podsOf);
  const gpuText = services.every(({ gpu }) => gpu === undefined) ? NOTHING : ofPool(gpus, pool);
  return [title, `${replicas}`, '', '', number(cpu), memoryText(memory), gpuText, priceText(dollarsPerHour)];
}

function totalData(services: readonly ScaledService[], podsOf: (service: ScaledService) => number) {
  return {
    replicas: sum(services, podsOf),
    cpu: sum(services, (service) => requestsOf(service, podsOf(service)).cpu),
    memory: sum(services, (service) => requestsOf(service, podsOf(service)).memory),
    gpus: sum(services, (service) => gpusOf(service, podsOf(service)).gpus),
    dollarsPerHour: sum(services, (service) => gpusOf(service, podsOf(service)).dollarsPerHour),
  };
}

function serviceData({ service, replicas, needed, decidedBy }: SteadyState, loads: Loads) {
  const { name, minReplicas, maxReplicas, gpu } = service;
  const decision = decidedBy && {
    load: decidedBy.load.name,
    value: loads.get(decidedBy.load.name),
    perPod: decidedBy.perPod,
  };
  return {
    ...{ name, replicas, minReplicas, maxReplicas, needed },
    decidedBy: decision ?? null,
    ...requestsOf(service, replicas),
    ...gpusOf(service, replicas),
    gpuType: gpu?.name ?? null,
  };
}

function saturationText({ service, trigger, load }: Saturation, pool: number | undefined): string {
  const pods = `${service.maxReplicas} ${service.maxReplicas === 1 ? 'replica' : 'replicas'}`;
  const { gpus } = gpusOf(service, service.maxReplicas);
  const what = service.gpu === undefined ? pods : `${ofPool(gpus, pool)} GPUs`;
  return `${loadText(trigger.load, load)} (${what})`;
}

function headroomText({ service, trigger, load, gpus, usual, most }: GpuHeadroom): string {
  const type = service.gpu?.name ?? 'GPU';
  const share = Math.round((100 * load) / most);
  const { unit } = trigger.load;
  return `${gpus} × ${type} serve ${number(usual)}${unit} at their usual speed and ${number(most)}${unit} at most, of which ${loadText(trigger.load, load)} is ${share} %`;
}

function problemsOf(states: readonly SteadyState[], headroom: readonly GpuHeadroom[], loads: Loads): string[] {
  const tooFewPods = states.flatMap(({ service, decidedBy, needed }) =>
    decidedBy === undefined || needed <= service.maxReplicas
      ? []
      : [
          `${loadText(decidedBy.load, loads.get(decidedBy.load.name) ?? 0)} needs ${needed} pods of ${service.name}, which has at most ${service.maxReplicas}`,
        ],
  );
  const tooFewGpus = headroom
    .filter(({ load, most }) => load > most)
    .map(
      ({ service, trigger, load, gpus, most }) =>
        `${loadText(trigger.load, load)} is more than ${gpus} × ${service.gpu?.name ?? 'GPU'} of ${service.name} serve at most, ${number(most)}${trigger.load.unit}`,
    );
  return [...tooFewPods, ...tooFewGpus];
}

function poolProblems(states: readonly SteadyState[], pool = Infinity): string[] {
  const gpus = sum(states, ({ service, replicas }) => gpusOf(service, replicas).gpus);
  return gpus > pool ? [`the pods ask for ${gpus} GPUs, and the nodes have ${pool}`] : [];
}

/** `6 of 8`, or `6` if nobody has said how many there are. */
function ofPool(gpus: number, pool: number | undefined): string {
  return pool === undefined ? `${gpus}` : `${gpus} of ${pool}`;
}
