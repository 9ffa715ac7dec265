import { FieldChange, shown } from './compare';

/** What a change can mean for the cluster, the most dangerous first: the order of the report. */
export const effectKinds = [
  'deletes data',
  'replaces an immutable field',
  'opens a connection',
  'closes a connection',
  'widens permissions',
  'narrows permissions',
  'may interrupt',
  'restarts pods',
  'needs a restart',
  'may need a restart',
  'left to an operator',
  'scales differently',
  'raises the monthly cost',
  'lowers the monthly cost',
  'asks for more',
  'asks for less',
  'fires differently',
  'routes differently',
] as const;

export type EffectKind = (typeof effectKinds)[number];

/** Something that a change means. */
export interface Effect {
  readonly kind: EffectKind;
  /** The object it is about, or the two ends of a connection. */
  readonly subject: string;
  readonly text: string;
}

/** How many of the fields behind an effect are named; the object's own changes have all of them. */
const NAMED_FIELDS = 3;
const LONGEST_VALUE = 60;

/** `spec.replicas 2 → 3, spec.minReadySeconds new: 5`, and how many more. */
export function fieldList(fields: readonly FieldChange[], under = ''): string {
  const named = fields.slice(0, NAMED_FIELDS).map((field) => oneLine(field, under));
  const more = fields.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function oneLine({ path, before, after }: FieldChange, under: string): string {
  const name = path.startsWith(under) ? path.slice(under.length) : path;
  const [was, is] = [before, after].map((value) => (value === undefined ? undefined : shown(value)));
  if ([was, is].some((text) => text !== undefined && (text.length > LONGEST_VALUE || text.includes('\n')))) return name;
  if (was === undefined) return `${name} added: ${is ?? ''}`;
  return is === undefined ? `${name} removed: ${was}` : `${name} ${was} → ${is}`;
}
