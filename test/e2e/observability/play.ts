/* Plays a scenario before the real programs, and hears who is told of what. */

import { setTimeout as sleep } from 'node:timers/promises';
import { BEGINNING, playHistory, SCRAPED } from './history';
import { Network } from './network';
import { Programs } from './programs';
import { Heard, Scenario } from './scenario';
import { realMilliseconds, SPEED } from './time';
import { World } from './world';

/** When Alertmanager begins to hear of alerts: a scenario begins when all is quiet. */
const READY = -120;

/** Simulated time, which waits for what has to be ready. */
class Clock {
  private from = Date.now();
  private time = SCRAPED;
  private limit = READY;

  now(): number {
    return Math.min(this.limit, this.time + ((Date.now() - this.from) * SPEED) / 1000);
  }

  start(): void {
    this.from = Date.now();
  }

  /** Goes on, if it has waited. */
  release(): void {
    this.time = this.now();
    this.from = Date.now();
    this.limit = Infinity;
  }

  async until(time: number): Promise<void> {
    while (this.now() < time) await sleep(Math.max(1, Math.min(500, realMilliseconds(time - this.now()))));
  }
}

/**
 * Milliseconds that may pass between two scrapes of a target that answers, which come every second. If more do, the machine was too busy for
 * simulated time, and what was heard tells nothing about the rules.
 */
const LONGEST_PAUSE = 2200;

/** How often a scenario is played until the machine keeps up. */
const TRIES = 4;

/** Everything that the receivers were told, when the machine kept up with the time of the test. */
export async function play(scenario: Scenario): Promise<Heard[]> {
  const pauses: number[] = [];
  while (pauses.length < TRIES) {
    const { heard, pause } = await playOnce(scenario);
    if (pause <= LONGEST_PAUSE) return heard;
    pauses.push(pause);
  }
  throw new Error(`the machine is too busy: Prometheus did not scrape for ${pauses.join(', ')} ms`);
}

async function playOnce(scenario: Scenario): Promise<{ heard: Heard[]; pause: number }> {
  const clock = new Clock();
  const world = begin(scenario, BEGINNING);
  const heard: Heard[] = [];
  let pause = 0;
  const network = new Network(world, (told) => {
    heard.push({ ...told, minute: clock.now() / 60 });
  });
  const programs = new Programs(network, rehearse(scenario), world, scenario.otherRules ?? []);
  const timer = setInterval(() => {
    world.advance(clock.now());
  }, 50);
  try {
    const history = playHistory(world, Date.now());
    clock.start();
    await programs.start(history);
    await clock.until(READY);
    network.open();
    clock.release();
    await clock.until(0);
    await scenario.breaks?.(programs, network);
    await clock.until(scenario.minutes * 60);
    pause = await programs.longestPause(realMilliseconds(scenario.minutes * 60) / 1000);
    if (pause <= LONGEST_PAUSE) await scenario.finally?.(programs);
  } finally {
    clearInterval(timer);
    await programs.stop();
  }
  return { heard, pause };
}

function begin(scenario: Scenario, time: number): World {
  const world = new World(time);
  scenario.before?.(world);
  world.at(0, () => scenario.happens?.(world));
  return world;
}

/** Every pod that there will be. */
function rehearse(scenario: Scenario): World['everyPod'] {
  const world = begin(scenario, SCRAPED);
  world.advance(scenario.minutes * 60 + 120);
  return world.everyPod;
}
