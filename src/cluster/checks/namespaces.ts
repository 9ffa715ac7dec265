/* The namespaces of the manifests: whether each takes their pods. */

import { z } from 'zod';
import { POD_SECURITY_LABEL } from '../../core/names';
import { parseQuantity } from '../../core/quantities';
import { Amounts, amountsOf, quantityOf, shownAmount, sum, times } from '../../manifests/quantities';
import { KubeObject } from '../../manifests/read';
import { textAt } from '../../manifests/value';
import { Workload } from '../../manifests/workloads';
import { Cluster, metadata } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';

/** The levels of Pod Security, from the laxest to the strictest. */
const LEVELS = ['privileged', 'baseline', 'restricted'];

const namespace = z.object({ metadata });

export async function namespaces(
  cluster: Cluster,
  { manifests, namespaces: names, workloads }: Needs,
): Promise<Finding[]> {
  const findings = names.map(async (name) => {
    const manifest = manifests.find('Namespace', '', name);
    const found = await cluster.find(`/api/v1/namespaces/${name}`, namespace);
    if (found === undefined) return [notThere(cluster, name, manifest)];
    const inside = workloads.filter((each) => each.namespace === name);
    return [
      podSecurity(cluster, name, manifest, found),
      ...(await quotas(cluster, name, inside)),
      ...(await limitRanges(cluster, name, inside)),
    ];
  });
  return (await Promise.all(findings)).flat();
}

function notThere(cluster: Cluster, name: string, manifest: KubeObject | undefined): Finding {
  const subject = `namespace ${name}`;
  return manifest === undefined
    ? problem(subject, 'is not there, and no file here makes it', cluster.commands.kubectl('create', 'namespace', name))
    : ok(subject, 'not there yet; the manifests make it');
}

function podSecurity(
  cluster: Cluster,
  name: string,
  wanted: KubeObject | undefined,
  found: z.output<typeof namespace>,
): Finding {
  const subject = `namespace ${name}`;
  if (found.metadata.deletionTimestamp !== undefined) {
    const remedy = cluster.commands.kubectl('describe', 'namespace', name);
    return problem(subject, 'it is being deleted, and takes no new object until it is gone', remedy);
  }
  const seen = found.metadata.labels[POD_SECURITY_LABEL];
  if (wanted === undefined) return ok(subject, seen === undefined ? 'is there' : `Pod Security ${seen}`);
  const level = textAt(wanted.body, 'metadata', 'labels', POD_SECURITY_LABEL) ?? 'privileged';
  if (seen === undefined) return ok(subject, `Pod Security as the cluster has it; the manifests set ${level}`);
  if (LEVELS.indexOf(seen) > LEVELS.indexOf(level)) {
    const remedy = cluster.commands.kubectl(
      'label',
      'namespace',
      name,
      `${POD_SECURITY_LABEL}=${level}`,
      '--overwrite',
    );
    return problem(subject, `Pod Security is ${seen}, and the pods need ${level}`, remedy);
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

async function quotas(cluster: Cluster, name: string, pods: readonly Workload[]): Promise<Finding[]> {
  const found = await cluster.list(`/api/v1/namespaces/${name}/resourcequotas`, quota);
  const asked = askedOf(pods);
  return found.map(({ metadata: { name: quotaName }, spec: { hard, scopes, scopeSelector } }) => {
    const subject = `ResourceQuota ${quotaName}`;
    if (scopes !== undefined || scopeSelector !== undefined) {
      return warning(subject, 'it counts some pods only, which is not judged here');
    }
    const short = Object.entries(hard).filter(
      ([key, quantity]) => (asked[key] ?? 0) > (parseQuantity(quantity) ?? Infinity),
    );
    if (short.length === 0) return ok(subject, `enough for the most pods`);
    const asks = short
      .map(([key, quantity]) => `${key} ${shownAmount(key, asked[key] ?? 0)} of ${quantity}`)
      .join(', ');
    const enough = Object.fromEntries(short.map(([key]) => [key, quantityOf(key, asked[key] ?? 0)]));
    const patch = `--patch=${JSON.stringify({ spec: { hard: enough } })}`;
    const remedy = cluster.commands.kubectl('patch', 'resourcequota', quotaName, '--namespace', name, patch);
    return problem(subject, `too little for the most pods: ${asks}`, remedy);
  });
}

/** What the pods ask at their most, by the names of a quota. DaemonSets are left out: their pods are as many as the nodes. */
function askedOf(workloads: readonly Workload[]): Amounts {
  const counted = workloads.flatMap((each) => (each.pods === 'every node' ? [] : [{ ...each, max: each.pods.max }]));
  const requests = sum(counted.map((each) => times(each.max, each.requests)));
  const limits = sum(counted.map(({ max, containers }) => times(max, sum(containers.map((each) => each.limits)))));
  const named = (prefix: string, amounts: Amounts) =>
    Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [`${prefix}${resource}`, amount]));
  const count = counted.reduce((all, { max }) => all + max, 0);
  return {
    ...named('', requests),
    ...named('requests.', requests),
    ...named('limits.', limits),
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

async function limitRanges(cluster: Cluster, name: string, pods: readonly Workload[]): Promise<Finding[]> {
  const found = await cluster.list(`/api/v1/namespaces/${name}/limitranges`, limitRange);
  return found.flatMap(({ metadata: { name: rangeName }, spec: { limits } }) => {
    const subject = `LimitRange ${rangeName}`;
    const findings = limits.flatMap(({ type, max, min }, index) =>
      (['max', 'min'] as const).flatMap((bound) => {
        const outside = beyond(pods, type, bound, amountsOf(Object.entries(bound === 'max' ? max : min)));
        if (outside === undefined) return [];
        const { pod, resource, amount } = outside;
        const path = `/spec/limits/${index}/${bound}/${resource.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const patch = JSON.stringify([{ op: 'replace', path, value: quantityOf(resource, amount) }]);
        const remedy = cluster.commands.kubectl(
          ...['patch', 'limitrange', rangeName, '--namespace', name, '--type=json', `--patch=${patch}`],
        );
        const asks = `${pod} has ${resource} ${shownAmount(resource, amount)} in a ${type}`;
        return [
          problem(subject, `${asks}, and its ${bound} is ${(bound === 'max' ? max : min)[resource] ?? ''}`, remedy),
        ];
      }),
    );
    return findings.length > 0 ? findings : [ok(subject, 'takes every pod')];
  });
}

/** The pods that are furthest beyond a bound, if any are. */
function beyond(pods: readonly Workload[], type: string, bound: 'max' | 'min', allowed: Amounts) {
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
