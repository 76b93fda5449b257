import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command } from 'commander';
import { z } from 'zod';
import { type ApiClient, type CallInput, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { mayOverride, type OverrideOptions, overrideOf } from './protection-override.ts';

type Rules = CallInput<'putDataRules'>['body']['rules'];
type Rule = CallOutput<'getDataRules'>['rules'][number];
type Warnings = CallOutput<'getDataRules'>['warnings'];

interface LabelOptions {
  readonly tenant?: string;
  readonly region?: string;
  readonly dataClass?: string;
  readonly licence?: string;
}

const MAX_GENERATIONS = 1000;
const LISTS = [['tenants', 'tenant'], ['regions', 'region'], ['dataClasses', 'data class'], ['licences', 'licence']] as const;

/** A rule file: a list of rules, or an object that has one, such as `data-rules show --json` prints. */
const ruleFile = z.union([z.array(z.unknown()), z.object({ generation: z.int().min(0).optional(), rules: z.array(z.unknown()) })]);

/** `signalbox data-rules`: which requests may use which experts. */
export function addDataRulesCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const rules = program.command('data-rules').description('which requests may use which experts of a model');
  rules
    .command('show')
    .description('show the rules in force')
    .option('--model <name>', 'model (needed when there are several)')
    .option('--history', 'list all generations instead')
    .option('--json', 'as JSON; what it prints can be edited and given to set')
    .action((options: { model?: string; history?: boolean; json?: boolean }) => show(client(), terminal, options));
  mayOverride(rules.command('set'))
    .description('write the rules of a file as the next generation')
    .argument('<file>', 'JSON: a list of rules, or what show --json printed, which is refused when someone was faster')
    .option('--model <name>', 'model (needed when there are several)')
    .option('--reason <text>', 'why, for the audit log')
    .action((file: string, options: { model?: string } & OverrideOptions) => set(client(), terminal, file, options));
  rules
    .command('check')
    .description('tell which experts a request would be kept from, and why')
    .option('--tenant <label>', 'as metadata.tenant')
    .option('--region <label>', 'as metadata.region')
    .option('--data-class <label>', 'as metadata.data_class')
    .option('--licence <label>', 'as metadata.licence')
    .option('--rules <file>', 'try the rules of a file in place of those in force')
    .option('--release <id>', 'only on this release')
    .option('--model <name>', 'model (needed when there are several)')
    .option('--json', 'as JSON')
    .action((options: LabelOptions & { model?: string; rules?: string; release?: string; json?: boolean }) => check(client(), terminal, options));
}

async function show(client: ApiClient, terminal: Terminal, options: { readonly model?: string; readonly history?: boolean; readonly json?: boolean }): Promise<void> {
  const model = await modelOf(client, options.model);
  if (options.history) return history(client, terminal, model, options.json === true);
  const current = await client.call('getDataRules', { params: { model } });
  if (options.json) return terminal.print(JSON.stringify(current, null, 2));
  if (current.digest === null) return terminal.print(`${printable(model)} has no data rules: every request may use every expert. signalbox data-rules set FILE writes some.`);
  const written = `written ${current.writtenAt?.slice(0, 16).replace('T', ' ')} by ${printable(current.writtenBy ?? '')}`;
  terminal.print([`${printable(model)}, generation ${current.generation}, ${written}`, `digest ${current.digest}`, '', rulesText(current.rules)].join('\n'));
  tellWarnings(terminal, current.warnings);
}

async function history(client: ApiClient, terminal: Terminal, model: string, asJson: boolean): Promise<void> {
  const { items, more } = await allPages((cursor) => client.call('listDataRulesHistory', { params: { model }, query: { cursor, limit: '200' } }), MAX_GENERATIONS);
  if (asJson) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map(({ generation, digest, rules, writtenAt, writtenBy }) => [String(generation), digest, String(rules.length), writtenAt.slice(0, 16).replace('T', ' '), printable(writtenBy)]);
  terminal.print(rows.length > 0 ? table(['generation', 'digest', 'rules', 'written (UTC)', 'by'], rows, 9) : `${printable(model)} never had data rules.`);
  if (more) terminal.note(`Only the newest ${items.length} are shown.`);
}

async function set(client: ApiClient, terminal: Terminal, file: string, options: { readonly model?: string } & OverrideOptions): Promise<void> {
  const given = await readRules(terminal, file);
  const model = await modelOf(client, options.model);
  const seen = given.generation ?? (await client.call('getDataRules', { params: { model } })).generation;
  const body = { rules: given.rules, ...(options.reason === undefined ? {} : { reason: options.reason }), ...overrideOf(options) };
  const written = await client.call('putDataRules', { params: { model }, headers: { 'if-match': `"${seen}"` }, body });
  terminal.print(`${printable(model)}: generation ${written.generation} with ${written.rules.length} ${written.rules.length === 1 ? 'rule' : 'rules'}, digest ${written.digest}`);
  tellWarnings(terminal, written.warnings);
}

async function check(
  client: ApiClient,
  terminal: Terminal,
  { tenant = '', region = '', dataClass = '', licence = '', ...options }: LabelOptions & { readonly model?: string; readonly rules?: string; readonly release?: string; readonly json?: boolean },
): Promise<void> {
  const rules = options.rules === undefined ? {} : { rules: (await readRules(terminal, options.rules)).rules };
  const model = await modelOf(client, options.model);
  const release = options.release === undefined ? {} : { release: options.release };
  const checked = await client.call('checkDataRules', { params: { model }, body: { labels: { tenant, region, dataClass, licence }, ...release, ...rules } });
  if (options.json) return terminal.print(JSON.stringify(checked, null, 2));
  for (const { releaseId, outcome, masked, tooFew, refused } of checked.releases) {
    const told = { unrestricted: 'may use every expert', masked: `is kept from ${masked.length} ${masked.length === 1 ? 'expert' : 'experts'}`, 'no-expert-left': `is refused: layer ${refused?.layer} has no expert left` };
    terminal.print(`Release ${releaseId.slice(0, 12)}: such a request ${told[outcome]}.`);
    if (masked.length > 0) terminal.print(table(['expert', 'version', 'rules'], masked.map(({ expert, sha256, rules: ids }) => [expert, sha256.slice(0, 12), printable(ids.join(', '))]), 9));
    if (tooFew.length > 0) terminal.print(`Fewer experts than usual serve in ${tooFew.length === 1 ? 'layer' : 'layers'} ${tooFew.join(', ')}.`);
  }
  if (checked.releases.length === 0) terminal.print(`${printable(model)} has no activated release.`);
  tellWarnings(terminal, checked.warnings);
}

async function modelOf(client: ApiClient, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const { items } = await client.call('listModels', { query: { limit: '2' } });
  const [only] = items;
  if (only && items.length === 1) return only.model;
  throw new CliError(EXIT.usage, items.length === 0 ? 'No model is served yet: signalbox import DIR brings one.' : 'There are several models: choose one by --model; signalbox releases lists them.');
}

/** What the rules must be in full is for the server to say. */
async function readRules(terminal: Terminal, file: string): Promise<{ readonly rules: Rules; readonly generation?: number | undefined }> {
  const path = resolve(terminal.workingDir, file);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  const parsed = ruleFile.safeParse(jsonOf(text, path));
  if (!parsed.success) throw new CliError(EXIT.usage, `${path} holds no rules: give a list of rules, or an object with one under "rules", as signalbox data-rules show --json prints.`);
  const { rules, generation } = Array.isArray(parsed.data) ? { rules: parsed.data, generation: undefined } : parsed.data;
  return { rules: rules as Rules, generation };
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function rulesText(rules: readonly Rule[]): string {
  if (rules.length === 0) return 'No rules: every request may use every expert.';
  const rows = rules.map((rule) => [printable(rule.id), rule.expert.length > 24 ? `${rule.expert.slice(0, 23)}…` : rule.expert, rule.effect, printable(conditions(rule)), printable(rule.note ?? '')]);
  return table(['rule', 'expert', 'effect', 'requests', 'note'], rows, 9);
}

function conditions(rule: Rule): string {
  const given = LISTS.flatMap(([list, label]) => (rule[list] ? [`${label} ${rule[list].join(' or ')}`] : []));
  return given.length === 0 ? 'all' : given.join(', ');
}

function tellWarnings(terminal: Terminal, warnings: Warnings): void {
  for (const { message, rules } of warnings) terminal.note(`Warning: ${printable(message)}${rules.length > 0 ? ` (${printable(rules.slice(0, 10).join(', '))}${rules.length > 10 ? ', …' : ''})` : ''}`);
}
