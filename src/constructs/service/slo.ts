/* Service level objectives, and how fast their error budgets burn. */

import { Duration } from 'cdk8s';
import { Alert, RecordingRule, Rule } from '../observability/alert-rules';
import { notActuator } from '../observability/panels';

/** Properties of {@link sloRules}. */
export interface SloRulesProps {
  /** Namespace of the services. */
  readonly namespace: string;
  /** Names of the services. */
  readonly services: readonly string[];
  /** Share of the requests that must not fail, over a month. @default 0.999 */
  readonly availability?: number;
  /** Share of the requests that must be answered within {@link latency}, over a month. @default 0.99 */
  readonly promptness?: number;
  /**
   * How long an answer may take. The services need a bucket at it: `management.metrics.distribution.slo.http.server.requests`.
   * @default Duration.millis(500)
   */
  readonly latency?: Duration;
  /** Bad requests in the long window without which nobody is told: at night one may be a large share of all. @default 10 */
  readonly leastBad?: number;
}

/** What a service promises: which share of its requests is good. */
interface Objective {
  /** Names the alerts. */
  readonly name: string;
  /** Begins the names of what is recorded of the bad requests: their share, and how many they are. */
  readonly record: string;
  /** Share of the requests that must be good, over a month. */
  readonly target: number;
  /** PromQL of how many requests a window has. */
  readonly all: (window: string) => string;
  /** PromQL of how many of them are bad. */
  readonly bad: (window: string) => string;
  /** What a bad request does. */
  readonly does: string;
}

/**
 * How fast the budget of a month may go before somebody is told: the long window says that it matters, the short one that it still
 * goes on. 14.4 times as fast as allowed, for an hour, is 2 % of the budget; the others 5, 10 and 10 %. As in Google's SRE workbook.
 */
const burnRates = {
  Fast: {
    severity: 'critical',
    for: Duration.minutes(2),
    windows: [
      { short: '5m', long: '1h', burn: 14.4 },
      { short: '30m', long: '6h', burn: 6 },
    ],
  },
  Slow: {
    severity: 'warning',
    for: Duration.minutes(15),
    windows: [
      { short: '2h', long: '1d', burn: 3 },
      { short: '6h', long: '3d', burn: 1 },
    ],
  },
} as const;

type Speed = keyof typeof burnRates;

const speeds: readonly Speed[] = ['Fast', 'Slow'];

/**
 * The service level objectives of Spring Boot services, the same for each: alerts on how fast the budget of a month burns, and
 * what they compare.
 */
export function sloRules(props: SloRulesProps): Rule[] {
  return objectivesOf(props).flatMap((objective) => [
    ...recordings(objective),
    ...speeds.map((speed) => burning(objective, speed, props.leastBad ?? 10)),
  ]);
}

function objectivesOf({ namespace, services, ...props }: SloRulesProps): Objective[] {
  const { availability = 0.999, promptness = 0.99, latency = Duration.millis(500) } = props;
  const seconds = latency.toMilliseconds() / 1000;
  const count = (suffix: string, window: string, matcher = '') =>
    `sum by (app) (increase(http_server_requests_seconds_${suffix}{namespace="${namespace}", ` +
    `app=~"${services.join('|')}", ${notActuator}${matcher}}[${window}]))`;
  const all = (window: string) => count('count', window);
  return [
    {
      name: 'ErrorBudget',
      record: 'app:http_errors',
      target: availability,
      all,
      bad: (window) => count('count', window, ', status=~"5.."'),
      does: 'fail',
    },
    {
      name: 'LatencyBudget',
      record: 'app:http_slow',
      target: promptness,
      all,
      bad: (window) => `(${all(window)} - ${count('bucket', window, `, le="${seconds}"`)})`,
      does: `take longer than ${seconds} s`,
    },
  ];
}

const shareIn = ({ record }: Objective, window: string) => `${record}:ratio_rate${window}`;
const countIn = ({ record }: Objective, window: string) => `${record}:increase${window}`;

function recordings(objective: Objective): RecordingRule[] {
  const { all, bad } = objective;
  const pairs = speeds.flatMap((speed) => [...burnRates[speed].windows]);
  const windows = new Set(pairs.flatMap(({ short, long }) => [short, long]));
  return [
    ...[...windows].map((window) => ({ record: shareIn(objective, window), expr: `${bad(window)} / ${all(window)}` })),
    ...pairs.map(({ long }) => ({ record: countIn(objective, long), expr: bad(long) })),
  ];
}

function burning(objective: Objective, speed: Speed, leastBad: number): Alert {
  const { name, target, does } = objective;
  const { severity, for: duration, windows } = burnRates[speed];
  const over = (window: string, burn: number) => `${shareIn(objective, window)} > ${burn} * (1 - ${target})`;
  return {
    name: `${name}Burning${speed}`,
    expr: windows
      .map(
        ({ short, long, burn }) =>
          `(${over(short, burn)} and ${over(long, burn)} and ${countIn(objective, long)} >= ${leastBad})`,
      )
      .join(' or '),
    for: duration,
    severity,
    summary: `Too many requests ${does}`,
    description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.app }} ${does}; ${share(1 - target)} may`,
    ...(speed === 'Slow' ? { inhibitedBy: { alerts: [`${name}BurningFast`], equal: ['app'] } } : {}),
  };
}

function share(ratio: number): string {
  return `${Number((ratio * 100).toFixed(3))}%`;
}
