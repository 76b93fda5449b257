import { type Command } from 'commander';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type ReceiverTarget } from '#libs/contract/management/receivers';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { type AddOptions, targetOf } from './receiver-target.ts';

const MAX_SHOWN = 1000;

type Receiver = RouteOutput<typeof ROUTES.getReceiver>;

/** Adds `signalbox receivers ...`. */
export function addReceiverCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const receivers = program.command('receivers').description('where notifications go, and what became of them');
  receivers
    .command('list')
    .description('list receivers')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const items = await all(client());
      const rows = items.map((one) => [one.id, printable(one.name), one.kind, placeOf(one), one.disabledReason === null ? 'on' : `off: ${one.disabledReason}`, String(one.waiting), String(one.deadLetters)]);
      terminal.print(json ? JSON.stringify(items, null, 2) : rows.length > 0 ? table(['id', 'name', 'kind', 'to', 'state', 'waiting', 'dead letters'], rows, 99) : 'No receiver: signalbox receivers add makes one.');
    });
  receivers
    .command('add')
    .argument('<name>', 'such as on-call')
    .description('add a receiver; the notification policy says what it is told of')
    .requiredOption('--kind <kind>', 'webhook, alertmanager-webhook, alertmanager, slack, pagerduty or email')
    .option('--url <url>', 'address of a webhook or Alertmanager')
    .option('--secret-file <path>', 'file that holds the Authorization value, the routing key, the SMTP password or the address of Slack')
    .option('--host <host>', 'mail server')
    .option('--port <number>', 'port of the mail server')
    .option('--security <how>', 'tls, starttls or none')
    .option('--username <name>', 'user of the mail server')
    .option('--from <address>', 'sender of mails')
    .option('--to <addresses>', 'addressees of mails, with commas between them')
    .action(async (name: string, options: AddOptions) => {
      const made = await client().call('createReceiver', { body: { name, target: (await targetOf(options, terminal.workingDir)) as ReceiverTarget } });
      terminal.print(`Receiver ${made.id} is added; name it in the notification policy, or test it: signalbox receivers test ${made.id}`);
      if (made.secret !== null) terminal.print(`Secret that signs its webhooks, shown only now: ${made.secret}`);
    });
  receivers
    .command('show')
    .argument('<receiver>', 'id or name')
    .description('show one receiver')
    .action(async (receiver: string) => terminal.print(JSON.stringify(await find(client(), receiver), null, 2)));
  receivers
    .command('test')
    .argument('<receiver>', 'id or name')
    .description('send a test notification now')
    .action(async (receiver: string) => {
      const api = client();
      const { id } = await find(api, receiver);
      const { attempt } = await api.call('testReceiver', { params: { receiverId: id } });
      if (attempt.outcome !== 'delivered') throw new CliError(EXIT.failed, `The test was not delivered (${attempt.durationMs} ms): ${answerOf(attempt)}.`);
      terminal.print(`Delivered in ${attempt.durationMs} ms: ${answerOf(attempt)}.`);
    });
  receivers
    .command('rotate')
    .argument('<receiver>', 'id or name')
    .description('have webhooks signed by a new secret')
    .option('--overlap <seconds>', 'how long the secret before also signs', '86400')
    .action(async (receiver: string, { overlap }: { overlap: string }) => {
      const api = client();
      const { id } = await find(api, receiver);
      const { secret } = await api.call('rotateReceiverSecret', { params: { receiverId: id }, body: { overlapSeconds: Number(overlap) } });
      terminal.print(`New secret, shown only now: ${secret}`);
    });
  receivers
    .command('enable')
    .argument('<receiver>', 'id or name')
    .description('switch a receiver on again')
    .action(async (receiver: string) => {
      const api = client();
      const { id, name } = await find(api, receiver);
      await api.call('enableReceiver', { params: { receiverId: id } });
      terminal.print(`Receiver ${printable(name)} is on.`);
    });
  receivers
    .command('remove')
    .argument('<receiver>', 'id or name')
    .description('remove a receiver and its notifications')
    .action(async (receiver: string) => {
      const api = client();
      const { id, generation } = await find(api, receiver);
      const gone = await api.call('deleteReceiver', { params: { receiverId: id }, headers: { 'if-match': `"${generation}"` } });
      terminal.print(`Receiver ${printable(gone.name)} is gone.`);
    });
  addLogCommands(receivers, terminal, client);
}

function addLogCommands(receivers: Command, terminal: Terminal, client: () => ApiClient): void {
  receivers
    .command('log')
    .argument('[receiver]', 'id or name; all without it')
    .description('what was told, newest first; with --notification every attempt of one')
    .option('--state <state>', 'waiting, delivered or dead')
    .option('--notification <id>', 'show one')
    .option('--limit <number>', 'at most so many', '50')
    .option('--json', 'as JSON')
    .action(async (receiver: string | undefined, { state, notification, limit, json }: { state?: string; notification?: string; limit: string; json?: boolean }) => {
      const api = client();
      if (notification !== undefined) return terminal.print(JSON.stringify(await api.call('getNotification', { params: { notificationId: notification } }), null, 2));
      const id = receiver === undefined ? undefined : (await find(api, receiver)).id;
      const { items } = await api.call('listNotifications', { query: { receiver: id, state: state as 'dead' | undefined, limit } });
      const rows = items.map((one) => [one.id, one.at.slice(0, 19).replace('T', ' '), one.state, printable(one.failure ?? '-'), one.status, printable(one.reason), String(one.alerts), String(one.attempts), printable(one.groupKey.slice(0, 40))]);
      terminal.print(json ? JSON.stringify(items, null, 2) : rows.length > 0 ? table(['id', 'at (UTC)', 'state', 'failure', 'tells', 'because', 'alerts', 'attempts', 'group'], rows, 99) : 'No notification.');
    });
  receivers
    .command('replay')
    .argument('<receiver>', 'id or name')
    .description('deliver dead letters again')
    .option('--since <time>', 'those made since, such as 2026-01-31T12:00:00Z')
    .option('--notification <id>', 'only this one')
    .option('--even-superseded', 'also where more was told of the group since')
    .action(async (receiver: string, { since, notification, evenSuperseded = false }: { since?: string; notification?: string; evenSuperseded?: boolean }) => {
      const api = client();
      if (notification !== undefined) {
        await api.call('replayNotification', { params: { notificationId: notification }, body: { evenSuperseded } });
        return terminal.print('It is in the outbox again.');
      }
      if (since === undefined) throw new CliError(EXIT.usage, 'Give --since with a time, or --notification with an id.');
      const { id } = await find(api, receiver);
      const { replayed, superseded, more } = await api.call('replayReceiver', { params: { receiverId: id }, body: { since, evenSuperseded } });
      terminal.print(`${replayed} in the outbox again${superseded > 0 ? `; ${superseded} left, because more was told since` : ''}${more ? '; there are more' : ''}.`);
    });
}

async function all(api: ApiClient): Promise<readonly Receiver[]> {
  return (await allPages((cursor) => api.call('listReceivers', { query: { cursor, limit: '200' } }), MAX_SHOWN)).items;
}

async function find(api: ApiClient, nameOrId: string): Promise<Receiver> {
  const found = (await all(api)).find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (!found) throw new CliError(EXIT.notFound, `There is no receiver ${nameOrId}: signalbox receivers list shows them.`);
  return found;
}

function placeOf({ settings: { url, host, to } }: Receiver): string {
  return printable(url ?? (host === undefined ? '-' : `${(to ?? []).join(', ')} by ${host}`));
}

function answerOf({ status, error, response, reason }: RouteOutput<typeof ROUTES.testReceiver>['attempt']): string {
  return printable([status === null ? null : `status ${status}`, error, response === '' ? null : response, reason].filter((part) => part !== null).join('; '));
}
