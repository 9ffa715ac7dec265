/* Keycloak as far as the gateway sees it: the issuer's description, its keys, and tokens that it has signed. */

import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { createSign, generateKeyPairSync, KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, Server } from 'node:https';
import { join } from 'node:path';
import { Names, Network } from './network';

const PASSWORD = 'changeit';

/** The issuer at its public URL, with a certificate of an authority that only the pods' trust store has. */
export class Keycloak {
  /** A trust store for Java with the authority. */
  readonly trustStore: string;

  private readonly address: string;
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly strangerKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly certificate: string;
  private readonly privateKey: string;
  private server: Server | undefined;

  /** @param issuer URL of the realm */
  constructor(
    { network, names }: { readonly network: Network; readonly names: Names },
    private readonly issuer: string,
    folder: string,
  ) {
    const { hostname } = new URL(issuer);
    this.address = network.addServiceAddress();
    names.set(hostname, this.address);
    [this.certificate, this.privateKey, this.trustStore] = [
      join(folder, 'keycloak.crt'),
      join(folder, 'keycloak.key'),
      join(folder, 'cacerts'),
    ];
    const subject = ['-subj', `/CN=${hostname}`, '-addext', `subjectAltName=DNS:${hostname}`];
    const files = ['-keyout', this.privateKey, '-out', this.certificate];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
      stdio: 'ignore',
    });
    const store = ['-storetype', 'JKS', '-keystore', this.trustStore, '-storepass', PASSWORD, '-alias', 'test'];
    execFileSync('keytool', ['-importcert', '-noprompt', ...store, '-file', this.certificate], { stdio: 'ignore' });
  }

  /** Answers, if it does not yet. */
  async start(): Promise<void> {
    if (this.server !== undefined) return;
    const { pathname } = new URL(this.issuer);
    const key = { ...this.keys.publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' };
    const certs = `${pathname}/protocol/openid-connect/certs`;
    const answers = new Map<string, unknown>([
      [
        `${pathname}/.well-known/openid-configuration`,
        { issuer: this.issuer, jwks_uri: new URL(certs, this.issuer).href, subject_types_supported: ['public'] },
      ],
      [certs, { keys: [key] }],
    ]);
    const pair = { cert: readFileSync(this.certificate), key: readFileSync(this.privateKey) };
    const server = createServer(pair, ({ url = '' }, response) => {
      const answer = answers.get(url);
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
    server.unref();
    await once(server.listen(443, this.address), 'listening');
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

  private sign(key: KeyObject): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub: 'test', scope: 'openid', iat: now, exp: now + 3600 };
    const parts = [{ alg: 'RS256', kid: 'test', typ: 'JWT' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signature = createSign('RSA-SHA256').update(parts.join('.')).sign(key).toString('base64url');
    return [...parts, signature].join('.');
  }
}
