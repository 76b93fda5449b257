import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { EVIDENCE_KINDS } from '#libs/governance/change/change-payload';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { changeText, type ChangeShown } from '../render/change-text.ts';
import { type Terminal } from '../terminal.ts';
import { readText } from './change-payload.ts';

const MAX_SHOWN = 1000;
interface Note {
  readonly comment?: string;
}

/** Adds what is done to a change request after it was drafted. */
export function addChangeActs(change: Command, terminal: Terminal, client: () => ApiClient): void {
  const tell = (shown: ChangeShown): void => terminal.print(changeText(shown));
  const on = (name: string, description: string): Command => change.command(name).argument('<change-id>', 'from signalbox change list').description(description);
  const noted = (name: string, description: string): Command => on(name, description).option('--comment <text>', 'why');
  const noteOf = ({ comment }: Note) => (comment === undefined ? {} : { comment });

  addEvidence(change, terminal, client, tell);
  on('comment', 'say something about a request').argument('<text>').action(async (changeId: string, text: string) => tell(await client().call('commentOnChange', { params: { changeId }, body: { text } })));
  noted('submit', 'let others decide over a draft').action(async (changeId: string, options: Note) => tell(await client().call('submitChange', { params: { changeId }, headers: {}, body: noteOf(options) })));
  for (const [name, route, description] of [['approve', 'approveChange', 'approve a request as it is now, or exactly what --digest names'], ['reject', 'rejectChange', 'reject a request, which ends it']] as const) {
    noted(name, description)
      .option('--digest <sha256>', 'what you looked at, from signalbox change show')
      .action(async (changeId: string, { digest, comment = '' }: Note & { digest?: string }) => {
        const api = client();
        const named = digest ?? (await api.call('getChange', { params: { changeId } })).digest;
        tell(await api.call(route, { params: { changeId }, headers: {}, body: { digest: named, comment } }));
      });
  }
  noted('withdraw', 'take a request back, which ends it').action(async (changeId: string, options: Note) => tell(await client().call('withdrawChange', { params: { changeId }, headers: {}, body: noteOf(options) })));
  noted('apply', 'apply a request now').action(async (changeId: string, options: Note) => tell(await client().call('applyChange', { params: { changeId }, headers: {}, body: noteOf(options) })));
  noted('promote', 'promote the canary that a request began').action(async (changeId: string, options: Note) => tell(await client().call('promoteChange', { params: { changeId }, headers: {}, body: noteOf(options) })));
  on('schedule', 'have an approved request applied at a time')
    .argument('<at>', 'such as 2036-01-31T12:00:00Z')
    .option('--until <time>', 'not applied by then, it expires (default: an hour later)')
    .action(async (changeId: string, at: string, { until }: { until?: string }) => tell(await client().call('scheduleChange', { params: { changeId }, headers: {}, body: { at, ...(until === undefined ? {} : { until }) } })));
  on('unschedule', 'take a schedule back').action(async (changeId: string) => tell(await client().call('unscheduleChange', { params: { changeId }, headers: {} })));
  on('break-glass', 'apply a request without approvals, in an emergency; owes a review')
    .requiredOption('--reason <text>', 'why it cannot wait')
    .requiredOption('--hours <n>', 'by then it must be confirmed or reverted')
    .action(async (changeId: string, { reason, hours }: { reason: string; hours: string }) => tell(await client().call('breakGlass', { params: { changeId }, headers: {}, body: { reason, hours: Number(hours) } })));
  on('review', 'review a broken glass')
    .argument('<verdict>', 'confirmed or to-revert')
    .requiredOption('--note <text>', 'what you found')
    .action(async (changeId: string, verdict: string, { note }: { note: string }) => {
      if (verdict !== 'confirmed' && verdict !== 'to-revert') throw new CliError(EXIT.usage, 'Give confirmed or to-revert.');
      tell(await client().call('reviewChange', { params: { changeId }, headers: {}, body: { verdict, note } }));
    });
  change.command('reviews-owed').description('what broken glass still owes').option('--json', 'as JSON').action(({ json }: { json?: boolean }) => owed(client(), terminal, json));
}

function addEvidence(change: Command, terminal: Terminal, client: () => ApiClient, tell: (shown: ChangeShown) => void): void {
  const evidence = change.command('evidence').description('attach, read and remove evidence');
  evidence
    .command('add')
    .argument('<change-id>', 'from signalbox change list')
    .argument('<kind>', EVIDENCE_KINDS.join(', '))
    .argument('[file]', 'what it says; or give --url and --sha256')
    .description('attach evidence to a request')
    .option('--title <text>', 'in a few words (default: the name of the file)')
    .option('--url <url>', 'where it lies')
    .option('--sha256 <digest>', 'of what lies there')
    .addOption(new Option('--media-type <type>', 'of the content').default('', 'by the name of the file'))
    .action(async (changeId: string, kind: string, file: string | undefined, options: { title?: string; url?: string; sha256?: string; mediaType: string }) => {
      const title = options.title ?? (file === undefined ? options.url : basename(file)) ?? kind;
      const mediaType = options.mediaType === '' ? (file?.endsWith('.json') ? 'application/json' : 'text/plain') : options.mediaType;
      const content = file === undefined ? {} : { content: await readText(terminal, file), mediaType };
      const elsewhere = { ...(options.url === undefined ? {} : { url: options.url }), ...(options.sha256 === undefined ? {} : { sha256: options.sha256 }) };
      tell(await client().call('addEvidence', { params: { changeId }, headers: {}, body: { kind: kind as (typeof EVIDENCE_KINDS)[number], title, ...content, ...elsewhere } }));
    });
  evidence
    .command('show')
    .argument('<change-id>')
    .argument('<evidence-id>', 'from signalbox change show --json')
    .description('print what evidence says')
    .action(async (changeId: string, evidenceId: string) => terminal.print((await client().call('getEvidence', { params: { changeId, evidenceId } })).content));
  evidence
    .command('remove')
    .argument('<change-id>')
    .argument('<evidence-id>', 'from signalbox change show --json')
    .description('take evidence away, and every approval that saw it')
    .action(async (changeId: string, evidenceId: string) => tell(await client().call('removeEvidence', { params: { changeId, evidenceId } })));
}

async function owed(api: ApiClient, terminal: Terminal, json: boolean | undefined): Promise<void> {
  const { items } = await allPages((cursor) => api.call('listReviewsOwed', { query: { cursor, limit: '200' } }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map((one) => [one.change.id, one.kind, one.due.slice(0, 16).replace('T', ' '), one.overdue ? 'overdue' : 'in time', printable(one.brokenBy), printable(one.reason)]);
  terminal.print(rows.length > 0 ? table(['change', 'owes', 'due (UTC)', 'state', 'broken by', 'reason'], rows, 99) : 'Nothing is owed.');
}
