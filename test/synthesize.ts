import { ApiObject, App, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { z } from 'zod';
import { ManifestSet, parseManifests } from '../src/manifests/read';
import { renderManifests } from '../src/synth/manifests';

/** An empty chart of an app of its own, in the namespace `shop`. */
export function newChart(): Chart {
  return new Chart(new App(), 'test', { namespace: 'shop' });
}

const text = z.record(z.string(), z.string());

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: text.optional(),
  annotations: text.optional(),
});

const object = z.object({ apiVersion: z.string(), kind: z.string(), metadata });

/** What the tests read of an object of any kind; its spec is compared as a whole. */
export const anyObject = object.extend({ spec: z.unknown().optional(), data: text.optional() });

const quantities = z.record(z.string(), z.string());

const probe = z.object({
  httpGet: z.unknown(),
  initialDelaySeconds: z.number().optional(),
  periodSeconds: z.number(),
  timeoutSeconds: z.number(),
  failureThreshold: z.number().optional(),
});

const container = z.object({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  env: z.array(z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() })),
  resources: z.object({ requests: quantities, limits: quantities }),
  lifecycle: z.unknown().optional(),
  securityContext: z.unknown(),
  volumeMounts: z.unknown(),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
});

/** A Deployment as this library makes it: one container a pod. */
const deployment = object.extend({
  spec: z.object({
    replicas: z.number().optional(),
    strategy: z.unknown(),
    selector: z.unknown(),
    template: z.object({
      metadata: z.object({ labels: text, annotations: text.optional() }),
      spec: z.object({
        serviceAccountName: z.string(),
        automountServiceAccountToken: z.boolean(),
        enableServiceLinks: z.boolean(),
        terminationGracePeriodSeconds: z.number(),
        topologySpreadConstraints: z.array(z.looseObject({ topologyKey: z.string(), whenUnsatisfiable: z.string() })),
        securityContext: z.unknown(),
        volumes: z.unknown(),
        affinity: z.unknown().optional(),
        tolerations: z.unknown().optional(),
        containers: z.tuple([container]),
      }),
    }),
  }),
});

/** The synthesized objects of a kind anywhere under `scope`, in the order of their creation. */
export function objectsOf<T>(scope: IConstruct, kind: string, schema: z.ZodType<T>): T[] {
  return scope.node
    .findAll()
    .filter(ApiObject.isApiObject)
    .filter((found) => found.kind === kind)
    .map((found) => schema.parse(found.toJson()));
}

/** The one synthesized object of a kind under `scope`, or the one with that name. */
export function objectOf<T extends z.infer<typeof object>>(
  scope: IConstruct,
  kind: string,
  schema: z.ZodType<T>,
  name?: string,
): T {
  const found = objectsOf(scope, kind, schema).filter(
    ({ metadata: { name: its } }) => name === undefined || its === name,
  );
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`there are ${found.length} objects of kind ${kind} with the name ${name ?? '(any)'}`);
  }
  return first;
}

/** The one Deployment under `scope`, with its pod and container at hand. */
export function deploymentOf(scope: IConstruct) {
  const { metadata: meta, spec } = objectOf(scope, 'Deployment', deployment);
  const pod = spec.template.spec;
  return { metadata: meta, spec, pod, container: pod.containers[0] };
}

/** The environment of the one Deployment under `scope`: plain values, or where the value comes from. */
export function environmentOf(scope: IConstruct): Record<string, unknown> {
  const { env } = deploymentOf(scope).container;
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}

/** The objects of a chart as the commands read them. */
export function manifestsOf(chart: Chart): ManifestSet {
  const objects = z.array(z.unknown()).parse(chart.toJson());
  return parseManifests([{ name: chart.node.id, yaml: objects.map((each) => JSON.stringify(each)).join('\n---\n') }]);
}

/** The app that a construct belongs to. */
export function appOf(scope: IConstruct): App {
  const { root } = scope.node;
  if (!(root instanceof App)) {
    throw new Error('the construct belongs to no app');
  }
  return root;
}

/** Everything the validation of the whole tree says; nothing where it is valid. */
export function validationOf(scope: IConstruct): string {
  try {
    renderManifests(appOf(scope));
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
