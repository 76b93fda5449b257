import { InvalidArgumentError, type Command } from 'commander';
import { type ApiClient, type CallInput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { matcherText, readMatcher } from './matchers.ts';

type Matchers = CallInput<'createSilence'>['body']['matchers'];

const MAX_SHOWN = 1000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Adds `signalbox silences ...`. */
export function addSilenceCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const silences = program.command('silences').description('times in which nobody is told of some alerts');
  silences
    .command('list', { isDefault: true })
    .description('list silences, latest end first')
    .option('--live', 'only those that have not ended')
    .option('--json', 'as JSON')
    .action(async ({ live, json }: { live?: boolean; json?: boolean }) => {
      const api = client();
      const { items } = await allPages((cursor) => api.call('listSilences', { query: { live: live ? 'true' : 'false', cursor, limit: '200' } }), MAX_SHOWN);
      const rows = items.map((one) => [one.id, one.active ? 'holds' : '-', one.matchers.map((matcher) => printable(matcherText(matcher))).join(' '), one.from.slice(0, 16).replace('T', ' '), one.to.slice(0, 16).replace('T', ' '), printable(one.comment)]);
      terminal.print(json ? JSON.stringify(items, null, 2) : rows.length > 0 ? table(['id', 'state', 'matchers', 'from (UTC)', 'to (UTC)', 'comment'], rows, 99) : 'No silence.');
    });
  silences
    .command('add')
    .argument('<matcher...>', 'such as signal=mix-shift, layer!=3 or severity=warning|info', (text: string, before?: Matchers) => readMatcher(text, before))
    .description('tell nobody of the alerts that match')
    .requiredOption('--for <time>', 'how long, such as 30m, 2h or 7d', durationMs)
    .requiredOption('--comment <text>', 'why')
    .option('--dry-run', 'only tell which alerts it would silence')
    .action(async (matchers: Matchers, options: { for: number; comment: string; dryRun?: boolean }) => {
      const api = client();
      if (options.dryRun) {
        const { total, alerts } = await api.call('previewSilence', { body: { matchers } });
        terminal.print([`It would silence ${total} alerts that fire now.`, ...alerts.map(({ id, rule, severity }) => `  ${id.slice(0, 12)}  ${severity}  ${printable(rule.name)}`)].join('\n'));
        return;
      }
      const made = await api.call('createSilence', { body: { matchers, comment: options.comment, to: new Date(Date.now() + options.for).toISOString() } });
      terminal.print(`Silence ${made.id} until ${made.to}.`);
    });
  silences
    .command('expire')
    .argument('<id>', 'of the silence')
    .description('end a silence now')
    .action(async (silenceId: string) => {
      const ended = await client().call('expireSilence', { params: { silenceId } });
      terminal.print(`Silence ${ended.id} ended at ${ended.to}.`);
    });
}

function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit ?? ''] ?? 0);
  if (!(ms > 0)) throw new InvalidArgumentError('Give a time such as 30m, 2h or 7d.');
  return ms;
}
