/* The ways between metrics, traces and logs, in both directions: each is gone as the emitted data sources of Grafana say. */

import { beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { production } from '../../autonomous-op/production';
import { askPrometheus, Span, spansOf, valuesOf } from './answers';
import { panelQueries, settingsIn, settingsOf } from './boards';
import { logsOf, podsOf } from './pods';

const prometheusSettings = z.object({ exemplarTraceIdDestinations: z.tuple([z.object({ name: z.string() })]) });

const lokiSettings = z.object({
  derivedFields: z.tuple([z.object({ matcherRegex: z.string(), url: z.literal('${__value.raw}') })]),
});

const toLogs = z.object({ tracesToLogsV2: z.object({ query: z.string() }) });

const toMetrics = z.object({
  tracesToMetrics: z.object({
    tags: z.array(z.object({ key: z.string() })),
    queries: z.array(z.object({ name: z.string(), query: z.string() })),
  }),
});

const exemplars = z.array(
  z.object({ exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()), timestamp: z.number() })) }),
);

/** `local` has no Loki: how a log line leads to a trace, and a span to the lines, is what production has. */
const provisioned =
  z
    .object({ data: z.record(z.string(), z.string()) })
    .parse(
      production.objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'grafana-provisioning'),
    ).data['datasources.yaml'] ?? '';

/** The services that a mission passes. */
const passed = ['gateway', 'autonomous-op', 'ml-service'];

/** The labels by which a span leads to metrics, as Grafana writes them: those of its tags that the data source names. */
function labelsOf({ tags }: Span, keys: readonly { readonly key: string }[]): Record<string, string> {
  const named = tags.filter(({ key }) => keys.some((each) => each.key === key));
  return Object.fromEntries(named.map(({ key, value }) => [key, `${value}`]));
}

/** Tests of the links, after requests that were sampled, and while or just after there are others: of one request there is no rate. */
export function itLeads(): void {
  /** The lines of a service's pods. */
  const linesOf = async (app: string) =>
    (await Promise.all((await podsOf(app)).map(({ metadata }) => logsOf(metadata.name)))).join('').split('\n');

  const derivedField = lokiSettings.parse(settingsIn(provisioned, 'loki')).derivedFields[0];
  const traceIdOf = (line: string) => new RegExp(derivedField.matcherRegex).exec(line)?.[1];

  /** A trace that a point of the service's dashboard leads to. */
  const found = new Map<string, string>();
  let label = '';
  beforeAll(async () => {
    label = prometheusSettings.parse(await settingsOf('prometheus')).exemplarTraceIdDestinations[0].name;
  });

  it.each(passed)('leads from a point in the panel of %s to a trace in Jaeger', { timeout: 120_000 }, async (app) => {
    const [query] = (await panelQueries()).filter(({ service, exemplar }) => service === app && exemplar);
    const asked = new URLSearchParams({
      query: query?.expr ?? '',
      start: `${Date.now() / 1000 - 900}`,
      end: `${Date.now() / 1000 + 60}`,
    });
    await vi.waitFor(
      async () => {
        const [series] = await askPrometheus(`/api/v1/query_exemplars?${asked.toString()}`);
        const points = exemplars.parse(series).flatMap((each) => each.exemplars);
        const ids = points.map(({ labels }) => labels[label] ?? '');
        expect(ids).not.toEqual([]);
        expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
        const lines = await linesOf(app);
        // A request that fails before the service logs leaves no line.
        const logged = ids.filter((id) => lines.some((line) => traceIdOf(line) === id));
        const id = logged.at(-1) ?? '';
        expect((await spansOf(id)).map(({ service }) => service)).toContain(app);
        found.set(app, id);
      },
      { timeout: 110_000, interval: 5000 },
    );
  });

  it.each(passed)('leads from that trace to a line in the log of %s, and from the line back to it', async (app) => {
    const id = found.get(app) ?? '';
    const { query } = toLogs.parse(settingsIn(provisioned, 'jaeger')).tracesToLogsV2;
    const [, searched = ''] = /\|= "(.+)"$/.exec(query.replace('${__span.traceId}', id)) ?? [];
    const lines = (await linesOf(app)).filter((line) => line.includes(searched));
    expect(searched).toBe(id);
    expect(lines).not.toEqual([]);
    expect(new Set(lines.map(traceIdOf))).toEqual(new Set([id]));
    expect((await spansOf(traceIdOf(lines[0] ?? '') ?? '')).map(({ service }) => service)).toContain(app);
  });

  it.each(passed)('leads from a span of %s to its requests', { timeout: 120_000 }, async (app) => {
    const { tags, queries } = toMetrics.parse(await settingsOf('jaeger')).tracesToMetrics;
    const isRequest = ({ service, tags: all }: Span) =>
      service === app && all.some(({ key, value }) => key === 'span.kind' && value === 'server');
    const [span] = (await spansOf(found.get(app) ?? '')).filter(isRequest);
    const labels = span === undefined ? {} : labelsOf(span, tags);
    expect(Object.keys(labels).sort()).toEqual(['app', 'method', 'uri']);
    expect(labels['app']).toBe(app);
    const selector = Object.entries(labels)
      .map(([key, value]) => `${key}="${value}"`)
      .join(', ');
    // A rate takes two scrapes after the first request.
    await vi.waitFor(
      async () => {
        const numbers = await valuesOf(...queries.map(({ query }) => query.replaceAll('$__tags', selector)));
        expect(numbers.map((each) => each.filter((value) => value > 0).length)).toEqual(queries.map(() => 1));
      },
      { timeout: 110_000, interval: 5000 },
    );
  });
}
