import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  ExternalSecret,
  ExternalSecretSpecDataRemoteRefConversionStrategy,
  ExternalSecretSpecDataRemoteRefDecodingStrategy,
  ExternalSecretSpecDataRemoteRefMetadataPolicy,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetTemplateMergePolicy,
} from '../../../imports/external-secrets.io';
import { markSecretValues, SecretKey, SecretValue } from '../../core/secrets';
import { CopiedSecret, copiedSecrets, labelsOf, secrets } from '../secrets';
import { namespace } from '../names';

/** Where the Secrets' values come from: known here, or fetched in the cluster from a ClusterSecretStore. */
export type SecretOrigin =
  { readonly values: ReadonlyMap<SecretKey, SecretValue> } | { readonly clusterSecretStore: string };

/** The Secrets, or the ExternalSecrets that make them. */
export class SecretsChart extends Chart {
  constructor(scope: Construct, id: string, origin: SecretOrigin) {
    super(scope, id, { namespace });
    for (const secret of [...plainSecrets(), ...Object.values(copiedSecrets)]) {
      if ('values' in origin) this.addSecret(secret, origin.values);
      else this.addExternalSecret(secret, origin.clusterSecretStore);
    }
  }

  private addSecret(
    { name, type, labels, copies, literals }: CopiedSecret,
    values: ReadonlyMap<SecretKey, SecretValue>,
  ): void {
    const found = Object.entries(copies).map(([key, source]) => [key, values.get(source)?.reveal() ?? ''] as const);
    const encoded = [...found, ...Object.entries(literals)].map(
      ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
    );
    const object = new k8s.KubeSecret(this, name, {
      metadata: { name, labels: { ...labels } },
      type,
      data: Object.fromEntries(encoded),
    });
    markSecretValues(object);
  }

  private addExternalSecret({ name, type, labels, copies, literals }: CopiedSecret, store: string): void {
    new ExternalSecret(this, name, {
      metadata: { name },
      spec: {
        refreshInterval: '1h0m0s',
        secretStoreRef: { kind: ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE, name: store },
        target: {
          name,
          template: {
            type,
            metadata: { labels: { ...labels } },
            mergePolicy: ExternalSecretSpecTargetTemplateMergePolicy.MERGE,
            data: { ...literals },
          },
        },
        data: Object.entries(copies).map(([key, source]) => ({
          secretKey: key,
          remoteRef: {
            key: source.secret,
            property: source.key,
            // The API server's defaults: what it adds to a list's elements would show as a change on every `kubectl apply`.
            conversionStrategy: ExternalSecretSpecDataRemoteRefConversionStrategy.DEFAULT,
            decodingStrategy: ExternalSecretSpecDataRemoteRefDecodingStrategy.NONE,
            metadataPolicy: ExternalSecretSpecDataRemoteRefMetadataPolicy.NONE,
          },
        })),
      },
    });
  }
}

/** The Secrets whose values are their own. */
function plainSecrets(): CopiedSecret[] {
  const all: readonly SecretKey[] = Object.values(secrets);
  return [...new Set(all.map(({ secret }) => secret))].map((name) => ({
    name,
    type: 'Opaque',
    labels: labelsOf(name),
    copies: Object.fromEntries(all.filter(({ secret }) => secret === name).map((key) => [key.key, key])),
    literals: {},
  }));
}
