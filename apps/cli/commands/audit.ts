import { type Command } from 'commander';
import { type ApiClient, type CallInput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { digestTable, printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { exportAudit } from './audit-export.ts';
import { verifyAudit, type VerifyOptions } from './audit-verify.ts';

type ListOptions = NonNullable<CallInput<'listAudit'>['query']> & { readonly json?: boolean };

const DEFAULT_SHOWN = 50;
const MAX_SHOWN = 10_000;

/** `signalbox audit`: read, export and verify the audit log. */
export function addAuditCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const audit = program.command('audit').description('read, export and verify the audit log');
  audit
    .command('list')
    .description('list entries, newest first')
    .option('--actor <account>', 'only acts of this account')
    .option('--action <name>', 'only this action, or an area such as activation.*')
    .option('--subject <name>', 'only acts on this, such as model/tiny-mixtral')
    .option('--request-id <id>', 'only what this request did')
    .option('--from <time>', 'start, such as 2026-01-31T12:00:00Z')
    .option('--to <time>', 'end')
    .option('--limit <n>', `entries, at most ${MAX_SHOWN} (default: ${DEFAULT_SHOWN})`)
    .option('--json', 'as JSON')
    .action((options: ListOptions) => listAudit(client(), terminal, options));
  audit
    .command('export')
    .description('write the whole log to a file, for audit verify (the export is audited)')
    .requiredOption('--out <file>', 'file to write; it must not exist')
    .option('--with-dossiers <dir>', 'also a dossier for each change request, and an index that names acts made without one')
    .action((options: { out: string; withDossiers?: string }) => exportAudit(client(), terminal, options));
  audit
    .command('verify')
    .description('prove an export offline: needs no server and no key of the API')
    .argument('<export>', 'file that audit export wrote')
    .option('--witness <file>', 'audit-witness.ndjson of the home of the server')
    .option('--key <file|fingerprint>', 'public key that signs checkpoints; may be given again for earlier keys', (text: string, before: string[]) => [...before, text], [])
    .option('--since <earlier-export>', 'an export from before, which the log must begin with')
    .option('--json', 'as JSON')
    .action((path: string, options: VerifyOptions) => verifyAudit(terminal, path, options));
  audit
    .command('key')
    .description('the key that signs checkpoints: note its fingerprint down, for audit verify --key')
    .option('--json', 'as JSON; audit verify --key takes a file of it')
    .action(async ({ json: asJson }: { json?: boolean }) => {
      const key = await client().call('getAuditKey', {});
      if (asJson) return terminal.print(JSON.stringify(key, null, 2));
      terminal.print([`fingerprint  ${key.keyId}`, `public key   ${key.publicKey}  (Ed25519, base64)`, '', key.latestNote === null ? 'Nothing is signed yet: a minute after the first entry there is a checkpoint.' : `The newest checkpoint:\n\n${key.latestNote.split('\n').map(printable).join('\n').trimEnd()}`].join('\n'));
    });
  audit
    .command('adopt')
    .description('take entries that an older version wrote under the protection of the chain')
    .requiredOption('--reason <text>', 'why there are such entries')
    .action(async (body: { reason: string }) => {
      const { adopted } = await client().call('adoptAudit', { body });
      terminal.print(adopted === 0 ? 'No entry is outside the chain.' : `${adopted} ${adopted === 1 ? 'entry is' : 'entries are'} adopted.`);
    });
}

async function listAudit(client: ApiClient, terminal: Terminal, { json, limit, ...filter }: ListOptions): Promise<void> {
  const wanted = Math.min(MAX_SHOWN, Math.max(1, Number(limit ?? DEFAULT_SHOWN) || DEFAULT_SHOWN));
  const { items: read, more } = await allPages((cursor) => client.call('listAudit', { query: { ...filter, cursor, limit: String(Math.min(200, wanted)) } }), wanted);
  const items = read.slice(0, wanted);
  if (json === true) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map(({ id, at, actor, action, subject, reason }) => [id, at.slice(0, 19).replace('T', ' '), printable(actor), printable(action), printable(subject), printable(reason ?? '')]);
  terminal.print(rows.length > 0 ? digestTable(terminal, ['id', 'at (UTC)', 'actor', 'action', 'subject', 'reason'], rows, 9) : 'No entry fits.');
  if (more || read.length > items.length) terminal.note(`Only the newest ${items.length} are shown; use --limit or a filter.`);
}
