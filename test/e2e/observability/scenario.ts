/* What a scenario is, and whether the right people were told. */

import type { Network, Told } from './network';
import type { Programs } from './programs';
import type { World } from './world';

/** Something that a receiver was told, and when: in minutes after the beginning. */
export interface Heard extends Told {
  readonly minute: number;
}

/** Somebody who must be told of an alert. */
export interface MustBeTold {
  readonly receiver: 'critical' | 'warning';
  readonly alert: string;
  /** Minutes after the beginning. */
  readonly within: number;
  /** Labels that tell the alert from others of its name. */
  readonly of?: Readonly<Record<string, string>>;
}

/** Something that happens to a cluster, and who must be told of it: nobody else may be. */
export interface Scenario {
  readonly name: string;
  /** How long it is played. */
  readonly minutes: number;
  /** What is different from three days before on. */
  readonly before?: (world: World) => void;
  /** What happens at the beginning, or is planned for later. */
  readonly happens?: (world: World) => void;
  /** Expressions of rules that somebody else has added. */
  readonly otherRules?: readonly string[];
  /** What happens to the real programs at the beginning. */
  readonly breaks?: (programs: Programs, network: Network) => Promise<void> | void;
  /** What else is looked at in the end. */
  readonly finally?: (programs: Programs) => Promise<void>;
  readonly told: readonly MustBeTold[];
  /** Whether it is over in the end, so that each is also told that. @default false */
  readonly resolves?: boolean;
  /** Whether the watchdog's receiver stops hearing of it. @default false */
  readonly silence?: boolean;
}

type Labels = NonNullable<MustBeTold['of']>;

/** Whom it wakes. */
export const critical = (alert: string, within: number, of: Labels = {}): MustBeTold => ({
  ...{ receiver: 'critical', alert, within, of },
});

/** Who reads it in the morning. */
export const warning = (alert: string, within: number, of: Labels = {}): MustBeTold => ({
  ...{ receiver: 'warning', alert, within, of },
});

/** Minutes after which Alertmanager has told for the last time that all is well, if it or Prometheus is gone. */
const LAST_HEARTBEAT = 6;

/** Share of the minutes of which there must be a heartbeat: a busy machine stops for some seconds. */
const HEARTBEATS = 0.6;

/** What is wrong about who was told; nothing if all is as it must be. */
export function judge(scenario: Scenario, heard: readonly Heard[]): string[] {
  const alerts = heard.filter(({ receiver }) => receiver !== 'watchdog');
  return [
    ...scenario.told.flatMap((wanted) => judgeOne(scenario, wanted, alerts)),
    ...unwanted(scenario, alerts),
    ...judgeHeartbeat(scenario, heard),
  ];
}

function judgeOne({ resolves = false }: Scenario, wanted: MustBeTold, alerts: readonly Heard[]): string[] {
  const own = alerts.filter((alert) => isWanted(wanted, alert));
  const first = own.find(({ status }) => status === 'firing');
  const what = `${wanted.receiver} ${wanted.alert} ${JSON.stringify(wanted.of ?? {})}`;
  if (first === undefined) return [`nobody was told: ${what}`];
  if (first.minute > wanted.within) return [`told after ${first.minute.toFixed(1)} minutes: ${what}`];
  return resolves && own.at(-1)?.status !== 'resolved' ? [`not told that it is over: ${what}`] : [];
}

function isWanted({ receiver, alert, of = {} }: MustBeTold, { labels, ...heard }: Heard): boolean {
  return (
    receiver === heard.receiver &&
    alert === labels['alertname'] &&
    Object.entries(of).every(([name, value]) => labels[name] === value)
  );
}

function unwanted({ told }: Scenario, alerts: readonly Heard[]): string[] {
  const others = alerts.filter((alert) => !told.some((wanted) => isWanted(wanted, alert)));
  const texts = others.map(
    ({ receiver, labels, minute }) =>
      `${receiver} was told of ${JSON.stringify(labels)} after ${minute.toFixed(1)} minutes`,
  );
  return texts.slice(0, 5);
}

function judgeHeartbeat({ silence = false, minutes }: Scenario, heard: readonly Heard[]): string[] {
  const beats = heard.filter(({ receiver, status }) => receiver === 'watchdog' && status === 'firing');
  const others = beats.filter(({ labels }) => labels['alertname'] !== 'Watchdog');
  if (others.length > 0) return ['the watchdog was told of other alerts'];
  const times = beats.map(({ minute }) => minute).filter((minute) => minute > 0);
  if (silence) return times.some((minute) => minute > LAST_HEARTBEAT) ? ['the heartbeat did not stop'] : [];
  return times.length < minutes * HEARTBEATS ? [`there were ${times.length} heartbeats in ${minutes} minutes`] : [];
}
