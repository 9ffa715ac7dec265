/* Grafana's dashboards and data sources as its pod mounts them; no Grafana runs here. */

import { parse } from 'yaml';
import { z } from 'zod';
import { list, namespace } from '../kubernetes/kubectl';

const configMap = z.object({ metadata: z.object({ name: z.string() }), data: z.record(z.string(), z.string()) });

const dashboard = z.object({
  uid: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string() })) }),
  panels: z.array(
    z.object({
      title: z.string(),
      targets: z.array(z.object({ expr: z.string(), exemplar: z.boolean().default(false) })).default([]),
    }),
  ),
});

/** A query of a panel, with a value in the place of each variable. */
export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  /** The service that is chosen in the dashboard of one service. */
  readonly service?: string;
  readonly expr: string;
  /** Whether its points lead to traces. */
  readonly exemplar: boolean;
}

async function configMaps(): Promise<z.output<typeof configMap>[]> {
  const found = await list(z.looseObject({}), 'configmaps', '--namespace', namespace, '--selector=app=grafana');
  return found.map((each) => configMap.parse(each));
}

/** The queries of all panels and variables, for each value of a choice: of all pods, at a scrape interval of 30 s. */
export async function panelQueries(): Promise<PanelQuery[]> {
  const texts = (await configMaps())
    .filter(({ metadata }) => metadata.name.startsWith('grafana-dashboard-'))
    .flatMap(({ data }) => Object.values(data));
  return texts.map((text) => dashboard.parse(JSON.parse(text))).flatMap(queriesOf);
}

function queriesOf({ uid, templating, panels }: z.output<typeof dashboard>): PanelQuery[] {
  const asked = templating.list.filter(({ type }) => type === 'query');
  const variables = asked.map(({ name, query }) => {
    const [, expr = ''] = /^label_values\((.+), \w+\)$/.exec(query) ?? [];
    return { title: `values of ${name}`, targets: [{ expr, exemplar: false }] };
  });
  const queries = [...variables, ...panels].flatMap(({ title, targets }) =>
    targets.map(({ expr, exemplar }) => ({
      ...{ dashboard: uid, panel: title, exemplar },
      expr: asked.reduce(
        (query, { name }) => query.replaceAll(`$${name}`, '.*'),
        expr.replaceAll('$__rate_interval', '2m'),
      ),
    })),
  );
  const choice = templating.list.find(({ type }) => type === 'custom');
  if (choice === undefined) return queries;
  return choice.query
    .split(',')
    .flatMap((service) =>
      queries.map((query) => ({ ...query, service, expr: query.expr.replaceAll(`$${choice.name}`, service) })),
    );
}

const provisioning = z.object({ datasources: z.array(z.object({ uid: z.string(), jsonData: z.unknown() })) });

/** The settings of a data source. Grafana takes `$$` for a `$`. */
export function settingsIn(provisioned: string, uid: string): unknown {
  const { datasources } = provisioning.parse(parse(provisioned.replaceAll('$$', '$')));
  return datasources.find((each) => each.uid === uid)?.jsonData;
}

/** The settings of a data source of `local`. */
export async function settingsOf(uid: string): Promise<unknown> {
  const found = (await configMaps()).find(({ metadata }) => metadata.name === 'grafana-provisioning');
  return settingsIn(found?.data['datasources.yaml'] ?? '', uid);
}
