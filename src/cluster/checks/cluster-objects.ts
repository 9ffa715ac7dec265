/* Objects of the whole cluster that the manifests name: classes, issuers, stores of secrets. */

import { z } from 'zod';
import { at, textAt } from '../../manifests/value';
import { Cluster, condition, metadata } from '../cluster';
import { Finding, ok, problem } from '../finding';
import { Needs } from '../needs';
import { installationOf, operators } from '../operators';

const ingressClass = z.object({ metadata });

/** The classes of the Ingresses. */
export async function ingressClasses(cluster: Cluster, needs: Needs): Promise<Finding[]> {
  const names = new Set(
    needs.manifests.ofKind('Ingress').flatMap(({ body }) => textAt(body, 'spec', 'ingressClassName') ?? []),
  );
  const findings = [...names].map(async (name) => {
    const found = await cluster.find(`/apis/networking.k8s.io/v1/ingressclasses/${name}`, ingressClass);
    const nginx = operators.find((operator) => operator.name === `ingress-${name}`);
    const remedy =
      nginx === undefined
        ? [`# install the controller of the class ${name}`]
        : installationOf(nginx, cluster.commands, needs);
    return found === undefined ? problem('IngressClass', `there is no ${name}`, ...remedy) : ok('IngressClass', name);
  });
  return Promise.all(findings);
}

const readiness = z.object({
  status: z.object({ conditions: z.array(condition).default([]) }).default({ conditions: [] }),
});

const ISSUER = 'cert-manager.io/cluster-issuer';

/** Who signs the certificates of the Ingresses. */
export async function clusterIssuers(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const names = new Set(
    manifests.ofKind('Ingress').flatMap(({ body }) => textAt(body, 'metadata', 'annotations', ISSUER) ?? []),
  );
  const findings = [...names].map((name) =>
    readyObject(cluster, 'ClusterIssuer', 'cert-manager.io/v1/clusterissuers', name, letsEncrypt(cluster, name)),
  );
  return Promise.all(findings);
}

/** Where the ExternalSecrets find their values. */
export async function secretStores(cluster: Cluster, { manifests }: Needs): Promise<Finding[]> {
  const stores = manifests.ofKind('ExternalSecret').map(({ body }) => at(body, 'spec', 'secretStoreRef'));
  const names = new Set(
    stores.flatMap((store) => (textAt(store, 'kind') === 'ClusterSecretStore' ? (textAt(store, 'name') ?? []) : [])),
  );
  const remedy = '# create the store, as your provider of secrets needs it, or name another one in the manifests';
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
  if (found === undefined) return problem(kind, `there is no ${name}`, remedy);
  const ready = found.status.conditions.find(({ type }) => type === 'Ready');
  const reason = ready?.message ?? 'its controller has not looked at it';
  return ready?.status === 'True'
    ? ok(kind, name)
    : problem(kind, `${name} is not ready: ${reason}`, cluster.commands.kubectl('describe', kind.toLowerCase(), name));
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
