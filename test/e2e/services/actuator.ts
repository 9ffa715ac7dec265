/* What a running application tells of itself at its management port. */

import { z } from 'zod';
import { Pod } from './pod';

/**
 * The one thing that the tests add to the environment of the pods: endpoints that show what was bound, and a trace of every
 * request in place of one of ten.
 */
export const forTheTests = {
  MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE: 'health,prometheus,configprops,env',
  MANAGEMENT_TRACING_SAMPLING_PROBABILITY: '1',
} as const;

const bean = z.object({ prefix: z.string(), inputs: z.unknown() });

const configprops = z.object({
  contexts: z.record(z.string(), z.object({ beans: z.record(z.string(), bean) })),
});

/** The variables that an object of properties was filled from, anywhere in the application. */
export async function boundVariables(pod: Pod): Promise<Set<string>> {
  const { contexts } = configprops.parse(await json(pod, '/actuator/configprops'));
  const inputs = Object.values(contexts).flatMap(({ beans }) => Object.values(beans).map((each) => each.inputs));
  // `origin` of each value: System Environment Property "SERVER_PORT"
  const origins = JSON.stringify(inputs).matchAll(/System Environment Property \\+"([A-Z0-9_]+)\\+"/g);
  return new Set([...origins].map(([, name]) => name ?? ''));
}

const environment = z.object({ activeProfiles: z.array(z.string()) });

/** The profiles that are active. */
export async function activeProfiles(pod: Pod): Promise<string[]> {
  return environment.parse(await json(pod, '/actuator/env')).activeProfiles;
}

/** A series, as Prometheus reads it. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All that a scrape gets. */
export async function scrape(pod: Pod): Promise<Series[]> {
  const response = await fetch(pod.url('management', '/actuator/prometheus'), { headers: { accept: 'text/plain' } });
  if (!response.ok) throw new Error(`${pod.name} answers a scrape with ${response.status}`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, key = '', text = '']) => [key, text] as const,
    );
    return { name, labels: Object.fromEntries(pairs), value: Number(value) };
  });
}

async function json(pod: Pod, path: string): Promise<unknown> {
  const response = await fetch(pod.url('management', path));
  if (!response.ok) throw new Error(`${pod.name} answers ${path} with ${response.status}`);
  return response.json();
}
