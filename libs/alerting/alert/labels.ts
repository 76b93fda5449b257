import { type AlertRule, type Severity } from '../rule/rule.ts';
import { type Labels } from './alert.ts';

/** Label set that names an alert of a rule: those of the reading and those that the rule adds. */
export function seriesLabels(rule: Pick<AlertRule, 'labels'>, readingLabels: Labels): Labels {
  return { ...readingLabels, ...rule.labels };
}

/** Labels that routes, silences and inhibitions see. The last three are not for rules to set. */
export function alertLabels({ ruleId, signal, severity, labels }: { readonly ruleId: string; readonly signal: string; readonly severity: Severity; readonly labels: Labels }): Labels {
  return { ...labels, rule: ruleId, signal, severity };
}

/** Labels that a rule may not add, because they are set by the house. */
export const RESERVED_LABELS: readonly string[] = ['rule', 'signal', 'severity'];

/** Text that is equal for equal label sets. */
export function labelText(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
