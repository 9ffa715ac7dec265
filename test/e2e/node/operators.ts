/* The operators that act on `local`, as pods of the cluster: KEDA 2.11.2 and prometheus-operator 0.71.2. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, vi } from 'vitest';
import { run } from '../kubernetes/control-plane';
import { kubectl, tryKubectl } from '../kubernetes/kubectl';
import { certificate, privateKey } from './certificate';
import { operatorImages } from './images';

/** The taint of the nodes that `local` has to do without at first; what the tests run there tolerates it. */
export const RESERVED = 'tests/reserved';

/** Where what belongs to the tests runs. */
export const onReservedNode = {
  nodeSelector: { 'kubernetes.io/hostname': 'real-2' },
  tolerations: [{ key: RESERVED, operator: 'Exists' }],
};

/** The Services of KEDA that the API server calls, which is beside the nodes: each has an address with a route to a node. */
const called = { 'keda-metrics-apiserver': '10.0.0.12', 'keda-admission-webhooks': '10.0.0.13' };

/** Applies objects of any namespace. */
export async function apply(...items: readonly unknown[]): Promise<void> {
  const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, stderr } = await tryKubectl(['apply', '--server-side', '-f', '-'], manifest);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** Starts prometheus-operator with the rights that it is released with. */
export async function startPrometheusOperator(): Promise<void> {
  await kubectl('apply', '-f', resolve('../shared/tools/operators/prometheus-operator.yaml'));
  await apply(
    operator('prometheus-operator', 'default', 'prometheus-operator', [
      '--kubelet-service=kube-system/kubelet',
      '--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.71.2',
    ]),
  );
}

/** Starts KEDA, and waits until it serves the metrics and checks the ScaledObjects. */
export async function startKeda(): Promise<void> {
  for (const address of Object.values(called))
    await run('ip', ['route', 'replace', `${address}/32`, 'via', '172.30.0.11']);
  const inKeda = (name: string) => ({ name, namespace: 'keda' });
  const [crt, key] = [certificate(), privateKey()].map((path) => readFileSync(path).toString('base64'));
  const service = (name: string, ports: readonly unknown[], clusterIP?: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: inKeda(name),
    spec: { selector: { app: name }, ports, ...(clusterIP === undefined ? {} : { clusterIP }) },
  });
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'keda' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inKeda('keda') },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'keda' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...inKeda('keda') }],
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: inKeda('certs'),
      data: { 'tls.crt': crt, 'tls.key': key, 'ca.crt': crt },
    },
    operator('keda-operator', 'keda', 'keda', ['--metrics-bind-address=:8080', '--metrics-service-bind-address=:9666']),
    operator('keda-metrics-apiserver', 'keda', 'keda', [
      '--secure-port=6443',
      '--tls-cert-file=/certs/tls.crt',
      '--tls-private-key-file=/certs/tls.key',
      '--cert-dir=/certs',
      '--metrics-service-address=keda-operator.keda.svc.cluster.local:9666',
    ]),
    operator('keda-admission-webhooks', 'keda', 'keda', ['--port=9443', '--cert-dir=/certs']),
    service('keda-operator', [{ name: 'metrics', port: 9666 }]),
    service('keda-metrics-apiserver', [{ port: 443, targetPort: 6443 }], called['keda-metrics-apiserver']),
    service('keda-admission-webhooks', [{ port: 443, targetPort: 9443 }], called['keda-admission-webhooks']),
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: {
        ...{ group: 'external.metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100 },
        service: inKeda('keda-metrics-apiserver'),
        insecureSkipTLSVerify: true,
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'keda-admission' },
      webhooks: [
        {
          ...{
            name: 'vscaledobject.kb.io',
            admissionReviewVersions: ['v1'],
            failurePolicy: 'Fail',
            sideEffects: 'None',
          },
          clientConfig: {
            service: { ...inKeda('keda-admission-webhooks'), path: '/validate-keda-sh-v1alpha1-scaledobject' },
            caBundle: crt,
          },
          rules: [
            {
              ...{ apiGroups: ['keda.sh'], apiVersions: ['v1alpha1'] },
              ...{ operations: ['CREATE', 'UPDATE'], resources: ['scaledobjects'] },
            },
          ],
        },
      ],
    },
  );
  await vi.waitFor(() => kubectl('get', '--raw', '/apis/external.metrics.k8s.io/v1beta1'), {
    timeout: 120_000,
    interval: 1000,
  });
}

/** Images by the names that KEDA's releases have. */
const images: Readonly<Record<string, string>> = {
  ...operatorImages,
  'keda-metrics-apiserver': operatorImages['keda-adapter'],
  'keda-admission-webhooks': operatorImages['keda-webhooks'],
};

function operator(name: string, namespace: string, serviceAccountName: string, args: readonly string[]): unknown {
  const labels = { app: name };
  const isKeda = namespace === 'keda';
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...onReservedNode,
          serviceAccountName,
          automountServiceAccountToken: true,
          containers: [
            {
              name,
              image: images[name],
              args,
              // By its name the monitor of KEDA's operator finds the port of its metrics.
              ports: name === 'keda-operator' ? [{ name: 'http', containerPort: 8080 }] : [],
              env: [
                { name: 'POD_NAMESPACE', value: namespace },
                { name: 'WATCH_NAMESPACE', value: '' },
              ],
              volumeMounts: isKeda ? [{ name: 'certs', mountPath: '/certs', readOnly: true }] : [],
            },
          ],
          volumes: isKeda ? [{ name: 'certs', secret: { secretName: 'certs' } }] : [],
        },
      },
    },
  };
}
