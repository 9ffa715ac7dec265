/* Keycloak as far as the gateway sees it: the description of a realm, its keys, and tokens that it has signed. */

import { createSign, generateKeyPairSync, KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, Server } from 'node:https';

/** Paths of a certificate for the host of the realm, and of its key. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A realm that answers over TLS. */
export class Issuer {
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly strangerKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** Of the key: the gateway keeps keys that it knows the id of. */
  private readonly id = randomUUID();
  private server: Server | undefined;

  /**
   * @param url URL of the realm, which tokens name as their issuer
   * @param files gives what it shows to clients, and may make it first
   */
  constructor(
    private readonly url: string,
    private readonly files: () => CertificateFiles,
  ) {}

  /** Answers at an address of this machine, if it does not yet. */
  async start(address: string): Promise<void> {
    if (this.server !== undefined) return;
    const { certificate, privateKey } = this.files();
    const pair = { cert: readFileSync(certificate), key: readFileSync(privateKey) };
    const server = createServer(pair, ({ url = '' }, response) => {
      const answer = this.answers.get(new URL(url, this.url).href);
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
    server.unref();
    await once(server.listen(443, address), 'listening');
    this.server = server;
  }

  /** Nobody answers any more; connections are refused. */
  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
    this.server = undefined;
  }

  /** A token that the gateway takes. */
  token(): string {
    return this.sign(this.keys.privateKey);
  }

  /** One that somebody else has signed. */
  forgedToken(): string {
    return this.sign(this.strangerKeys.privateKey);
  }

  /** What it answers, by URL. */
  private get answers(): ReadonlyMap<string, unknown> {
    const certs = `${this.url}/protocol/openid-connect/certs`;
    const key = { ...this.keys.publicKey.export({ format: 'jwk' }), kid: this.id, alg: 'RS256', use: 'sig' };
    const description = { issuer: this.url, jwks_uri: certs, subject_types_supported: ['public'] };
    return new Map<string, unknown>([
      [`${this.url}/.well-known/openid-configuration`, description],
      [certs, { keys: [key] }],
    ]);
  }

  private sign(key: KeyObject): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, sub: 'tests', scope: 'openid', iat: now, exp: now + 3600 };
    const parts = [{ alg: 'RS256', kid: this.id, typ: 'JWT' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signature = createSign('RSA-SHA256').update(parts.join('.')).sign(key).toString('base64url');
    return [...parts, signature].join('.');
  }
}
