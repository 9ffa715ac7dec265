import { PlaybackResult } from './playback';
import { TOLERANCE } from './autoscaler';
import { leftOut, NOTHING, Report, sum } from './report';
import { gpusOf, ScaledService } from './scaled-service';

/** What became of the services under a load that changes, and what it cost. */
export function dayReport(plays: readonly PlaybackResult[], seconds: number, given: ReadonlySet<string>): Report {
  const figures = plays.map((played) => figuresOf(played, seconds));
  const total = {
    podHours: sum(figures, ({ podHours }) => podHours),
    podHoursAtMaximum: sum(figures, ({ podHoursAtMaximum }) => podHoursAtMaximum),
    gpuHours: sum(figures, ({ gpuHours }) => gpuHours),
    dollars: sum(figures, ({ dollars }) => dollars),
    dollarsAtMaximum: sum(figures, ({ dollarsAtMaximum }) => dollarsAtMaximum),
  };
  const services = plays.map(({ service }) => service);
  return {
    header: [
      ...['service', 'pods', 'of', 'scalings', 'under capacity', 'pod-hours', 'at maximum'],
      ...['GPU-hours', 'cost', 'at maximum'],
    ],
    rows: figures.map((each) => [
      each.name,
      each.fewest === each.peak ? `${each.peak}` : `${each.fewest}-${each.peak}`,
      `${each.minReplicas}-${each.maxReplicas}`,
      each.scaledUp + each.scaledDown === 0 ? NOTHING : `${each.scaledUp} up, ${each.scaledDown} down`,
      underCapacity(each),
      ...expenses(each),
    ]),
    totals: [['total', '', '', '', '', ...expenses(total)]],
    notes: [...leftOut(services, given), ...toNothing(services)],
    problems: figures
      .filter(({ saturatedMinutes }) => saturatedMinutes > 0)
      .map(
        ({ name, saturatedMinutes, maxReplicas }) =>
          `for ${minutes(saturatedMinutes)} the load needs more pods of ${name} than its maximum of ${maxReplicas}`,
      ),
    data: { hours: seconds / 3600, services: figures, total },
  };
}

/** The figures of a service, as they are in JSON. */
interface Figures {
  readonly name: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly fewest: number;
  readonly peak: number;
  readonly scaledUp: number;
  readonly scaledDown: number;
  readonly underCapacityMinutes: number;
  readonly toleratedMinutes: number;
  readonly saturatedMinutes: number;
  readonly podHours: number;
  readonly podHoursAtMaximum: number;
  readonly gpuHours: number;
  readonly dollars: number;
  readonly dollarsAtMaximum: number;
}

function figuresOf(
  { service, desired, underprovisioned, tolerated, saturated, podSeconds }: PlaybackResult,
  seconds: number,
): Figures {
  const pods = desired.map((step) => step.pods);
  const changes = pods.slice(1).map((count, index) => count - (pods[index] ?? count));
  const podHours = podSeconds / 3600;
  const podHoursAtMaximum = (service.maxReplicas * seconds) / 3600;
  // Hours of a pod instead of a number of pods: dollars instead of dollars per hour.
  const { gpus: gpuHours, dollarsPerHour: dollars } = gpusOf(service, podHours);
  return {
    name: service.name,
    minReplicas: service.minReplicas,
    maxReplicas: service.maxReplicas,
    fewest: Math.min(...pods),
    peak: Math.max(...pods),
    scaledUp: changes.filter((change) => change > 0).length,
    scaledDown: changes.filter((change) => change < 0).length,
    underCapacityMinutes: sum(underprovisioned, ({ from, to }) => to - from) / 60,
    toleratedMinutes: tolerated / 60,
    saturatedMinutes: saturated / 60,
    podHours,
    podHoursAtMaximum,
    gpuHours,
    dollars,
    dollarsAtMaximum: gpusOf(service, podHoursAtMaximum).dollarsPerHour,
  };
}

type Expenses = Pick<Figures, 'podHours' | 'podHoursAtMaximum' | 'gpuHours' | 'dollars' | 'dollarsAtMaximum'>;

function expenses({ podHours, podHoursAtMaximum, gpuHours, dollars, dollarsAtMaximum }: Expenses): string[] {
  const ofGpus = [gpuHours.toFixed(1), `$${dollars.toFixed(2)}`, `$${dollarsAtMaximum.toFixed(2)}`];
  return [podHours.toFixed(1), podHoursAtMaximum.toFixed(1), ...(gpuHours === 0 ? ofGpus.map(() => NOTHING) : ofGpus)];
}

function underCapacity({ underCapacityMinutes, toleratedMinutes }: Figures): string {
  if (underCapacityMinutes === 0) return NOTHING;
  const beyond = underCapacityMinutes - toleratedMinutes;
  return `${minutes(underCapacityMinutes)}, ${minutes(beyond)} by over ${TOLERANCE * 100} %`;
}

function minutes(count: number): string {
  return `${count >= 10 ? Math.round(count) : Math.round(count * 10) / 10} min`;
}

/** What KEDA does beside the HPA is not played. */
function toNothing(services: readonly ScaledService[]): string[] {
  const names = services.filter(({ minReplicas }) => minReplicas === 0).map(({ name }) => name);
  return names.length === 0
    ? []
    : [`with at least one pod, although KEDA takes away the last without load: ${names.join(', ')}`];
}
