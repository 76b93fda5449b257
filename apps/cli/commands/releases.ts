import { type Command, InvalidArgumentError } from 'commander';
import { type ApiClient, type CallInput, type CallOutput } from '../api/api-client.ts';
import { componentInFull, releaseInFull } from '../api/in-full.ts';
import { allPages } from '../api/pages.ts';
import { bytes, digestTable, printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { addDeriveCommands } from './derive.ts';
import { readJsonObject } from './change-payload.ts';

type ComposeOrder = CallInput<'createRelease'>['body'];

const MAX_SHOWN = 1000;

interface CreateOptions {
  readonly base: string;
  readonly replace?: Readonly<Record<string, string>>;
  readonly routersFrom?: string;
  readonly expertsFrom?: string;
  readonly topK?: number;
  readonly routing?: string;
  readonly note?: string;
  readonly json?: boolean;
}

/** Adds `signalbox releases`; without a further word it lists. */
export function addReleaseCommands(program: Command, client: () => ApiClient, terminal: Terminal): void {
  const releases = program.command('releases').description('list, compare and compose releases');
  releases
    .command('list', { isDefault: true })
    .description('list releases, newest first')
    .option('--model <name>', 'only of this model')
    .option('--json', 'as JSON')
    .action((options: { model?: string; json?: boolean }) => list(client(), terminal, options));
  releases
    .command('show')
    .description('a release: where it comes from and what it holds')
    .argument('<release>', 'id, from signalbox releases, or its first 8 or more digits')
    .option('--json', 'as JSON')
    .action((releaseId: string, options: { json?: boolean }) => show(client(), terminal, releaseId, options));
  releases
    .command('diff')
    .description('what a release changes, and what it costs in memory')
    .argument('<release>', 'id, from signalbox releases, or its first 8 or more digits')
    .option('--against <release>', 'instead of its parent')
    .option('--json', 'as JSON')
    .action((releaseId: string, options: { against?: string; json?: boolean }) => diff(client(), terminal, releaseId, options));
  releases
    .command('create')
    .description('compose a release of component versions that are there')
    .requiredOption('--base <release>', 'release to start from')
    .option('--replace <name=sha256>', 'put a version in a place, such as expert/3/5=...; may be repeated', replacement)
    .option('--routers-from <release>', 'take its routers and routing settings')
    .option('--experts-from <release>', 'take its experts')
    .option('--top-k <n>', 'experts selected for each token', Number)
    .option('--routing <file>', 'JSON of routing settings to change: gating, capacity, quotas, fallback and so on; null takes one out')
    .option('--note <text>', 'why')
    .option('--json', 'as JSON')
    .action((options: CreateOptions) => create(client(), terminal, options));
  addDeriveCommands(releases, client, terminal);
  releases
    .command('delete')
    .description('delete a release that nothing refers to')
    .argument('<release>', 'id in full, from signalbox releases')
    .action((releaseId: string) => remove(client(), terminal, releaseId));
}

async function list(client: ApiClient, terminal: Terminal, options: { readonly model?: string; readonly json?: boolean }): Promise<void> {
  const { items, more } = await allPages((cursor) => client.call('listReleases', { query: { model: options.model, cursor, limit: '200' } }), MAX_SHOWN);
  const { items: models } = await allPages((cursor) => client.call('listModels', { query: { cursor, limit: '200' } }), MAX_SHOWN);
  if (options.json) {
    terminal.print(JSON.stringify(items, null, 2));
    return;
  }
  const answering = new Set(models.map(({ releaseId }) => releaseId));
  const rows = items.map(({ releaseId, model, layers, experts, topK, kind, createdAt }) => [
    releaseId, printable(model), answering.has(releaseId) ? 'answers' : '', kind ?? '', `${layers} x ${experts}, top ${topK}`, createdAt.slice(0, 16).replace('T', ' '),
  ]);
  terminal.print(rows.length > 0 ? digestTable(terminal, ['release', 'model', 'state', 'kind', 'layers x experts', 'created (UTC)'], rows, 9) : options.model === undefined ? 'No release yet: signalbox import DIR makes one.' : `No release of ${printable(options.model)}: signalbox import DIR --model ${printable(options.model)} makes one, signalbox releases lists those of all models.`);
  if (more) terminal.note(`Only the first ${items.length} are shown; use --model.`);
}

async function show(client: ApiClient, terminal: Terminal, given: string, { json }: { readonly json?: boolean }): Promise<void> {
  const release = await client.call('getRelease', { params: { releaseId: await releaseInFull(client, given) } });
  if (json) {
    terminal.print(JSON.stringify(release, null, 2));
    return;
  }
  const { manifest, parent, summary, createdBy, note, routerSet, expertSet, createdAt } = release;
  terminal.print(
    [
      `${printable(manifest.model)}, release ${release.releaseId}`,
      `made ${createdAt.slice(0, 16).replace('T', ' ')} UTC${createdBy === null ? '' : ` by ${printable(createdBy)}`}${parent === null ? '' : ` from ${parent}`}`,
      ...(summary === '' ? [] : [printable(summary)]),
      ...(note === '' ? [] : [printable(note)]),
      `router set ${routerSet}`,
      `expert set ${expertSet}`,
      '',
      table(['component', 'sha256'], Object.entries(manifest.components), 9),
    ].join('\n'),
  );
}

async function diff(client: ApiClient, terminal: Terminal, given: string, { against, json }: { readonly against?: string; readonly json?: boolean }): Promise<void> {
  const query = against === undefined ? {} : { against: await releaseInFull(client, against) };
  const answer = await client.call('getReleaseDiff', { params: { releaseId: await releaseInFull(client, given) }, query });
  terminal.print(json ? JSON.stringify(answer, null, 2) : render(answer));
}

/** The server's own text, with the figure of memory in larger units. */
function render({ text, memory }: CallOutput<'getReleaseDiff'>): string {
  const shown = text.split('\n').map(printable);
  return [...shown, ...(memory ? [`That is ${bytes(memory.additionalBytes)} more, of ${bytes(memory.totalBytes)}.`] : [])].join('\n');
}

async function create(client: ApiClient, terminal: Terminal, { json, topK, routing: file, ...options }: CreateOptions): Promise<void> {
  const routing = { ...(file === undefined ? {} : await readJsonObject(terminal, file)), ...(topK === undefined ? {} : { topK }) };
  const body: ComposeOrder = { ...options, ...(await idsInFull(client, options)), ...(Object.keys(routing).length === 0 ? {} : { routing }) };
  const made = await client.call('createRelease', { body });
  if (json) {
    terminal.print(JSON.stringify(made, null, 2));
    return;
  }
  terminal.print(`${made.created ? 'Made' : 'There already is'} release ${made.releaseId}.`);
  terminal.print(render(made.diff));
}

/** The ids of a composition, which may be cut short. */
async function idsInFull(client: ApiClient, { base, routersFrom, expertsFrom, replace }: CreateOptions): Promise<Pick<CreateOptions, 'base' | 'routersFrom' | 'expertsFrom' | 'replace'>> {
  const replaced = replace && Object.fromEntries(await Promise.all(Object.entries(replace).map(async ([name, sha256]) => [name, await componentInFull(client, sha256)] as const)));
  return {
    base: await releaseInFull(client, base),
    ...(routersFrom === undefined ? {} : { routersFrom: await releaseInFull(client, routersFrom) }),
    ...(expertsFrom === undefined ? {} : { expertsFrom: await releaseInFull(client, expertsFrom) }),
    ...(replaced === undefined ? {} : { replace: replaced }),
  };
}

async function remove(client: ApiClient, terminal: Terminal, releaseId: string): Promise<void> {
  await client.call('deleteRelease', { params: { releaseId } });
  terminal.print(`Deleted release ${releaseId}.`);
}

function replacement(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [name, sha256, ...rest] = text.split('=');
  if (!name || !sha256 || rest.length > 0) throw new InvalidArgumentError('Give it as expert/3/5=<sha256>.');
  return { ...before, [name]: sha256 };
}
