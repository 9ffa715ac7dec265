import { Size } from 'cdk8s';
import { memoryQuantity } from '../core/quantities';
import { ScaledService } from './scaled-service';
import { Load, LoadTrigger } from './triggers';

/** What a plan says, for whatever shows it. */
export interface Report {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows that sum the others up. */
  readonly totals: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
  /** What the load is too much for. */
  readonly problems: readonly string[];
  /** The same for programs. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Stands for nothing, or for what is not known. */
export const NOTHING = '–';

/** A number with as few decimals as it needs, at most three. */
export function number(value: number): string {
  return `${Math.round(value * 1000) / 1000}`;
}

/** `http 7000/s`. */
export function loadText({ name, unit }: Load, value: number): string {
  return `${name} ${number(value)}${unit}`;
}

/** `1000/s a pod`. */
export function perPodText({ load, perPod }: LoadTrigger): string {
  return `${number(perPod)}${load.unit} a pod`;
}

/** An amount of memory as Kubernetes writes it. */
export function memoryText(gibibytes: number): string {
  return gibibytes === 0 ? NOTHING : memoryQuantity(Size.kibibytes(Math.round(gibibytes * 1024 ** 2)));
}

/** `2.80 $/h`. */
export function priceText(dollarsPerHour: number): string {
  return dollarsPerHour === 0 ? NOTHING : `${dollarsPerHour.toFixed(2)} $/h`;
}

/** A sum of a number for each. */
export function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Every load that a trigger measures, once, in the order of the triggers. */
export function loadsOf(services: readonly ScaledService[]): LoadTrigger[] {
  const triggers = services.flatMap((service) => service.triggers);
  return [...new Map(triggers.map((trigger) => [trigger.load.name, trigger])).values()];
}

/** The sentences on what a plan leaves out: loads that are not given, triggers that can't be counted, prices that are not known. */
export function leftOut(services: readonly ScaledService[], given: ReadonlySet<string>): string[] {
  const uncounted = services.flatMap(({ name, uncounted: triggers }) => triggers.map((each) => `${each} of ${name}`));
  const priceless = services.flatMap(({ name, gpu }) =>
    gpu !== undefined && gpu.pricePerHour === undefined ? [`${gpu.name} of ${name}`] : [],
  );
  const sentences = [
    { what: 'not given, so these triggers ask for nothing', names: notGiven(services, given) },
    { what: 'not counted, as they do not say what one pod should have', names: uncounted },
    { what: 'without a price, which --gpu-price gives', names: priceless },
  ];
  return sentences.filter(({ names }) => names.length > 0).map(({ what, names }) => `${what}: ${names.join(', ')}`);
}

function notGiven(services: readonly ScaledService[], given: ReadonlySet<string>): string[] {
  const silent = loadsOf(services).filter(({ load }) => !given.has(load.name));
  const isResource = ({ utilization }: LoadTrigger) => utilization !== undefined;
  const resources = loadsOf(services).filter(isResource);
  if (resources.length === 0 || resources.some(({ load }) => given.has(load.name))) {
    return silent.map(({ load }) => load.name);
  }
  const others = silent.filter((trigger) => !isResource(trigger)).map(({ load }) => load.name);
  return [...others, 'cpu and memory of every service'];
}
