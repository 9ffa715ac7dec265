/* One certificate for all that serves TLS in these tests. It is made once, as the images trust it. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './programs';

/** Host of the issuer that `local` names. */
export const keycloakHost = 'keycloak.example.com';

const names = [
  keycloakHost,
  'keda-operator.keda.svc.cluster.local',
  'keda-metrics-apiserver.keda.svc',
  'keda-admission-webhooks.keda.svc',
];

/** Path of the certificate, which is its own authority. */
export function certificate(): string {
  const path = join(cache, 'tls.crt');
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    const subject = ['-subj', '/CN=tests', '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`];
    const files = ['-keyout', privateKey(), '-out', path];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', ...subject, ...files];
    execFileSync('openssl', request, { stdio: 'ignore' });
  }
  return path;
}

/** Path of its private key. */
export function privateKey(): string {
  return join(cache, 'tls.key');
}
