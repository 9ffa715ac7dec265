import { z } from 'zod';
import { Cluster, condition, metadata } from '../cluster';
import { Finding, ok, wrong } from '../finding';
import { Needs } from '../needs';
import { operators } from '../operators';

const ingress = z.object({ ingressClassName: z.string().optional() });
const ingressClass = z.object({ metadata });

/** The classes of the Ingresses. */
export async function ingressClasses(cluster: Cluster, needs: Needs): Promise<Finding[]> {
  const ingresses = needs.objects.filter(({ kind }) => kind === 'Ingress').map(({ spec }) => ingress.parse(spec));
  const names = new Set(ingresses.flatMap(({ ingressClassName }) => ingressClassName ?? []));
  const findings = [...names].map(async (name) => {
    const found = await cluster.find(`/apis/networking.k8s.io/v1/ingressclasses/${name}`, ingressClass);
    const nginx = operators.find((operator) => operator.name === `ingress-${name}`);
    const remedy = nginx?.install(cluster.commands, needs) ?? [`# install the controller of the class ${name}`];
    return found === undefined
      ? wrong('IngressClass', `there is none called ${name}`, ...remedy)
      : ok('IngressClass', name);
  });
  return Promise.all(findings);
}

const issuer = z.object({
  status: z.object({ conditions: z.array(condition).default([]) }).default({ conditions: [] }),
});

const ISSUER = 'cert-manager.io/cluster-issuer';

/** Who signs the certificates of the Ingresses. */
export async function clusterIssuers(cluster: Cluster, { objects }: Needs): Promise<Finding[]> {
  const names = new Set(objects.flatMap(({ metadata: { annotations } }) => annotations[ISSUER] ?? []));
  const findings = [...names].map(async (name) => {
    const found = await cluster.find(`/apis/cert-manager.io/v1/clusterissuers/${name}`, issuer);
    if (found === undefined) {
      return wrong('ClusterIssuer', `there is none called ${name}`, ...issuerOf(cluster, name));
    }
    const ready = found.status.conditions.find(({ type }) => type === 'Ready');
    return ready?.status === 'True'
      ? ok('ClusterIssuer', name)
      : wrong(
          'ClusterIssuer',
          `${name} is not ready: ${ready?.message ?? 'cert-manager has not looked at it'}`,
          cluster.commands.kubectl('describe', 'clusterissuer', name),
        );
  });
  return Promise.all(findings);
}

/** Let's Encrypt, which checks the domain by a request that the Ingress controller answers. */
function issuerOf(cluster: Cluster, name: string): string[] {
  const acme = {
    server: 'https://acme-v02.api.letsencrypt.org/directory',
    privateKeySecretRef: { name },
    solvers: [{ http01: { ingress: { ingressClassName: 'nginx' } } }],
  };
  const manifest = { apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name }, spec: { acme } };
  return [`echo '${JSON.stringify(manifest)}' | ${cluster.commands.kubectl('apply', '-f', '-')}`];
}
