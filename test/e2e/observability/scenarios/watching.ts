/* What happens to the cluster's own programs, and to what watches it. */

import { monitors, Monitor } from '../emitted';
import { critical, Scenario, warning } from '../scenario';
import { serviceNames } from '../../../../src/autonomous-op/services';
import type { World } from '../world';

const MINUTE = 60;
const DAY = 86_400;

/** A monitor, as the alerts name what it scrapes. */
interface Job {
  readonly job: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Those of the stores, whose silence wakes somebody. */
const stores = ['kafka-monitor', 'redis-monitor', 'postgres-instances-monitor', 'postgres-pooler-monitor'];

const jobs: readonly Job[] = monitors
  .filter(({ metadata: { name } }) => !serviceNames.some((service) => name === `${service}-monitor`))
  .filter(({ metadata: { name } }) => !stores.includes(name))
  .map((monitor) => ({ job: jobOf(monitor), labels: monitor.spec.selector.matchLabels }));

function jobOf({ kind, metadata: { name, namespace }, spec }: Monitor): string {
  const named = spec.jobLabel === undefined ? undefined : spec.selector.matchLabels[spec.jobLabel];
  return named ?? (kind === 'PodMonitor' ? `${namespace}/${name}` : name.replace(/-monitor$/, ''));
}

function silence(world: World, { labels }: Job): void {
  world.pods
    .filter(({ spec }) => Object.entries(labels).every(([name, value]) => spec.labels[name] === value))
    .forEach((pod) => {
      pod.exports = false;
    });
}

/** Those by which others are joined or divided: each is lost for itself. */
const alone = ['kube-state-metrics', 'kubelet'];
const together = jobs.filter(({ job }) => !alone.includes(job));

const lostExporters: readonly Scenario[] = [
  {
    name: 'each other exporter is lost, one a minute',
    minutes: together.length + 26,
    happens: (world) => {
      together.forEach((job, minute) => {
        world.after(minute * MINUTE, () => {
          silence(world, job);
        });
      });
    },
    // News of a group that is known wait for five minutes.
    told: together.map(({ job }, minute) => warning('ExporterDown', minute + 25, { job })),
  },
  ...jobs
    .filter(({ job }) => alone.includes(job))
    .map((job) => ({
      name: `an exporter is lost: ${job.job}`,
      minutes: 22,
      happens: (world: World) => {
        silence(world, job);
      },
      told: [warning('ExporterDown', 19, { job: job.job })],
    })),
];

export const watching: readonly Scenario[] = [
  ...lostExporters,
  {
    name: 'a certificate is not renewed, and is not ready any more',
    minutes: 68,
    happens: ({ certificates }) => {
      certificates.forEach((certificate) => Object.assign(certificate, { ends: 10 * DAY, ready: false }));
    },
    told: [warning('CertificateNotReady', 35), warning('CertificateExpiring', 65)],
  },
  {
    name: 'KEDA can not measure a trigger, Elasticsearch is red, and Promtail drops lines',
    minutes: 24,
    happens: ({ autoscaling, stores, logs }) => {
      autoscaling.unmeasured.add('autonomous-op-keda');
      stores.elasticsearch.color = 'red';
      logs.dropping = 5;
    },
    told: [
      critical('ScaledObjectNotReady', 10, { horizontalpodautoscaler: 'autonomous-op-hpa' }),
      warning('KedaScalerErrors', 12),
      warning('ElasticsearchRed', 10),
      warning('LogsDropped', 21),
    ],
  },
  {
    name: 'a receiver refuses what Alertmanager sends',
    minutes: 24,
    happens: (world) => {
      world.stores.elasticsearch.color = 'red';
    },
    breaks: (_, network) => {
      network.refusing.add('warning');
    },
    told: [critical('NotificationsFailing', 22)],
  },
  {
    name: 'Alertmanager is gone: only its silence tells',
    minutes: 12,
    breaks: (programs) => programs.kill('prometheus-alertmanager'),
    told: [],
    silence: true,
  },
  {
    name: 'Prometheus is gone: only its silence tells',
    minutes: 12,
    breaks: (programs) => programs.kill('prometheus'),
    told: [],
    silence: true,
  },
  {
    name: 'Prometheus is given a configuration that it does not take, and a second kube-state-metrics breaks a rule of somebody else',
    minutes: 20,
    otherRules: ['kube_node_status_allocatable * on (node, resource) kube_node_status_allocatable > 1e99'],
    happens: (world) => {
      world.start('kube-state-metrics');
    },
    breaks: async (programs) => {
      if (await programs.reload({ scrape_configs: 'none' })) throw new Error('it has taken the configuration');
    },
    told: [critical('RuleEvaluationFailing', 12), warning('ReloadFailing', 16)],
  },
];
