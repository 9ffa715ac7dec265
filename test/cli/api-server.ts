import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { portOf } from '../ports';

/** What the server answers to a request: a status of HTTP, and an object. `undefined` is no answer at all. */
export type Answer = (method: string, path: string, body: string) => readonly [number, unknown] | undefined;

/** An API server of this process, and a kubeconfig with the contexts `staging` and `production` for it. */
export interface ApiServer extends AsyncDisposable {
  readonly kubeconfig: string;
  /** The requests that it got. */
  readonly requests: readonly string[];
}

/** Starts a server on the loopback interface; it stops with the block that it was made in. */
export async function apiServer(answer: Answer): Promise<ApiServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void respond(request).then(([status, object]) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(object));
    });
  });
  const respond = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const { method = '', url = '', headers } = request;
    requests.push(`${method} ${url} ${headers.authorization ?? ''}`);
    return answer(method, url.split('?')[0] ?? '', await text(request)) ?? [404, { message: `no ${url}` }];
  };
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const folder = mkdtempSync(join(tmpdir(), 'aop-kubeconfig-'));
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, kubeconfigOf(`http://127.0.0.1:${portOf(server)}`));
  return {
    kubeconfig,
    requests,
    [Symbol.asyncDispose]: async () => {
      rmSync(folder, { recursive: true });
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A kubeconfig for a server without TLS, whose current context is production. */
export function kubeconfigOf(server: string): string {
  const contexts = ['staging', 'production'].map((name) => ({ name, context: { cluster: 'local', user: 'tester' } }));
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'tester', user: { token: 'a-secret-token' } }],
    contexts,
    'current-context': 'production',
  });
}
