import { SecretOrigin } from '../../src/autonomous-op/charts/secrets';
import { settingsOf } from '../../src/autonomous-op/environments';
import { Cluster } from '../../src/cluster/cluster';
import { Commands } from '../../src/cluster/commands';
import { examine } from '../../src/cluster/doctor';
import { Finding } from '../../src/cluster/finding';
import { ApiError, KubeApi } from '../../src/cluster/kube-api';
import { Needs, needsOf } from '../../src/cluster/needs';
import { KubeObject, ManifestText, parseManifests } from '../../src/manifests/read';
import { textAt } from '../../src/manifests/value';
import { renderDocument } from '../autonomous-op/document-services';
import { StandIn, standIns } from './stand-ins';

/** What an API server answers, by path; nothing is there where it is undefined. */
export type Answers = Readonly<Record<string, unknown>>;

/** In the place of an answer: the server refuses it. */
export const FORBIDDEN = Symbol('forbidden');

/** What an environment's manifests ask. */
export function needsOfEnvironment(environment: string, secrets: SecretOrigin = { values: new Map() }): Needs {
  return needsOf(parseManifests(renderedFor(environment, secrets)), 'dist');
}

/** An environment's manifests; its Secrets have their names and keys, and no value. */
export function renderedFor(environment: string, secrets: SecretOrigin = { values: new Map() }): ManifestText[] {
  return renderDocument(settingsOf(environment), secrets);
}

/** What production asks. */
export const needs = needsOfEnvironment('production');

/** An API server without a network. */
function apiOf(answers: Answers): KubeApi {
  return {
    get: (path) => {
      const [name = ''] = path.split('?');
      const answer = answers[name];
      if (answer === FORBIDDEN) return Promise.reject(new ApiError(403, `User "viewer" cannot get ${name}`));
      return answer === undefined ? Promise.reject(new ApiError(404, `no ${name}`)) : Promise.resolve(answer);
    },
    patch: (path) => Promise.reject(new ApiError(405, `doctor patches ${path}`)),
  };
}

/** What doctor finds in a cluster that is ready but for these answers; what is OK is left out. */
export async function problems(different: Answers = {}, wanted: Needs = needs): Promise<Finding[]> {
  return (await findings(different, wanted)).filter(({ verdict }) => verdict !== 'ok');
}

/** All that doctor finds. */
export function findings(different: Answers = {}, wanted: Needs = needs): Promise<Finding[]> {
  const cluster = new Cluster(apiOf({ ...ready, ...different }), new Commands({ context: 'test' }));
  return examine(cluster, wanted, () => undefined);
}

export const list = (...items: readonly unknown[]) => ({ items, metadata: {} });

const worker = (zone: string) => ({
  metadata: { name: `worker-${zone}`, labels: { 'topology.kubernetes.io/zone': `zone-${zone}` }, resourceVersion: '1' },
  spec: {},
  status: {
    allocatable: { cpu: '32', memory: '128Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});

/** A node of production's pool. */
export const gpuNode = (number: number) => {
  const plain = worker(number === 1 ? 'a' : 'b');
  const labels = { 'nvidia.com/gpu.present': 'true', 'nvidia.com/gpu.product': 'Tesla-V100-SXM2-16GB' };
  return {
    ...plain,
    metadata: { ...plain.metadata, name: `gpu-node-0${number}`, labels: { ...plain.metadata.labels, ...labels } },
    spec: { taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] },
    status: { ...plain.status, allocatable: { ...plain.status.allocatable, 'nvidia.com/gpu': '4' } },
  };
};

export const workers = ['a', 'b', 'c'].map(worker);

const nodes = [...workers, gpuNode(1), gpuNode(2)];

/** A pod that is ready. */
export const podOf = ({ namespace, name, labels, image }: StandIn) => ({
  metadata: { namespace, name, labels },
  spec: { nodeName: 'worker-a', containers: [{ image }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

/** The pods of the cluster, without those of some names. */
export const podsWithout = (...names: readonly string[]) =>
  standIns.filter(({ name }) => !names.includes(name)).map(podOf);

export const apiService = (namespace: string, name: string, status = 'True', message = '') => ({
  spec: { service: { namespace, name } },
  status: { conditions: [{ type: 'Available', status, message }] },
});

export const storageClass = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  metadata: { name, annotations },
  provisioner: 'ebs.csi.aws.com',
  volumeBindingMode: 'WaitForFirstConsumer',
});

/** The kinds of some objects, as the API server lists them for each version. */
export function servedFor(objects: readonly KubeObject[]): Answers {
  const versionOf = ({ body }: KubeObject) => textAt(body, 'apiVersion') ?? '';
  return Object.fromEntries(
    [...new Set(objects.map(versionOf))].map((apiVersion) => {
      const kinds = new Set(objects.filter((object) => versionOf(object) === apiVersion).map(({ kind }) => kind));
      const resources = [...kinds].map((kind) => ({ kind, name: kind.toLowerCase() }));
      return [`${apiVersion.includes('/') ? '/apis/' : '/api/'}${apiVersion}`, { resources }];
    }),
  );
}

/** A cluster that nothing is applied to yet. */
export const ready: Answers = {
  ...servedFor([...needs.manifests.objects.values()]),
  '/version': { gitVersion: 'v1.27.16' },
  '/api/v1/nodes': list(...nodes),
  '/api/v1/pods': list(...podsWithout()),
  '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io': apiService('kube-system', 'metrics-server'),
  '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io': apiService(
    'keda',
    'keda-operator-metrics-apiserver',
  ),
  '/apis/storage.k8s.io/v1/storageclasses': list(
    storageClass('gp3', { 'storageclass.kubernetes.io/is-default-class': 'true' }),
  ),
  '/apis/networking.k8s.io/v1/ingressclasses/nginx': { metadata: { name: 'nginx' } },
  '/apis/cert-manager.io/v1/clusterissuers/letsencrypt': {
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  },
};
