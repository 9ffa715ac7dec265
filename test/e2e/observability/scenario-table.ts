/* The scenarios as the table of docs/observability.md. */

import { MustBeTold } from './scenario';
import { scenarios } from './scenarios/index';

/** A row a scenario: what happens, who is woken, who reads it in the morning. */
export function scenarioTable(): string[][] {
  return scenarios.map(({ name, told, silence = false }) => [
    `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    silence ? 'the heartbeat stops' : toldOf(told, 'critical'),
    toldOf(told, 'warning'),
  ]);
}

function toldOf(told: readonly MustBeTold[], receiver: MustBeTold['receiver']): string {
  const within = new Map<string, number>();
  for (const each of told.filter((one) => one.receiver === receiver)) {
    within.set(each.alert, Math.max(each.within, within.get(each.alert) ?? 0));
  }
  return [...within].map(([alert, minutes]) => `\`${alert}\` ${minutes}`).join(', ') || 'nobody';
}
