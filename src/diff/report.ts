import { ManifestChange, ObjectChange } from './change';
import { FieldChange } from './compare';
import { Effect, effectKinds } from './effect';
import { alertEffects } from './effects/alerts';
import { configurationEffects } from './effects/configuration';
import { connectionEffects } from './effects/connections';
import { costEffects, Requests, requestsOf } from './effects/cost';
import { disruptionEffects } from './effects/disruption';
import { immutableEffects } from './effects/immutable';
import { madeObjectEffects, operatorEffects } from './effects/operators';
import { permissionEffects } from './effects/permissions';
import { podEffects } from './effects/pods';
import { removalEffects } from './effects/data';
import { scalingEffects } from './effects/scaling';
import { parseManifests } from '../manifests/read';
import { comparable, Source } from './source';
import { plain } from '../manifests/value';

const rules: readonly ((change: ManifestChange) => Effect[])[] = [
  removalEffects,
  immutableEffects,
  connectionEffects,
  permissionEffects,
  disruptionEffects,
  podEffects,
  configurationEffects,
  operatorEffects,
  madeObjectEffects,
  scalingEffects,
  costEffects,
  alertEffects,
];

/** An object that differs, by the name it has in the report. */
export interface ReportedObject {
  readonly label: string;
  readonly change: ObjectChange['change'];
  readonly fields: readonly FieldChange[];
}

/** What a change does to the manifests, and what that means. */
export interface Report {
  /** The two sides, by name. */
  readonly base: string;
  readonly head: string;
  /** Files with secrets that only one side has: they are not compared. */
  readonly leftOut: readonly string[];
  readonly objects: readonly ReportedObject[];
  /** The most dangerous first. */
  readonly effects: readonly Effect[];
  readonly requests: { readonly before: Requests; readonly after: Requests };
}

/**
 * Compares two sides.
 *
 * @throws InvalidInputError if a file is not a manifest
 */
export function reportOf(baseSource: Source, headSource: Source): Report {
  const { base, head, leftOut } = comparable(baseSource, headSource);
  const change = new ManifestChange(parseManifests(base.files), parseManifests(head.files));
  const effects = rules.flatMap((rule) => rule(change));
  return {
    base: base.title,
    head: head.title,
    leftOut,
    objects: change.objects.map(({ object, change: how, fields }) => ({
      label: change.label(object),
      change: how,
      fields,
    })),
    effects: effectKinds.flatMap((kind) => effects.filter((effect) => effect.kind === kind)),
    requests: { before: requestsOf(change.before), after: requestsOf(change.after) },
  };
}

/** `2 changed, 1 added`, or `nothing changed`. */
export function counts({ objects }: Report): string {
  const numbers = (['changed', 'added', 'removed'] as const).map(
    (how) => [how, objects.filter(({ change }) => change === how).length] as const,
  );
  const shown = numbers.filter(([, number]) => number > 0).map(([how, number]) => `${number} ${how}`);
  return shown.length === 0 ? 'nothing changed' : shown.join(', ');
}

/** What to know beside the effects. */
export function notes({ objects, leftOut }: Report): string[] {
  const removed = objects.some(({ change }) => change === 'removed');
  return [
    ...(removed ? ['kubectl apply leaves what is removed in the cluster: it goes when it is deleted or pruned.'] : []),
    ...leftOut.map((file) => `${file} is not compared: only one side has it, as git ignores it.`),
  ];
}

/** The report as JSON, with `<redacted>` for what a Secret holds. */
export function jsonOf(report: Report): string {
  const objects = report.objects.map(({ fields, ...object }) => ({
    ...object,
    fields: fields.map(({ path, before, after }) => ({
      path,
      ...(before === undefined ? {} : { before: plain(before) }),
      ...(after === undefined ? {} : { after: plain(after) }),
    })),
  }));
  return `${JSON.stringify({ ...report, objects }, null, 2)}\n`;
}
