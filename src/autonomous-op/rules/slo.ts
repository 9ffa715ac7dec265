import { Duration } from 'cdk8s';
import { Alert, RecordingRule, Rule } from '../../constructs/observability/alert-rules';
import { namespace } from '../names';
import { serviceKeys, services } from '../services';

/** What a service promises: which share of its requests is good. */
interface Objective {
  /** Names the alerts. */
  readonly name: string;
  /** Names what is recorded: the share of bad requests. */
  readonly record: string;
  /** Share of the requests that must be good, over a month. */
  readonly target: number;
  /** PromQL of the share of bad requests in a window. */
  readonly bad: (window: string) => string;
  /** What a bad request does. */
  readonly does: string;
}

/** A limit that a request's duration must have a bucket for: `management.metrics.distribution.slo.http.server.requests`. */
export const latencySeconds = 0.5;

// Probes and scrapes are requests too, and would make every share look better than it is.
const requests = (suffix: string, matcher = '') =>
  `http_server_requests_seconds_${suffix}{namespace="${namespace}", ` +
  `app=~"${serviceKeys.map((key) => services[key].name).join('|')}", uri!~"/actuator.*"${matcher}}`;

const rate = (selector: string, window: string) => `sum by (app) (rate(${selector}[${window}]))`;

/** The objectives of every service. The document sets none; change them here. */
const objectives: readonly Objective[] = [
  {
    name: 'ErrorBudget',
    record: 'app:http_errors:ratio_rate',
    target: 0.999,
    bad: (window) => `${rate(requests('count', ', status=~"5.."'), window)} / ${rate(requests('count'), window)}`,
    does: 'fail',
  },
  {
    name: 'LatencyBudget',
    record: 'app:http_slow:ratio_rate',
    target: 0.99,
    bad: (window) =>
      `1 - ${rate(requests('bucket', `, le="${latencySeconds}"`), window)} / ${rate(requests('count'), window)}`,
    does: `take longer than ${latencySeconds} s`,
  },
];

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

/** The burn-rate alerts of each objective, and the ratios that they compare. */
export const sloRules: readonly Rule[] = objectives.flatMap((objective) => [
  ...recordings(objective),
  ...speeds.map((speed) => burning(objective, speed)),
]);

function recordings({ record, bad }: Objective): RecordingRule[] {
  const windows = speeds.flatMap((speed) => burnRates[speed].windows.flatMap(({ short, long }) => [short, long]));
  return [...new Set(windows)].map((window) => ({ record: `${record}${window}`, expr: bad(window) }));
}

function burning({ name, record, target, does }: Objective, speed: Speed): Alert {
  const { severity, for: duration, windows } = burnRates[speed];
  const over = (window: string, burn: number) => `${record}${window} > ${burn} * (1 - ${target})`;
  return {
    name: `${name}Burning${speed}`,
    expr: windows.map(({ short, long, burn }) => `(${over(short, burn)} and ${over(long, burn)})`).join(' or '),
    for: duration,
    severity,
    summary: `Too many requests ${does}`,
    description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.app }} ${does}; ${share(1 - target)} may`,
  };
}

function share(ratio: number): string {
  return `${Number((ratio * 100).toFixed(3))}%`;
}
