/* What happens to services. */

import { critical, Scenario, warning } from '../scenario';
import type { World } from '../world';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

function overload(world: World): void {
  world.stores.kafka.lag = 5000;
  world.gpuUtilization = 95;
  Object.assign(world.traffic.load('autonomous-op'), { cpus: 19, memory: 0.95 });
}

function quietAgain(world: World): void {
  world.stores.kafka.lag = 40;
  world.gpuUtilization = 60;
  Object.assign(world.traffic.load('autonomous-op'), { cpus: 1.5, memory: 0.6 });
}

export const services: readonly Scenario[] = [
  {
    name: 'a deploy of an image that is not there',
    minutes: 24,
    happens: (world) => {
      world.create('fms').surge = true;
    },
    told: [warning('PodNotReady', 19)],
  },
  {
    name: 'a release that fails a fifth of its requests',
    minutes: 28,
    happens: (world) => {
      world.rollOut('fms');
      world.traffic.load('fms').failing = 0.2;
    },
    told: [
      critical('ErrorBudgetBurningFast', 12, { app: 'fms' }),
      // A quarter of its requests go there.
      critical('ErrorBudgetBurningFast', 28, { app: 'gateway' }),
    ],
  },
  {
    name: 'a service that answers, but slowly',
    minutes: 22,
    happens: (world) => {
      world.traffic.load('scm').slow = 0.9;
    },
    told: [critical('LatencyBudgetBurningFast', 17, { app: 'scm' })],
  },
  {
    name: 'a service that is gone',
    minutes: 22,
    happens: (world) => {
      world.podsOf('tms').forEach((pod) => {
        pod.fail();
      });
    },
    told: [
      critical('ServiceDown', 6, { app: 'tms' }),
      critical('ErrorBudgetBurningFast', 12, { app: 'gateway' }),
      warning('PodNotReady', 19),
    ],
  },
  {
    name: 'a slow burn: four requests of a thousand fail for most of a day',
    minutes: 30,
    before: (world) => {
      world.at(-16.5 * HOUR, () => {
        world.traffic.load('fms').failing = 0.004;
      });
    },
    told: [warning('ErrorBudgetBurningSlow', 30, { app: 'fms' })],
  },
  {
    name: 'an overload of autonomous-op and the GPUs, which ends after 24 minutes',
    minutes: 42,
    happens: (world) => {
      overload(world);
      world.after(24 * MINUTE, () => {
        quietAgain(world);
      });
    },
    told: [
      critical('KafkaLagTooHigh', 9),
      critical('GPUUtilizationTooHigh', 7),
      warning('HighCpuUsage', 14),
      warning('HighMemoryUsage', 14),
      warning('AutoscalerAtMaximum', 22, { horizontalpodautoscaler: 'autonomous-op-hpa' }),
      warning('KafkaPartitionsNearlyUsedUp', 12),
    ],
    resolves: true,
  },
  {
    name: 'inference that takes every GPU',
    minutes: 24,
    happens: (world) => {
      world.traffic.load('ml-service').cpus = 9;
    },
    told: [
      warning('GpuPoolFull', 21),
      warning('AutoscalerAtMaximum', 21, { horizontalpodautoscaler: 'ml-service-hpa' }),
    ],
  },
];
