/* Keycloak, at its public URL: outside the cluster, with a certificate that only the pods' trust store knows. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CertificateFiles, Issuer } from '../programs/issuer';
import { Names, Network } from './network';

const PASSWORD = 'changeit';

/** The realm of the platform. */
export class Keycloak extends Issuer {
  /** A trust store for Java with the certificate. */
  readonly trustStore: string;

  private readonly address: string;

  /** @param realm URL of the realm */
  constructor({ network, names }: { readonly network: Network; readonly names: Names }, realm: string, folder: string) {
    const { hostname } = new URL(realm);
    const files = { certificate: join(folder, 'keycloak.crt'), privateKey: join(folder, 'keycloak.key') };
    certify(hostname, files);
    super(realm, () => files);
    this.address = network.addServiceAddress();
    names.set(hostname, this.address);
    this.trustStore = join(folder, 'cacerts');
    const store = ['-storetype', 'JKS', '-keystore', this.trustStore, '-storepass', PASSWORD, '-alias', 'test'];
    execFileSync('keytool', ['-importcert', '-noprompt', ...store, '-file', files.certificate], { stdio: 'ignore' });
  }

  override start(): Promise<void> {
    return super.start(this.address);
  }
}

function certify(hostname: string, { certificate, privateKey }: CertificateFiles): void {
  const subject = ['-subj', `/CN=${hostname}`, '-addext', `subjectAltName=DNS:${hostname}`];
  const files = ['-keyout', privateKey, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  });
}
