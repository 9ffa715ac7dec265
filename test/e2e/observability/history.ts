/* The three days before a scenario: the requests, since a budget burns for days. */

import { line, Sample } from './exposition';
import { springBoot } from './exporters/spring-boot';
import { Pod } from './pod';
import { SPEED } from './time';
import { serviceNames } from '../../../src/autonomous-op/services';
import type { World } from './world';

const HOUR = 3600;

/** Seconds before the scenario: the history begins, it is told of in smaller steps, and Prometheus begins to scrape. */
export const BEGINNING = -72 * HOUR;
const RECENT = -6 * HOUR;
export const SCRAPED = -10 * 60;

/** Plays the history, and tells of it in the format OpenMetrics, as if Prometheus had scraped it until now. */
export function playHistory(world: World, now: number): string {
  const lines: string[] = [];
  while (world.time < SCRAPED) {
    const step = world.time < RECENT ? HOUR : HOUR / 6;
    world.advance(world.time + step, step);
    const time = now / 1000 + (Math.min(world.time, SCRAPED) - SCRAPED) / SPEED;
    for (const pod of world.pods.filter(({ spec }) => serviceNames.includes(spec.workload))) {
      lines.push(...linesOf(pod, time));
    }
  }
  return [...lines, '# EOF', ''].join('\n');
}

/** What is scraped at a pod, with the labels that the scrape gives it. */
function linesOf(pod: Pod, time: number): string[] {
  return springBoot(pod)
    .split('\n')
    .filter((each) => /^\w+\{/.test(each) && (!each.includes('le=') || each.includes('le="0.5"')))
    .map((each) => each.replace(/\}/, `,${targetLabels(pod)}}`) + ` ${time.toFixed(3)}`);
}

function targetLabels({ spec: { ip, name, namespace, port, workload } }: Pod): string {
  const labels: Sample[0] = {
    ...{ app: workload, job: workload, service: workload, namespace, pod: name },
    ...{ container: port?.container, endpoint: port?.name, instance: `${ip}:${port?.number ?? 0}` },
  };
  return line('', [labels, 0]).replace(/^\{|\} 0$/g, '');
}
