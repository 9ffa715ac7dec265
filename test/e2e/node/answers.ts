/* What Prometheus and Jaeger answer in their pods. */

import { z } from 'zod';
import { inPod, inPodOrFail, podOf } from './pods';

const answer = z.object({ data: z.unknown() });

/** Asks Prometheus several things at once, each the path of a request; gives the data of each answer. */
export async function askPrometheus(...paths: readonly string[]): Promise<unknown[]> {
  const { name } = (await podOf('prometheus')).metadata;
  const each = 'while read -r path; do curl --silent --globoff "http://127.0.0.1:9090$path"; echo; done';
  const { code, stdout, stderr } = await inPod(name, ['sh', '-c', each], `${paths.join('\n')}\n`);
  if (code !== 0) throw new Error(`Prometheus could not be asked: ${stderr}`);
  return stdout
    .split('\n')
    .slice(0, paths.length)
    .map((line) => answer.parse(JSON.parse(line)).data);
}

const samples = z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) });

/** The numbers that queries give now. */
export async function valuesOf(...queries: readonly string[]): Promise<number[][]> {
  const answers = await askPrometheus(...queries.map((query) => `/api/v1/query?query=${encodeURIComponent(query)}`));
  return answers.map((data) => samples.parse(data).result.map(({ value }) => Number(value[1])));
}

const tag = z.object({ key: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) });

const traces = z.object({
  data: z
    .array(
      z.object({
        spans: z.array(z.object({ processID: z.string(), tags: z.array(tag) })),
        processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: z.array(tag).default([]) })),
      }),
    )
    .nullable(),
});

/** A span as Grafana has it of Jaeger: the tags of its service, then its own. */
export interface Span {
  readonly service: string;
  readonly tags: readonly z.output<typeof tag>[];
}

/** The spans of a trace; none if Jaeger does not have it. */
export async function spansOf(traceId: string): Promise<Span[]> {
  const { name } = (await podOf('jaeger')).metadata;
  const said = await inPodOrFail(name, ['curl', '--silent', `http://127.0.0.1:16686/api/traces/${traceId}`]);
  const found = traces.parse(JSON.parse(said)).data ?? [];
  return found.flatMap(({ spans, processes }) =>
    spans.flatMap(({ processID, tags }) => {
      const of = processes[processID];
      return of === undefined ? [] : [{ service: of.serviceName, tags: [...of.tags, ...tags] }];
    }),
  );
}
