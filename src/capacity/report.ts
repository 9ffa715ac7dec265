import { Size } from 'cdk8s';
import { memoryQuantity } from '../core/quantities';
import { Load, LoadTrigger, ScaledService } from './scaled-service';

/** What a plan says, for whatever shows it. */
export interface Report {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows that sum the others up. */
  readonly totals: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
  /** What the load is too much for. */
  readonly problems: readonly string[];
  /** What it rests on, in sentences. */
  readonly assumptions: readonly string[];
  /** The same for programs. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What every plan rests on. */
export const assumptions: readonly string[] = [
  'A pod should have no more load than the threshold of each trigger; of several triggers the one that needs most pods decides. A trigger whose load is not given asks for nothing.',
  'A price is that of the document for a GPU and an hour, for the GPUs that the pods ask for. A GPU of the pool that no pod has costs as much in reality; CPU and memory have no price in the document.',
];

/** Stands where there is nothing to say. */
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
  return memoryQuantity(Size.kibibytes(Math.round(gibibytes * 1024 ** 2)));
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

/** The sentence that says which triggers keep silent; none where every load is known. */
export function silence(services: readonly ScaledService[], given: ReadonlySet<string>): string[] {
  const triggers = loadsOf(services);
  const silent = triggers.filter(({ load }) => !given.has(load.name));
  const isResource = ({ utilization }: LoadTrigger) => utilization !== undefined;
  const all = triggers.filter(isResource).every(({ load }) => !given.has(load.name));
  const named = silent.filter((trigger) => !(all && isResource(trigger))).map(({ load }) => load.name);
  const names = all ? [...named, 'cpu and memory of every service'] : named;
  return names.length === 0 ? [] : [`not given, so these triggers ask for nothing: ${names.join(', ')}`];
}
