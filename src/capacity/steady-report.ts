import {
  assumptions,
  loadsOf,
  loadText,
  memoryText,
  NOTHING,
  number,
  perPodText,
  priceText,
  Report,
  silence,
  sum,
} from './report';
import { gpusOf, requestsOf, ScaledService } from './scaled-service';
import { GpuHeadroom, gpuHeadroom, Loads, Saturation, saturations, SteadyState, steadyState } from './steady';

/** What a load that does not change asks of the cluster, and where it is too much. */
export function steadyReport(services: readonly ScaledService[], loads: Loads): Report {
  const states = services.map((service) => steadyState(service, loads));
  const headroom = states.flatMap((state) => gpuHeadroom(state, loads));
  const saturation = shownSaturations(services, loads);
  return {
    title: `Capacity at ${givenLoads(services, loads)}`,
    header: ['service', 'replicas', 'of', 'decided by', 'cpu', 'memory', 'gpu', 'cost'],
    rows: states.map((state) => row(state, loads)),
    totals: [
      totalRow('total', services, (service) => replicasOf(states, service)),
      totalRow('at maximum', services, ({ maxReplicas }) => maxReplicas),
    ],
    notes: [
      `saturates at ${saturation.map(saturationText).join(', ')}`,
      ...headroom.map(headroomText),
      ...silence(services, new Set(loads.keys())),
    ],
    problems: problemsOf(states, headroom, loads),
    assumptions: [
      ...assumptions,
      'The HPA leaves the pods as they are while the load is within 10 % of what they should have, so that up to a tenth fewer or more may run.',
      'CPU and memory are what the pods of these services request. Stores, monitoring and sidecars come on top.',
      'A curve is of its load alone.',
    ],
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

function givenLoads(services: readonly ScaledService[], loads: Loads): string {
  const given = loadsOf(services).flatMap(({ load }) => {
    const value = loads.get(load.name);
    return value === undefined ? [] : [loadText(load, value)];
  });
  return given.length === 0 ? 'rest' : given.join(', ');
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
    service.gpu === undefined ? NOTHING : `${gpus} × ${service.gpu.pool.gpu.name}`,
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
  podsOf: (service: ScaledService) => number,
): string[] {
  const { replicas, cpu, memory, gpus, dollarsPerHour } = totalData(services, podsOf);
  const pools = new Set(services.flatMap(({ gpu }) => gpu?.pool ?? []));
  const gpuText = pools.size === 0 ? NOTHING : `${gpus} of ${sum([...pools], (pool) => pool.gpus)}`;
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
    gpuType: gpu?.pool.gpu.name ?? null,
  };
}

function saturationText({ service, trigger, load }: Saturation): string {
  const pods = `${service.maxReplicas} ${service.maxReplicas === 1 ? 'replica' : 'replicas'}`;
  const { gpus } = gpusOf(service, service.maxReplicas);
  const what = service.gpu === undefined ? pods : `${gpus} of ${service.gpu.pool.gpus} GPUs`;
  return `${loadText(trigger.load, load)} (${what})`;
}

function headroomText({ service, trigger, load, gpus, usual, most }: GpuHeadroom): string {
  const type = service.gpu?.pool.gpu.name ?? 'GPU';
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
        `${loadText(trigger.load, load)} is more than ${gpus} × ${service.gpu?.pool.gpu.name ?? 'GPU'} of ${service.name} serve at most, ${number(most)}${trigger.load.unit}`,
    );
  return [...tooFewPods, ...tooFewGpus];
}
