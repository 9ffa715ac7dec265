import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Endpoint } from '../../src/constructs/peer';
import { PromtailLogging, PromtailLoggingProps } from '../../src/constructs/promtail-logging';
import { InvalidInputError } from '../../src/core/errors';
import { anyObject, newChart, objectOf } from '../synthesize';

const allProps: Required<PromtailLoggingProps> = {
  configName: 'promtail-config',
  namespace: 'shop-logging',
  loki: Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 }),
  lokiNamespace: 'shop',
};

const configuration = z.object({
  clients: z.array(z.unknown()),
  scrape_configs: z.array(
    z.looseObject({
      pipeline_stages: z.unknown(),
      relabel_configs: z.array(z.looseObject({ target_label: z.string() })),
    }),
  ),
});

function promtail(props: Partial<PromtailLoggingProps> = {}) {
  const { metadata, data } = objectOf(
    new PromtailLogging(newChart(), 'promtail', { ...allProps, ...props }),
    'ConfigMap',
    anyObject,
  );
  const config = configuration.parse(parse(data?.['promtail.yaml'] ?? ''));
  return { metadata, config };
}

describe('Promtail', () => {
  it('is configured in a namespace of its own', () => {
    expect(promtail().metadata).toEqual({ name: 'promtail-config', namespace: 'shop-logging' });
  });

  it('sends to Loki wherever that is', () => {
    const outside = Endpoint.external('loki.example.com', { port: 3100 });
    const url = (props: Partial<PromtailLoggingProps>) => promtail(props).config.clients;
    expect(url({})).toEqual([{ url: 'http://loki.shop.svc:3100/loki/api/v1/push' }]);
    expect(url({ loki: outside })).toEqual([{ url: 'http://loki.example.com:3100/loki/api/v1/push' }]);
  });

  it('reads the files of every container, and the format in which runtimes write them', () => {
    const [pods] = promtail().config.scrape_configs;
    expect(pods?.pipeline_stages).toEqual([{ cri: {} }]);
    expect(pods?.relabel_configs.find(({ target_label: label }) => label === '__path__')).toEqual({
      source_labels: ['__meta_kubernetes_pod_uid', '__meta_kubernetes_pod_container_name'],
      separator: '/',
      target_label: '__path__',
      replacement: '/var/log/pods/*$1/*.log',
    });
  });

  it('labels the lines with app, pod, namespace and container', () => {
    expect(promtail().config.scrape_configs[0]?.relabel_configs.map(({ target_label: label }) => label)).toEqual([
      'app',
      'pod',
      'namespace',
      'container',
      '__path__',
    ]);
  });

  it('is refused with a namespace that is none, or a Loki that does not listen', () => {
    expect(() => promtail({ namespace: '' })).toThrow(
      new InvalidInputError(
        'test/promtail',
        '"" is not a valid name',
        'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit',
      ),
    );
    expect(() => promtail({ loki: Endpoint.inCluster('loki', { namespace: 'logs' }) })).toThrow(
      new InvalidInputError('test/promtail', '"loki" listens on no port', 'Declare a port on "loki"'),
    );
  });
});
