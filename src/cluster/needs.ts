import { ApiObject, App, Chart } from 'cdk8s';
import { z } from 'zod';
import { GpuNodePool } from '../constructs/service/gpu';
import { clusterDns } from '../constructs/network/cluster-dns';
import { NetworkPolicyBundle } from '../constructs/network/network-policy-bundle';
import { Peer } from '../constructs/network/peer';
import { KedaRelease } from '../constructs/scaling/trigger';
import { fileNameOf } from '../synth/manifests';

const manifest = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().default(''),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.unknown().optional(),
  data: z.record(z.string(), z.string()).default({}),
});

/** An object of the manifests, and the file that it is in. */
export type Manifest = z.output<typeof manifest> & { readonly file: string };

/** What the manifests were synthesized for. */
export interface SynthesizedFor {
  /** The command that synthesizes them. */
  readonly synth: string;
  /** The folder it writes to. */
  readonly folder: string;
  /** Release of KEDA whose names of metrics they use; `2.12` stands for every later one too. */
  readonly kedaRelease: KedaRelease;
  /** StorageClass of the volumes. @default - the cluster's default */
  readonly storageClass?: string;
}

/** What manifests ask of a cluster. */
export interface Needs extends SynthesizedFor {
  readonly objects: readonly Manifest[];
  /** Pods of other namespaces that the policies name. */
  readonly peers: readonly Peer[];
  readonly pools: readonly GpuNodePool[];
  /** The namespaces that the manifests make. */
  readonly namespaces: readonly Manifest[];
  /** Path of the file with the namespaces. */
  readonly foundation: string;
}

/** What the manifests of an app ask of a cluster. */
export function needsOf(app: App, synthesizedFor: SynthesizedFor): Needs {
  const constructs = app.node.findAll();
  const objects = constructs.filter(ApiObject.isApiObject).map((object) => ({
    ...manifest.parse(object.toJson()),
    file: fileNameOf(Chart.of(object)),
  }));
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  const own = new Set([undefined, ...namespaces.map(({ metadata }) => metadata.name)]);
  const bundles = constructs.filter((construct) => construct instanceof NetworkPolicyBundle);
  const ends = bundles.flatMap(({ connections }) => connections).flatMap(({ from, to }) => [from, to]);
  const elsewhere = [...ends, clusterDns].filter(({ namespace }) => !own.has(namespace));
  return {
    ...synthesizedFor,
    objects,
    namespaces,
    foundation: `${synthesizedFor.folder}/${namespaces[0]?.file ?? ''}`,
    peers: [...new Map(elsewhere.map((peer) => [`${peer.namespace ?? ''}/${peer.name}`, peer])).values()],
    pools: constructs.filter((construct) => construct instanceof GpuNodePool),
  };
}

/** Every value of a property of this name, however deep. */
export function valuesOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    ...(key === name ? [inner] : []),
    ...valuesOf(inner, name),
  ]);
}
