/* What the API server serves: its release, the kinds of the manifests, and the APIs of metrics. */

import { z } from 'zod';
import { groupOf } from '../../core/names';
import { KubeObject } from '../../manifests/read';
import { listAt, textAt, valuesOf } from '../../manifests/value';
import { Cluster } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';
import { installationOf, operators, placeOf } from '../operators';

/** The release that the constructs have been tried with. */
const TRIED = { major: 1, minor: 27 };

/** Fields that no release before it knows. */
const NEW_FIELDS = ['matchLabelKeys', 'unhealthyPodEvictionPolicy'];

const version = z.object({ gitVersion: z.string() });

/** The release of Kubernetes. */
export async function kubernetesRelease(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const { gitVersion } = await cluster.read('/version', version);
  const tried = `${TRIED.major}.${TRIED.minor}`;
  const seen = gitVersion.replace(/^v/, '');
  const [major = 0, minor = 0] = seen.split('.').map(Number);
  const distance = (major - TRIED.major) * 1000 + minor - TRIED.minor;
  const bodies = [...manifests.objects.values()].map(({ body }) => body);
  const used = NEW_FIELDS.filter((field) => valuesOf(bodies, field).length > 0);
  if (distance < 0 && used.length > 0) {
    const value = `${seen}; ${used.join(' and ')} of the manifests need ${tried}`;
    return [problem('Kubernetes', value, `# upgrade the cluster to ${tried} or later`)];
  }
  return [ok('Kubernetes', distance === 0 ? seen : `${seen}; the constructs have been tried with ${tried} only`)];
}

const apiVersionOf = ({ body }: KubeObject) => textAt(body, 'apiVersion') ?? '';

/** The kinds of Kubernetes itself, and of groups that no known operator serves. */
export async function builtInApis(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const served = operators.flatMap(({ groups }) => groups);
  const others = [...manifests.objects.values()].filter(({ group }) => !served.includes(group));
  const missing = await notServed(cluster, others);
  const versions = [...new Set(others.map(apiVersionOf))].sort();
  return missing.length === 0
    ? [ok('APIs of Kubernetes', versions.join(', '))]
    : missing.map((each) => problem('APIs of Kubernetes', each, cluster.commands.kubectl('api-resources')));
}

const resourceList = z.object({ resources: z.array(z.object({ kind: z.string(), name: z.string() })) });
const groupVersions = z.object({ versions: z.array(z.object({ version: z.string() })) });

/** What is wrong with the APIs of these objects, a text for each version of a group. */
export async function notServed(cluster: Cluster, objects: readonly KubeObject[]): Promise<string[]> {
  const wanted = [...new Set(objects.map(apiVersionOf))];
  const problems = wanted.map(async (apiVersion) => {
    const own = objects.filter((object) => apiVersionOf(object) === apiVersion);
    const kinds = [...new Set(own.map(({ kind }) => kind))];
    const prefix = apiVersion.includes('/') ? '/apis/' : '/api/';
    const found = await cluster.find(`${prefix}${apiVersion}`, resourceList);
    if (found === undefined) {
      const served = await cluster.find(`/apis/${groupOf(apiVersion)}`, groupVersions);
      const instead = served?.versions.map((each) => each.version).join(', ');
      return [`${apiVersion} is not served${instead === undefined ? '' : `, only ${instead}`}`];
    }
    const absent = kinds.filter((kind) => !found.resources.some((resource) => resource.kind === kind));
    return absent.length === 0 ? [] : [`${apiVersion} has no ${absent.join(', ')}`];
  });
  return (await Promise.all(problems)).flat();
}

const apiService = z.object({
  spec: z.object({ service: z.object({ name: z.string(), namespace: z.string() }).optional() }),
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().default('') }))
        .default([]),
    })
    .default({ conditions: [] }),
});

/** The API of pods' CPU and memory, which HPAs ask. */
export async function metricsApi(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const metrics = manifests.ofKind('HorizontalPodAutoscaler').flatMap(({ body }) => listAt(body, 'spec', 'metrics'));
  if (!metrics.some((metric) => /^(Container)?Resource$/.test(textAt(metric, 'type') ?? ''))) return [];
  const install = 'https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml';
  const remedy = cluster.commands.kubectl('apply', '-f', install);
  return [await aggregated(cluster, 'metrics API', 'v1beta1.metrics.k8s.io', remedy)];
}

/** The API of KEDA's metrics. A cluster has one server of it: if that is another one, KEDA's answers reach nobody. */
export async function externalMetricsApi(cluster: Cluster, needs: Needs): Promise<Finding[]> {
  if (needs.manifests.ofKind('ScaledObject').length === 0) return [];
  const keda = operators.find(({ groups }) => groups.includes('keda.sh'));
  const namespace = keda === undefined ? undefined : placeOf(keda, needs)?.namespace;
  const remedy = keda === undefined ? [] : installationOf(keda, cluster.commands, needs);
  return [
    await aggregated(cluster, 'external metrics API', 'v1beta1.external.metrics.k8s.io', remedy[0] ?? '', namespace),
  ];
}

async function aggregated(
  cluster: Cluster,
  subject: string,
  name: string,
  install: string,
  namespace?: string,
): Promise<Finding> {
  const found = await cluster.find(`/apis/apiregistration.k8s.io/v1/apiservices/${name}`, apiService);
  if (found === undefined) return problem(subject, `there is no APIService ${name}`, install);
  const { service } = found.spec;
  const server = service === undefined ? 'the API server itself' : `${service.namespace}/${service.name}`;
  if (namespace !== undefined && service?.namespace !== namespace) {
    return problem(subject, `served by ${server}, not from the namespace ${namespace}`, install);
  }
  const available = found.status.conditions.find(({ type }) => type === 'Available');
  switch (available?.status) {
    case 'True':
      return ok(subject, `served by ${server}`);
    case 'False':
      return problem(subject, `${server} is not available: ${available.message}`, install);
    default:
      return warning(subject, `${server} has not been tried yet`);
  }
}
