import { serviceNames } from '../../src/autonomous-op/services';
import { containerOf, listAt, production, textAt } from './production';

/** The name of a variable with `n` for each number of a list: `ROUTES_n_URI`. */
export function variableName(name: string): string {
  return name.replace(/_\d+(?=_|$)/g, '_n');
}

/** The variables of all services, each name once. */
export function emittedVariables(): Set<string> {
  const names = serviceNames.flatMap((service) => listAt(containerOf(production, service), 'env'));
  return new Set(names.map((variable) => variableName(textAt(variable, 'name'))));
}
