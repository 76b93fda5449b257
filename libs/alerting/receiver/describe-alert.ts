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
  const changed = listOf(finding?.['changes']);
  const undo = textOf(finding?.['wayBack']);
  const sinceMs = numberOf(finding?.['sinceMs']) ?? alert.startsAtMs;
  const lines = [
    `${alert.status === 'firing' ? 'Firing' : 'Resolved'} (${alert.severity}): ${alert.ruleName}`,
    textOf(finding?.['summary']) ?? annotations['summary'],
    annotations['description'],
    `Where: ${labelText(alert.labels)}`,
    `Since: ${time(sinceMs)}${alert.endsAtMs === null ? '' : `, until ${time(alert.endsAtMs)}`}`,
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
  const effect = fieldsOf(finding?.['effect']);
  const value = numberOf(effect?.['value']);
  if (!effect || value === null) return null;
  const [low, high] = [numberOf(effect['low']), numberOf(effect['high'])];
  const unit = typeof effect['unit'] === 'string' && effect['unit'] !== '' ? ` ${effect['unit']}` : '';
  return `${figure(value)}${unit}${low === null || high === null ? '' : ` (95 % interval ${figure(low)} to ${figure(high)})`}`;
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | null => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null);

/** What a part of a finding says in words: its command, its text, or its plain fields. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  const fields = fieldsOf(value);
  if (!fields) return null;
  if (typeof fields['command'] === 'string') return fields['command'];
  const pairs = Object.entries(fields).flatMap(([name, held]) => {
    if (typeof held === 'number') return [name === 'atMs' ? `at ${time(held)}` : `${name} ${figure(held)}`];
    return typeof held === 'string' && held !== '' ? [`${name} ${short(held)}`] : [];
  });
  return pairs.length === 0 ? null : pairs.join(' ');
}

function listOf(value: unknown): string | null {
  const texts = (Array.isArray(value) ? value : []).map(textOf).filter((text) => text !== null);
  return texts.length === 0 ? null : `${texts.slice(0, MAX_TOLD_ALERTS).join('; ')}${texts.length > MAX_TOLD_ALERTS ? ` and ${texts.length - MAX_TOLD_ALERTS} more` : ''}`;
}
