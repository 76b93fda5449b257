import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CHANGE_STATES } from '#libs/governance/change/change-request';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { changeTable, changeText, type ChangeShown } from '../render/change-text.ts';
import { type Terminal } from '../terminal.ts';
import { addChangeActs } from './change-acts.ts';
import { bodyOf, type PayloadOptions, titleOf } from './change-payload.ts';
import { addPolicyCommands } from './change-policy.ts';

const MAX_SHOWN = 1000;
const TYPES = 'activate, replace-expert, add-expert, retire-expert, rescope-expert, change-router, change-routing-settings, change-data-rules, recall, set-governance or change-policy';

/** Adds `signalbox change ...`. */
export function addChangeCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const change = program.command('change').description('change what serves with review, evidence and a way back');
  payload(change.command('create').argument('[type]', TYPES))
    .description('draft a change request')
    .option('--supersedes <change-id>', 'a request that this one replaces once it is submitted')
    .action(async (type: string | undefined, options: PayloadOptions & { supersedes?: string; json?: boolean }) => {
      const api = client();
      const body = await bodyOf(type, options, api, terminal);
      show(terminal, await api.call('createChange', { body: { ...body, ...(options.supersedes === undefined ? {} : { supersedes: options.supersedes }) } }), options.json);
    });
  payload(change.command('edit').argument('<change-id>', 'from signalbox change list').argument('[type]', 'where the change itself is another'))
    .description('edit a request; without options it is only planned anew over the present state')
    .action(async (changeId: string, type: string | undefined, options: PayloadOptions & { json?: boolean }) => {
      const api = client();
      const before = await api.call('getChange', { params: { changeId } });
      const kept = { title: before.title, reason: before.reason, change: before.change as never, ...titleOf(options) };
      const body = type === undefined && options.file === undefined ? kept : await bodyOf(type, { ...options, title: options.title ?? before.title, reason: options.reason ?? before.reason }, api, terminal);
      show(terminal, await api.call('editChange', { params: { changeId }, headers: { 'if-match': `"${before.revision}"` }, body }), options.json);
    });
  change
    .command('list')
    .description('list change requests, newest first')
    .option('--model <name>', 'only of this model')
    .addOption(new Option('--state <state>', 'only in this state').choices([...CHANGE_STATES]))
    .option('--type <type>', 'only of this type')
    .option('--json', 'as JSON')
    .action(async ({ json, ...query }: { model?: string; state?: (typeof CHANGE_STATES)[number]; type?: string; json?: boolean }) => {
      const api = client();
      const { items, more } = await allPages((cursor) => api.call('listChanges', { query: { ...query, cursor, limit: '200' } }), MAX_SHOWN);
      terminal.print(json ? JSON.stringify(items, null, 2) : changeTable(items));
      if (more) terminal.note(`Only the first ${items.length} are shown; use --state or --model.`);
    });
  change
    .command('show')
    .argument('<change-id>', 'from signalbox change list')
    .description('show a request: what it does, what blocks it, what to do next')
    .option('--json', 'as JSON')
    .action(async (changeId: string, options: { json?: boolean }) => show(terminal, await client().call('getChange', { params: { changeId } }), options.json));
  addChangeActs(change, terminal, client);
  addDossier(change, terminal, client);
  addPolicyCommands(change, terminal, client);
}

function payload(command: Command): Command {
  const several = (value: string, before: readonly string[]): string[] => [...before, value];
  return command
    .option('--file <file>', 'JSON with title, reason and change, as POST /api/v1/changes takes it')
    .option('--title <text>', 'in a few words')
    .option('--reason <text>', 'why, for those who approve')
    .option('--model <name>', 'model (needed when there are several)')
    .option('--release <id>', 'release that shall answer: activate, add-expert')
    .option('--replace <component=sha256>', 'replace-expert, change-router; several times', several, [])
    .option('--expert <name>', 'retire-expert, such as expert/3/5; several times', several, [])
    .option('--top-k <n>', 'change-routing-settings')
    .addOption(new Option('--normalise <flag>', 'change-routing-settings').choices(['true', 'false']))
    .option('--routing <file>', 'change-routing-settings: JSON of settings to change, such as capacity; null takes one out')
    .option('--rules <file>', 'change-data-rules: JSON as signalbox data-rules show --json gives it')
    .option('--sha256 <digest>', 'component version: recall, rescope-expert')
    .option('--card <file>', 'rescope-expert: JSON of the card')
    .addOption(new Option('--mode <mode>', 'set-governance').choices(['open', 'required']))
    .option('--policies <file>', 'change-policy: Cedar')
    .option('--canary <share>', 'begin as a canary with this share')
    .addOption(new Option('--sticky-by <what>', 'what stays on one side of the canary').choices(['key', 'session', 'request']).default('key'))
    .option('--rollout <file>', 'begin as a guarded rollout: JSON of its plan, without model and candidate')
    .option('--json', 'as JSON');
}

function addDossier(change: Command, terminal: Terminal, client: () => ApiClient): void {
  change
    .command('dossier')
    .argument('<change-id>', 'from signalbox change list')
    .description('everything about a change, for who must prove it; as Markdown')
    .option('--json', 'as JSON')
    .option('--out <file>', 'into a file')
    .action(async (changeId: string, { json, out }: { json?: boolean; out?: string }) => {
      const text = json ? JSON.stringify(await client().call('getDossier', { params: { changeId } }), null, 2) : await markdown(client(), changeId);
      if (out === undefined) return terminal.print(text);
      await writeFile(resolve(terminal.workingDir, out), `${text}\n`, { mode: 0o600 });
      terminal.note(`${out} holds the dossier; the audit entries it names are proved by signalbox audit export and verify.`);
    });
}

async function markdown(api: ApiClient, changeId: string): Promise<string> {
  // The JSON call tells what is wrong, in the words that fit a shell.
  const answer = await api.request(`/api/v1/changes/${encodeURIComponent(changeId)}/dossier?format=markdown`);
  if (answer.ok) return (await answer.text()).trimEnd();
  await api.call('getDossier', { params: { changeId } });
  throw new CliError(EXIT.failed, `The server answered with status ${answer.status}; try again.`);
}

export function show(terminal: Terminal, change: ChangeShown, json: boolean | undefined): void {
  terminal.print(json ? JSON.stringify(change, null, 2) : changeText(change));
}
