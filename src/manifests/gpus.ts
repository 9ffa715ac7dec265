import { GPU_PRODUCT_LABEL } from '../core/gpu-type';
import { at, listAt, numberAt, textAt, textsAt, Value } from './value';

/** The GPU products that pods must have, or would have first: the values of the node label that their selector or affinity names. */
export function gpuProductsOf(template: Value | undefined): string[] {
  const selected = textAt(template, 'spec', 'nodeSelector', GPU_PRODUCT_LABEL);
  if (selected !== undefined) return [selected];
  const affinity = at(template, 'spec', 'affinity', 'nodeAffinity');
  const required = listAt(affinity, 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  const preferred = [...listAt(affinity, 'preferredDuringSchedulingIgnoredDuringExecution')]
    .sort((one, other) => (numberAt(other, 'weight') ?? 0) - (numberAt(one, 'weight') ?? 0))
    .map((preference) => at(preference, 'preference'));
  return [...required, ...preferred]
    .flatMap((term) => listAt(term, 'matchExpressions'))
    .filter((expression) => textAt(expression, 'key') === GPU_PRODUCT_LABEL && textAt(expression, 'operator') === 'In')
    .flatMap((expression) => textsAt(expression, 'values'));
}
