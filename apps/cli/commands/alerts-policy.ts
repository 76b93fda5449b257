import { type Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { type Labels } from '#libs/alerting/alert/alert';
import { matchesAll } from '#libs/alerting/alert/matcher';
import { DEFAULT_POLICY, type NotificationPolicy } from '#libs/alerting/notify/policy';
import { type PreviewedTarget, previewRouting } from '#libs/alerting/notify/preview-routing';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { idsFor, namesFor, readPolicyFile } from './alerts-policy-file.ts';
import { matcherText, readMatcher } from './matchers.ts';

type Receiver = CallOutput<'listReceivers'>['items'][number];

const MAX_SHOWN = 1000;

/** Adds `signalbox alerts policy show`, `set` and `preview`. */
export function addNotificationPolicyCommands(alerts: Command, terminal: Terminal, client: () => ApiClient): void {
  const policy = alerts.command('policy').description('who is told of which alerts');
  policy
    .command('show', { isDefault: true })
    .description('print the notification policy as YAML, with the names of receivers')
    .option('--json', 'as JSON, as the API has it')
    .action(async ({ json }: { json?: boolean }) => {
      const api = client();
      const found = await api.call('getNotificationPolicy', {});
      const { updatedBy, updatedAt, generation, ...document } = found;
      terminal.note(updatedBy === null || updatedAt === null ? 'Generation 0, as it ships.' : `Generation ${generation}, by ${printable(updatedBy)} at ${updatedAt}.`);
      terminal.print(json ? JSON.stringify(found, null, 2) : stringify({ generation, ...namesFor(document, await receiversOf(api)) }, { aliasDuplicateObjects: false }).trimEnd());
    });
  policy
    .command('set')
    .argument('<file>', 'YAML or JSON; with the generation that show printed it is refused when someone was faster')
    .description('put another notification policy in force: the whole document, with names or ids of receivers')
    .action(async (file: string) => {
      const { generation, document } = await readPolicyFile(terminal, file);
      const api = client();
      const body = idsFor(document, await receiversOf(api), file);
      const seen = generation ?? (await api.call('getNotificationPolicy', {})).generation;
      const written = await api.call('putNotificationPolicy', { headers: { 'if-match': `"${seen}"` }, body });
      terminal.print(`Generation ${written.generation} of the notification policy is in force.`);
      if (written.receivers.length === 0 && written.routes.every(({ receivers }) => receivers.length === 0)) terminal.note('It names no receiver: nobody is told of anything.');
    });
  policy
    .command('preview')
    .argument('<label...>', 'of the alert, such as signal=router-shift severity=critical model=tiny-mixtral', readLabel)
    .description('tell which receivers would be told of an alert with these labels')
    .option('--file <file>', 'try the policy of a file in place of the one in force')
    .option('--json', 'as JSON')
    .action((labels: Labels, options: PreviewOptions) => preview(client(), terminal, labels, options));
}

interface PreviewOptions {
  readonly file?: string;
  readonly json?: boolean;
}

async function preview(api: ApiClient, terminal: Terminal, labels: Labels, { file, json }: PreviewOptions): Promise<void> {
  const receivers = await receiversOf(api);
  const { targets, hushedBy } = previewRouting(file === undefined ? await api.call('getNotificationPolicy', {}) : await draftOf(terminal, file, receivers), labels);
  const silences = (await allPages((cursor) => api.call('listSilences', { query: { live: 'true', cursor, limit: '200' } }), MAX_SHOWN)).items.filter((one) => one.active && matchesAll(one.matchers, labels));
  const known = new Map(receivers.map((receiver) => [receiver.id, receiver]));
  const shown = targets.map((target) => ({ ...target, receiver: known.get(target.receiverId)?.name ?? null, disabledReason: known.get(target.receiverId)?.disabledReason ?? null }));
  if (json) return terminal.print(JSON.stringify({ labels, targets: shown, hushedBy, silences }, null, 2));
  const rows = shown.map((one) => [
    printable(one.receiver ?? `${one.receiverId} (gone)`), one.disabledReason === null ? 'on' : `off: ${one.disabledReason}`, printable(whyText(one)), printable(groupText(one.groupLabels)),
    `${seconds(one.timing.groupWaitMs)} / ${seconds(one.timing.groupIntervalMs)} / ${seconds(one.timing.repeatIntervalMs)}`,
  ]);
  terminal.print(rows.length > 0 ? table(['receiver', 'state', 'because of', 'group', 'wait / news / repeat'], rows, 99) : 'Nobody would be told of it.');
  for (const { source, equal } of hushedBy) terminal.note(`Nobody is told of it while an alert with ${printable(source.map(matcherText).join(' '))} fires${equal.length > 0 ? ` that has the same ${printable(equal.join(', '))}` : ''}.`);
  for (const { id, to, comment } of silences) terminal.note(`Silence ${id} hushes it until ${to}: ${printable(comment)}`);
}

/** The policy of a file as it would be in force. */
async function draftOf(terminal: Terminal, file: string, receivers: readonly Receiver[]): Promise<NotificationPolicy> {
  const body = idsFor((await readPolicyFile(terminal, file)).document, receivers, file);
  return { ...body, inhibitions: body.inhibitions ?? DEFAULT_POLICY.inhibitions };
}

/** `label=value`, each label once; for repeated use as a commander argument. */
function readLabel(text: string, before: Labels = {}): Labels {
  const [matcher] = readMatcher(text);
  if (matcher?.is !== 'equal') throw new InvalidArgumentError('An alert has one value of each label: give them such as signal=mix-shift.');
  if (before[matcher.label] !== undefined) throw new InvalidArgumentError(`${matcher.label} is there twice: give each label once.`);
  return { ...before, [matcher.label]: matcher.value };
}

async function receiversOf(api: ApiClient): Promise<readonly Receiver[]> {
  return (await allPages((cursor) => api.call('listReceivers', { query: { cursor, limit: '200' } }), MAX_SHOWN)).items;
}

function whyText({ reason, via, afterMs }: PreviewedTarget): string {
  if (reason === 'no-route') return 'no route takes it';
  return reason === 'route' ? `route ${via}` : `escalation ${via}, after ${seconds(afterMs)} without acknowledgement`;
}

function groupText(labels: Labels): string {
  return Object.entries(labels).map(([label, value]) => `${label}=${value}`).join(' ') || '-';
}

const seconds = (ms: number): string => `${ms / 1000} s`;
