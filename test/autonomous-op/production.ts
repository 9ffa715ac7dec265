import { ApiObject, App } from 'cdk8s';
import { z } from 'zod';
import { SecretOrigin } from '../../src/autonomous-op/charts/secrets';
import { autonomousOp } from '../../src/autonomous-op/deployment';
import { environments, SettingsOverrides, settingsOf } from '../../src/autonomous-op/environments';
import { secretFallbacks } from '../../src/autonomous-op/secrets';
import { ManifestFile, renderManifests } from '../../src/synth/manifests';
import { SecretKey, SecretValue } from '../../src/core/secrets';

const kubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** An object as it is in a manifest. */
export type KubeObject = z.infer<typeof kubeObject>;

/** The made-up value of a secret: a text that nothing else contains. */
export function fakeValue({ secret, key }: SecretKey): string {
  return `fake value of ${key} in ${secret}`;
}

const fakeSecrets: SecretOrigin = {
  values: new Map([...secretFallbacks.keys()].map((key) => [key, new SecretValue(fakeValue(key))])),
};

/** The manifests of a deployment. */
export class Manifests {
  /** The files, which are rendered from the objects. */
  readonly files: readonly ManifestFile[];
  /** The objects of the tree: reading them back from YAML takes most of a synthesis' time, and a test compares the two. */
  readonly objects: readonly KubeObject[];

  /** @throws ValidationError as synth does */
  constructor(app: App) {
    this.files = renderManifests(app);
    this.objects = app.node
      .findAll()
      .filter(ApiObject.isApiObject)
      .map((object) => kubeObject.parse(object.toJson()));
  }

  /** The one object of a kind and name. */
  get(kind: string, name: string): KubeObject {
    const [found, ...others] = this.ofKind(kind).filter(({ metadata }) => metadata.name === name);
    if (found === undefined || others.length > 0) {
      throw new Error(`there are ${found === undefined ? 'no' : 'several'} objects ${kind} ${name}`);
    }
    return found;
  }

  ofKind(kind: string): KubeObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }
}

/** Synthesizes an environment in memory, with made-up secrets unless others are given. */
export function synthesize(environment: string, secrets: SecretOrigin = fakeSecrets): Manifests {
  return new Manifests(autonomousOp(settingsOf(environment), secrets));
}

/** Synthesizes production with other settings. */
export function synthesizeWith(overrides: SettingsOverrides): Manifests {
  const settings = settingsOf('production', { ...environments, production: overrides });
  return new Manifests(autonomousOp(settings, fakeSecrets));
}

/** The document's deployment. */
export const production = synthesize('production');

/**
 * What is at a path of keys with spaces between them. In a list a key is an index, or the name, alert or type of an element:
 * `spec template spec containers fms image`.
 */
export function valueAt(object: unknown, path: string): unknown {
  return path
    .split(' ')
    .reduce<unknown>((value, key) => (Array.isArray(value) ? element(value, key) : field(value, key)), object);
}

/** The same, where there must be a text. */
export function textAt(object: unknown, path: string): string {
  return z.string({ error: `there is no text at ${path}` }).parse(valueAt(object, path));
}

/** The same, where there must be a list. */
export function listAt(object: unknown, path: string): unknown[] {
  return z.array(z.unknown(), { error: `there is no list at ${path}` }).parse(valueAt(object, path));
}

/** The same, where there must be keys with values. */
export function entriesAt(object: unknown, path: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown(), { error: `there are no entries at ${path}` }).parse(valueAt(object, path));
}

/** The container of a service's pods. */
export function containerOf(manifests: Manifests, service: string): unknown {
  return valueAt(manifests.get('Deployment', service), `spec template spec containers ${service}`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, m: 1e-3, k: 1e3, Mi: 2 ** 20, Gi: 2 ** 30 };

/** The number that a quantity stands for, however it is written: 1 for `1000m`. */
export function amountOf(quantity: unknown): number {
  const [, number, unit] = /^(\d+)([a-zA-Z]*)$/.exec(z.string().parse(quantity)) ?? [];
  return Number(number) * (UNITS[unit ?? ''] ?? NaN);
}

function element(list: readonly unknown[], key: string): unknown {
  return /^\d+$/.test(key)
    ? list[Number(key)]
    : list.find((each) => ['name', 'alert', 'type'].some((title) => field(each, title) === key));
}

function field(value: unknown, key: string): unknown {
  const record = z.record(z.string(), z.unknown()).safeParse(value);
  return record.success && Object.hasOwn(record.data, key) ? record.data[key] : undefined;
}
