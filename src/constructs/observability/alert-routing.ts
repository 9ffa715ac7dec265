/* Who is told of an alert: the receivers, and Alertmanager's configuration. */

import { Duration } from 'cdk8s';
import { stringify } from 'yaml';
import { InvalidInputError } from '../../core/errors';
import { SecretKey } from '../../core/secrets';
import { requireSeconds, requireText } from '../../core/validation';
import { Endpoint, firstPort, hostName, Peer } from '../network/peer';
import { Alert, requireLabelNames } from './alert-rules';

/** Properties of {@link Receiver.slack}. */
export interface SlackReceiverProps {
  /** The incoming webhook's URL, which is a secret. */
  readonly webhookUrl: SecretKey;
  /** Channel with its `#`. */
  readonly channel: string;
  /** Where Slack is reached. @default - hooks.slack.com, port 443 */
  readonly server?: Peer;
}

/** Properties of {@link Receiver.pagerDuty}. */
export interface PagerDutyReceiverProps {
  /** Integration key of the Events API v2. */
  readonly routingKey: SecretKey;
  /** Where PagerDuty is reached. @default - events.pagerduty.com, port 443 */
  readonly server?: Peer;
}

/** Properties of {@link Receiver.email}. */
export interface EmailReceiverProps {
  /** Addresses, with commas between them. */
  readonly to: string;
  /** Address of the sender. */
  readonly from: string;
  /** The mail server, which has to offer STARTTLS. */
  readonly server: Peer;
  /** User at the mail server. Needed with {@link password}. @default - none: no authentication */
  readonly username?: string;
  /** Password at the mail server. Needed with {@link username}. @default - none: no authentication */
  readonly password?: SecretKey;
}

type Settings = Readonly<Record<string, unknown>>;

const TITLE = '[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }}';
const TEXT =
  '{{ range .Alerts }}{{ .Annotations.summary }}: {{ .Annotations.description }}' +
  '{{ with .Annotations.runbook_url }} <{{ . }}|runbook>{{ end }}\n{{ end }}';

/** Who is told. Credentials are files of mounted Secrets, so that the configuration itself holds none. */
export class Receiver {
  /**
   * A system that takes Alertmanager's JSON.
   *
   * @param url the URL, which may hold a token
   * @param server where it leads
   */
  static webhook(url: SecretKey, server: Peer): Receiver {
    firstPort('Receiver.webhook', server);
    return new Receiver('webhook', { url_file: mounted(url) }, server, [url]);
  }

  /** A channel of Slack. */
  static slack({ webhookUrl, channel, server = https('hooks.slack.com') }: SlackReceiverProps): Receiver {
    requireText('Receiver.slack', 'channel', channel);
    return new Receiver('slack', { api_url_file: mounted(webhookUrl), channel, title: TITLE, text: TEXT }, server, [
      webhookUrl,
    ]);
  }

  /** A service of PagerDuty. */
  static pagerDuty({ routingKey, server = https('events.pagerduty.com') }: PagerDutyReceiverProps): Receiver {
    // PagerDuty refuses a severity that it does not know.
    const severity = '{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}';
    return new Receiver('pagerduty', { routing_key_file: mounted(routingKey), severity }, server, [routingKey]);
  }

  /**
   * Mail.
   *
   * @throws InvalidInputError if an address is empty, or only one of username and password is there
   */
  static email({ to, from, server, username, password }: EmailReceiverProps): Receiver {
    const where = 'Receiver.email';
    requireText(where, 'to', to);
    requireText(where, 'from', from);
    if ((username === undefined) !== (password === undefined)) {
      throw new InvalidInputError(where, 'only one of username and password is set', 'Set both or none');
    }
    const login =
      username === undefined || password === undefined
        ? {}
        : { auth_username: requireText(where, 'username', username), auth_password_file: mounted(password) };
    const smarthost = `${hostName(server, undefined)}:${firstPort(where, server)}`;
    return new Receiver(
      'email',
      { to, from, smarthost, require_tls: true, ...login },
      server,
      password === undefined ? [] : [password],
    );
  }

  private constructor(
    /** @internal */
    readonly _kind: 'webhook' | 'slack' | 'pagerduty' | 'email',
    /** @internal */
    readonly _settings: Settings,
    /** Where notifications are sent. */
    readonly server: Peer,
    /** The Secrets' keys that Alertmanager reads. */
    readonly credentials: readonly SecretKey[],
  ) {}
}

/** Who is told of what, how soon and how often. */
export interface AlertRoutingProps {
  /** Told of `severity: critical`. @default - nobody: the alerts show in Alertmanager only */
  readonly critical?: readonly Receiver[];
  /** Told of everything else but `severity: none`. @default - nobody: the alerts show in Alertmanager only */
  readonly warning?: readonly Receiver[];
  /**
   * Told of the alert `Watchdog`, which always fires: something outside the cluster, such as a dead man's switch, that raises
   * an alarm when it hears nothing. @default - nobody
   */
  readonly watchdog?: readonly Receiver[];
  /** Labels that alerts of one notification share. @default ['alertname', 'namespace', 'app'] */
  readonly groupBy?: readonly string[];
  /** How long a new group waits for more alerts; a third of it for critical ones. @default Duration.seconds(30) */
  readonly groupWait?: Duration;
  /** How long news of a known group wait. @default Duration.minutes(5) */
  readonly groupInterval?: Duration;
  /** When a critical alert that still fires is sent again. @default Duration.hours(1) */
  readonly criticalRepeat?: Duration;
  /** When another alert that still fires is sent again. @default Duration.hours(12) */
  readonly warningRepeat?: Duration;
  /** How often the watchdog's receivers hear of it. @default Duration.minutes(1) */
  readonly watchdogRepeat?: Duration;
}

const SILENT = 'null';

/** The receivers of all routes, for what has to be mounted and reached. */
export function receiversOf({ critical = [], warning = [], watchdog = [] }: AlertRoutingProps): Receiver[] {
  return [...new Set([...critical, ...warning, ...watchdog])];
}

/**
 * The text of `alertmanager.yaml`.
 *
 * @param alerts those that say what holds them back
 * @throws InvalidInputError if a time is not a whole number of seconds, or a label's name is not valid
 */
export function alertmanagerConfig(where: string, props: AlertRoutingProps, alerts: readonly Alert[] = []): string {
  const lists = { critical: props.critical ?? [], warning: props.warning ?? [], watchdog: props.watchdog ?? [] };
  const told = (key: keyof typeof lists) => (lists[key].length === 0 ? SILENT : key);
  const time = (name: string, duration: Duration) => `${requireSeconds(where, name, duration, 1)}s`;
  const wait = requireSeconds(where, 'groupWait', props.groupWait ?? Duration.seconds(30), 1);
  const heartbeat = requireSeconds(where, 'watchdogRepeat', props.watchdogRepeat ?? Duration.minutes(1), 1);
  const route = {
    receiver: told('warning'),
    group_by: requireLabelNames(where, 'groupBy', props.groupBy ?? ['alertname', 'namespace', 'app']),
    group_wait: `${wait}s`,
    group_interval: time('groupInterval', props.groupInterval ?? Duration.minutes(5)),
    repeat_interval: time('warningRepeat', props.warningRepeat ?? Duration.hours(12)),
    routes: [
      {
        matchers: ['alertname="Watchdog"'],
        receiver: told('watchdog'),
        group_interval: `${heartbeat}s`,
        // Less, or a look that comes a moment early finds nothing due, and the receiver hears of it at the next one.
        repeat_interval: `${Math.max(1, heartbeat - 10)}s`,
      },
      { matchers: ['severity="none"'], receiver: SILENT },
      {
        matchers: ['severity="critical"'],
        receiver: told('critical'),
        group_wait: `${Math.ceil(wait / 3)}s`,
        repeat_interval: time('criticalRepeat', props.criticalRepeat ?? Duration.hours(1)),
      },
    ],
  };
  const receivers = Object.entries(lists).filter(([, list]) => list.length > 0);
  return stringify(
    {
      route,
      inhibit_rules: alerts.flatMap(inhibition),
      receivers: [{ name: SILENT }, ...receivers.map(([name, list]) => receiver(name, list))],
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

function inhibition({ name, inhibitedBy }: Alert) {
  if (inhibitedBy === undefined) return [];
  const { alerts, equal } = inhibitedBy;
  return [{ source_matchers: [`alertname=~"${alerts.join('|')}"`], target_matchers: [`alertname="${name}"`], equal }];
}

function receiver(name: string, list: readonly Receiver[]) {
  const configs = new Map<string, Settings[]>();
  for (const { _kind, _settings } of list) {
    const kind = `${_kind}_configs`;
    configs.set(kind, [...(configs.get(kind) ?? []), { send_resolved: true, ..._settings }]);
  }
  return { name, ...Object.fromEntries(configs) };
}

/** Where the operator mounts a key of a Secret that `spec.secrets` names. */
function mounted({ secret, key }: SecretKey): string {
  return `/etc/alertmanager/secrets/${secret}/${key}`;
}

function https(host: string): Peer {
  return Endpoint.external(host, { port: 443 });
}
