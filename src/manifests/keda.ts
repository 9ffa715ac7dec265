/* For which release of KEDA manifests are written: 2.12 changed the names of metrics, which the HPAs use. */

import { ManifestSet } from './read';
import { listAt, textAt } from './value';

/** The releases of KEDA that name metrics alike. */
export type KedaNames = '2.11' | '2.12 or later';

/** The names that the HPAs use; undefined if they are the same in every release. */
export function kedaNamesOf(manifests: ManifestSet): KedaNames | undefined {
  const metrics = manifests
    .ofKind('HorizontalPodAutoscaler')
    .flatMap(({ body }) => listAt(body, 'spec', 'metrics'))
    .flatMap((metric) => textAt(metric, 'external', 'metric', 'name') ?? []);
  // 2.11 adds the trigger's `metricName`, which 2.12 no longer knows.
  const [name] = metrics.filter((each) => /^s\d+-prometheus(-|$)/.test(each));
  if (name === undefined) return undefined;
  return /-prometheus$/.test(name) ? '2.12 or later' : '2.11';
}

/** Whether a release such as `2.14.0` uses these names. */
export function isRelease(names: KedaNames, release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return (major > 2 || minor >= 12) === (names === '2.12 or later');
}
