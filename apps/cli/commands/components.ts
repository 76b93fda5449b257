import { type Command, InvalidArgumentError } from 'commander';
import { type ApiClient, type CallInput, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { componentInFull } from '../api/in-full.ts';
import { allPages } from '../api/pages.ts';
import { bytes, digestTable, printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

type Detail = CallOutput<'getComponent'>;
type Card = CallInput<'putComponentCard'>['body'];

const MAX_SHOWN = 1000;

interface SearchOptions {
  readonly kind?: NonNullable<CallInput<'listComponents'>['query']>['kind'];
  readonly name?: string;
  readonly model?: string;
  readonly text?: string;
  readonly recalled?: boolean;
  readonly unreferenced?: boolean;
  readonly json?: boolean;
}

/** Card fields as options of the command line. */
const CARD_OPTIONS = {
  title: 'a short name',
  forUse: 'what it is for',
  notForUse: 'what it is not for',
  trainingData: 'what it was trained on',
  licence: 'SPDX identifier or terms',
  dataHandling: 'rules about data, in words',
  owner: 'who answers for it',
  parentSha256: 'version it was made from',
  madeHow: 'how it was made from that',
} as const satisfies Record<keyof Card, string>;

/** Adds `signalbox components`. */
export function addComponentCommands(program: Command, client: () => ApiClient, terminal: Terminal): void {
  const components = program.command('components').description('find, describe, compare and delete component versions');
  components
    .command('list')
    .description('list component versions, newest first')
    .option('--kind <kind>', 'backbone, tokenizer, router or expert', kindOf)
    .option('--name <name>', 'that bear this name in some release, such as expert/3/5')
    .option('--model <name>', 'that some release of this model holds')
    .option('--text <words>', 'whose card holds this, or whose SHA-256 begins so')
    .option('--recalled', 'only recalled ones')
    .option('--unreferenced', 'only those that no release holds')
    .option('--json', 'as JSON')
    .action((options: SearchOptions) => list(client(), terminal, options));
  components
    .command('show')
    .description('one version: card, lineage and the releases that hold it')
    .argument('<sha256>', 'or its first 8 or more digits')
    .option('--json', 'as JSON')
    .action((digest: string, options: { json?: boolean }) => show(client(), terminal, digest, options));
  components
    .command('compare')
    .description('two versions, tensor by tensor')
    .argument('<a>', 'the reference: its digest, or 8 or more digits of it')
    .argument('<b>', 'what is compared with it')
    .option('--json', 'as JSON')
    .action((a: string, b: string, options: { json?: boolean }) => compare(client(), terminal, a, b, options));
  const card = components.command('card').description('change fields of a card; the others stay').argument('<sha256>', 'or its first 8 or more digits');
  for (const [field, description] of Object.entries(CARD_OPTIONS)) card.option(`--${dashed(field)} <text>`, description);
  card.action((digest: string, options: Partial<Card>) => changeCard(client(), terminal, digest, options));
  components
    .command('delete')
    .description('delete a version that nothing refers to')
    .argument('<sha256>', 'in full')
    .action((sha256: string) => remove(client(), terminal, sha256));
}

async function list(client: ApiClient, terminal: Terminal, { json, recalled, unreferenced, ...filter }: SearchOptions): Promise<void> {
  const query = { ...filter, ...(recalled ? { recalled: 'true' as const } : {}), ...(unreferenced ? { unreferenced: 'true' as const } : {}) };
  const { items, more } = await allPages((cursor) => client.call('listComponents', { query: { ...query, cursor, limit: '200' } }), MAX_SHOWN);
  if (json) {
    terminal.print(JSON.stringify(items, null, 2));
    return;
  }
  const rows = items.map((one) => [one.sha256, one.kind, printable(one.title), printable(one.owner), one.recall ? 'recalled' : '', bytes(one.sizeBytes), String(one.releases)]);
  terminal.print(rows.length > 0 ? digestTable(terminal, ['sha256', 'kind', 'title', 'owner', 'state', 'size', 'releases'], rows, 5) : 'No component version like that: signalbox import or signalbox upload brings some.');
  if (more) terminal.note(`Only the first ${items.length} are shown.`);
}

async function show(client: ApiClient, terminal: Terminal, digest: string, { json }: { readonly json?: boolean }): Promise<void> {
  const detail = await client.call('getComponent', { params: { sha256: await componentInFull(client, digest) } });
  terminal.print(json ? JSON.stringify(detail, null, 2) : describe(detail));
}

function describe({ sha256, kind, sizeBytes, createdAt, present, recall, card, usedBy, madeFrom, madeInto }: Detail): string {
  const lines = [`${kind} ${sha256}`, `${bytes(sizeBytes)}, since ${createdAt.slice(0, 16).replace('T', ' ')} UTC${present ? '' : '; its file is missing'}`];
  if (recall) lines.push(`RECALLED ${recall.at.slice(0, 10)} by ${printable(recall.by)}: ${printable(recall.reason)}`);
  lines.push('');
  const said = Object.keys(CARD_OPTIONS).flatMap((field) => {
    const value = card[field as keyof typeof CARD_OPTIONS];
    return value === null || value === '' ? [] : [`${dashed(field).padEnd(14)} ${printable(value)}`];
  });
  lines.push(...(said.length > 0 ? said : ['Nobody has written a card: signalbox components card does.']));
  if (madeFrom.length > 0) lines.push('', `made from ${madeFrom.join(', then ')}`);
  if (madeInto.length > 0) lines.push('', `made into ${madeInto.join(', ')}`);
  lines.push('', ...(usedBy.length > 0 ? usedBy.map(({ releaseId, model, component }) => `${component} of release ${releaseId} (${printable(model)})`) : ['No release holds it.']));
  return lines.join('\n');
}

async function compare(client: ApiClient, terminal: Terminal, a: string, b: string, { json }: { readonly json?: boolean }): Promise<void> {
  const answer = await client.call('compareComponents', { query: { a: await componentInFull(client, a), b: await componentInFull(client, b) } });
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return;
  }
  const figure = (value: number | null): string => (value === null ? '-' : value.toPrecision(6));
  const outline = (one: CallOutput<'compareComponents'>['tensors'][number]['a']): string => (one ? `${one.dtype} [${one.shape.join(', ')}]` : 'none');
  const rows = answer.tensors.map((one) => [printable(one.tensor), outline(one.a), outline(one.b), figure(one.maxAbsDifference), figure(one.relativeNorm), figure(one.cosine)]);
  terminal.print(rows.length > 0 ? table(['tensor', 'a', 'b', 'max |a - b|', '||a - b|| / ||a||', 'cosine'], rows, 3) : answer.identical ? 'They are the same.' : 'They differ; a tokenizer has no tensors to compare.');
}

async function changeCard(client: ApiClient, terminal: Terminal, digest: string, options: Partial<Card>): Promise<void> {
  if (Object.keys(options).length === 0) throw new CliError(EXIT.usage, 'Say what to change, such as --owner models@example.com.');
  const sha256 = await componentInFull(client, digest);
  const { card } = await client.call('getComponent', { params: { sha256 } });
  const before = Object.fromEntries(Object.keys(CARD_OPTIONS).map((field) => [field, card[field as keyof typeof CARD_OPTIONS]]));
  const written = await client.call('putComponentCard', { params: { sha256 }, headers: { 'if-match': `"${card.revision}"` }, body: { ...before, ...options, ...(options.parentSha256 === '' ? { parentSha256: null } : {}) } });
  terminal.print(describe(written));
}

async function remove(client: ApiClient, terminal: Terminal, sha256: string): Promise<void> {
  await client.call('deleteComponent', { params: { sha256 } });
  terminal.print(`Deleted ${sha256}.`);
}

function dashed(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function kindOf(text: string): string {
  if (['backbone', 'tokenizer', 'router', 'expert'].includes(text)) return text;
  throw new InvalidArgumentError('Give backbone, tokenizer, router or expert.');
}
