import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { describeProblem, ValidationError } from '../core/errors';
import { writeWhole } from './whole-file';
import { stringify } from './yaml';

const EXTENSION = '.k8s.yaml';

/** A file of manifests. */
export interface ManifestFile {
  /** Name of the file, from the id of its chart. */
  readonly name: string;
  /** Its objects, as YAML documents. */
  readonly yaml: string;
  /** Whether it holds secret values, and must be readable by its owner only: whether its chart's id ends in `-secrets`, as git ignores it. */
  readonly secret: boolean;
}

/**
 * Validates the whole tree and renders a file per chart; nothing is written yet.
 *
 * @throws ValidationError with every validation that failed, or where two objects would overwrite each other
 */
export function renderManifests(app: App): ManifestFile[] {
  const problems = app.node.findAll().flatMap((construct) => construct.node.validate());
  problems.push(...duplicates(app));
  if (problems.length > 0) {
    throw new ValidationError(problems);
  }
  return app.node.children.filter(Chart.isChart).map((chart) => {
    const objects = objectsOf(chart);
    return {
      name: fileNameOf(chart),
      yaml: stringify(objects.map((object): unknown => object.toJson())),
      secret: chart.node.id.endsWith('-secrets'),
    };
  });
}

/** The file that holds the objects of a chart. */
export function fileNameOf(chart: Chart): string {
  return `${chart.node.id}${EXTENSION}`;
}

/**
 * The objects of a chart in the order of their creation, which is the order in which they are applied. The program that creates them
 * decides it; `addDependency` does not, and cdk8s's walk along the dependencies takes exponential time where they have layers.
 */
function objectsOf(chart: Chart): ApiObject[] {
  return chart.node.findAll().filter(ApiObject.isApiObject);
}

/** Writes the files into a folder and removes manifests that are no longer made. A reader never sees half a file. */
export function writeManifests(files: readonly ManifestFile[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, yaml, secret } of files) {
    writeWhole(join(folder, name), yaml, secret ? 0o600 : 0o644);
  }
  const made = new Set(files.map(({ name }) => name));
  readdirSync(folder)
    .filter((name) => name.endsWith(EXTENSION) && !made.has(name))
    .forEach((name) => {
      rmSync(join(folder, name));
    });
}

function duplicates(app: App): string[] {
  const seen = new Map<string, string>();
  return app.node
    .findAll()
    .filter(ApiObject.isApiObject)
    .flatMap((object) => {
      const identity = [object.apiGroup, object.kind, object.metadata.namespace, object.name].join('/');
      const first = seen.get(identity);
      seen.set(identity, object.node.path);
      return first === undefined
        ? []
        : [
            describeProblem(
              object.node.path,
              `${object.kind} "${object.name}" is made by ${first} too, and one would overwrite the other`,
              'Rename one of them',
            ),
          ];
    });
}
