import { type NotifiedAlert, type Notification } from '../notify/notification.ts';

/** Alerts that a text for people tells of one by one; the rest is a number. */
export const MAX_TOLD_ALERTS = 10;

/** One line: what happened, and where. */
export function headline({ status, alerts, reason, truncatedAlerts }: Notification): string {
  if (reason === 'test') return 'Test of a Signalbox receiver';
  const firing = alerts.filter((alert) => alert.status === 'firing');
  const shown = firing[0] ?? alerts[0];
  const more = alerts.length + truncatedAlerts - 1;
  const count = more > 0 ? ` and ${more} more` : '';
  const state = status === 'resolved' ? 'Resolved' : reason === 'escalation' ? 'Escalated' : worst(firing);
  return `${state}: ${shown === undefined ? 'no alert is shown' : `${shown.ruleName}${place(shown)}`}${count}`;
}

/** Lines about one alert: what, where, since when, how much, which experts, where to look, how to undo it. */
export function describeAlert(alert: NotifiedAlert): readonly string[] {
  const { annotations, finding } = alert;
  const effect = effectOf(finding);
  const experts = listOf(finding?.['experts']);
  const changed = listOf(finding?.['changes'] ?? finding?.['changedAround']);
  const undo = textOf(finding?.['undo'] ?? finding?.['rollback']);
  const lines = [
    `${alert.status === 'firing' ? 'Firing' : 'Resolved'} (${alert.severity}): ${alert.ruleName}`,
    annotations['summary'],
    annotations['description'],
    `Where: ${labelText(alert.labels)}`,
    `Since: ${time(alert.startsAtMs)}${alert.endsAtMs === null ? '' : `, until ${time(alert.endsAtMs)}`}`,
    effect && `Effect: ${effect}`,
    experts && `Experts: ${experts}`,
    changed && `Changed around then: ${changed}`,
    alert.url && `Look: ${alert.url}`,
    undo && `To undo: ${undo}`,
    annotations['runbook'] && `Runbook: ${annotations['runbook']}`,
  ];
  return lines.filter((line): line is string => line !== undefined && line !== null && line !== '');
}

/** The whole text for people, without marks of any format. */
export function describeNotification(notification: Notification): string {
  if (notification.reason === 'test') return 'This is a test: nothing has happened. Notifications of Signalbox arrive here.';
  const told = notification.alerts.slice(0, MAX_TOLD_ALERTS).map((alert) => describeAlert(alert).join('\n'));
  const left = notification.alerts.length - told.length + notification.truncatedAlerts;
  return [...told, ...(left > 0 ? [`${left} further alerts are not shown.`] : [])].join('\n\n');
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label} ${short(value)}`);
  return pairs.length === 0 ? 'no labels' : pairs.join(', ');
}

export const time = (ms: number): string => new Date(ms).toISOString();

function worst(firing: readonly NotifiedAlert[]): string {
  for (const severity of ['critical', 'warning'] as const) if (firing.some((alert) => alert.severity === severity)) return severity === 'critical' ? 'Critical' : 'Warning';
  return 'Info';
}

function place({ labels }: NotifiedAlert): string {
  const parts = ['model', 'layer', 'expert'].flatMap((label) => (labels[label] === undefined ? [] : [`${label} ${labels[label]}`]));
  return parts.length === 0 ? '' : ` at ${parts.join(', ')}`;
}

/** Ids of releases are 64 digits; twelve name one. */
const short = (value: string): string => (/^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value);

function effectOf(finding: NotifiedAlert['finding']): string | null {
  const effect = fieldsOf(finding?.['effect']) ?? finding;
  if (!effect) return null;
  const interval = fieldsOf(effect['interval'] ?? effect['effectInterval']) ?? effect;
  const value = numberOf(effect['bits'] ?? effect['value'] ?? effect['effectBits']);
  if (value === null) return null;
  const [low, high] = [numberOf(interval['low'] ?? interval['lowBits']), numberOf(interval['high'] ?? interval['highBits'])];
  const unit = typeof effect['unit'] === 'string' ? effect['unit'] : 'bits';
  return `${figure(value)} ${unit}${low === null || high === null ? '' : ` (${figure(low)} to ${figure(high)})`}`;
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | null => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null);

/** What a finding holds, as far as it can be told in words. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  const fields = fieldsOf(value);
  if (!fields) return null;
  for (const name of ['text', 'command', 'summary', 'name']) if (typeof fields[name] === 'string') return fields[name];
  const pairs = Object.entries(fields).flatMap(([name, held]) => (typeof held === 'string' || typeof held === 'number' ? [`${name} ${short(String(held))}`] : []));
  return pairs.length === 0 ? null : pairs.join(' ');
}

function listOf(value: unknown): string | null {
  const texts = (Array.isArray(value) ? value : []).map(textOf).filter((text) => text !== null);
  return texts.length === 0 ? null : `${texts.slice(0, MAX_TOLD_ALERTS).join('; ')}${texts.length > MAX_TOLD_ALERTS ? ` and ${texts.length - MAX_TOLD_ALERTS} more` : ''}`;
}
