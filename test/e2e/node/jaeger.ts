/* What the Jaeger operator makes of the object of `local`: the operator itself cannot be had here. */

import { z } from 'zod';
import { get, namespace } from '../kubernetes/kubectl';
import { apply } from './operators';

const options = z.record(z.string(), z.union([z.string(), z.number()]));

const jaeger = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    allInOne: z.object({ image: z.string(), resources: z.unknown() }),
    containerSecurityContext: z.unknown(),
    sampling: z.object({ options: z.unknown() }),
    securityContext: z.unknown(),
    storage: z.object({ type: z.string(), options: z.record(z.string(), options) }),
    volumes: z.array(z.unknown()),
    volumeMounts: z.array(z.unknown()),
  }),
});

/** The Deployment, the Services and the sampling strategies that operator 1.48 makes of a Jaeger of strategy allinone. */
export async function playJaegerOperator(): Promise<void> {
  const { metadata, spec } = await get(jaeger, 'jaegers.jaegertracing.io/autonomous-op-jaeger');
  const { name } = metadata;
  const labels = {
    app: 'jaeger',
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': 'all-in-one',
    'app.kubernetes.io/part-of': 'jaeger',
    'app.kubernetes.io/managed-by': 'jaeger-operator',
  };
  const object = (apiVersion: string, kind: string, suffix: string, rest: Readonly<Record<string, unknown>>) => ({
    ...{ apiVersion, kind },
    metadata: { name: `${name}${suffix}`, namespace, labels },
    ...rest,
  });
  const service = (suffix: string, ports: Readonly<Record<string, number>>) =>
    object('v1', 'Service', suffix, {
      spec: { selector: labels, ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number })) },
    });
  const storage = Object.entries(spec.storage.options).flatMap(([store, settings]) =>
    Object.entries(settings).map(([option, value]) => `--${store}.${option}=${value}`),
  );
  await apply(
    object('v1', 'ConfigMap', '-sampling-configuration', { data: { sampling: JSON.stringify(spec.sampling.options) } }),
    service('-collector', { 'http-otlp': 4318, 'grpc-otlp': 4317 }),
    service('-query', { 'http-query': 16686 }),
    object('apps/v1', 'Deployment', '', {
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        strategy: { type: 'Recreate' },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: spec.securityContext,
            containers: [
              {
                name: 'jaeger',
                image: spec.allInOne.image,
                args: [...storage, '--sampling.strategies-file=/etc/jaeger/sampling/sampling.json'],
                env: [
                  { name: 'SPAN_STORAGE_TYPE', value: spec.storage.type },
                  { name: 'COLLECTOR_OTLP_ENABLED', value: 'true' },
                ],
                resources: spec.allInOne.resources,
                securityContext: spec.containerSecurityContext,
                livenessProbe: { httpGet: { path: '/', port: 14269 }, initialDelaySeconds: 5, periodSeconds: 15 },
                readinessProbe: { httpGet: { path: '/', port: 14269 }, initialDelaySeconds: 1 },
                volumeMounts: [
                  ...spec.volumeMounts,
                  { name: 'sampling', mountPath: '/etc/jaeger/sampling', readOnly: true },
                ],
              },
            ],
            volumes: [
              ...spec.volumes,
              {
                name: 'sampling',
                configMap: {
                  name: `${name}-sampling-configuration`,
                  items: [{ key: 'sampling', path: 'sampling.json' }],
                },
              },
            ],
          },
        },
      },
    }),
  );
}
