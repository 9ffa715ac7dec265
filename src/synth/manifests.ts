// Renders the tree of constructs: a file of YAML for each chart.
import { ApiObject, App, Chart } from 'cdk8s';
import { describeProblem, ValidationError } from '../core/errors';
import { holdsSecretValues } from '../core/secrets';
import { stringify } from './yaml';

/** How the name of each file ends. */
export const EXTENSION = '.k8s.yaml';

/** A file of manifests. */
export interface ManifestFile {
  /** Name of the file, from the id of its chart. */
  readonly name: string;
  /** Its objects, as YAML documents. */
  readonly yaml: string;
  /** Whether it holds secret values, and must be readable by its owner only. */
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
      secret: objects.some(holdsSecretValues),
    };
  });
}

/** The file that holds the objects of a chart. */
function fileNameOf(chart: Chart): string {
  return `${chart.node.id}${EXTENSION}`;
}

/**
 * The objects of a chart in the order of their creation, which is the order in which they are applied. The program that creates them
 * decides it; `addDependency` does not, and cdk8s's walk along the dependencies takes exponential time where they have layers.
 */
function objectsOf(chart: Chart): ApiObject[] {
  return chart.node.findAll().filter(ApiObject.isApiObject);
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
