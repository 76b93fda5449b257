import { Option, type Command } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { addNotificationPolicyCommands } from './alerts-policy.ts';

type Alert = CallOutput<'listAlerts'>['items'][number];
type Detail = CallOutput<'getAlert'>;

interface ListOptions {
  readonly state?: string;
  readonly model?: string;
  readonly signal?: string;
  readonly severity?: string;
  readonly history?: boolean;
  readonly json?: boolean;
}

const MAX_SHOWN = 1000;
const SHOWN_LABELS = ['model', 'release', 'layer', 'expert', 'tenant', 'task', 'language', 'subject'];

/** Adds `signalbox alerts ...`. */
export function addAlertCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const alerts = program.command('alerts').description('what fires now, and what was found');
  alerts
    .command('list', { isDefault: true })
    .description('list alerts that are not normal, newest first')
    .addOption(new Option('--state <state>', 'only in this state').choices(['normal', 'pending', 'alerting', 'recovering', 'no-data', 'error']))
    .option('--model <name>', 'only of this model')
    .option('--signal <name>', 'only of this signal')
    .addOption(new Option('--severity <severity>', 'only of this severity').choices(['info', 'warning', 'critical']))
    .option('--history', 'each time an alert fired instead')
    .option('--json', 'as JSON')
    .action((options: ListOptions) => (options.history ? history(client(), terminal, options) : list(client(), terminal, options)));
  alerts
    .command('show')
    .argument('<alert>', 'its id, or the first 8 or more digits of it')
    .description('show one alert and what was found')
    .option('--json', 'as JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const api = client();
      const alert = await api.call('getAlert', { params: { alertId: await wholeId(api, id) } });
      terminal.print(json ? JSON.stringify(alert, null, 2) : detailText(alert));
    });
  alerts
    .command('ack')
    .argument('<alert>', 'its id, or the first 8 or more digits of it')
    .description('say that you look after an alert, which stops its escalation')
    .option('--note <text>', 'what you do about it')
    .option('--undo', 'take an acknowledgement back')
    .action(async (id: string, { note, undo }: { note?: string; undo?: boolean }) => {
      const api = client();
      const params = { alertId: await wholeId(api, id) };
      const alert = undo ? await api.call('unacknowledgeAlert', { params }) : await api.call('acknowledgeAlert', { params, body: note === undefined ? {} : { note } });
      terminal.print(`Alert ${alert.id.slice(0, 12)} is ${alert.acknowledged === null ? 'not acknowledged any more' : `acknowledged by ${printable(alert.acknowledged.byName)}`}.`);
    });
  addNotificationPolicyCommands(alerts, terminal, client);
}

async function list(api: ApiClient, terminal: Terminal, { state, model, signal, severity, json }: ListOptions): Promise<void> {
  const { items, more } = await allPages((cursor) => api.call('listAlerts', { query: { state, model, signal, severity, cursor, limit: '200' } as Parameters<typeof api.call<'listAlerts'>>[1]['query'] }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map((one) => [one.id.slice(0, 12), one.state, one.severity, printable(one.rule.name), labelsText(one), one.since.slice(0, 16).replace('T', ' '), standing(one)]);
  terminal.print(rows.length > 0 ? table(['alert', 'state', 'severity', 'rule', 'labels', 'since (UTC)', ''], rows, 99) : 'No alert fires.');
  if (more) terminal.note(`Only the newest ${items.length} are shown.`);
}

async function history(api: ApiClient, terminal: Terminal, { model, signal, json }: ListOptions): Promise<void> {
  const { items, more } = await allPages((cursor) => api.call('listAlertEpisodes', { query: { model, signal, cursor, limit: '200' } as Parameters<typeof api.call<'listAlertEpisodes'>>[1]['query'] }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const time = (at: string | null): string => at?.slice(0, 16).replace('T', ' ') ?? 'still fires';
  const rows = items.map((one) => [one.alertId.slice(0, 12), String(one.episode), one.severity, printable(one.rule.name), labelsText(one), time(one.startedAt), time(one.endedAt), String(one.notifications)]);
  terminal.print(rows.length > 0 ? table(['alert', 'episode', 'severity', 'rule', 'labels', 'from (UTC)', 'to (UTC)', 'told'], rows, 99) : 'No alert has fired yet.');
  if (more) terminal.note(`Only the newest ${items.length} are shown.`);
}

function labelsText({ labels }: Pick<Alert, 'labels'>): string {
  return SHOWN_LABELS.flatMap((name) => (labels[name] === undefined ? [] : [`${name}=${printable(name === 'release' ? labels[name].slice(0, 12) : labels[name])}`])).join(' ');
}

function standing({ muted, acknowledged }: Alert): string {
  return [muted?.reason, acknowledged === null ? undefined : 'acknowledged'].filter((part) => part !== undefined).join(', ');
}

function detailText(alert: Detail): string {
  const { finding, acknowledged, actions, muted } = alert;
  const lines = [
    `${alert.severity} ${alert.state} since ${alert.since}: ${printable(alert.rule.name)} (${alert.rule.id})`,
    `alert ${alert.id}, episode ${alert.episode}, ${alert.notifications} notifications`,
    labelsText(alert),
    ...(finding === null ? [] : ['', printable(finding.summary)]),
    ...(finding?.experts.length ? ['', `experts: ${finding.experts.map(({ expert, share, baselineShare }) => `${expert}${share === null ? '' : ` ${baselineShare?.toFixed(3) ?? '-'} -> ${share.toFixed(3)}`}`).join(', ')}`] : []),
    ...(finding?.changes.length ? ['', 'changed shortly before:', ...finding.changes.map(({ at, what, by }) => `  ${at}  ${printable(what)} by ${printable(by)}`)] : []),
    ...(finding?.exampleRequestIds.length ? ['', `requests to look at: ${finding.exampleRequestIds.join(' ')}`] : []),
    ...(finding?.wayBack ? ['', `way back: ${printable(finding.wayBack.command)}`] : []),
    ...(muted ? ['', `nobody is told of it: ${muted.reason}`] : []),
    ...(acknowledged ? ['', `acknowledged by ${printable(acknowledged.byName)} at ${acknowledged.at}${acknowledged.note === null ? '' : `: ${printable(acknowledged.note)}`}`] : []),
    ...actions.map(({ kind, state, outcome }) => `by itself: ${kind}, ${state}${outcome ? ` ${printable(JSON.stringify(outcome))}` : ''}`),
  ];
  return lines.filter((line, index) => line !== '' || lines[index - 1] !== '').join('\n');
}

async function wholeId(api: ApiClient, id: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  if (!/^[0-9a-f]{8,63}$/.test(id)) throw new CliError(EXIT.usage, `${id} is no id of an alert: signalbox alerts lists them.`);
  for (const state of [undefined, 'normal'] as const) {
    const { items } = await allPages((cursor) => api.call('listAlerts', { query: { state, cursor, limit: '200' } }), MAX_SHOWN);
    const found = items.filter((one) => one.id.startsWith(id));
    if (found.length > 1) throw new CliError(EXIT.usage, `${id} fits ${found.length} alerts: give more digits.`);
    if (found[0]) return found[0].id;
  }
  throw new CliError(EXIT.failed, `No alert begins with ${id}: signalbox alerts lists them.`);
}
