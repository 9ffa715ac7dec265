/* APIs that the API server passes on, as to metrics-server or KEDA, with the tests to answer on the loopback interface. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, Server } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { kubectl } from '../kubernetes/kubectl';
import { createAll, folder } from './aop';

/** An API: its group, and the Service that answers. */
export interface AggregatedApi {
  readonly group: string;
  readonly namespace: string;
  readonly service: string;
}

/** What answers a request; nothing is an error of the server. */
export type Answer = (url: URL) => object | undefined | Promise<object | undefined>;

const HOST = 'localhost';

/**
 * Makes the Services and APIServices of some APIs, version v1beta1, and answers them.
 *
 * @returns what takes all of it away again: an APIService that nobody serves would keep namespaces from being deleted
 */
export async function serveApis(apis: readonly AggregatedApi[], answer: Answer): Promise<() => Promise<void>> {
  const server = await listen(answer);
  const { port } = z.object({ port: z.int() }).parse(server.address());
  await createAll(...apis.flatMap((api) => [serviceOf(api, port), apiServiceOf(api, port)]));
  const names = apis.map(({ group }) => `apiservice/v1beta1.${group}`);
  await kubectl('wait', '--for=condition=Available', '--timeout=60s', ...names);
  return async () => {
    await kubectl('delete', '--ignore-not-found', '--timeout=60s', ...names);
    for (const { namespace, service } of apis) {
      await kubectl('delete', 'service', service, '--namespace', namespace, '--ignore-not-found');
    }
    server.closeAllConnections();
    server.close();
  };
}

/** The answer to who asks what an API has: nothing by name. */
export function noResources({ pathname }: URL): object {
  const [, , group = '', version = ''] = pathname.split('/');
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources: [] };
}

async function listen(answer: Answer): Promise<Server> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${HOST}`];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, ({ url = '' }, response) => {
    void Promise.resolve(answer(new URL(url, `https://${HOST}`))).then((body) => {
      response.writeHead(body === undefined ? 500 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
  });
  await once(server.listen(0, HOST), 'listening');
  return server;
}

/** By this name the API server finds the machine of the tests. */
function serviceOf({ namespace, service }: AggregatedApi, port: number) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service, namespace },
    spec: { type: 'ExternalName', externalName: HOST, ports: [{ port }] },
  };
}

function apiServiceOf({ group, namespace, service }: AggregatedApi, port: number) {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1beta1.${group}` },
    spec: {
      ...{ group, version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100 },
      ...{ service: { name: service, namespace, port }, insecureSkipTLSVerify: true },
    },
  };
}
