/* Keycloak as far as the gateway sees it: the issuer's description, its keys, and tokens that it has signed. */

import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { certificate, privateKey } from './certificate';

/** A realm that answers over TLS. */
export class Keycloak {
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** Of the key: the gateway keeps keys that it knows the id of. */
  private readonly id = randomUUID();
  private readonly server = createServer(
    { cert: readFileSync(certificate()), key: readFileSync(privateKey()) },
    ({ url = '' }, response) => {
      const answer = this.answer(new URL(url, this.issuer).pathname);
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    },
  );

  /** @param issuer URL of the realm */
  constructor(private readonly issuer: string) {}

  /** Listens on an address of this machine. */
  start(address: string): Promise<void> {
    return new Promise((started, failed) => {
      this.server.once('error', failed).listen(443, address, started);
    });
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** A token that the gateway takes. */
  token(): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub: 'tests', scope: 'openid', iat: now, exp: now + 3600 };
    const parts = [{ alg: 'RS256', kid: this.id, typ: 'JWT' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signature = createSign('RSA-SHA256').update(parts.join('.')).sign(this.keys.privateKey).toString('base64url');
    return [...parts, signature].join('.');
  }

  private answer(path: string): unknown {
    const certs = `${this.issuer}/protocol/openid-connect/certs`;
    const key = { ...this.keys.publicKey.export({ format: 'jwk' }), kid: this.id, alg: 'RS256', use: 'sig' };
    return new Map<string, unknown>([
      [
        `${this.issuer}/.well-known/openid-configuration`,
        { issuer: this.issuer, jwks_uri: certs, subject_types_supported: ['public'] },
      ],
      [certs, { keys: [key] }],
    ]).get(new URL(path, this.issuer).href);
  }
}
