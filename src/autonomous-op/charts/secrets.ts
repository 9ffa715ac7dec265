import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ExternalSecret, ExternalSecretSpecSecretStoreRefKind } from '../../../imports/external-secrets.io';
import { SecretKey, SecretValue } from '../../core/secrets';
import { secrets } from '../secrets';
import { namespace } from './foundation';

/** Where the Secrets' values come from: known here, or fetched in the cluster from a ClusterSecretStore. */
export type SecretOrigin =
  { readonly values: ReadonlyMap<SecretKey, SecretValue> } | { readonly clusterSecretStore: string };

/** The Secrets, or the ExternalSecrets that make them. */
export class SecretsChart extends Chart {
  constructor(scope: Construct, id: string, origin: SecretOrigin) {
    super(scope, id, { namespace });
    const all: readonly SecretKey[] = Object.values(secrets);
    for (const name of new Set(all.map(({ secret }) => secret))) {
      const keys = all.filter(({ secret }) => secret === name);
      if ('values' in origin) this.addSecret(name, keys, origin.values);
      else this.addExternalSecret(name, keys, origin.clusterSecretStore);
    }
  }

  private addSecret(name: string, keys: readonly SecretKey[], values: ReadonlyMap<SecretKey, SecretValue>): void {
    const encoded = (key: SecretKey) => Buffer.from(values.get(key)?.reveal() ?? '').toString('base64');
    new k8s.KubeSecret(this, name, {
      metadata: { name },
      type: 'Opaque',
      data: Object.fromEntries(keys.map((key) => [key.key, encoded(key)])),
    });
  }

  private addExternalSecret(name: string, keys: readonly SecretKey[], store: string): void {
    new ExternalSecret(this, name, {
      metadata: { name },
      spec: {
        refreshInterval: '1h0m0s',
        secretStoreRef: { kind: ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE, name: store },
        target: { name },
        data: keys.map(({ key }) => ({ secretKey: key, remoteRef: { key: name, property: key } })),
      },
    });
  }
}
