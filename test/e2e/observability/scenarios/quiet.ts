/* What happens on a good day: nobody is told. */

import { serviceNames } from '../../../../src/autonomous-op/services';
import { expectEveryMetric } from '../vocabulary-check';
import { Scenario } from '../scenario';
import type { World } from '../world';

const MINUTE = 60;

/** A night, a morning, a noon and an evening, in an hour and a half: the services scale up and down. */
const DAY = 90;

function day(world: World): void {
  for (let minute = 0; minute < DAY; minute += 3) {
    const load = 1.2 - Math.cos((minute / DAY) * 2 * Math.PI);
    world.at(minute * MINUTE, () => {
      world.traffic.set(load);
    });
  }
}

/** The pod of a CronJob, which stays when it is done; and the nightly base backup. */
function night(world: World): void {
  const cleaner = world.create('autonomous-op-jaeger query');
  cleaner.phase = 'Running';
  world.after(2 * MINUTE, () => {
    cleaner.phase = 'Succeeded';
    world.stores.postgres.backup = world.time;
  });
}

/** 20 requests an hour to each service; the last one failed days ago, since the first of a pod is no rise that Prometheus sees. */
function fewRequests(world: World): void {
  for (const pod of world.pods) pod.answer('500', 1);
  for (const load of world.traffic.of.values()) Object.assign(load, { requests: 20 / 3600, failing: 0, slow: 0 });
}

function evictOne(world: World): void {
  const [oldest] = world.working('autonomous-op');
  if (oldest !== undefined) world.evict(oldest);
}

export const quiet: readonly Scenario[] = [
  {
    name: 'a quiet day: the load of a day in an hour and a half, scaling, the nightly jobs',
    minutes: DAY,
    happens: (world) => {
      day(world);
      night(world);
    },
    finally: expectEveryMetric,
    told: [],
  },
  {
    name: 'a night with 20 requests an hour, of which one fails and one is slow',
    minutes: 25,
    before: fewRequests,
    happens: (world) => {
      world.working('fms')[0]?.answer('500', 1);
      world.working('tms')[0]?.answer('200', 1, 1);
    },
    told: [],
  },
  {
    name: 'a roll-out of every service, whose pods use 70 % of their memory, then evictions: as many pods as autonomous-op has',
    minutes: 26,
    before: (world) => {
      for (const load of world.traffic.of.values()) load.memory = 0.7;
    },
    happens: (world) => {
      serviceNames.forEach((service) => {
        world.rollOut(service);
      });
      [4, 6, 8].forEach((minute) => {
        world.at(minute * MINUTE, () => {
          evictOne(world);
        });
      });
    },
    told: [],
  },
  {
    name: 'a second kube-state-metrics, which tells all of it once more',
    minutes: 20,
    before: (world) => {
      world.create('kube-state-metrics').start();
    },
    told: [],
  },
];
