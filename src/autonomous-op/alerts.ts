import { repository } from '../../package.json';
import { Alert, Rule } from '../constructs/observability/alert-rules';
import { autoscalingAlerts } from './rules/autoscaling';
import { availabilityAlerts } from './rules/availability';
import { documentAlerts } from './rules/document';
import { sloRules } from './rules/slo';
import { storeAlerts } from './rules/stores';

/** Where the pages of docs/runbooks can be read, a page an alert. */
const runbooks = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/docs/runbooks`;

/** The groups of rules by name, in the order in which they are added: the document's own first. */
export const ruleGroups: Readonly<Record<string, readonly Rule[]>> = {
  'autonomous-op.rules': documentAlerts.map(withRunbook),
  'autonomous-op.stores': storeAlerts.map(withRunbook),
  'autonomous-op.availability': availabilityAlerts.map(withRunbook),
  'autonomous-op.autoscaling': autoscalingAlerts.map(withRunbook),
  'autonomous-op.slo': sloRules.map((rule) => ('record' in rule ? rule : withRunbook(rule))),
};

function withRunbook(alert: Alert): Alert {
  return { ...alert, runbook: `${runbooks}/${alert.name}.md` };
}
