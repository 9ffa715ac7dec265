import { z } from 'zod';
import { POD_SECURITY_LABEL } from '../../core/names';
import { Cluster, metadata } from '../cluster';
import { Finding, ok, unknown, wrong } from '../finding';
import { Manifest, Needs } from '../needs';
import { Amounts, amountOf, amountsOf, quantityOf, shown, sum, times } from '../quantity';
import { Pods, podsOf } from '../workloads';

/** The levels of Pod Security, from the laxest to the strictest. */
const LEVELS = ['privileged', 'baseline', 'restricted'];

const namespace = z.object({ metadata });

/** Each namespace of the manifests, as far as it is there: whether it takes their pods. */
export async function namespaces(cluster: Cluster, needs: Needs): Promise<Finding[]> {
  const pods = podsOf(needs.objects);
  const findings = needs.namespaces.map(async (manifest) => {
    const { name } = manifest.metadata;
    const found = await cluster.find(`/api/v1/namespaces/${name}`, namespace);
    if (found === undefined) return [ok(`namespace ${name}`, 'not there yet; the manifests make it')];
    const inside = pods.filter((each) => each.namespace === name);
    return [
      podSecurity(cluster, manifest, found),
      ...(await quotas(cluster, name, inside)),
      ...(await limitRanges(cluster, name, inside)),
    ];
  });
  return (await Promise.all(findings)).flat();
}

function podSecurity(cluster: Cluster, wanted: Manifest, found: z.output<typeof namespace>): Finding {
  const { name, labels } = wanted.metadata;
  const subject = `namespace ${name}`;
  if (found.metadata.deletionTimestamp !== undefined) {
    const remedy = cluster.commands.kubectl('describe', 'namespace', name);
    return wrong(subject, 'it is being deleted, and takes no new object until it is gone', remedy);
  }
  const level = labels[POD_SECURITY_LABEL] ?? 'privileged';
  const seen = found.metadata.labels[POD_SECURITY_LABEL];
  if (seen === undefined) return ok(subject, `Pod Security as the cluster has it; the manifests set ${level}`);
  if (LEVELS.indexOf(seen) > LEVELS.indexOf(level)) {
    const remedy = cluster.commands.kubectl(
      'label',
      'namespace',
      name,
      `${POD_SECURITY_LABEL}=${level}`,
      '--overwrite',
    );
    return wrong(subject, `Pod Security is ${seen}, and the pods need ${level}`, remedy);
  }
  return ok(subject, `Pod Security ${seen}${seen === level ? '' : `; the manifests set ${level}`}`);
}

const quota = z.object({
  metadata,
  spec: z.object({
    hard: z.record(z.string(), z.string()).default({}),
    scopes: z.array(z.string()).optional(),
    scopeSelector: z.unknown().optional(),
  }),
});

async function quotas(cluster: Cluster, name: string, pods: readonly Pods[]): Promise<Finding[]> {
  const found = await cluster.list(`/api/v1/namespaces/${name}/resourcequotas`, quota);
  const asked = askedOf(pods);
  return found.map(({ metadata: { name: quotaName }, spec: { hard, scopes, scopeSelector } }) => {
    const subject = `ResourceQuota ${quotaName}`;
    if (scopes !== undefined || scopeSelector !== undefined) {
      return unknown(subject, 'it counts some pods only, which is not judged here');
    }
    const short = Object.entries(hard).filter(([key, quantity]) => (asked[key] ?? 0) > amountOf(quantity));
    if (short.length === 0) return ok(subject, `enough for the most pods`);
    const problem = short.map(([key, quantity]) => `${key} ${shown(key, asked[key] ?? 0)} of ${quantity}`).join(', ');
    const enough = Object.fromEntries(short.map(([key]) => [key, quantityOf(key, asked[key] ?? 0)]));
    const patch = `--patch=${JSON.stringify({ spec: { hard: enough } })}`;
    const remedy = cluster.commands.kubectl('patch', 'resourcequota', quotaName, '--namespace', name, patch);
    return wrong(subject, `too little for the most pods: ${problem}`, remedy);
  });
}

/** What the pods ask at their most, by the names of a quota. */
function askedOf(pods: readonly Pods[]): Amounts {
  const total = (side: 'requests' | 'limits') =>
    sum(pods.map(({ containers, max }) => times(max, sum(containers.map((container) => container[side])))));
  const named = (prefix: string, amounts: Amounts) =>
    Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [`${prefix}${resource}`, amount]));
  const requests = total('requests');
  const count = pods.reduce((all, { max }) => all + max, 0);
  return {
    ...named('', requests),
    ...named('requests.', requests),
    ...named('limits.', total('limits')),
    pods: count,
    'count/pods': count,
  };
}

const limitRange = z.object({
  metadata,
  spec: z.object({
    limits: z.array(
      z.object({
        type: z.string(),
        max: z.record(z.string(), z.string()).default({}),
        min: z.record(z.string(), z.string()).default({}),
      }),
    ),
  }),
});

async function limitRanges(cluster: Cluster, name: string, pods: readonly Pods[]): Promise<Finding[]> {
  const found = await cluster.list(`/api/v1/namespaces/${name}/limitranges`, limitRange);
  return found.flatMap(({ metadata: { name: rangeName }, spec: { limits } }) => {
    const subject = `LimitRange ${rangeName}`;
    const findings = limits.flatMap(({ type, max, min }, index) =>
      (['max', 'min'] as const).flatMap((bound) => {
        const outside = beyond(pods, type, bound, amountsOf(bound === 'max' ? max : min));
        if (outside === undefined) return [];
        const { pod, resource, amount } = outside;
        const path = `/spec/limits/${index}/${bound}/${resource.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const patch = JSON.stringify([{ op: 'replace', path, value: quantityOf(resource, amount) }]);
        const remedy = cluster.commands.kubectl(
          ...['patch', 'limitrange', rangeName, '--namespace', name, '--type=json', `--patch=${patch}`],
        );
        const asks = `${pod} has ${resource} ${shown(resource, amount)} in a ${type}`;
        return [
          wrong(subject, `${asks}, and its ${bound} is ${(bound === 'max' ? max : min)[resource] ?? ''}`, remedy),
        ];
      }),
    );
    return findings.length > 0 ? findings : [ok(subject, 'takes every pod')];
  });
}

/** The pods that are furthest beyond a bound, if any are. */
function beyond(pods: readonly Pods[], type: string, bound: 'max' | 'min', allowed: Amounts) {
  const side = bound === 'max' ? 'limits' : 'requests';
  const sign = bound === 'max' ? 1 : -1;
  return Object.entries(allowed)
    .flatMap(([resource, limit]) =>
      pods.flatMap(({ name, containers }) => {
        const each = containers.map((container) => container[side]);
        const counted = type === 'Pod' ? [sum(each)] : type === 'Container' ? each : [];
        return counted
          .map((amounts) => ({ pod: name, resource, amount: amounts[resource] ?? limit }))
          .filter(({ amount }) => sign * amount > sign * limit);
      }),
    )
    .sort((one, other) => sign * (other.amount - one.amount))[0];
}
