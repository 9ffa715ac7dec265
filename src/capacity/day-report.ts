import { Played } from './playback';
import { TOLERANCE } from './autoscaler';
import { assumptions, NOTHING, Report, silence, sum } from './report';
import { gpusOf } from './scaled-service';

/** What became of the services under a load that changes, and what it cost. */
export function dayReport(plays: readonly Played[], seconds: number, given: ReadonlySet<string>): Report {
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
    title: `${hours(seconds)} of load, as the autoscalers follow it`,
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
    notes: silence(services, given),
    problems: figures
      .filter(({ saturatedMinutes }) => saturatedMinutes > 0)
      .map(
        ({ name, saturatedMinutes, maxReplicas }) =>
          `for ${minutes(saturatedMinutes)} the load needs more pods of ${name} than its maximum of ${maxReplicas}`,
      ),
    assumptions: [
      ...assumptions,
      'It begins in the steady state of the first row. Between two rows a load changes evenly.',
      'The HPA looks every 15 seconds, and does what kube-controller-manager 1.27 does, with the windows and policies of the manifests: it tolerates 10 %, goes up to the lowest and down to the highest recommendation of a window, and leaves the pods alone where a metric that it can read would take some away while another can not be read.',
      'A trigger reads its load as its query does, such as the average of two minutes for a rate over [2m]. The age of a scrape, up to 30 seconds, and of cpu and memory in the metrics server are left out.',
      'A new pod serves after the start-up time and the delay of its readiness probe; one that is taken away stops serving at once, and is paid until then.',
      'Under capacity is the time in which the load needs more pods than are ready; the HPA tolerates up to 10 % of it.',
    ],
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

function figuresOf({ service, asked, short, tolerated, saturated, podSeconds }: Played, seconds: number): Figures {
  const pods = asked.map((step) => step.pods);
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
    underCapacityMinutes: sum(short, ({ from, to }) => to - from) / 60,
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

function hours(seconds: number): string {
  return `${Math.round(seconds / 360) / 10} h`;
}
