import { builtInApis, externalMetricsApi, kubernetesRelease, metricsApi } from './checks/api';
import { clusterIssuers, ingressClasses, secretStores } from './checks/cluster-objects';
import { images } from './checks/images';
import { jobs } from './checks/jobs';
import { namespaces } from './checks/namespaces';
import { gpuNodes, zones } from './checks/nodes';
import { operated } from './checks/operated';
import { operatorChecks } from './checks/operators';
import { room } from './checks/room';
import { scaling } from './checks/scaling';
import { secretsOf } from '../manifests/secrets';
import { secretFindings } from './checks/secrets';
import { storage } from './checks/storage';
import { Cluster } from './cluster';
import { Finding, warning } from './finding';
import { ApiError } from './kube-api';
import { Needs } from './needs';

/** Something to look at. If that is not allowed, or gets no answer, its subject could not be checked. */
interface Check {
  readonly subject: string;
  readonly run: (cluster: Cluster, needs: Needs) => Promise<Finding[]>;
}

/**
 * Looks whether a cluster is ready for manifests, and only looks.
 *
 * @param progress is called after each check
 * @returns what was found, in the order of the checks
 */
export async function examine(
  cluster: Cluster,
  needs: Needs,
  progress: (done: number, all: number) => void,
): Promise<Finding[]> {
  const checks: Check[] = [
    { subject: 'Kubernetes', run: kubernetesRelease },
    { subject: 'APIs of Kubernetes', run: builtInApis },
    ...operatorChecks(needs),
    { subject: 'metrics API', run: metricsApi },
    { subject: 'external metrics API', run: externalMetricsApi },
    { subject: 'IngressClass', run: ingressClasses },
    { subject: 'ClusterIssuer', run: clusterIssuers },
    { subject: 'ClusterSecretStore', run: secretStores },
    { subject: 'StorageClass', run: storage },
    { subject: 'zones', run: zones },
    { subject: 'GPU nodes', run: gpuNodes },
    { subject: 'room', run: room },
    { subject: 'namespaces', run: namespaces },
    ...secretsOf(needs.manifests).map((reference) => ({
      subject: `Secret ${reference.name}`,
      run: (each: Cluster) => secretFindings(each, needs, reference),
    })),
    { subject: 'scaling', run: scaling },
    { subject: 'images', run: images },
    { subject: 'custom resources', run: operated },
    { subject: 'Jobs', run: jobs },
  ];
  let done = 0;
  const findings = checks.map(async ({ subject, run }) => {
    const found = await run(cluster, needs).catch((error: unknown) => {
      if (error instanceof ApiError) return [warning(subject, error.message)];
      throw error;
    });
    done += 1;
    progress(done, checks.length);
    return found;
  });
  return (await Promise.all(findings)).flat();
}
