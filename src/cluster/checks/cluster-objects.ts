import { z } from 'zod';
import { Cluster, condition, metadata } from '../cluster';
import { Finding, ok, wrong } from '../finding';
import { Needs } from '../needs';
import { installationOf, operators } from '../operators';

const ingress = z.object({ ingressClassName: z.string().optional() });
const ingressClass = z.object({ metadata });

/** The classes of the Ingresses. */
export async function ingressClasses(cluster: Cluster, needs: Needs): Promise<Finding[]> {
  const ingresses = needs.objects.filter(({ kind }) => kind === 'Ingress').map(({ spec }) => ingress.parse(spec));
  const names = new Set(ingresses.flatMap(({ ingressClassName }) => ingressClassName ?? []));
  const findings = [...names].map(async (name) => {
    const found = await cluster.find(`/apis/networking.k8s.io/v1/ingressclasses/${name}`, ingressClass);
    const nginx = operators.find((operator) => operator.name === `ingress-${name}`);
    const remedy =
      nginx === undefined
        ? [`# install the controller of the class ${name}`]
        : installationOf(nginx, cluster.commands, needs);
    return found === undefined
      ? wrong('IngressClass', `there is none called ${name}`, ...remedy)
      : ok('IngressClass', name);
  });
  return Promise.all(findings);
}

const readiness = z.object({
  status: z.object({ conditions: z.array(condition).default([]) }).default({ conditions: [] }),
});

const ISSUER = 'cert-manager.io/cluster-issuer';

/** Who signs the certificates of the Ingresses. */
export async function clusterIssuers(cluster: Cluster, { objects }: Needs): Promise<Finding[]> {
  const names = new Set(objects.flatMap(({ metadata: { annotations } }) => annotations[ISSUER] ?? []));
  const findings = [...names].map((name) =>
    readyObject(cluster, 'ClusterIssuer', 'cert-manager.io/v1/clusterissuers', name, letsEncrypt(cluster, name)),
  );
  return Promise.all(findings);
}

const externalSecret = z.object({ secretStoreRef: z.object({ kind: z.string(), name: z.string() }) });

/** Where the ExternalSecrets find their values. */
export async function secretStores(cluster: Cluster, { objects }: Needs): Promise<Finding[]> {
  const used = objects.filter(({ kind }) => kind === 'ExternalSecret').map(({ spec }) => externalSecret.parse(spec));
  const names = new Set(used.map(({ secretStoreRef: { name } }) => name));
  const remedy = '# make the store, as your provider of secrets needs it, or set secretStore in the settings';
  const findings = [...names].map((name) =>
    readyObject(cluster, 'ClusterSecretStore', 'external-secrets.io/v1/clustersecretstores', name, remedy),
  );
  return Promise.all(findings);
}

/** An object that others name, which its controller has to find in order. */
async function readyObject(
  cluster: Cluster,
  kind: string,
  collection: string,
  name: string,
  remedy: string,
): Promise<Finding> {
  const found = await cluster.find(`/apis/${collection}/${name}`, readiness);
  if (found === undefined) return wrong(kind, `there is none called ${name}`, remedy);
  const ready = found.status.conditions.find(({ type }) => type === 'Ready');
  const problem = ready?.message ?? 'its controller has not looked at it';
  return ready?.status === 'True'
    ? ok(kind, name)
    : wrong(kind, `${name} is not ready: ${problem}`, cluster.commands.kubectl('describe', kind.toLowerCase(), name));
}

/** An issuer of Let's Encrypt, which checks the domain by a request that the Ingress controller answers. */
function letsEncrypt(cluster: Cluster, name: string): string {
  const acme = {
    server: 'https://acme-v02.api.letsencrypt.org/directory',
    privateKeySecretRef: { name },
    solvers: [{ http01: { ingress: { ingressClassName: 'nginx' } } }],
  };
  const manifest = { apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name }, spec: { acme } };
  return `echo '${JSON.stringify(manifest)}' | ${cluster.commands.kubectl('apply', '-f', '-')}`;
}
