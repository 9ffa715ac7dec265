import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, Server } from 'node:https';
import { join } from 'node:path';
import { createAll, folder } from './aop';
import { kubectl } from '../kubernetes/kubectl';

/** What serves an aggregated API: its group, and the Service that KEDA or metrics-server has for it. */
interface Aggregated {
  readonly group: string;
  readonly namespace: string;
  readonly service: string;
}

const apis: readonly Aggregated[] = [
  { group: 'metrics.k8s.io', namespace: 'kube-system', service: 'metrics-server' },
  { group: 'external.metrics.k8s.io', namespace: 'keda', service: 'keda-operator-metrics-apiserver' },
];

const names = apis.map(({ group }) => `apiservice/v1beta1.${group}`);

/** A server on the loopback interface in the place of metrics-server and KEDA's; the API server finds it by an ExternalName. */
export class MetricsServers {
  private server: Server | undefined;

  /** Starts the server, and makes the Services and APIServices. */
  async start(): Promise<void> {
    const port = await this.listen(0);
    await createAll(
      ...apis.flatMap(({ group, namespace, service }) => [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: service, namespace },
          spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
        },
        {
          apiVersion: 'apiregistration.k8s.io/v1',
          kind: 'APIService',
          metadata: { name: `v1beta1.${group}` },
          spec: {
            group,
            version: 'v1beta1',
            service: { name: service, namespace, port },
            insecureSkipTLSVerify: true,
            groupPriorityMinimum: 100,
            versionPriority: 100,
          },
        },
      ]),
    );
    await kubectl('wait', '--for=condition=Available', '--timeout=60s', ...names);
  }

  /** Takes all of it away. An APIService that nobody serves would keep namespaces from being deleted. */
  async stop(): Promise<void> {
    await kubectl('delete', '--ignore-not-found', ...names);
    for (const { namespace, service } of apis) {
      await kubectl('delete', 'service', service, '--namespace', namespace, '--ignore-not-found');
    }
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private listen(port: number): Promise<number> {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=localhost',
        '-keyout',
        key ?? '',
        '-out',
        cert ?? '',
      ],
      { stdio: 'ignore' },
    );
    const read = (path = '') => readFileSync(path);
    const server = createServer({ key: read(key), cert: read(cert) }, (request, response) => {
      const [, , group = '', version = ''] = request.url?.split(/[/?]/) ?? [];
      const answer = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources: [] };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    });
    this.server = server;
    return new Promise((listening) => {
      server.listen(port, 'localhost', () => {
        const address = server.address();
        listening(typeof address === 'object' ? (address?.port ?? 0) : 0);
      });
    });
  }
}
